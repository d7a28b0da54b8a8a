//! Forms of a document in which a denied package or licence was not seen.

use doorward_documents::{Document, DocumentError, InventoryRules, LicensePattern, PackagePattern};

fn judge(text: &str, package: &str) -> Result<bool, DocumentError> {
    let document = Document::read(text.as_bytes(), None)?;
    let packages = vec![PackagePattern::parse(package).unwrap()];
    let licenses = vec![LicensePattern::parse("AGPL-*").unwrap()];
    let rules = InventoryRules::new(packages, licenses).unwrap();
    Ok(!rules.judge(document.inventory().unwrap()).is_empty())
}

fn graph(elements: &str) -> String {
    format!(
        r#"{{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{elements}]}}"#
    )
}

fn spdx2(members: &str) -> String {
    format!(r#"{{"spdxVersion": "SPDX-2.3", {members}}}"#)
}

fn cyclonedx(members: &str) -> String {
    format!(r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", {members}}}"#)
}

const TERMS: &str = "https://spdx.org/rdf/3.0.1/terms";

#[test]
fn an_element_of_spdx_3_that_stands_in_another_is_refused() {
    let package = r#"{"type":"software_Package","spdxId":"q","name":"evil"}"#;
    for text in [
        graph(&format!(r#"{{"type":"SpdxDocument","spdxId":"d","element":[{package}]}}"#)),
        graph(&format!(r#"{{"type":"SpdxDocument","spdxId":"d","rootElement":{package}}}"#)),
        graph(&format!(r#"{{"type":"software_Sbom","spdxId":"d","x":{{"y":[[{package}]]}}}}"#)),
        graph(r#"{"type":"SpdxDocument","spdxId":"d","element":[{"spdxId":"q","name":"evil"}]}"#),
        graph(r#"{"type":"SpdxDocument","spdxId":"d","element":[{"@type":["software_Package"],"name":"evil"}]}"#),
        graph(&format!(
            r#"{{"type":"SpdxDocument","spdxId":"d","element":[{{"type":"{TERMS}/Software/Package","name":"evil"}}]}}"#
        )),
        graph(r#"{"type":"Relationship","from":"p","to":[{"type":"expandedlicensing_ListedLicense","spdxId":"https://spdx.org/licenses/AGPL-3.0-only"}],"relationshipType":"hasDeclaredLicense"}"#),
        graph(r#"{"type":"Relationship","from":{"type":"software_Package","spdxId":"q","name":"evil"},"to":["x"],"relationshipType":"contains"}"#),
        format!(
            r#"{{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[],"@included":[{package}]}}"#
        ),
        r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[],"type":"software_Package","name":"evil"}"#.to_owned(),
        graph(r#"{"spdx:Core/relationshipType":"hasDeclaredLicense","type":"Relationship","from":"p","to":["x"]}"#),
        graph(r#"{"type":"software_Package","spdxId":"q","@id":"r","name":"evil"}"#),
    ] {
        assert!(
            matches!(judge(&text, "evil"), Err(DocumentError::Malformed { .. })),
            "{text}: {:?}",
            judge(&text, "evil")
        );
    }
    // What is no element of its own may stand in one.
    let text = graph(
        r#"{"type":"software_Package","spdxId":"q","name":"good","creationInfo":{"type":"CreationInfo","@id":"_:c"},
            "verifiedUsing":[{"type":"Hash","algorithm":"sha256","hashValue":"00"}],
            "externalIdentifier":[{"type":"ExternalIdentifier","externalIdentifierType":"cpe23","identifier":"x"}]}"#,
    );
    assert_eq!(judge(&text, "evil"), Ok(false));
}

#[test]
fn a_licence_of_spdx_3_is_found_whatever_the_names_of_types_are() {
    for relation in [
        "hasDeclaredLicense".to_owned(),
        "hasConcludedLicense".to_owned(),
        format!("{TERMS}/Core/RelationshipType/hasDeclaredLicense"),
        "spdx:Core/RelationshipType/hasConcludedLicense".to_owned(),
    ] {
        for kind in [
            "simplelicensing_LicenseExpression".to_owned(),
            format!("{TERMS}/SimpleLicensing/LicenseExpression"),
        ] {
            for subject in ["software_Package", "software_File", "software_Snippet"] {
                let text = graph(&format!(
                    r#"{{"type":"{subject}","spdxId":"p","name":"a"}},
                    {{"type":"Relationship","from":"p","to":["l"],"relationshipType":"{relation}"}},
                    {{"type":"{kind}","spdxId":"l","simplelicensing_licenseExpression":"AGPL-3.0-only"}}"#
                ));
                assert_eq!(judge(&text, "evil"), Ok(true), "{text}");
            }
        }
    }
    let text = graph(
        r#"{"type":"software_Package","spdxId":"p","name":"a","externalIdentifier":[
            {"type":"ExternalIdentifier","externalIdentifierType":"https://spdx.org/rdf/3.0.1/terms/Core/ExternalIdentifierType/packageUrl",
             "identifier":"pkg:npm/evil@1"}]}"#,
    );
    assert_eq!(judge(&text, "pkg:npm/evil"), Ok(true));
}

#[test]
fn a_package_url_of_spdx_2_is_found_by_the_address_of_its_type() {
    for (kind, denied) in [
        ("purl", true),
        ("http://spdx.org/rdf/references/purl", true),
        ("https://spdx.org/rdf/references#purl", true),
        ("PURL", true),
        ("cpe23Type", false),
    ] {
        let text = spdx2(&format!(
            r#""packages": [{{"name": "a", "externalRefs": [{{"referenceType": "{kind}", "referenceLocator": "pkg:npm/evil@1"}}]}}]"#
        ));
        assert_eq!(judge(&text, "pkg:npm/evil"), Ok(denied), "{text}");
    }
}

#[test]
fn licences_of_files_are_judged_and_files_without_one_are_not() {
    for (members, denied) in [
        (
            r#""files": [{"fileName": "./a", "licenseConcluded": "AGPL-3.0-only"}]"#,
            true,
        ),
        (
            r#""files": [{"fileName": "./a", "licenseInfoInFiles": ["MIT", "AGPL-3.0-only"]}]"#,
            true,
        ),
        (
            r#""snippets": [{"name": "s", "licenseInfoInSnippets": ["AGPL-3.0-only"]}]"#,
            true,
        ),
        (
            r#""files": [{"fileName": "./a", "licenseConcluded": "LicenseRef-1"}],
               "hasExtractedLicensingInfos": [{"licenseId": "LicenseRef-1", "name": "AGPL-3.0-only"}]"#,
            true,
        ),
        (
            r#""files": [{"fileName": "./AGPL-3.0", "licenseConcluded": "NOASSERTION", "licenseInfoInFiles": ["NONE"]}]"#,
            false,
        ),
    ] {
        assert_eq!(judge(&spdx2(members), "evil"), Ok(denied), "{members}");
    }
    let text = spdx2(
        r#""files": [{"fileName": "./a\n", "licenseConcluded": "NOASSERTION"},
                     {"fileName": "./b", "licenseConcluded": "AGPL-3.0-only"}, {"fileName": "./c", "licenseConcluded": "AGPL-3.0-only"}]"#,
    );
    let document = Document::read(text.as_bytes(), None).unwrap();
    let licenses = ["NOASSERTION", "AGPL-*"].map(|text| LicensePattern::parse(text).unwrap());
    let rules = InventoryRules::new(Vec::new(), licenses.to_vec()).unwrap();
    let violations = rules.judge(document.inventory().unwrap());
    let told: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["file ./b is under AGPL-3.0-only, which AGPL-* denies"]
    );
}

#[test]
fn a_package_is_found_by_what_it_was_taken_for() {
    let identity = |identity: &str| {
        cyclonedx(&format!(
            r#""components": [{{"name": "a", "purl": "pkg:npm/good@1", "evidence": {{"identity": {identity}}}}}]"#
        ))
    };
    for (found, denied) in [
        (
            r#"[{"field": "purl", "concludedValue": "pkg:npm/evil@1"}]"#,
            true,
        ),
        (
            r#"{"field": "purl", "concludedValue": "pkg:npm/evil@1"}"#,
            true,
        ),
        (
            r#"[{"field": "name"}, {"field": "purl", "methods": [{"technique": "filename", "value": "pkg:npm/evil@1"}]}]"#,
            true,
        ),
        (
            r#"[{"field": "purl", "methods": [{"technique": "filename", "value": "evil.js"}]}]"#,
            false,
        ),
        (
            r#"[{"field": "cpe", "concludedValue": "cpe:2.3:a:evil:evil:1:*:*:*:*:*:*:*"}]"#,
            false,
        ),
        ("[]", false),
    ] {
        assert_eq!(
            judge(&identity(found), "pkg:npm/evil"),
            Ok(denied),
            "{found}"
        );
    }
    let text = identity(r#"[{"field": "purl", "concludedValue": "evil"}]"#);
    assert!(matches!(
        judge(&text, "pkg:npm/evil"),
        Err(DocumentError::Malformed { .. })
    ));
}

#[test]
fn an_empty_segment_of_a_package_url_hides_no_package() {
    for (purl, denied) in [
        ("pkg:maven/org.a//b@1", true),
        ("pkg:maven/org.a/b@1", true),
        ("pkg:maven//org.a/b@1", true),
        ("pkg:maven/org.a/c@1", false),
    ] {
        let text = cyclonedx(&format!(
            r#""components": [{{"name": "x", "purl": "{purl}"}}]"#
        ));
        assert_eq!(judge(&text, "pkg:maven/org.a/b"), Ok(denied), "{purl}");
        assert_eq!(judge(&text, "pkg:maven/org.a/b@*"), Ok(denied), "{purl}");
    }
}

#[test]
fn a_member_that_programs_in_go_take_for_another_is_refused_in_every_format() {
    for text in [
        cyclonedx(r#""components": [], "Components": [{"name": "evil"}]"#),
        cyclonedx(r#""Vulnerabilities": [{"id": "x"}]"#),
        cyclonedx(r#""components": [{"name": "a", "Purl": "pkg:npm/evil"}]"#),
        cyclonedx(r#""components": [{"name": "a", "licenses": [{"license": {"ID": "AGPL-3.0-only"}}]}]"#),
        spdx2(r#""Packages": [{"name": "evil"}]"#),
        spdx2(r#""packages": [{"name": "a", "licensedeclared": "AGPL-3.0-only"}]"#),
        spdx2(r#""packages": [{"name": "a", "externalrefs": []}]"#),
        r#"{"version": "2.1.0", "runs": [], "Runs": []}"#.to_owned(),
        r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t"}}, "results": [], "Results": []}]}"#.to_owned(),
        r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t", "Rules": []}}, "results": []}]}"#.to_owned(),
        r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t"}}, "results": [{"ruleId": "a", "ruleID": "b"}]}]}"#.to_owned(),
        r#"{"@context": "https://openvex.dev/ns/v0.2.0", "author": "a", "timestamp": "2026-01-01T00:00:00Z", "Statements": []}"#.to_owned(),
    ] {
        let read = Document::read(text.as_bytes(), None);
        assert!(matches!(read, Err(DocumentError::Malformed { .. })), "{text}: {read:?}");
    }
}
