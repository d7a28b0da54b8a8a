//! Licences in words, in which no operator is hidden.

use doorward_documents::{InventoryRules, License, LicensePattern};

use crate::made::inventory;

fn is_denied(license: &str, pattern: &str) -> bool {
    let pattern = LicensePattern::parse(pattern).unwrap();
    License::parse(license).denied(&[pattern]).is_some()
}

#[test]
fn a_later_version_is_no_alternative() {
    for license in [
        "AGPL-3.0 or later",
        "AGPL-3.0 or newer",
        "AGPL-3.0 or above",
        "AGPL-3.0 or greater",
        "AGPL-3.0 or any later version",
        "AGPL-3.0 OR LATER",
        "AGPL-3.0 OR later",
        "(AGPL-3.0 OR later) AND MIT",
        "MIT AND (AGPL-3.0 OR newer)",
        "MIT OR (AGPL-3.0 OR higher)",
        "AGPL-3.0-only OR Commercial",
        "AGPL-3.0-only OR NOASSERTION",
        "AGPL-3.0-only OR NONE",
        "AGPL-3.0-only or MIT",
        "AGPL-3.0-only Or MIT",
        "AGPL-3.0-only OR (MIT AND later)",
        "GNU Affero General Public License v3 or later (AGPL-3.0+)",
        "AGPL-3.0 / MIT",
    ] {
        assert!(is_denied(license, "AGPL-*"), "{license}");
    }
    for license in [
        "AGPL-3.0-only OR MIT",
        "MIT OR AGPL-3.0-or-later",
        "AGPL-3.0-only OR LicenseRef-Commercial",
        "AGPL-3.0-only OR DocumentRef-a:LicenseRef-b",
        "(AGPL-3.0-only WITH Some-exception) OR ISC",
        "AGPL-3.0-only OR (MIT AND Zlib)",
        "AGPL-3.0-only OR 0BSD OR X11",
        "MIT or later",
    ] {
        assert!(!is_denied(license, "AGPL-*"), "{license}");
    }
}

#[test]
fn an_exception_in_words_is_found_as_well() {
    let license = "GPL-2.0-only with Classpath-exception-2.0, or later";
    assert!(is_denied(license, "GPL-2.0-only"));
    assert!(is_denied(license, "GPL-2.0-only WITH Classpath-*"));
    assert!(!is_denied(license, "MIT WITH Classpath-*"));
}

#[test]
fn small_letters_are_operators_where_spdx_3_has_them() {
    let license = |expression: &str| {
        let text = format!(
            r#"{{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[
                {{"type":"software_Package","spdxId":"p","name":"a"}},
                {{"type":"Relationship","from":"p","to":["l"],"relationshipType":"hasDeclaredLicense"}},
                {{"type":"simplelicensing_LicenseExpression","spdxId":"l","simplelicensing_licenseExpression":"{expression}"}}]}}"#
        );
        let document = doorward_documents::Document::read(text.as_bytes(), None).unwrap();
        let pattern = LicensePattern::parse("AGPL-*").unwrap();
        let rules = InventoryRules::new(Vec::new(), vec![pattern]).unwrap();
        !rules.judge(document.inventory().unwrap()).is_empty()
    };
    assert!(!license("AGPL-3.0-only or MIT"));
    assert!(license("AGPL-3.0-only Or MIT"));
    assert!(license("AGPL-3.0 or later"));
    assert!(license("AGPL-3.0-only and MIT"));
}

#[test]
fn a_set_of_spdx_3_offers_no_choice_of_nothing() {
    let is_denied = |members: &str, elements: &str| {
        let text = format!(
            r#"{{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[
                {{"type":"software_Package","spdxId":"p","name":"a"}},
                {{"type":"Relationship","from":"p","to":["l"],"relationshipType":"hasDeclaredLicense"}},
                {{"type":"expandedlicensing_DisjunctiveLicenseSet","spdxId":"l","expandedlicensing_member":[{members}]}}{elements}]}}"#
        );
        let document = doorward_documents::Document::read(text.as_bytes(), None).unwrap();
        let pattern = LicensePattern::parse("AGPL-*").unwrap();
        let rules = InventoryRules::new(Vec::new(), vec![pattern]).unwrap();
        !rules.judge(document.inventory().unwrap()).is_empty()
    };
    let agpl = r#""https://spdx.org/licenses/AGPL-3.0-only""#;
    for (other, denied) in [
        ("https://spdx.org/licenses/MIT", false),
        (
            "https://spdx.org/rdf/3.0.1/terms/Licensing/NoAssertion",
            true,
        ),
        ("https://spdx.org/rdf/3.0.1/terms/Licensing/None", true),
        ("expandedlicensing_NoAssertionLicense", true),
    ] {
        assert_eq!(
            is_denied(&format!(r#"{agpl},"{other}""#), ""),
            denied,
            "{other}"
        );
    }
    // The name of a licence is no expression.
    let named =
        r#",{"type":"expandedlicensing_CustomLicense","spdxId":"c","name":"AGPL-3.0-only or MIT"}"#;
    assert!(is_denied(r#""c""#, named));
}

#[test]
fn a_licence_that_nobody_tells_is_none_however_that_is_written() {
    let judge = |licenses: &str, pattern: &str| {
        let document = inventory(&format!(r#"{{"name": "a", "licenses": [{licenses}]}}"#));
        let pattern = LicensePattern::parse(pattern).unwrap();
        let rules = InventoryRules::new(Vec::new(), vec![pattern]).unwrap();
        !rules.judge(document.inventory().unwrap()).is_empty()
    };
    for untold in [
        r#"{"license": {"name": ""}}"#,
        r#"{"license": {"name": " "}}"#,
        r#"{"license": {"name": "UNKNOWN"}}"#,
        r#"{"license": {"name": "unknown"}}"#,
        r#"{"license": {"name": "N/A"}}"#,
        r#"{"license": {"name": "?"}}"#,
        r#"{"expression": ""}"#,
        r#"{"expression": "NoAssertion"}"#,
        r#"{"license": {"name": "unknown"}}, {"expression": "NOASSERTION"}"#,
    ] {
        assert!(judge(untold, "NOASSERTION"), "{untold}");
        assert!(!judge(untold, "GPL-*"), "{untold}");
        let beside = format!(r#"{untold}, {{"license": {{"id": "MIT"}}}}"#);
        assert!(!judge(&beside, "NOASSERTION"), "{beside}");
        assert!(judge(&beside, "MIT"), "{beside}");
    }
    // No star covers what is not there, and a name that somebody wrote is there.
    assert!(!judge(
        r#"{"license": {"name": " "}}, {"expression": "NOASSERTION"}"#,
        "*"
    ));
    assert!(judge(r#"{"license": {"name": "UNKNOWN"}}"#, "unk*"));
    // A pattern of that very name still means it.
    let beside = r#"{"license": {"name": "Unknown"}}, {"license": {"id": "MIT"}}"#;
    assert!(judge(beside, "unknown"));
    assert!(judge(
        r#"{"license": {"name": "unknown licence"}}"#,
        "unknown"
    ));
}
