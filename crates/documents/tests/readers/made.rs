//! Documents of each format, in their shortest form.

use doorward_documents::{Document, DocumentError, Finding};

pub(crate) fn read(text: &str) -> Result<Document, DocumentError> {
    Document::read(text.as_bytes(), None)
}

pub(crate) fn findings(text: &str) -> Vec<Finding> {
    read(text)
        .unwrap()
        .scan()
        .expect("a scan")
        .findings()
        .to_vec()
}

pub(crate) fn spdx(package: &str) -> String {
    format!(r#"{{"spdxVersion": "SPDX-2.3", "packages": [{package}]}}"#)
}

pub(crate) fn cyclonedx(members: &str) -> String {
    format!(r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", {members}}}"#)
}

pub(crate) fn vex(statement: &str) -> String {
    format!(
        r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "author": "a", "timestamp": "2026-01-01T00:00:00Z",
            "statements": [{statement}]}}"#
    )
}

pub(crate) fn sarif(run: &str) -> String {
    format!(
        r#"{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "Trivy"}}}}, {run}}}]}}"#
    )
}

/// A run of one rule, with these properties and help text, and one result of it.
pub(crate) fn rated(properties: &str, help: &str, message: &str) -> String {
    format!(
        r#"{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "Trivy", "rules": [
            {{"id": "CVE-2024-0001", "properties": {properties}, "help": {{"text": "{help}"}}}}]}}}},
            "results": [{{"ruleId": "CVE-2024-0001", "message": {{"text": "{message}"}}}}]}}]}}"#
    )
}

pub(crate) fn trivy(results: &str) -> String {
    let results = results.replacen("[{", r#"[{"Class": "os-pkgs", "#, 1);
    format!(r#"{{"SchemaVersion": 2, "ArtifactType": "container_image", "Results": {results}}}"#)
}
