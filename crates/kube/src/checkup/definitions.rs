//! Whether the API server knows the custom resources as this version has them.

use doorward_policy::Group;
use serde_json::Value;

use super::code::CheckupCode;
use super::finding::{Findings, ObjectName, listed};
use super::installation::Installation;

const INSTALL: &str = "apply what `doorward install crds` prints: Helm does not bring new definitions to a release that is there";

/// The most nested fields that are compared.
const DEEPEST: usize = 64;

pub(super) fn look(installation: &Installation, findings: &mut Findings) {
    for definition in &installation.definitions {
        let wanted = &definition.wanted;
        let object = ObjectName::of("CustomResourceDefinition", wanted);
        let is_ours = wanted["spec"]["group"] == Group::Doorward.as_str();
        match definition.found.known() {
            // Policies of another project's groups are taken where there are any.
            Some(None) if is_ours => findings.add(
                CheckupCode::DefinitionMissing,
                object,
                "it is not there, so that nobody can write such an object",
                INSTALL,
            ),
            Some(Some(found)) => {
                let missing = missing_fields(wanted, found);
                if !missing.is_empty() {
                    let message = format!(
                        "it is older than this version: it does not have {}, which is dropped from what is written, or refused",
                        listed(&missing)
                    );
                    findings.add(CheckupCode::DefinitionOutdated, object, message, INSTALL);
                }
            }
            Some(None) | None => {}
        }
    }
}

/// The fields that a definition is to have and has not.
fn missing_fields(wanted: &Value, found: &Value) -> Vec<String> {
    let mut missing = Vec::new();
    for version in wanted["spec"]["versions"].as_array().into_iter().flatten() {
        let name = version["name"].as_str().unwrap_or_default();
        let there = found["spec"]["versions"].as_array().into_iter().flatten();
        let there = there
            .into_iter()
            .find(|one| one["name"] == name && one["served"] != false);
        let Some(there) = there else {
            missing.push(format!("the version {name}"));
            continue;
        };
        let schema = |version: &'_ Value| version["schema"]["openAPIV3Schema"].clone();
        compare(&schema(version), &schema(there), "", 0, &mut missing);
    }
    missing
}

/// Goes through the fields of a schema. What another schema leaves open, it takes.
fn compare(wanted: &Value, found: &Value, path: &str, depth: usize, missing: &mut Vec<String>) {
    if found["x-kubernetes-preserve-unknown-fields"] == true || depth > DEEPEST {
        return;
    }
    for (name, schema) in wanted["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        match found["properties"].get(name) {
            Some(there) => compare(schema, there, &path, depth + 1, missing),
            None => missing.push(path.trim_start_matches('.').to_owned()),
        }
    }
    for inner in ["items", "additionalProperties"] {
        if wanted[inner].is_object() && found[inner].is_object() {
            compare(&wanted[inner], &found[inner], path, depth + 1, missing);
        }
    }
    // Words that it does not know, it refuses.
    let words = |schema: &Value| schema["enum"].as_array().cloned();
    if let (Some(ours), Some(theirs)) = (words(wanted), words(found)) {
        for word in ours.iter().filter(|word| !theirs.contains(word)) {
            missing.push(format!("{} {word}", path.trim_start_matches('.')));
        }
    }
}
