//! What the vulnerability advisor answers, and which registries have one.

#![allow(clippy::unwrap_used)]

use doorward_documents::{AdvisorStatus, DocumentError, has_advisor};

fn read(answer: &str) -> Result<AdvisorStatus, DocumentError> {
    AdvisorStatus::parse(answer.as_bytes())
}

fn with(status: &str) -> AdvisorStatus {
    read(&format!("{{\"status\": {status:?}}}")).unwrap()
}

#[test]
fn three_states_admit_and_no_other_does_whatever_it_is_called() {
    for status in ["OK", "WARN", "UNSUPPORTED"] {
        assert!(with(status).admits(), "{status}");
        assert!(!with(status).is_unfinished(), "{status}");
    }
    for status in [
        "FAIL", "BLOCK", "ok", "Warn", "OK ", " OK", "OKAY", "PASS", "UNKNOWN",
    ] {
        assert!(!with(status).admits(), "{status}");
        assert!(!with(status).is_unfinished(), "{status}");
    }
}

#[test]
fn an_image_that_was_not_looked_at_to_the_end_does_not_pass_and_is_not_condemned() {
    for status in ["", "INCOMPLETE", "UNSCANNED"] {
        assert!(!with(status).admits(), "{status}");
        assert!(with(status).is_unfinished(), "{status}");
    }
}

#[test]
fn an_answer_of_the_service_is_read_with_all_that_it_says_beside_the_status() {
    let answer = r#"{
        "configuration_issue_count": 2, "exempt_issue_count": 0, "issue_count": 3,
        "name": "us.icr.io/shop/web:1", "namespace": "shop", "scan_time": 1700000000,
        "status": "WARN", "vulnerability_count": 1
    }"#;
    assert_eq!(read(answer).unwrap().as_str(), "WARN");
}

#[test]
fn an_answer_without_one_text_as_its_status_is_none() {
    for answer in [
        "{}",
        "[]",
        "null",
        "\"OK\"",
        "",
        "OK",
        "<html>OK</html>",
        r#"{"status": null}"#,
        r#"{"status": 1}"#,
        r#"{"status": ["OK"]}"#,
        r#"{"status": {"status": "OK"}}"#,
        r#"{"Status": "OK"}"#,
        r#"{"status": "OK", "status": "FAIL"}"#,
        r#"{"status": "OK", "STATUS": "FAIL"}"#,
        r#"{"status": "OK"} {"status": "FAIL"}"#,
        r#"{"status": "OK""#,
        r#"{"report": {"status": "OK"}}"#,
    ] {
        assert!(read(answer).is_err(), "{answer}");
    }
    assert!(AdvisorStatus::parse(b"{\"status\": \"O\xffK\"}").is_err());
}

#[test]
fn an_answer_beyond_a_bound_is_refused_and_not_cut() {
    let padded = |bytes: usize| {
        let empty = r#"{"status": "OK", "name": ""}"#.len();
        let name = "a".repeat(bytes - empty);
        format!("{{\"status\": \"OK\", \"name\": \"{name}\"}}")
    };
    assert!(read(&padded(AdvisorStatus::MAX_BYTES)).is_ok());
    assert!(read(&padded(AdvisorStatus::MAX_BYTES + 1)).is_err());
    let nested = |depth: usize| {
        let (open, shut) = ("[".repeat(depth), "]".repeat(depth));
        format!("{{\"status\": \"OK\", \"a\": {open}{shut}}}")
    };
    assert!(read(&nested(7)).is_ok());
    assert!(read(&nested(8)).is_err());
    assert!(read(&nested(20_000)).is_err());
    let status = |bytes: usize| format!("{{\"status\": \"{}\"}}", "O".repeat(bytes));
    assert!(read(&status(64)).is_ok());
    assert!(read(&status(65)).is_err());
}

#[test]
fn a_status_that_disrupts_lines_is_shown_in_one() {
    let shown = read(r#"{"status": "OK\nALLOWED\u001b[2J"}"#)
        .unwrap()
        .to_string();
    assert!(!shown.contains(['\n', '\u{1b}']), "{shown}");
}

#[test]
fn a_registry_has_an_advisor_by_whole_labels_of_its_name() {
    for registry in [
        "icr.io",
        "us.icr.io",
        "private.us.icr.io",
        "ICR.io",
        "icr.io:443",
        "registry.ng.bluemix.net",
        "registry.bluemix.net",
        "registry-eu.bluemix.net",
    ] {
        assert!(has_advisor(&registry.parse().unwrap()), "{registry}");
    }
    for registry in [
        "evilicr.io",
        "us.evilicr.io",
        "icr.io.evil.example",
        "us-icr.io",
        "icr.example",
        "icr.io:5000",
        "bluemix.net",
        "console.bluemix.net",
        "a.registry.bluemix.net",
        "registry.evilbluemix.net",
        "registryevilbluemix.net",
        "registry.bluemix.net.evil.example",
        "docker.io",
        "127.0.0.1",
        "[::1]",
        "localhost",
    ] {
        assert!(!has_advisor(&registry.parse().unwrap()), "{registry}");
    }
}
