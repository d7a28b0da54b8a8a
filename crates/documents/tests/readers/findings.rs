//! What a report finds, whatever it says of that.

use doorward_documents::{DocumentError, Severity};

use crate::made::{cyclonedx, findings, rated, read, sarif, trivy};

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
    assert!(finding.mentions().eq(["CVE-2000-0001"]));
}

#[test]
fn a_package_that_cannot_be_told_leaves_a_finding_without_packages() {
    let purls = |list: &str| {
        findings(&rated(&format!(r#"{{"purls": {list}}}"#), "", ""))[0]
            .purls()
            .count()
    };
    assert_eq!(purls(r#"["pkg:apk/alpine/a", "pkg:apk/alpine/b"]"#), 2);
    assert_eq!(purls(r#"["pkg:apk/alpine/a", "what?"]"#), 0);
    let affects = |list: &str| {
        let text = format!(
            r#""components": [{{"bom-ref": "a", "name": "a", "purl": "pkg:npm/a"}}, {{"bom-ref": "b", "name": "b"}}],
               "vulnerabilities": [{{"id": "C", "affects": {list}}}]"#
        );
        findings(&cyclonedx(&text))[0].purls().count()
    };
    assert_eq!(affects(r#"[{"ref": "a"}]"#), 1);
    assert_eq!(affects(r#"[{"ref": "a"}, {"ref": "b"}]"#), 0);
    assert_eq!(affects(r#"[{"ref": "a"}, {"ref": "urn:cdx:x/1#c"}]"#), 0);
}
