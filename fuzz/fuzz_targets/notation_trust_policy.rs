//! Trust policy files. What is read, a general parser reads in the same way, and every scope selects its statement.

#![no_main]

use doorward_notation::{BlobTrustPolicy, OciTrustPolicy, Selected};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fn statements(bytes: &[u8]) -> Vec<Value> {
    let general: Value = serde_json::from_slice(bytes).expect("JSON");
    assert_eq!(general["version"], "1.0");
    let statements = general["trustPolicies"].as_array().expect("statements");
    assert!(!statements.is_empty());
    statements.clone()
}

fn check(statement: &Value, selected: Selected<'_>) {
    let level = &statement["signatureVerification"]["level"];
    match selected {
        Selected::Skip { name } => {
            assert_eq!((level, &statement["name"]), (&"skip".into(), &name.into()));
        }
        Selected::Verify(selected) => {
            assert_ne!(*level, "skip");
            assert_eq!(statement["name"], selected.name());
            let stores = statement["trustStores"].as_array().expect("stores");
            assert_eq!(selected.trust_stores().len(), stores.len());
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(policy) = OciTrustPolicy::parse(bytes) {
        for statement in statements(bytes) {
            for scope in statement["registryScopes"].as_array().expect("scopes") {
                let scope = scope.as_str().expect("a text");
                if scope != "*" {
                    let selected = policy.select(&format!("{scope}@sha256:0"));
                    check(&statement, selected.expect("a statement"));
                }
            }
        }
    }
    if let Ok(policy) = BlobTrustPolicy::parse(bytes) {
        for statement in statements(bytes) {
            let name = statement["name"].as_str();
            check(&statement, policy.select(name).expect("a statement"));
        }
    }
});
