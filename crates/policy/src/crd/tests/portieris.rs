//! What Portieris' own schema takes, and what we take of it.

use serde_json::{Value, json};

use super::judge::faults;
use super::{definitions, schema};
use crate::Group;

#[test]
fn the_cases_of_portieris_are_decided_as_the_reader_decides_them() {
    let text = include_str!("../../../tests/portieris/crd-schema.yaml");
    let document: Value = serde_yaml::from_str(text).unwrap();
    let mut decided = 0;
    for case in document["cases"].as_array().unwrap() {
        let word = |field: &str| case[field].as_str().unwrap();
        for (kind, group, definition) in definitions() {
            let is_meant = [kind.as_str(), "both"].contains(&word("kind"));
            if !is_meant || group == Group::Doorward {
                continue;
            }
            let object = json!({
                "apiVersion": group.api_version(),
                "kind": kind.as_str(),
                "metadata": {"name": "p"},
                "spec": case["spec"],
            });
            // What Portieris drops without a word, we refuse.
            let is_taken = word("expect").starts_with("accepted") && word("class") != "defect";
            let found = faults(schema(&definition), &object);
            assert_eq!(
                found.is_empty(),
                is_taken,
                "{} in {kind}: {found:?}",
                word("id")
            );
            decided += 1;
        }
    }
    assert!(decided >= 40, "{decided}");
}

#[test]
fn what_portieris_takes_and_we_deny_is_stored_all_the_same() {
    let theirs = definitions()
        .into_iter()
        .filter(|(_, group, _)| *group != Group::Doorward);
    for (kind, group, definition) in theirs {
        for spec in [
            json!({}),
            json!({"repositories": []}),
            json!({"repositories": [{}]}),
            json!({"repositories": [{"name": "*"}]}),
            json!({"repositories": [{"name": "*", "policy": {}}]}),
            json!({"repositories": [{"name": "*", "policy": {"trust": {}}}]}),
            json!({"repositories": [{"name": "*", "policy": {"trust": {"enabled": false}}}]}),
            json!({"repositories": [{"name": "*", "policy": {"trust": {"signerSecrets": [{}]}}}]}),
            json!({"repositories": [{"name": "*", "policy": {"trust": {"trustServer": "notary"}}}]}),
            json!({"repositories": [{"name": "*", "policy": {"simple": {"requirements": null}}}]}),
            json!({"repositories": [{"name": "*", "policy": {"simple": {"storeURL": "ftp://x"}}}]}),
            json!({"repositories": [{"name": "*", "policy": {"simple": {"requirements": [
                {"type": "signedBy", "keySecret": "Not A Name"}]}}}]}),
        ] {
            let object = json!({
                "apiVersion": group.api_version(),
                "kind": kind.as_str(),
                "metadata": {"name": "p"},
                "spec": spec,
            });
            let found = faults(schema(&definition), &object);
            assert_eq!(found, [""; 0], "{object}");
        }
    }
}
