//! Reports, statements and rules, made at random.

use super::*;

pub(super) fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

pub(super) fn image() -> Digest {
    Digest::sha256(b"image")
}

/// A finding, as a row of a Trivy report, of one of four vulnerabilities.
pub(super) fn row() -> impl Strategy<Value = String> {
    (
        0..4_u8,
        select(vec!["LOW", "MEDIUM", "HIGH", "CRITICAL", "UNKNOWN", ""]),
        select(vec!["affected", "fixed", "will_not_fix", ""]),
        select(vec!["zlib", "openssl"]),
        any::<bool>(),
    )
        .prop_map(|(id, severity, status, package, purl)| {
            let purl = if purl {
                format!(r#", "PkgIdentifier": {{"PURL": "pkg:apk/alpine/{package}@1"}}"#)
            } else {
                String::new()
            };
            let members = format!(r#""Severity": "{severity}", "Status": "{status}"{purl}"#);
            format!(r#"{{"VulnerabilityID": "CVE-2024-000{id}", {members}}}"#)
        })
}

pub(super) fn report(rows: &[String]) -> Document {
    let text = format!(
        r#"{{"SchemaVersion": 2, "ArtifactType": "container_image", "Results": [{{"Class": "os-pkgs", "Vulnerabilities": [{}]}}]}}"#,
        rows.join(",")
    );
    Document::read(text.as_bytes(), None).unwrap()
}

/// A statement about one of four vulnerabilities, in a product.
pub(super) fn statement(product: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (
        0..4_u8,
        select(vec!["affected", "not_affected", "fixed", "under_investigation"]),
        1..5_u8,
        select(vec!["", r#", "subcomponents": [{"@id": "pkg:apk/alpine/zlib"}]"#]),
        product,
    )
        .prop_map(|(id, status, month, parts, product)| {
            format!(
                r#"{{"vulnerability": {{"name": "CVE-2024-000{id}"}}, "status": "{status}", "impact_statement": "x",
                    "timestamp": "2026-0{month}-01T00:00:00Z", "products": [{{"@id": "{product}"{parts}}}]}}"#
            )
        })
}

pub(super) fn of_this_image() -> impl Strategy<Value = String> {
    Just(format!("pkg:oci/app@{}", image()))
}

pub(super) fn of_no_image() -> impl Strategy<Value = String> {
    let other = format!("pkg:oci/app@{}", Digest::sha256(b"other"));
    select(vec![
        other,
        "pkg:oci/app".to_owned(),
        "pkg:apk/alpine/zlib".to_owned(),
        "app".to_owned(),
    ])
}

pub(super) fn vex(statements: &[String]) -> Document {
    let text = format!(
        r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "author": "a", "timestamp": "2026-01-01T00:00:00Z",
            "statements": [{}]}}"#,
        statements.join(",")
    );
    Document::read(text.as_bytes(), None).unwrap()
}

pub(super) fn rules() -> impl Strategy<Value = ScanRules> {
    (
        proptest::option::of(select(Severity::ALL.to_vec())),
        any::<bool>(),
        proptest::collection::vec(0..4_u8, 0..2),
        proptest::collection::vec((0..4_u8, proptest::option::of(-1..2_i64)), 0..2),
        select(vec![
            vec![],
            vec![Status::NotAffected],
            vec![Status::NotAffected, Status::Fixed],
        ]),
    )
        .prop_map(|(max_severity, only_fixable, listed, ignored, statuses)| {
            let mut rules = ScanRules::default();
            rules.max_severity = max_severity;
            rules.only_fixable = only_fixable;
            rules.fail_on = listed
                .iter()
                .map(|id| format!("CVE-2024-000{id}"))
                .collect();
            rules.ignore = ignored
                .iter()
                .map(|(id, until)| Ignore {
                    id: format!("cve-2024-000{id}"),
                    until: until.map(|seconds| now().plus(seconds)),
                    reason: "r".to_owned(),
                })
                .collect();
            rules.vex_statuses = statuses;
            rules
        })
}

pub(super) fn passes(rules: &ScanRules, report: &Document, claims: &[(&str, &Document)]) -> bool {
    let claims: Vec<VexClaim<'_>> = claims
        .iter()
        .map(|(author, document)| VexClaim {
            vex: document.vex().unwrap(),
            author,
            signed_at: Some(now()),
        })
        .collect();
    rules
        .judge(report.scan().unwrap(), &claims, &image(), now())
        .violations
        .is_empty()
}
