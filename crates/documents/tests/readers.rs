//! What the readers refuse, and what a hostile document must not make of itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at what it cannot read"
)]

use doorward_core::json::JsonError;
use doorward_documents::{Document, DocumentError, Finding, Format, Severity, bounds};

fn read(text: &str) -> Result<Document, DocumentError> {
    Document::read(text.as_bytes(), None)
}

fn findings(text: &str) -> Vec<Finding> {
    read(text)
        .unwrap()
        .scan()
        .expect("a scan")
        .findings()
        .to_vec()
}

fn spdx(package: &str) -> String {
    format!(r#"{{"spdxVersion": "SPDX-2.3", "packages": [{package}]}}"#)
}

fn cyclonedx(members: &str) -> String {
    format!(r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", {members}}}"#)
}

fn vex(statement: &str) -> String {
    format!(
        r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "author": "a", "timestamp": "2026-01-01T00:00:00Z",
            "statements": [{statement}]}}"#
    )
}

fn sarif(run: &str) -> String {
    format!(
        r#"{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "Trivy"}}}}, {run}}}]}}"#
    )
}

/// A run of one rule, with these properties and help text, and one result of it.
fn rated(properties: &str, help: &str, message: &str) -> String {
    format!(
        r#"{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "Trivy", "rules": [
            {{"id": "CVE-2024-0001", "properties": {properties}, "help": {{"text": "{help}"}}}}]}}}},
            "results": [{{"ruleId": "CVE-2024-0001", "message": {{"text": "{message}"}}}}]}}]}}"#
    )
}

fn trivy(results: &str) -> String {
    let results = results.replacen("[{", r#"[{"Class": "os-pkgs", "#, 1);
    format!(r#"{{"SchemaVersion": 2, "ArtifactType": "container_image", "Results": {results}}}"#)
}

#[test]
fn a_member_that_stands_twice_is_refused_at_every_level() {
    for text in [
        r#"{"spdxVersion": "SPDX-2.3", "packages": [], "packages": []}"#,
        &spdx(r#"{"name": "a", "licenseDeclared": "GPL-3.0-only", "licenseDeclared": "MIT"}"#),
        &trivy(
            r#"[{"Vulnerabilities": [{"VulnerabilityID": "C", "Severity": "CRITICAL", "\u0053everity": "LOW"}]}]"#,
        ),
    ] {
        let error = read(text).unwrap_err();
        assert!(
            matches!(
                error,
                DocumentError::Json(JsonError::DuplicateMember { .. })
            ),
            "{error}"
        );
    }
}

#[test]
fn a_document_of_two_formats_is_neither() {
    for text in [
        r#"{"spdxVersion": "SPDX-2.3", "bomFormat": "CycloneDX", "specVersion": "1.6"}"#,
        r#"{"SchemaVersion": 2, "version": "2.1.0", "runs": []}"#,
        r#"{"@context": "https://openvex.dev/ns/v0.2.0", "spdxVersion": "SPDX-2.3"}"#,
        r#"{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [], "bomFormat": "CycloneDX", "specVersion": "1.6"}"#,
    ] {
        assert!(
            matches!(read(text), Err(DocumentError::Ambiguous { .. })),
            "{text}"
        );
    }
}

#[test]
fn a_media_type_that_contradicts_the_content_is_refused() {
    let bom = cyclonedx(r#""components": []"#);
    let read = |media_type| Document::read(bom.as_bytes(), Some(media_type));
    for media_type in [
        "application/spdx+json",
        "application/sarif+json",
        "APPLICATION/SARIF+JSON; charset=utf-8",
    ] {
        assert!(
            matches!(read(media_type), Err(DocumentError::Contradiction { .. })),
            "{media_type}"
        );
    }
    for media_type in [
        "application/vnd.cyclonedx+json; version=1.6",
        "application/json",
        "text/plain",
        "",
    ] {
        assert_eq!(
            read(media_type).unwrap().format(),
            Format::CycloneDx,
            "{media_type}"
        );
    }
    let graph = r#"{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": []}"#;
    let document = Document::read(graph.as_bytes(), Some("application/spdx+json")).unwrap();
    assert_eq!(document.format(), Format::Spdx3);
}

#[test]
fn versions_that_are_not_read_are_named() {
    for text in [
        r#"{"spdxVersion": "SPDX-2.1"}"#,
        r#"{"spdxVersion": "2.30"}"#,
        r#"{"bomFormat": "CycloneDX", "specVersion": "1.3"}"#,
        r#"{"bomFormat": "CycloneDX"}"#,
        r#"{"bomFormat": "CycloneDX", "specVersion": 1.6}"#,
        r#"{"version": "2.0.0", "runs": []}"#,
        r#"{"SchemaVersion": 1}"#,
        r#"{"SchemaVersion": "2"}"#,
        r#"{"SchemaVersion": 2.0}"#,
        r#"{"@context": "https://openvex.dev/ns"}"#,
        r#"{"@context": "https://openvex.dev/ns/v0.0.1"}"#,
        r#"{"@context": "https://spdx.org/rdf/3.1/spdx-context.jsonld"}"#,
        r#"{"@context": "https://spdx.org/rdf/3.0.1/other.jsonld"}"#,
    ] {
        assert!(
            matches!(read(text), Err(DocumentError::Version { .. })),
            "{text}: {:?}",
            read(text)
        );
    }
}

#[test]
fn what_is_of_no_format_is_refused() {
    for text in [
        "{}",
        "[]",
        "null",
        "1",
        r#""SPDX-2.3""#,
        r#"{"bomFormat": "cyclonedx"}"#,
        r#"{"spdxVersion": 2.3}"#,
        // A context of one's own gives the members another meaning.
        r#"{"@context": ["https://spdx.org/rdf/3.0.1/spdx-context.jsonld", {"name": "http://x"}], "@graph": []}"#,
        r#"{"@context": "https://evil.example/spdx-context.jsonld", "@graph": []}"#,
    ] {
        assert!(
            matches!(read(text), Err(DocumentError::NotRecognised)),
            "{text}: {:?}",
            read(text)
        );
    }
    for text in ["", "SPDXVersion: SPDX-2.3\n", "<bom/>", "{", "\u{feff}{}"] {
        assert!(matches!(read(text), Err(DocumentError::Json(_))), "{text}");
    }
}

#[test]
fn parts_of_another_kind_are_refused_with_their_place() {
    for (text, place) in [
        (spdx("{}"), "packages[0].name"),
        (spdx(r#"{"name": ""}"#), "packages[0].name"),
        (spdx(r#"{"name": 1}"#), "packages[0].name"),
        (
            spdx(r#"{"name": "a", "licenseDeclared": ["MIT"]}"#),
            "packages[0].licenseDeclared",
        ),
        (
            spdx(
                r#"{"name": "a", "externalRefs": [{"referenceType": "purl", "referenceLocator": "npm:a"}]}"#,
            ),
            "packages[0].externalRefs[0].referenceLocator",
        ),
        (
            r#"{"spdxVersion": "SPDX-2.3", "packages": {}}"#.to_owned(),
            "packages",
        ),
        (
            cyclonedx(r#""components": [{"name": "a", "components": [[]]}]"#),
            "components[0].components[0]",
        ),
        (
            cyclonedx(r#""components": [{"name": "a", "purl": "a"}]"#),
            "components[0].purl",
        ),
        (
            cyclonedx(r#""vulnerabilities": [{"ratings": []}]"#),
            "vulnerabilities[0].id",
        ),
        (
            trivy(r#"[{"Vulnerabilities": [{}]}]"#),
            "Results[0].Vulnerabilities[0]",
        ),
        (
            trivy(r#"[{"Vulnerabilities": [{"VulnerabilityID": "C", "Severity": 5}]}]"#),
            "Results[0].Vulnerabilities[0].Severity",
        ),
        (sarif(r#""results": [{}]"#), "runs[0].results[0]"),
        (
            sarif(r#""results": [{"ruleId": "a", "ruleIndex": 7}]"#),
            "runs[0].results[0]",
        ),
        (vex("{}"), "statements[0]"),
        (
            vex(r#"{"vulnerability": {"name": "C"}, "status": "harmless"}"#),
            "statements[0]",
        ),
        (
            vex(r#"{"vulnerability": {"name": "C"}, "status": "Not_Affected"}"#),
            "statements[0]",
        ),
        // OpenVEX 0.2: `not_affected` says why.
        (
            vex(r#"{"vulnerability": {"name": "C"}, "status": "not_affected"}"#),
            "statements[0]",
        ),
        (
            vex(
                r#"{"vulnerability": {"name": "C"}, "status": "fixed", "products": [{"hashes": {"sha-256": "00"}}]}"#,
            ),
            "statements[0].products[0].hashes",
        ),
        (
            vex(r#"{"vulnerability": {"name": "C"}, "status": "fixed", "timestamp": "yesterday"}"#),
            "statements[0].timestamp",
        ),
        (
            r#"{"@context": "https://openvex.dev/ns/v0.2.0", "author": "a"}"#.to_owned(),
            "document",
        ),
        (
            r#"{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}"#.to_owned(),
            "document",
        ),
    ] {
        match read(&text) {
            Err(DocumentError::Malformed { path, .. }) => assert_eq!(path, place, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a_scan_that_shows_nothing_is_no_clean_report() {
    for text in [
        r#"{"SchemaVersion": 2}"#,
        &trivy("[]"),
        &trivy("null"),
        r#"{"version": "2.1.0", "runs": []}"#,
        &sarif(r#""results": null"#),
        &sarif(r#""artifacts": []"#),
        &sarif(r#""results": [], "invocations": [{"executionSuccessful": false}]"#),
        &sarif(
            r#""results": [], "invocations": [{"executionSuccessful": true}, {"executionSuccessful": "yes"}]"#,
        ),
        &sarif(
            r#""results": [], "externalPropertyFileReferences": {"results": [{"location": {"uri": "x"}}]}"#,
        ),
    ] {
        assert!(
            matches!(read(text), Err(DocumentError::NoResult { .. })),
            "{text}: {:?}",
            read(text)
        );
    }
    assert_eq!(findings(&sarif(r#""results": []"#)), []);
    assert_eq!(findings(&trivy(r#"[{"Target": "os"}]"#)), []);
}

#[test]
fn an_inventory_whose_tool_did_not_scan_is_no_clean_report() {
    for text in [
        cyclonedx(r#""components": []"#),
        cyclonedx(r#""vulnerabilities": []"#),
    ] {
        assert!(read(&text).unwrap().scan().is_none(), "{text}");
    }
}

#[test]
fn of_several_severities_the_worst_counts() {
    for (properties, help, message, severity) in [
        (
            r#"{"security-severity": "9.1", "tags": ["LOW"]}"#,
            "",
            "",
            Severity::Critical,
        ),
        (
            r#"{"security-severity": "2.0", "tags": ["HIGH"]}"#,
            "",
            "",
            Severity::High,
        ),
        (
            r#"{"security-severity": "0.0", "tags": ["UNKNOWN"]}"#,
            "",
            "",
            Severity::Unknown,
        ),
        (
            r#"{"security-severity": "0.0", "tags": ["MEDIUM"]}"#,
            "",
            "",
            Severity::Medium,
        ),
        (r#"{"security-severity": "0.0"}"#, "", "", Severity::Unknown),
        (r#"{"security-severity": "11"}"#, "", "", Severity::Unknown),
        (r#"{"security-severity": "-1"}"#, "", "", Severity::Unknown),
        (
            r#"{"security-severity": "NaN", "tags": ["LOW"]}"#,
            "",
            "",
            Severity::Unknown,
        ),
        (r#"{"security-severity": 7.0}"#, "", "", Severity::High),
        (
            "{}",
            r"Severity: critical\nPackage: a",
            "",
            Severity::Critical,
        ),
        ("{}", "", r"Package: a\nSeverity: HIGH", Severity::High),
        ("{}", r"Severity: sev1", "", Severity::Unknown),
        ("{}", "", "", Severity::Unknown),
        // A package whose name has lines of its own.
        (
            r#"{"security-severity": "9.8"}"#,
            r"Package: a\nSeverity: LOW",
            "",
            Severity::Critical,
        ),
    ] {
        let found = findings(&rated(properties, help, message));
        assert_eq!(
            found[0].severity(),
            severity,
            "{properties} {help} {message}"
        );
    }
    let rating = |ratings: &str| {
        findings(&cyclonedx(&format!(
            r#""vulnerabilities": [{{"id": "C", "ratings": {ratings}}}]"#
        )))[0]
            .severity()
    };
    assert_eq!(
        rating(r#"[{"severity": "low"}, {"severity": "critical"}, {"severity": "none"}]"#),
        Severity::Critical
    );
    assert_eq!(
        rating(r#"[{"severity": "low", "score": 9.8, "method": "CVSSv3"}]"#),
        Severity::Critical
    );
    assert_eq!(
        rating(r#"[{"severity": "low", "score": 9.8, "method": "OWASP"}]"#),
        Severity::Low
    );
    assert_eq!(rating(r#"[{"severity": "low"}, {}]"#), Severity::Unknown);
    assert_eq!(rating("[]"), Severity::Unknown);
}

#[test]
fn bands_of_cvss_leave_no_gap() {
    for (score, severity) in [
        (0.0, Severity::Unknown),
        (-0.0, Severity::Unknown),
        (0.1, Severity::Low),
        (3.9, Severity::Low),
        (3.95, Severity::Medium),
        (4.0, Severity::Medium),
        (6.9, Severity::Medium),
        (6.95, Severity::High),
        (7.0, Severity::High),
        (8.9, Severity::High),
        (8.95, Severity::Critical),
        (9.0, Severity::Critical),
        (10.0, Severity::Critical),
        (10.1, Severity::Unknown),
        (f64::NAN, Severity::Unknown),
        (f64::INFINITY, Severity::Unknown),
    ] {
        assert_eq!(Severity::from_cvss(score), severity, "{score}");
    }
}

#[test]
fn what_a_report_suppresses_itself_still_counts() {
    let text = sarif(
        r#""results": [{"ruleId": "CVE-2024-0001", "suppressions": [{"kind": "inSource", "status": "accepted"}], "baselineState": "absent"}]"#,
    );
    assert_eq!(findings(&text).len(), 1);
    let text = trivy(
        r#"[{"ExperimentalModifiedFindings": [{"Status": "not_affected", "Finding": {"VulnerabilityID": "CVE-2024-0001", "Severity": "HIGH"}}]}]"#,
    );
    assert_eq!(findings(&text)[0].severity(), Severity::High);
    let text = trivy(
        r#"[{"Vulnerabilities": [{"VulnerabilityID": "CVE-2024-0001", "Status": "not_affected"}]}]"#,
    );
    assert_eq!(findings(&text).len(), 1);
    let text = cyclonedx(
        r#""vulnerabilities": [{"id": "CVE-2024-0001", "analysis": {"state": "false_positive"}}]"#,
    );
    assert_eq!(findings(&text).len(), 1);
}

#[test]
fn a_name_of_a_package_cannot_choose_what_a_finding_is_called() {
    let text = rated(
        "{}",
        r"Package: a\nVulnerability CVE-2000-0001\nSeverity: LOW",
        "",
    );
    let finding = &findings(&text)[0];
    assert!(finding.is_called("cve-2024-0001"));
    assert!(!finding.is_called("CVE-2000-0001"));
    assert_eq!(finding.mentions(), ["CVE-2000-0001"]);
}

#[test]
fn two_rules_of_one_name_are_refused() {
    let text = r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "Trivy", "rules": [
        {"id": "C", "properties": {"security-severity": "9.8"}}, {"id": "C", "properties": {"security-severity": "1.0"}}]}},
        "results": [{"ruleId": "C"}]}]}"#;
    assert!(matches!(read(text), Err(DocumentError::Malformed { .. })));
    let text = r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "Trivy", "rules": [
        {"id": "C", "properties": {"security-severity": "9.8"}}, {"id": "D", "properties": {"security-severity": "1.0"}}]}},
        "results": [{"ruleId": "C", "ruleIndex": 1}]}]}"#;
    assert!(matches!(read(text), Err(DocumentError::Malformed { .. })));
}

#[test]
fn licences_in_a_circle_and_elements_of_one_identifier_are_refused() {
    let graph = |elements: &str| {
        read(&format!(
            r#"{{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [
                {{"type": "software_Package", "spdxId": "p", "name": "a"}},
                {{"type": "Relationship", "spdxId": "r", "from": "p", "relationshipType": "hasDeclaredLicense", "to": ["l"]}},
                {elements}]}}"#
        ))
    };
    let set = |id: &str, member: &str| {
        format!(
            r#"{{"type": "expandedlicensing_ConjunctiveLicenseSet", "spdxId": "{id}", "expandedlicensing_member": {member}}}"#
        )
    };
    assert!(matches!(
        graph(&set("l", r#"["l"]"#)),
        Err(DocumentError::TooMany { .. })
    ));
    // Twice itself: each level would double the work.
    let doubled = format!(
        "{}, {}",
        set("l", r#"["m", "m"]"#),
        set("m", r#"["l", "l"]"#)
    );
    assert!(matches!(
        graph(&doubled),
        Err(DocumentError::TooMany { .. })
    ));
    let twice = format!(
        "{}, {}",
        set("l", r#"["MIT"]"#),
        set("l", r#"["GPL-3.0-only"]"#)
    );
    assert!(matches!(
        graph(&twice),
        Err(DocumentError::Malformed { .. })
    ));
    let empty = r#"{"type": "expandedlicensing_DisjunctiveLicenseSet", "spdxId": "l", "expandedlicensing_member": []}"#;
    assert!(matches!(graph(empty), Err(DocumentError::Malformed { .. })));
}

#[test]
fn bounds_refuse_and_never_cut() {
    let deep = format!(
        "{}1{}",
        "[".repeat(bounds::DEPTH + 1),
        "]".repeat(bounds::DEPTH + 1)
    );
    assert!(matches!(
        read(&spdx(&deep)),
        Err(DocumentError::Json(JsonError::TooDeep { .. }))
    ));
    let long = "x".repeat(bounds::NAME + 1);
    assert!(matches!(
        read(&spdx(&format!(r#"{{"name": "{long}"}}"#))),
        Err(DocumentError::TooMany { .. })
    ));
    let big = format!(
        r#"{{"spdxVersion": "SPDX-2.3", "x": "{}"}}"#,
        "x".repeat(bounds::BYTES)
    );
    assert!(matches!(
        read(&big),
        Err(DocumentError::Json(JsonError::TooLong { .. }))
    ));
    let many = format!(
        r#"{{"spdxVersion": "SPDX-2.3", "x": [{}0]}}"#,
        "0,".repeat(bounds::VALUES)
    );
    assert!(matches!(
        read(&many),
        Err(DocumentError::Json(JsonError::TooMany { .. }))
    ));
    let package = r#"{"name": "a"},"#;
    let packages = format!(r#"{}{{"name": "a"}}"#, package.repeat(bounds::PACKAGES));
    assert!(matches!(
        read(&spdx(&packages)),
        Err(DocumentError::TooMany {
            what: "packages",
            ..
        })
    ));
}

#[test]
fn known_media_and_predicate_types_stand_for_their_formats() {
    for (predicate_type, formats) in [
        (
            "https://spdx.dev/Document",
            &[Format::Spdx2, Format::Spdx3][..],
        ),
        (
            "https://spdx.dev/Document/v2.3",
            &[Format::Spdx2, Format::Spdx3],
        ),
        ("https://cyclonedx.org/bom/v1.6", &[Format::CycloneDx]),
        ("https://openvex.dev/ns/v0.2.0", &[Format::OpenVex]),
        (
            "https://cosign.sigstore.dev/attestation/vuln/v1",
            &[Format::Sarif, Format::TrivyJson],
        ),
        ("https://spdx.dev/Documents", &[]),
        ("https://slsa.dev/provenance/v1", &[]),
    ] {
        let found: Vec<Format> = Format::ALL
            .into_iter()
            .filter(|format| format.has_predicate_type(predicate_type))
            .collect();
        assert_eq!(found, formats, "{predicate_type}");
    }
}

#[test]
fn a_package_that_cannot_be_told_leaves_a_finding_without_packages() {
    let purls = |list: &str| {
        findings(&rated(&format!(r#"{{"purls": {list}}}"#), "", ""))[0]
            .purls()
            .len()
    };
    assert_eq!(purls(r#"["pkg:apk/alpine/a", "pkg:apk/alpine/b"]"#), 2);
    assert_eq!(purls(r#"["pkg:apk/alpine/a", "what?"]"#), 0);
    let affects = |list: &str| {
        let text = format!(
            r#""components": [{{"bom-ref": "a", "name": "a", "purl": "pkg:npm/a"}}, {{"bom-ref": "b", "name": "b"}}],
               "vulnerabilities": [{{"id": "C", "affects": {list}}}]"#
        );
        findings(&cyclonedx(&text))[0].purls().len()
    };
    assert_eq!(affects(r#"[{"ref": "a"}]"#), 1);
    assert_eq!(affects(r#"[{"ref": "a"}, {"ref": "b"}]"#), 0);
    assert_eq!(affects(r#"[{"ref": "a"}, {"ref": "urn:cdx:x/1#c"}]"#), 0);
}
