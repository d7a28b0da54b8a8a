//! Documents in which two parts could multiply each other.

use std::fmt::Write as _;

/// One rule with a help text of so many bytes, and results of it.
pub(crate) fn sarif(results: usize, help: usize) -> String {
    let line = r"Severity of what: HIGH\nSeverity: LOW\n";
    let help = line.repeat(help / line.len());
    let results = vec![r#"{"ruleIndex":0}"#; results].join(",");
    format!(
        r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"t","rules":[
            {{"id":"CVE-2026-1-{}","help":{{"text":"{help}"}},"properties":{{"purls":["pkg:a/b@1"],"tags":["HIGH"]}}}}]}}}},
            "results":[{results}]}}]}}"#,
        "x".repeat((help.len() / 100).min(1_000))
    )
}

/// Components of one reference, and vulnerabilities that affect it.
pub(crate) fn cyclonedx(components: usize, findings: usize) -> String {
    let component = r#"{"name":"a","bom-ref":"r","purl":"pkg:a/b@1"}"#;
    let components = vec![component; components].join(",");
    let findings = vec![r#"{"id":"x","affects":[{"ref":"r"}]}"#; findings].join(",");
    format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{components}],"vulnerabilities":[{findings}]}}"#
    )
}

/// Names of one licence of the document's own, and packages under it.
pub(crate) fn spdx2(names: usize, packages: usize) -> String {
    let named: Vec<String> = (0..names)
        .map(|name| {
            let words = "a ".repeat(100);
            format!(r#"{{"licenseId":"L","name":"{words}{name}"}}"#)
        })
        .collect();
    let packages = vec![r#"{"name":"a","licenseDeclared":"L"}"#; packages].join(",");
    format!(
        r#"{{"spdxVersion":"SPDX-2.3","hasExtractedLicensingInfos":[{}],"packages":[{packages}]}}"#,
        named.join(",")
    )
}

/// An expression of so many bytes in one element, and packages under it.
pub(crate) fn spdx3(expression: usize, packages: usize) -> String {
    let mut listed = String::new();
    for number in 0..packages {
        write!(
            listed,
            r#",{{"type":"software_Package","spdxId":"p{number}","name":"a"}},
                {{"type":"Relationship","from":"p{number}","to":["l"],"relationshipType":"hasDeclaredLicense"}}"#
        )
        .unwrap();
    }
    let expression = "a ".repeat(expression / 2);
    graph(&format!(
        r#"{{"type":"simplelicensing_LicenseExpression","spdxId":"l","simplelicensing_licenseExpression":"{expression}"}}{listed}"#
    ))
}

/// Sets of licences, each of which has the next twice, and packages under the outermost.
pub(crate) fn nested(sets: usize, packages: usize) -> String {
    let mut listed = r#"{"type":"SpdxDocument","spdxId":"d"}"#.to_owned();
    for number in 0..sets {
        let next = number + 1;
        write!(
            listed,
            r#",{{"type":"expandedlicensing_ConjunctiveLicenseSet","spdxId":"s{number}","expandedlicensing_member":["s{next}","s{next}"]}}"#
        )
        .unwrap();
    }
    for number in 0..packages {
        write!(
            listed,
            r#",{{"type":"software_Package","spdxId":"p{number}","name":"a"}},
                {{"type":"Relationship","from":"p{number}","to":["s0"],"relationshipType":"hasDeclaredLicense"}}"#
        )
        .unwrap();
    }
    graph(&listed)
}

fn graph(elements: &str) -> String {
    format!(
        r#"{{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{elements}]}}"#
    )
}

/// One row, as often as said, of a report of Trivy.
pub(crate) fn trivy(rows: usize) -> String {
    let rows = vec![r#"{"VulnerabilityID":"a"}"#; rows].join(",");
    format!(
        r#"{{"SchemaVersion":2,"ArtifactType":"container_image","Results":[{{"Class":"os-pkgs","Vulnerabilities":[{rows}]}}]}}"#
    )
}
