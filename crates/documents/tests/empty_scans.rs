//! Reports that looked for no vulnerabilities, and rules that are not the ones they seem. None is a clean scan.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

use doorward_documents::{Document, DocumentError, Severity};
use serde_json::{Value, json};

fn read(document: &Value) -> Result<Document, DocumentError> {
    Document::read(document.to_string().as_bytes(), None)
}

fn trivy() -> Value {
    json!({
        "SchemaVersion": 2, "ArtifactName": "app", "ArtifactType": "container_image",
        "Results": [{"Target": "app", "Class": "os-pkgs", "Type": "debian"}],
    })
}

/// What is changed, and why the report is then no scan.
type Change = (&'static str, fn(&mut Value));

#[test]
fn a_report_about_something_else_than_packages_of_an_image_is_no_clean_scan() {
    assert!(read(&trivy()).unwrap().scan().is_some());
    let changed: [Change; 6] = [
        ("licences alone", |it| {
            it["Results"][0]["Class"] = "license".into();
        }),
        ("secrets alone", |it| {
            it["Results"][0]["Class"] = "secret".into();
        }),
        ("no class", |it| it["Results"][0]["Class"] = Value::Null),
        ("a folder", |it| it["ArtifactType"] = "filesystem".into()),
        ("nothing said", |it| it["ArtifactType"] = Value::Null),
        ("another case", |it| {
            it["Results"][0]["vulnerabilities"] = json!([{"VulnerabilityID": "CVE-2026-1"}]);
        }),
    ];
    for (why, change) in changed {
        let mut report = trivy();
        change(&mut report);
        assert!(read(&report).is_err(), "{why}");
    }
}

/// A log with one result, and a rule of the driver whose findings are harmless.
fn sarif(result: &Value) -> Value {
    json!({"version": "2.1.0", "runs": [{
        "tool": {"driver": {"name": "Trivy", "rules": [
            {"id": "harmless", "properties": {"security-severity": "0.5"}},
            {"id": "grave", "properties": {"security-severity": "9.8"}},
        ]}},
        "results": [result],
    }]})
}

fn severity(result: &Value) -> Severity {
    let document = read(&sarif(result)).unwrap();
    document.scan().unwrap().findings()[0].severity()
}

#[test]
fn a_rule_that_is_not_read_makes_no_finding_harmless() {
    let message = json!({"text": "x"});
    // A rule of an extension, at the place of a harmless one of the driver.
    let foreign = json!({"ruleId": "grave-too", "level": "note", "message": message,
        "rule": {"index": 0, "toolComponent": {"index": 0}}});
    assert_eq!(severity(&foreign), Severity::Unknown);
    let unknown = json!({"ruleId": "elsewhere", "level": "note", "message": message});
    assert_eq!(severity(&unknown), Severity::Unknown);
    let part = json!({"ruleId": "grave/part", "level": "note", "message": message});
    assert_eq!(severity(&part), Severity::Critical);
    let informs = json!({"ruleId": "grave", "kind": "informational", "message": message});
    assert_eq!(severity(&informs), Severity::Critical);
    let own = json!({"ruleId": "harmless", "level": "error", "message": message});
    assert_eq!(severity(&own), Severity::Low);
}

#[test]
fn a_log_that_failed_or_keeps_results_aside_is_no_clean_scan() {
    let mut clean = sarif(&json!({}));
    clean["runs"][0]["results"] = json!([]);
    assert!(read(&clean).is_ok());
    let mut aside = clean.clone();
    aside["inlineExternalProperties"] = json!([{"results": []}]);
    assert!(read(&aside).is_err());
    let mut failed = clean;
    failed["runs"][0]["invocations"] =
        json!([{"toolExecutionNotifications": [{"level": "error", "message": {"text": "x"}}]}]);
    assert!(read(&failed).is_err());
}
