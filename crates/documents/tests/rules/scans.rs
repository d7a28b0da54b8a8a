//! What is refused of the findings of a report, and what is tolerated.

use doorward_documents::{
    Ignore, Origin, Reason, ScanRules, Severity, Suppression, VexClaim, newest, parse_until,
};

use crate::made::{at, image, now, product, report, statement, strict, trivy, vex};

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
            signed_at: None,
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
        signed_at: None,
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

#[test]
fn an_old_clean_report_never_hides_a_newer_bad_one() {
    let origin = |signer: &str, scanner: Option<&str>| Origin {
        signer: signer.to_owned(),
        kind: "application/sarif+json".to_owned(),
        scanner: scanner.map(str::to_owned),
        verified: None,
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
