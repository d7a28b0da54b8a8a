//! How grave a finding is.

use doorward_documents::{DocumentError, Severity, bounds};

use crate::made::{cyclonedx, findings, rated, read};

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
fn the_severity_is_that_of_the_component_that_a_result_names() {
    let severity = |result: &str| {
        let rule = |score: &str, guid: &str| {
            format!(
                r#"{{"id": "R", "guid": "{guid}", "properties": {{"security-severity": "{score}"}}}}"#
            )
        };
        let text = format!(
            r#"{{"version": "2.1.0", "runs": [{{"tool": {{
                "driver": {{"name": "d", "guid": "00000000-0000-0000-0000-00000000000a", "rules": [{}]}},
                "extensions": [{{"name": "e", "guid": "00000000-0000-0000-0000-00000000000B", "rules": [{}]}},
                               {{"name": "twice", "rules": [{}]}}, {{"name": "twice"}}]}},
                "results": [{result}]}}]}}"#,
            rule("1.0", "1"),
            rule("9.9", "2"),
            rule("5.0", "3"),
        );
        read(&text).map(|document| document.scan().unwrap().findings()[0].severity())
    };
    for (component, expected) in [
        ("{}", Severity::Low),
        (r#"{"index": -1}"#, Severity::Low),
        (r#"{"name": "d"}"#, Severity::Low),
        (r#"{"name": "e"}"#, Severity::Critical),
        (
            r#"{"guid": "00000000-0000-0000-0000-00000000000b"}"#,
            Severity::Critical,
        ),
        (r#"{"index": 0}"#, Severity::Critical),
        (r#"{"index": 0, "name": "e"}"#, Severity::Critical),
        (r#"{"index": 1}"#, Severity::Medium),
        // Two of one name, none of another, and what contradicts itself: it may be any.
        (r#"{"name": "twice"}"#, Severity::Unknown),
        (r#"{"name": "f"}"#, Severity::Unknown),
        (r#"{"index": 7}"#, Severity::Unknown),
        (r#"{"index": 0, "name": "d"}"#, Severity::Unknown),
        (
            r#"{"guid": "00000000-0000-0000-0000-00000000000a", "name": "e"}"#,
            Severity::Unknown,
        ),
    ] {
        let result = format!(r#"{{"ruleId": "R", "rule": {{"toolComponent": {component}}}}}"#);
        assert_eq!(severity(&result), Ok(expected), "{component}");
    }
    let result = r#"{"rule": {"index": 0, "toolComponent": {"name": "e"}}}"#;
    assert_eq!(severity(result), Ok(Severity::Critical));
    for contradictory in [
        r#"{"ruleId": "R", "rule": {"id": "S"}}"#,
        r#"{"ruleIndex": 0, "rule": {"index": 1}}"#,
        r#"{"ruleId": "R", "rule": {"guid": "2"}}"#,
        r#"{"ruleIndex": 1, "rule": {"toolComponent": {"name": "e"}}}"#,
        r#"{"rule": {"toolComponent": {"name": "e"}}}"#,
        r#"{"rule": {"toolComponent": {"name": "f"}}}"#,
    ] {
        let error = severity(contradictory);
        assert!(
            matches!(error, Err(DocumentError::Malformed { .. })),
            "{contradictory}: {error:?}"
        );
    }
}

#[test]
fn an_identifier_of_more_parts_than_are_tried_has_no_rule() {
    let severity = |parts: usize| {
        let id = format!("R{}", "/x".repeat(parts));
        let text = format!(
            r#"{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "t", "rules": [
                {{"id": "R", "properties": {{"security-severity": "1.0"}}}}]}}}}, "results": [{{"ruleId": "{id}"}}]}}]}}"#
        );
        findings(&text)[0].severity()
    };
    assert_eq!(severity(0), Severity::Low);
    assert_eq!(severity(bounds::RULE_PARTS - 1), Severity::Low);
    assert_eq!(severity(bounds::RULE_PARTS), Severity::Unknown);
    assert_eq!(severity(1_000), Severity::Unknown);
}
