//! What rules make of documents, and what must not get past them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at what it cannot read"
)]

use doorward_core::{Digest, Timestamp};
use doorward_documents::{
    Document, Ignore, InventoryRules, License, LicensePattern, Origin, PackagePattern, PackageUrl,
    PatternError, Reason, ScanRules, Severity, Status, Suppression, VexClaim, newest, parse_until,
};

fn image() -> Digest {
    Digest::sha256(b"image")
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-06-01T00:00:00Z")
}

/// A report of one finding in `libssl3`.
fn report(severity: &str) -> Document {
    trivy(&format!(
        r#"{{"VulnerabilityID": "CVE-2024-0001", "VendorIDs": ["GHSA-aaaa-bbbb-cccc"], "PkgName": "libssl3", "Severity": "{severity}",
            "PkgIdentifier": {{"PURL": "pkg:apk/alpine/libssl3@3.3.0-r2?arch=x86_64"}}, "Status": "affected"}}"#
    ))
}

fn trivy(rows: &str) -> Document {
    let text = format!(
        r#"{{"SchemaVersion": 2, "ArtifactType": "container_image", "Results": [{{"Class": "os-pkgs", "Vulnerabilities": [{rows}]}}]}}"#
    );
    Document::read(text.as_bytes(), None).unwrap()
}

fn vex(statements: &str) -> Document {
    let text = format!(
        r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "author": "anyone", "timestamp": "2026-01-01T00:00:00Z",
            "statements": [{statements}]}}"#
    );
    Document::read(text.as_bytes(), None).unwrap()
}

fn product() -> String {
    format!(
        r#"{{"@id": "pkg:oci/app@{}"}}"#,
        image().as_str().replace(':', "%3A")
    )
}

fn statement(status: &str, products: &str, more: &str) -> String {
    format!(
        r#"{{"vulnerability": {{"name": "CVE-2024-0001"}}, "status": "{status}", "justification": "component_not_present",
            "products": [{products}]{more}}}"#
    )
}

fn strict() -> ScanRules {
    let mut rules = ScanRules::default();
    rules.max_severity = Some(Severity::Medium);
    rules.vex_statuses = vec![Status::NotAffected, Status::Fixed];
    rules
}

/// Whether a report of one high finding passes with these VEX documents, each by its author.
fn excused(claims: &[(&str, &Document)]) -> bool {
    let report = report("HIGH");
    let claims: Vec<VexClaim<'_>> = claims
        .iter()
        .map(|(author, document)| VexClaim {
            vex: document.vex().unwrap(),
            author,
        })
        .collect();
    let rules = strict();
    let outcome = rules.judge(report.scan().unwrap(), &claims, &image(), now());
    assert_eq!(outcome.violations.len() + outcome.suppressed.len(), 1);
    outcome.violations.is_empty()
}

#[test]
fn a_finding_graver_than_the_bound_is_refused() {
    for (severity, bound, passes) in [
        ("LOW", Severity::Medium, true),
        ("MEDIUM", Severity::Medium, true),
        ("HIGH", Severity::Medium, false),
        ("CRITICAL", Severity::High, false),
        ("UNKNOWN", Severity::Critical, false),
        ("", Severity::Critical, false),
        ("apocalyptic", Severity::Critical, false),
        ("UNKNOWN", Severity::Unknown, true),
        ("LOW", Severity::Negligible, false),
    ] {
        let report = report(severity);
        let mut rules = ScanRules::default();
        rules.max_severity = Some(bound);
        let outcome = rules.judge(report.scan().unwrap(), &[], &image(), now());
        assert_eq!(outcome.violations.is_empty(), passes, "{severity} {bound}");
    }
}

#[test]
fn only_what_surely_has_no_fix_is_tolerated_as_unfixable() {
    let rows = |rest: &str| {
        trivy(&format!(
            r#"{{"VulnerabilityID": "C", "Severity": "HIGH"{rest}}}"#
        ))
    };
    for (rest, passes) in [
        (r#", "Status": "affected""#, true),
        (r#", "Status": "will_not_fix""#, true),
        (r#", "Status": "affected", "FixedVersion": "2""#, false),
        (r#", "Status": "fixed""#, false),
        (r#", "Status": "something""#, false),
        ("", false),
    ] {
        let report = rows(rest);
        let mut rules = strict();
        rules.only_fixable = true;
        let outcome = rules.judge(report.scan().unwrap(), &[], &image(), now());
        assert_eq!(outcome.violations.is_empty(), passes, "{rest}");
        assert_eq!(outcome.unfixable, usize::from(passes));
    }
}

#[test]
fn what_is_listed_is_refused_whatever_excuses_it() {
    let report = report("LOW");
    let excuse = vex(&statement("not_affected", &product(), ""));
    for id in ["CVE-2024-0001", "cve-2024-0001", "GHSA-AAAA-bbbb-cccc"] {
        let mut rules = strict();
        rules.only_fixable = true;
        rules.fail_on = vec![id.to_owned()];
        rules.ignore = vec![Ignore {
            id: id.to_owned(),
            until: None,
            reason: "accepted".to_owned(),
        }];
        let claims = [VexClaim {
            vex: excuse.vex().unwrap(),
            author: "security",
        }];
        let outcome = rules.judge(report.scan().unwrap(), &claims, &image(), now());
        assert_eq!(outcome.violations[0].reason, Reason::Listed(id));
    }
}

#[test]
fn an_exception_ends_when_it_says() {
    let report = report("HIGH");
    let passes = |until: &str, now: &str| {
        let mut rules = strict();
        rules.ignore = vec![Ignore {
            id: "ghsa-aaaa-bbbb-cccc".to_owned(),
            until: Some(parse_until(until).unwrap()),
            reason: "no path to it".to_owned(),
        }];
        rules
            .judge(report.scan().unwrap(), &[], &image(), at(now))
            .violations
            .is_empty()
    };
    assert!(passes("2026-06-01", "2026-06-01T23:59:59Z"));
    assert!(!passes("2026-06-01", "2026-06-02T00:00:00Z"));
    assert!(passes("2026-06-01T12:00:00Z", "2026-06-01T11:59:59Z"));
    assert!(!passes("2026-06-01T12:00:00Z", "2026-06-01T12:00:00Z"));
    assert!(passes("2026-06-01T12:00:00-02:00", "2026-06-01T13:00:00Z"));
    for text in [
        "",
        "tomorrow",
        "2026-06",
        "2026-13-01",
        "2026-02-30",
        "2026-06-01T12:00:00",
        "01.06.2026",
    ] {
        assert!(parse_until(text).is_err(), "{text}");
    }
}

#[test]
fn what_is_suppressed_is_said_with_its_author() {
    let report = report("HIGH");
    let excuse = vex(&statement("not_affected", &product(), ""));
    let claims = [VexClaim {
        vex: excuse.vex().unwrap(),
        author: "CN=security,O=Acme",
    }];
    let mut rules = strict();
    let outcome = rules.judge(report.scan().unwrap(), &claims, &image(), now());
    assert_eq!(
        outcome.suppressed[0].to_string(),
        "CVE-2024-0001 is suppressed by CN=security,O=Acme as not_affected since 2026-01-01T00:00:00Z: \
         component_not_present"
    );
    rules.ignore = vec![Ignore {
        id: "CVE-2024-0001".to_owned(),
        until: Some(parse_until("2026-07-31").unwrap()),
        reason: "line\nbreak".to_owned(),
    }];
    let outcome = rules.judge(report.scan().unwrap(), &claims, &image(), now());
    assert!(matches!(outcome.suppressed[0].by, Suppression::Policy(_)));
    assert_eq!(
        outcome.suppressed[0].to_string(),
        "CVE-2024-0001 is suppressed by the policy until 2026-08-01T00:00:00Z: line\\nbreak"
    );
}

#[test]
fn a_statement_excuses_the_image_that_it_names_by_digest_and_no_other() {
    let other = Digest::sha256(b"another image");
    let hex = image().hex().to_owned();
    let hashes = |hex: &str| {
        format!(r#"{{"@id": "https://shop.example/app", "hashes": {{"sha-256": "{hex}"}}}}"#)
    };
    for (product, excuses) in [
        (product(), true),
        (hashes(&hex), true),
        (hashes(&hex.to_uppercase()), true),
        (
            format!(r#"{{"identifiers": {{"purl": "pkg:oci/whatever@sha256:{hex}"}}}}"#),
            true,
        ),
        (
            format!(
                r#"{{"hashes": {{"sha-256": "{hex}", "sha-512": "{}", "sha3-256": "x"}}}}"#,
                "0".repeat(128)
            ),
            true,
        ),
        (hashes(other.hex()), false),
        (
            r#"{"@id": "pkg:oci/app?repository_url=registry.example/app"}"#.to_owned(),
            false,
        ),
        (r#"{"@id": "pkg:oci/app@1.4"}"#.to_owned(), false),
        (r#"{"@id": "registry.example/app:1.4"}"#.to_owned(), false),
        (format!(r#"{{"@id": "{}"}}"#, image()), false),
        (
            format!(r#"{{"@id": "pkg:docker/app@sha256:{hex}"}}"#),
            false,
        ),
        (
            format!(
                r#"{{"@id": "pkg:oci/app@sha256:{hex}", "hashes": {{"sha-256": "{}"}}}}"#,
                other.hex()
            ),
            false,
        ),
        ("{}".to_owned(), false),
        (String::new(), false),
    ] {
        let document = vex(&statement("not_affected", &product, ""));
        assert_eq!(excused(&[("a", &document)]), excuses, "{product}");
    }
}

#[test]
fn a_statement_about_parts_excuses_only_those() {
    let part = |parts: &str| {
        let product = product();
        let product = product.trim_end_matches('}');
        vex(&statement(
            "not_affected",
            &format!(r#"{product}, "subcomponents": {parts}}}"#),
            "",
        ))
    };
    for (parts, excuses) in [
        (r#"[{"@id": "pkg:apk/alpine/libssl3@3.3.0-r2"}]"#, true),
        (r#"[{"@id": "pkg:apk/alpine/libssl3"}]"#, true),
        (
            r#"[{"@id": "pkg:apk/alpine/zlib"}, {"identifiers": {"purl": "pkg:apk/alpine/libssl3@3.3.0-r2?arch=x86_64"}}]"#,
            true,
        ),
        (
            r#"[{"@id": "pkg:apk/alpine/libssl3@3.3.0-r2?arch=arm64"}]"#,
            false,
        ),
        (r#"[{"@id": "pkg:apk/alpine/libssl3@3.3.0"}]"#, false),
        (r#"[{"@id": "pkg:apk/alpine/libssl"}]"#, false),
        (r#"[{"@id": "pkg:deb/alpine/libssl3"}]"#, false),
        (r#"[{"@id": "libssl3"}]"#, false),
        ("[]", false),
    ] {
        assert_eq!(excused(&[("a", &part(parts))]), excuses, "{parts}");
    }
}

#[test]
fn of_contradictory_statements_of_one_author_the_newest_decides_and_of_equal_times_the_worse() {
    let dated = |status: &str, time: &str| {
        statement(status, &product(), &format!(r#", "timestamp": "{time}""#))
    };
    let (early, late) = ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z");
    for (first, second, excuses) in [
        (dated("not_affected", early), dated("affected", late), false),
        (dated("affected", early), dated("not_affected", late), true),
        (dated("not_affected", late), dated("affected", late), false),
        (
            dated("not_affected", late),
            dated("under_investigation", late),
            false,
        ),
        (dated("not_affected", early), dated("fixed", late), true),
        // Without a time of its own a statement has that of the document, January.
        (
            dated("not_affected", early),
            statement("affected", &product(), ""),
            true,
        ),
        // What will be is not yet.
        (
            dated("not_affected", "2026-06-01T00:06:00Z"),
            dated("fixed", early),
            false,
        ),
    ] {
        let in_one = vex(&format!("{first}, {second}"));
        let turned = vex(&format!("{second}, {first}"));
        assert_eq!(excused(&[("a", &in_one)]), excuses, "{first} {second}");
        assert_eq!(excused(&[("a", &turned)]), excuses, "{second} {first}");
        let (one, two) = (vex(&first), vex(&second));
        assert_eq!(
            excused(&[("a", &one), ("a", &two)]),
            excuses,
            "{first} | {second}"
        );
        assert_eq!(
            excused(&[("a", &two), ("a", &one)]),
            excuses,
            "{second} | {first}"
        );
    }
}

#[test]
fn an_author_who_accuses_objects_to_one_who_excuses() {
    let excuse = vex(&statement(
        "not_affected",
        &product(),
        r#", "timestamp": "2026-05-01T00:00:00Z""#,
    ));
    let accuse = vex(&statement("affected", &product(), ""));
    assert!(excused(&[("a", &excuse)]));
    assert!(!excused(&[("a", &excuse), ("b", &accuse)]));
    assert!(!excused(&[("b", &accuse), ("a", &excuse)]));
}

#[test]
fn a_statement_of_a_status_that_the_policy_does_not_list_excuses_nothing() {
    let report = report("HIGH");
    for (status, listed, excuses) in [
        ("fixed", vec![Status::NotAffected], false),
        ("not_affected", vec![Status::NotAffected], true),
        ("affected", vec![Status::Affected], false),
        (
            "under_investigation",
            vec![Status::UnderInvestigation, Status::NotAffected],
            false,
        ),
        ("not_affected", vec![], false),
    ] {
        let document = vex(&statement(status, &product(), ""));
        let mut rules = strict();
        rules.vex_statuses = listed;
        let claims = [VexClaim {
            vex: document.vex().unwrap(),
            author: "a",
        }];
        let outcome = rules.judge(report.scan().unwrap(), &claims, &image(), now());
        assert_eq!(outcome.violations.is_empty(), excuses, "{status}");
    }
}

#[test]
fn the_gravest_violations_come_first() {
    let report = trivy(
        r#"{"VulnerabilityID": "C-3", "Severity": "HIGH"}, {"VulnerabilityID": "C-2", "Severity": "CRITICAL"},
           {"VulnerabilityID": "C-1", "Severity": "CRITICAL"}, {"VulnerabilityID": "C-0", "Severity": "LOW"}"#,
    );
    let mut rules = strict();
    rules.fail_on = vec!["c-0".to_owned()];
    let outcome = rules.judge(report.scan().unwrap(), &[], &image(), now());
    let ids: Vec<&str> = outcome
        .violations
        .iter()
        .map(|violation| violation.finding.id())
        .collect();
    assert_eq!(ids, ["C-0", "C-1", "C-2", "C-3"]);
    assert_eq!(
        outcome.violations[0].to_string(),
        "C-0 is listed in failOn as c-0".replace(" as c-0", "")
    );
    assert_eq!(outcome.findings, 4);
}

fn inventory(packages: &str) -> Document {
    let text = format!(
        r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{packages}]}}"#
    );
    Document::read(text.as_bytes(), None).unwrap()
}

#[test]
fn a_denied_package_has_no_other_name_to_hide_behind() {
    let package = r#"{"group": "org.apache.logging.log4j", "name": "log4j-core", "version": "2.14.1",
        "purl": "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar"}"#;
    let renamed =
        r#"{"name": "harmless", "version": "1", "purl": "pkg:npm/%40evil/Event-Stream@3.3.6"}"#;
    let unversioned = r#"{"name": "left-pad"}"#;
    for (package, pattern, denied) in [
        (package, "log4j-core", true),
        (package, "LOG4J-core", true),
        (package, "log4j*", true),
        (package, "*", true),
        (package, "log4j", false),
        (package, "log4j-core@2.14.1", true),
        (package, "log4j-core@2.14", false),
        (package, "log4j-core@2.*", true),
        (package, "org.apache.logging.log4j/log4j-core", true),
        (package, "org.apache.logging.log4j:log4j-core@2.14.1", true),
        (
            package,
            "pkg:maven/org.apache.logging.log4j/log4j-core",
            true,
        ),
        (
            package,
            "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
            true,
        ),
        (
            package,
            "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar",
            true,
        ),
        (
            package,
            "pkg:maven/org.apache.logging.log4j/log4j-core?type=pom",
            false,
        ),
        (
            package,
            "pkg:maven/org.apache.logging.log4j/log4j-core@2.15.0",
            false,
        ),
        (package, "pkg:maven/org.apache.logging.*", true),
        (package, "pkg:maven/*@2.14.1", true),
        (package, "pkg:npm/*", false),
        (renamed, "event-stream", true),
        (renamed, "@evil/event-stream", true),
        (renamed, "@evil/event-stream@3.3.6", true),
        (renamed, "@evil/event-stream@3.3.7", false),
        (renamed, "pkg:npm/%40evil/event-stream", true),
        (renamed, "pkg:npm/@evil/*", true),
        (renamed, "harmless@1", true),
        (unversioned, "left-pad@1.3.0", true),
        (unversioned, "left@1.3.0", false),
    ] {
        let document = inventory(package);
        let rules =
            InventoryRules::new(vec![PackagePattern::parse(pattern).unwrap()], Vec::new()).unwrap();
        let violations = rules.judge(document.inventory().unwrap());
        assert_eq!(!violations.is_empty(), denied, "{package} {pattern}");
    }
}

#[test]
fn a_pattern_that_could_be_misunderstood_is_refused() {
    for (pattern, error) in [
        ("", PatternError::Empty),
        ("  ", PatternError::Empty),
        ("a@", PatternError::Empty),
        ("log4j-core@<2.15.0", PatternError::Range),
        ("log4j-core@>=2.0", PatternError::Range),
        ("log4j-core@^2", PatternError::Range),
        ("log4j-core@!=2", PatternError::Range),
        ("pkg:npm", PatternError::PackageUrl),
        ("pkg:npm/%zz", PatternError::PackageUrl),
        ("pkg:npm/%40evil/*", PatternError::PackageUrl),
        ("pkg:npm/a*?x=y", PatternError::PackageUrl),
    ] {
        assert_eq!(PackagePattern::parse(pattern), Err(error), "{pattern}");
    }
    assert_eq!(
        PackagePattern::parse(&"a".repeat(257)),
        Err(PatternError::TooLong)
    );
    for pattern in [
        "MIT OR GPL-2.0-only",
        "(MIT)",
        "MIT and X",
        "MIT WITH",
        "A WITH B C",
    ] {
        assert_eq!(
            LicensePattern::parse(pattern),
            Err(PatternError::License),
            "{pattern}"
        );
    }
    let many = vec![PackagePattern::parse("a").unwrap(); 257];
    assert_eq!(
        InventoryRules::new(many, Vec::new()),
        Err(PatternError::TooMany)
    );
}

#[test]
fn a_licence_is_denied_only_if_no_choice_is_left() {
    for (license, patterns, denied) in [
        ("MIT", &["MIT"][..], true),
        ("mit", &["MIT"], true),
        ("MIT", &["MI"], false),
        ("AGPL-3.0-only", &["AGPL-*"], true),
        ("LGPL-2.1-only", &["GPL-*"], false),
        ("MIT OR GPL-3.0-only", &["GPL-*"], false),
        ("MIT OR GPL-3.0-only", &["GPL-*", "MIT"], true),
        ("MIT AND GPL-3.0-only", &["GPL-*"], true),
        ("MIT OR Apache-2.0 AND GPL-3.0-only", &["GPL-*"], false),
        ("(MIT OR Apache-2.0) AND GPL-3.0-only", &["GPL-*"], true),
        (
            "(MIT OR GPL-2.0-only) AND (Zlib OR GPL-3.0-only)",
            &["GPL-*"],
            false,
        ),
        ("mit or gpl-3.0-only", &["GPL-*"], false),
        (
            "GPL-2.0-only WITH Classpath-exception-2.0",
            &["GPL-2.0-only"],
            true,
        ),
        (
            "GPL-2.0-only WITH Classpath-exception-2.0",
            &["GPL-2.0-only WITH Classpath-*"],
            true,
        ),
        ("GPL-2.0-only", &["GPL-2.0-only WITH Classpath-*"], false),
        ("GPL-2.0", &["GPL-2.0-only"], true),
        ("GPL-2.0-only", &["GPL-2.0"], true),
        ("GPL-2.0+", &["GPL-2.0-or-later"], true),
        ("GPL-2.0-or-later", &["GPL-2.0+"], true),
        ("GPL-2.0-or-later", &["GPL-2.0"], true),
        ("GPL-2.0-or-later", &["GPL-2.0-only"], false),
        ("Apache-2.0+", &["Apache-2.0"], true),
        ("LicenseRef-Acme", &["licenseref-*"], true),
        ("DocumentRef-x:LicenseRef-Acme", &["*LicenseRef-Acme"], true),
        ("NOASSERTION", &["*"], false),
        ("NOASSERTION", &["NOASSERTION"], true),
        ("noassertion", &["noassertion"], true),
        ("NONE", &["NONE"], true),
        // What is no expression must not hide a licence in it.
        ("MIT/GPL-3.0-only", &["GPL-*"], true),
        (
            "Apache License, Version 2.0",
            &["Apache License, Version 2.0"],
            true,
        ),
        ("licensed under GPL-3.0-only.", &["GPL-*"], true),
        ("(MIT OR GPL-3.0-only", &["GPL-*"], true),
        ("MIT GPL-3.0-only", &["GPL-*"], true),
        ("MIT OR OR GPL-3.0-only", &["GPL-*"], true),
        ("", &["MIT"], false),
    ] {
        let patterns: Vec<_> = patterns
            .iter()
            .map(|pattern| LicensePattern::parse(pattern).unwrap())
            .collect();
        assert_eq!(
            License::parse(license).denied(&patterns).is_some(),
            denied,
            "{license}"
        );
    }
    let nested = format!("{}GPL-3.0-only{}", "(".repeat(5000), ")".repeat(5000));
    let gpl = [LicensePattern::parse("GPL-*").unwrap()];
    assert!(License::parse(&nested).denied(&gpl).is_some());
}

#[test]
fn a_package_without_a_licence_is_denied_only_where_that_is_listed() {
    for (licenses, denied) in [
        ("[]", true),
        (r#"[{"license": {"name": "NOASSERTION"}}]"#, true),
        (
            r#"[{"license": {"id": "MIT"}}, {"expression": "NOASSERTION"}]"#,
            false,
        ),
    ] {
        let document = inventory(&format!(r#"{{"name": "a", "licenses": {licenses}}}"#));
        let judge = |pattern: &str| {
            let rules =
                InventoryRules::new(Vec::new(), vec![LicensePattern::parse(pattern).unwrap()])
                    .unwrap();
            let violations = rules.judge(document.inventory().unwrap());
            violations.first().map(ToString::to_string)
        };
        assert_eq!(judge("NOASSERTION").is_some(), denied, "{licenses}");
        assert_eq!(judge("GPL-*"), None, "{licenses}");
    }
    let document = inventory(
        r#"{"name": "a\nb", "version": "1", "licenses": [{"expression": "GPL-3.0-only"}]}"#,
    );
    let rules =
        InventoryRules::new(Vec::new(), vec![LicensePattern::parse("gpl-*").unwrap()]).unwrap();
    assert_eq!(
        rules.judge(document.inventory().unwrap())[0].to_string(),
        "package a\\nb 1 is under GPL-3.0-only, which gpl-* denies"
    );
}

#[test]
fn package_urls_are_taken_apart_as_their_specification_says() {
    for (text, kind, namespace, name, version) in [
        (
            "pkg:npm/%40angular/animation@12.3.1",
            "npm",
            "@angular",
            "animation",
            Some("12.3.1"),
        ),
        (
            "pkg:npm/@angular/animation@12.3.1",
            "npm",
            "@angular",
            "animation",
            Some("12.3.1"),
        ),
        (
            "pkg:npm/@angular/animation",
            "npm",
            "@angular",
            "animation",
            None,
        ),
        (
            "pkg:golang/google.golang.org/genproto@abcdedf#googleapis/api",
            "golang",
            "google.golang.org",
            "genproto",
            Some("abcdedf"),
        ),
        (
            "PKG:PyPI/Django_package@1.11",
            "pypi",
            "",
            "django-package",
            Some("1.11"),
        ),
        (
            "pkg://deb/Debian/curl@7.50.3-1?arch=i386&distro=jessie",
            "deb",
            "debian",
            "curl",
            Some("7.50.3-1"),
        ),
        (
            "pkg:oci/Debian@sha256%3A244f?repository_url=docker.io/library/debian",
            "oci",
            "",
            "debian",
            Some("sha256:244f"),
        ),
        ("pkg:generic/a@1%2B2", "generic", "", "a", Some("1+2")),
    ] {
        let url = PackageUrl::parse(text).unwrap();
        assert_eq!(
            (url.kind(), url.namespace(), url.name(), url.version()),
            (kind, namespace, name, version),
            "{text}"
        );
        assert_eq!(url.as_str(), text);
    }
    for text in [
        "",
        "pkg:",
        "pkg:npm",
        "pkg:npm/",
        "npm/a",
        "pkg:n pm/a",
        "pkg:npm/%4",
        "pkg:npm/%ff",
    ] {
        assert!(
            PackageUrl::parse(text).is_err(),
            "{text}: {:?}",
            PackageUrl::parse(text)
        );
    }
}

#[test]
fn an_old_clean_report_never_hides_a_newer_bad_one() {
    let origin = |signer: &str, scanner: Option<&str>| Origin {
        signer: signer.to_owned(),
        kind: "application/sarif+json".to_owned(),
        scanner: scanner.map(str::to_owned),
    };
    let (early, late) = (
        Some(at("2026-01-01T00:00:00Z")),
        Some(at("2026-02-01T00:00:00Z")),
    );
    let (grype, trivy) = (Some("grype"), Some("Trivy"));
    let documents = [
        (origin("a", trivy), early),
        (origin("a", trivy), late),
        (origin("a", trivy), late),
        (origin("a", trivy), None),
        (origin("a", grype), early),
        (origin("b", trivy), early),
        (origin("a", None), early),
    ];
    assert_eq!(newest(&documents), [1, 2, 3, 4, 5, 6]);
    assert_eq!(newest::<Origin>(&[]), Vec::<usize>::new());
    let turned: Vec<_> = documents.into_iter().rev().collect();
    assert_eq!(newest(&turned), [0, 1, 2, 3, 4, 5]);
}
