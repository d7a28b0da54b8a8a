//! Whether what a policy names can be used, before there is an image.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::sync::Mutex;

use doorward::core::{Code, Rejection, Timestamp};
use doorward::policy::PolicyObject;
use doorward::simple_signing::codes as simple_codes;
use doorward::{Engine, Secret, SecretError, SecretFuture, Secrets, StaticSecrets};
use doorward_testkit::{KeyKind, OpenPgpSigner};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);

/// Says of a Secret called `silent` that it cannot be asked for, and remembers the namespaces that were looked in.
struct Kept(StaticSecrets, Mutex<Vec<String>>);

impl Secrets for Kept {
    fn secret<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a> {
        self.1.lock().unwrap().push(namespace.to_owned());
        if name == "silent" {
            let detail = "the server does not answer".to_owned();
            return Box::pin(std::future::ready(Err(SecretError::Unavailable { detail })));
        }
        self.0.secret(namespace, name)
    }
}

fn kept() -> Kept {
    let key = OpenPgpSigner::new(KeyKind::Ed25519).public_key_armored();
    let mut secrets = StaticSecrets::default();
    for (name, bytes) in [("good", key.as_bytes()), ("bad", b"no key")] {
        for namespace in ["shop", "bank", "doorward"] {
            let items = BTreeMap::from([("key".to_owned(), bytes.to_vec())]);
            secrets.insert(namespace, name, Secret::new(items));
        }
    }
    Kept(secrets, Mutex::default())
}

fn policy(kind: &str, group: &str, body: Value) -> PolicyObject {
    let metadata = match kind {
        "ImagePolicy" => json!({"name": "p", "namespace": "shop"}),
        _ => json!({"name": "p"}),
    };
    let object = json!({
        "apiVersion": group, "kind": kind, "metadata": metadata,
        "spec": {"repositories": [{"name": "r.example/*", "policy": body}]},
    });
    PolicyObject::from_value("p", &object).0
}

fn signed_by(secret: &str) -> Value {
    json!({"type": "signedBy", "keySecret": secret})
}

fn simple(secrets: &[&str]) -> Value {
    let requirements: Vec<Value> = secrets.iter().map(|name| signed_by(name)).collect();
    json!({"simple": {"requirements": requirements}})
}

async fn lacks_with(
    engine: &Engine,
    policy: &PolicyObject,
    secrets: &dyn Secrets,
) -> Vec<Rejection> {
    let (entry, body) = policy.entries().next().unwrap();
    engine
        .lacks(policy, (entry, body.unwrap()), secrets, NOW)
        .await
}

/// The codes of what the entry of a namespaced policy lacks.
async fn lacks(body: Value) -> Vec<Code> {
    let policy = policy("ImagePolicy", "doorward.dev/v1", body);
    let found = lacks_with(&Engine::default(), &policy, &kept()).await;
    found.iter().map(Rejection::code).collect()
}

#[tokio::test]
async fn keys_that_are_there_and_can_be_read_are_all_that_is_needed() {
    assert_eq!(lacks(simple(&["good", "good"])).await, []);
    assert_eq!(lacks(json!({"unchecked": true})).await, []);
    // It refuses every image, and lacks nothing for that.
    assert_eq!(
        lacks(json!({"simple": {"requirements": [{"type": "reject"}]}})).await,
        []
    );
}

#[tokio::test]
async fn each_way_in_which_a_secret_cannot_be_used_has_its_code() {
    assert_eq!(lacks(simple(&["absent"])).await, [Code::SECRET_NOT_FOUND]);
    assert_eq!(
        lacks(simple(&["bad"])).await,
        [simple_codes::KEYRING_INVALID]
    );
    // That it could not be asked for says nothing of it.
    assert_eq!(lacks(simple(&["silent"])).await, [Code::SECRET_UNAVAILABLE]);
}

#[tokio::test]
async fn an_alternative_that_can_be_used_hides_none_that_cannot() {
    let body = json!({"anyOf": [simple(&["good"]), simple(&["absent"])]});
    assert_eq!(lacks(body).await, [Code::SECRET_NOT_FOUND]);
}

#[tokio::test]
async fn who_must_have_signed_a_document_is_looked_at_too() {
    let signed = |secret: &str| {
        json!({"attestations": [{
            "artifactType": "application/vnd.cyclonedx+json", "signedBy": simple(&[secret]),
        }]})
    };
    assert_eq!(lacks(signed("good")).await, []);
    assert_eq!(lacks(signed("absent")).await, [Code::SECRET_NOT_FOUND]);
}

#[tokio::test]
async fn a_secret_out_of_reach_is_not_looked_for_and_looks_like_one_that_is_not_there() {
    let body = |secret: &str| {
        let mut body = simple(&[secret]);
        body["simple"]["requirements"][0]["keySecretNamespace"] = "bank".into();
        policy("ImagePolicy", "doorward.dev/v1", body)
    };
    let secrets = kept();
    let engine = Engine::default();
    let there = lacks_with(&engine, &body("good"), &secrets).await;
    let absent = lacks_with(&engine, &body("absent"), &secrets).await;
    assert!(secrets.1.lock().unwrap().is_empty());
    let words = |found: &[Rejection]| found.iter().map(ToString::to_string).collect::<Vec<_>>();
    let there: Vec<_> = words(&there)
        .iter()
        .map(|text| text.replace("good", "absent"))
        .collect();
    assert_eq!(there, words(&absent));
}

#[tokio::test]
async fn keys_of_a_cluster_policy_are_those_of_the_home_namespace_or_of_nobody_yet() {
    let of_cluster = policy("ClusterImagePolicy", "doorward.dev/v1", simple(&["good"]));
    let legacy = policy(
        "ClusterImagePolicy",
        "portieris.cloud.ibm.com/v1",
        simple(&["good"]),
    );
    let secrets = kept();
    let engine = Engine::default();
    assert_eq!(lacks_with(&engine, &of_cluster, &secrets).await, []);
    assert_eq!(*secrets.1.lock().unwrap(), ["doorward"]);
    assert!(!engine.takes_keys_of_workloads(&legacy));
    let engine = Engine::builder()
        .dangerously_read_cluster_policy_keys_from_tenants()
        .build();
    assert!(engine.takes_keys_of_workloads(&legacy));
    assert!(!engine.takes_keys_of_workloads(&of_cluster));
}
