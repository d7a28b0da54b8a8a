//! Policies that Portieris' own schema takes or refuses, written to an API server that has ours.
//!
//! A server of 1.20 drops a field that the schema does not know, as one of today does unless its client asks for strict
//! validation; that strict validation refuses it is shown on the schema itself (`crates/policy/src/crd/tests/portieris.rs`).

use serde_json::{Value, json};

use crate::door::Door;
use crate::server::server;
use crate::watched::{install, json_of};

const NAME: &str = "schemas";
const CASES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../crates/policy/tests/portieris/crd-schema.yaml"
);
const GROUPS: [&str; 2] = [
    "portieris.cloud.ibm.com/v1",
    "securityenforcement.admission.cloud.ibm.com/v1beta1",
];

/// Cases that this server refuses though they say `accepted`: with which words, and why.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    (
        "cr002",
        "spec: Required value",
        "a policy without spec would block all that it governs",
    ),
    (
        "cr011",
        "must be of type string: \"null\"",
        "this server is old code built by a newer Go, which takes an empty text for a null; the reader takes it",
    ),
];

/// What is wrong with the answer to a case.
fn fault(case: &Value, answer: &doorward_testkit::ApiAnswer) -> Option<String> {
    let word = |field: &str| case[field].as_str().unwrap();
    let (id, expect) = (word("id"), word("expect"));
    let said = answer.body["message"].as_str().unwrap_or_default();
    if let Some((_, words, why)) = DIFFERENCES.iter().find(|(known, ..)| *known == id) {
        assert!(expect.starts_with("accepted"), "{id} is no difference");
        let is_so = answer.status == 422 && said.contains(words);
        return (!is_so).then(|| format!("{id}: {} {said}, not 422 ({why})", answer.status));
    }
    if expect == "rejected" {
        let is_so = answer.status == 422 && said.contains("is invalid: spec.repositories");
        return (!is_so).then(|| format!("{id}: {} {said}, not 422", answer.status));
    }
    // The webhook of another test reviews cluster policies meanwhile. It is asked once the schema has let one pass.
    if answer.status == 403 && said.contains("\"policies.doorward.dev\"") {
        return None;
    }
    let mut sent = case["spec"].clone();
    if expect.contains("pruned") {
        sent = without_unknown(&sent);
    }
    let is_so = answer.status == 201 && answer.body["spec"] == sent;
    (!is_so).then(|| format!("{id}: {} {said} {}", answer.status, answer.body["spec"]))
}

/// The specification as it is left: without the fields that no schema of Portieris has.
fn without_unknown(spec: &Value) -> Value {
    let mut spec = spec.clone();
    let entry = &mut spec["repositories"][0];
    let before = entry.clone();
    for (holder, names) in [
        ("", &["trust"][..]),
        ("/policy", &["va", "simpleStore", "Trust"]),
        ("/policy/simple", &["storeConfigSecret"]),
    ] {
        if let Some(fields) = entry.pointer_mut(holder).and_then(Value::as_object_mut) {
            fields.retain(|name, _| !names.contains(&name.as_str()));
        }
    }
    assert_ne!(*entry, before, "something of it is unknown");
    spec
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_takes_and_refuses_what_the_schema_of_portieris_does() {
    let Some(api) = server() else {
        return;
    };
    install(api).await;
    let door = Door::standing(NAME).await.unwrap();
    let document = json_of(&std::fs::read_to_string(CASES).unwrap());
    let (mut tried, mut wrong) = (0, Vec::new());
    for case in document["cases"].as_array().unwrap() {
        let is_meant = |kind: &str| case["kind"] == "both" || case["kind"] == kind;
        for group in GROUPS {
            for (kind, path) in [
                ("ImagePolicy", format!("namespaces/{NAME}/imagepolicies")),
                ("ClusterImagePolicy", "clusterimagepolicies".to_owned()),
            ] {
                if !is_meant(kind) {
                    continue;
                }
                let mut object = json!({
                    "apiVersion": group, "kind": kind, "metadata": {"name": "case"}, "spec": case["spec"],
                });
                if case["spec"].is_null() {
                    object.as_object_mut().unwrap().remove("spec");
                }
                let path = format!("/apis/{group}/{path}?dryRun=All");
                let answer = door.server.post(&path, &object).await;
                wrong.extend(fault(case, &answer).map(|what| format!("{kind} of {group}: {what}")));
                tried += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 70, "{tried}");
}
