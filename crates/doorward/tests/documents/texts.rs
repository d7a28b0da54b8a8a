//! Documents as tools write them, cut down to what is read.

use doorward::core::Digest;
use serde_json::{Value, json};

pub(crate) const SARIF: &str = "application/sarif+json";
pub(crate) const CYCLONEDX: &str = "application/vnd.cyclonedx+json";
pub(crate) const SPDX: &str = "application/spdx+json";
pub(crate) const OPENVEX: &str = "application/vnd.openvex+json";
pub(crate) const TRIVY: &str = "application/vnd.aquasec.trivy.report+json";

/// A report with these vulnerabilities and their scores.
pub(crate) fn sarif_of(scanner: &str, found: &[(&str, &str)]) -> String {
    let rules: Vec<Value> = found
        .iter()
        .map(|(id, score)| json!({"id": id, "properties": {"security-severity": score}}))
        .collect();
    let results: Vec<Value> = found
        .iter()
        .enumerate()
        .map(|(place, (id, _))| {
            let text = format!(
                "Package: openssl\nInstalled Version: 3.0.1\nVulnerability {id}\nFixed Version: 3.0.2"
            );
            json!({"ruleId": id, "ruleIndex": place, "level": "error", "message": {"text": text}})
        })
        .collect();
    json!({
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": scanner, "rules": rules}}, "results": results}]
    })
    .to_string()
}

pub(crate) fn sarif(found: &[(&str, &str)]) -> String {
    sarif_of("Trivy", found)
}

/// A report of Trivy in its own form: identifier, severity, and the version that fixes it.
pub(crate) fn trivy(found: &[(&str, &str, Option<&str>)]) -> String {
    let found: Vec<Value> = found
        .iter()
        .map(|(id, severity, fixed)| {
            let status = if fixed.is_some() { "fixed" } else { "affected" };
            let mut one = json!({
                "VulnerabilityID": id, "PkgName": "openssl", "InstalledVersion": "3.0.1",
                "Severity": severity, "Status": status,
            });
            if let Some(fixed) = fixed {
                one["FixedVersion"] = json!(fixed);
            }
            one
        })
        .collect();
    json!({
        "SchemaVersion": 2, "ArtifactName": "app", "ArtifactType": "container_image",
        "Results": [{"Target": "app (debian 12)", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": found}]
    })
    .to_string()
}

/// A bill of materials with these packages and their licences.
pub(crate) fn cyclonedx(packages: &[(&str, &str)]) -> String {
    let components: Vec<Value> = packages
        .iter()
        .map(|(name, license)| {
            json!({
                "type": "library", "name": name, "version": "1.2.3", "purl": format!("pkg:npm/{name}@1.2.3"),
                "licenses": [{"license": {"id": license}}]
            })
        })
        .collect();
    json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components})
        .to_string()
}

/// A statement of this status about a vulnerability in an image.
pub(crate) fn openvex(image: &Digest, id: &str, status: &str, at: &str) -> String {
    let product = format!("pkg:oci/app@{}", image.to_string().replace(':', "%3A"));
    let mut statement = json!({
        "vulnerability": {"name": id}, "products": [{"@id": product}], "status": status,
    });
    match status {
        "not_affected" => {
            statement["justification"] = json!("vulnerable_code_not_in_execute_path");
        }
        "affected" => statement["action_statement"] = json!("update"),
        _ => {}
    }
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.example/vex/1",
        "author": "somebody", "timestamp": at, "version": 1, "statements": [statement],
    })
    .to_string()
}
