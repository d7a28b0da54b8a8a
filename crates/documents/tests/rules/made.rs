//! Documents that are made here, and what is judged of them.

use doorward_core::{Digest, Timestamp};
use doorward_documents::{Document, ScanRules, Severity, Status};

pub(crate) fn image() -> Digest {
    Digest::sha256(b"image")
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn now() -> Timestamp {
    at("2026-06-01T00:00:00Z")
}

/// A report of one finding in `libssl3`.
pub(crate) fn report(severity: &str) -> Document {
    trivy(&format!(
        r#"{{"VulnerabilityID": "CVE-2024-0001", "VendorIDs": ["GHSA-aaaa-bbbb-cccc"], "PkgName": "libssl3", "Severity": "{severity}",
            "PkgIdentifier": {{"PURL": "pkg:apk/alpine/libssl3@3.3.0-r2?arch=x86_64"}}, "Status": "affected"}}"#
    ))
}

pub(crate) fn trivy(rows: &str) -> Document {
    let text = format!(
        r#"{{"SchemaVersion": 2, "ArtifactType": "container_image", "Results": [{{"Class": "os-pkgs", "Vulnerabilities": [{rows}]}}]}}"#
    );
    Document::read(text.as_bytes(), None).unwrap()
}

pub(crate) fn vex(statements: &str) -> Document {
    let text = format!(
        r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "author": "anyone", "timestamp": "2026-01-01T00:00:00Z",
            "statements": [{statements}]}}"#
    );
    Document::read(text.as_bytes(), None).unwrap()
}

pub(crate) fn product() -> String {
    format!(
        r#"{{"@id": "pkg:oci/app@{}"}}"#,
        image().as_str().replace(':', "%3A")
    )
}

pub(crate) fn statement(status: &str, products: &str, more: &str) -> String {
    format!(
        r#"{{"vulnerability": {{"name": "CVE-2024-0001"}}, "status": "{status}", "justification": "component_not_present",
            "products": [{products}]{more}}}"#
    )
}

pub(crate) fn strict() -> ScanRules {
    let mut rules = ScanRules::default();
    rules.max_severity = Some(Severity::Medium);
    rules.vex_statuses = vec![Status::NotAffected, Status::Fixed];
    rules
}

pub(crate) fn inventory(packages: &str) -> Document {
    let text = format!(
        r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{packages}]}}"#
    );
    Document::read(text.as_bytes(), None).unwrap()
}
