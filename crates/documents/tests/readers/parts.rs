//! Parts of a document that are refused: twice, of another kind, or too many.

use doorward_core::json::JsonError;
use doorward_documents::{DocumentError, bounds};

use crate::made::{cyclonedx, read, sarif, spdx, trivy, vex};

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
