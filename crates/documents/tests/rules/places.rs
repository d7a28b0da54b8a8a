//! Places of an inventory in which a denied package or licence may stand.

use doorward_documents::{Document, InventoryRules, LicensePattern, PackagePattern};

fn is_denied(document: &str) -> bool {
    let document = Document::read(document.as_bytes(), None).unwrap();
    let packages = vec![PackagePattern::parse("pkg:npm/event-stream").unwrap()];
    let licenses = ["AGPL-*", "Affero"].map(|text| LicensePattern::parse(text).unwrap());
    let rules = InventoryRules::new(packages, licenses.to_vec()).unwrap();
    !rules.judge(document.inventory().unwrap()).is_empty()
}

fn cyclonedx(members: &str) -> String {
    format!(r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", {members}}}"#)
}

#[test]
fn licences_and_packages_are_found_wherever_cyclonedx_has_them() {
    for (members, denied) in [
        (
            r#""components": [{"name": "a", "licenses": [{"license": {"id": "MIT"}}],
                "evidence": {"licenses": [{"license": {"id": "AGPL-3.0-only"}}]}}]"#,
            true,
        ),
        (
            r#""components": [{"name": "a", "evidence": {"licenses": [{"expression": "MIT"}]}}]"#,
            false,
        ),
        (
            r#""services": [{"name": "a", "licenses": [{"license": {"id": "AGPL-3.0-only"}}]}]"#,
            true,
        ),
        (
            r#""services": [{"name": "a", "services": [{"name": "b", "licenses": [{"license": {"id": "AGPL-3.0-only"}}]}]}]"#,
            true,
        ),
        (
            r#""services": [{"name": "a", "licenses": [{"license": {"id": "MIT"}}]}]"#,
            false,
        ),
        (
            r#""components": [{"name": "a", "pedigree": {"ancestors": [{"name": "b", "purl": "pkg:npm/event-stream@3.3.6"}]}}]"#,
            true,
        ),
        (
            r#""components": [{"name": "a", "pedigree": {"ancestors": [{"name": "b", "purl": "pkg:npm/left-pad@1"}]}}]"#,
            false,
        ),
    ] {
        assert_eq!(is_denied(&cyclonedx(members)), denied, "{members}");
    }
}

#[test]
fn licences_are_found_wherever_spdx_2_has_them() {
    let named = r#""hasExtractedLicensingInfos": [{"licenseId": "LicenseRef-1", "extractedText": "x", "name": "Affero"}]"#;
    for (package, more, denied) in [
        (
            r#""licenseConcluded": "MIT", "licenseInfoFromFiles": ["MIT", "AGPL-3.0-only"]"#,
            "",
            true,
        ),
        (
            r#""licenseConcluded": "MIT", "licenseInfoFromFiles": ["NOASSERTION", "Zlib"]"#,
            "",
            false,
        ),
        (r#""licenseDeclared": "MIT AND licenseref-1""#, named, true),
        (r#""licenseInfoFromFiles": ["LicenseRef-1"]"#, named, true),
        (r#""licenseDeclared": "LicenseRef-12""#, named, false),
        (r#""licenseDeclared": "MIT""#, named, false),
    ] {
        let comma = if more.is_empty() { "" } else { "," };
        let text = format!(
            r#"{{"spdxVersion": "SPDX-2.3", "packages": [{{"name": "a", "SPDXID": "SPDXRef-a", {package}}}]{comma} {more}}}"#
        );
        assert_eq!(is_denied(&text), denied, "{text}");
    }
}

#[test]
fn a_package_with_the_licences_of_hundreds_of_others_is_read() {
    // The package that stands for the whole image has all of them.
    let all = |of: fn(usize) -> String| (0..500).map(of).collect::<Vec<_>>().join(",");
    let extracted = all(|n| {
        format!(r#"{{"licenseId": "LicenseRef-{n}", "extractedText": "x", "name": "name {n}"}}"#)
    });
    let found = all(|n| format!(r#""LicenseRef-{n}""#));
    for (name, denied) in [("Affero", true), ("Apache", false)] {
        let text = format!(
            r#"{{"spdxVersion": "SPDX-2.3", "hasExtractedLicensingInfos": [{extracted}], "packages": [
                {{"name": "image", "SPDXID": "SPDXRef-a", "licenseInfoFromFiles": [{found}]}}]}}"#
        );
        let text = text.replace("name 499", name);
        assert_eq!(is_denied(&text), denied, "{name}");
    }
}

fn spdx3(element: &str) -> String {
    format!(
        r#"{{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [{{{element}, "spdxId": "urn:a",
            "name": "x", "software_packageUrl": "pkg:npm/event-stream@3.3.6"}}]}}"#
    )
}

#[test]
fn packages_of_spdx_3_are_told_by_each_of_their_types() {
    for (kind, denied) in [
        (r#""type": "software_Package""#, true),
        (r#""type": "ai_AIPackage""#, true),
        (r#""type": "dataset_DatasetPackage""#, true),
        (r#""@type": "software_Package""#, true),
        (
            r#""type": "https://spdx.org/rdf/3.0.1/terms/Software/Package""#,
            true,
        ),
        (
            r#""@type": "https://spdx.org/rdf/3.0.1/terms/AI/AIPackage""#,
            true,
        ),
        (r#""type": "software_File""#, false),
        (
            r#""type": "https://spdx.org/rdf/3.0.1/terms/Software/File""#,
            false,
        ),
    ] {
        assert_eq!(is_denied(&spdx3(kind)), denied, "{kind}");
    }
}

#[test]
fn what_spdx_3_says_in_a_way_that_is_not_read_is_an_error() {
    for element in [
        r#""type": ["software_Package"]"#,
        r#""type": "software_File", "@type": "software_Package""#,
        r#""type": "software_Package", "https://spdx.org/rdf/3.0.1/terms/Software/packageUrl": "pkg:npm/a""#,
    ] {
        let read = Document::read(spdx3(element).as_bytes(), None);
        assert!(read.is_err(), "{element}");
    }
}
