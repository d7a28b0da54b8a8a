//! How grave a finding is.

use doorward_documents::Severity;

use crate::made::{cyclonedx, findings, rated};

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
