//! What the author of a namespaced policy can make the webhook send, and what they can learn from it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_testkit::{Authentication, NotaryServer, Registry};
use doorward_webhook::Webhook;
use serde_json::{Value, json};
use support::{LIMITS, Site, ask, pod, snapshot, webhook};

const PASSWORD: &str = "s3cret-of-the-registry";

/// A Secret of the namespace `shop`.
fn secret(name: &str, more: Value, items: Value) -> String {
    let mut secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "shop"},
        "stringData": items,
    });
    if let Some(labels) = more.get("labels") {
        secret["metadata"]["labels"] = labels.clone();
    }
    if let Some(kind) = more.get("type") {
        secret["type"] = kind.clone();
    }
    secret.to_string()
}

/// A namespaced policy for every image.
fn policy(body: Value) -> String {
    json!({
        "apiVersion": "doorward.dev/v1",
        "kind": "ImagePolicy",
        "metadata": {"name": "mine", "namespace": "shop"},
        "spec": {"repositories": [{"name": "*", "policy": body}]},
    })
    .to_string()
}

fn under(site: &Site, documents: &[String]) -> Webhook {
    let key = secret(
        "k",
        json!({}),
        json!({"key": site.signer.public_key_armored()}),
    );
    let mut all = vec![key.as_str()];
    all.extend(documents.iter().map(String::as_str));
    webhook(snapshot(&all), site.client(), LIMITS)
}

#[tokio::test]
async fn the_trust_server_of_a_namespaced_policy_is_not_shown_the_pull_secret_of_the_workload() {
    let registry = Registry::builder()
        .authentication(Authentication::Bearer)
        .account("robot", PASSWORD);
    let site = Site::with(registry.start().await).await;
    let (image, _) = site.signed("app");
    // On this machine too, and it asks for a password as the registry does.
    let evil = NotaryServer::builder()
        .access(
            Registry::builder()
                .authentication(Authentication::Basic)
                .challenges(&[r#"Basic realm="evil""#])
                .account("robot", PASSWORD),
        )
        .start()
        .await;
    let trust = json!({"trust": {
        "enabled": true, "trustServer": evil.url(), "pins": {"trustOnFirstUse": true},
    }});
    let config =
        json!({"auths": {site.registry.address(): {"username": "robot", "password": PASSWORD}}});
    let items = json!({".dockerconfigjson": config.to_string()});
    let pull = secret("pull", json!({}), items);
    let webhook = under(&site, &[policy(trust), pull]);
    let mut review = pod(&[&image]);
    review["request"]["object"]["spec"]["imagePullSecrets"] = json!([{"name": "pull"}]);
    let answer = ask(&webhook, "/mutate", &review).await;
    assert!(!answer.allowed(), "{answer:?}");
    assert!(
        evil.requests()
            .iter()
            .all(|request| !request.has_authorization())
    );
}

#[tokio::test]
async fn the_store_of_a_namespaced_policy_gets_no_secret_that_was_not_made_for_stores() {
    let site = Site::start().await;
    let (image, _) = site.signed("app");
    let login = || json!({"username": "postgres", "password": "s3cret-of-the-database"});
    let body = |name: &str| {
        policy(json!({"simple": {
            "storeURL": site.store.url(),
            "storeSecret": name,
            "requirements": [{"type": "signedBy", "keySecret": "k"}],
        }}))
    };
    for more in [
        json!({}),
        json!({"type": "kubernetes.io/basic-auth"}),
        json!({"labels": {"doorward.dev/purpose": "database"}}),
    ] {
        let webhook = under(
            &site,
            &[body("login"), secret("login", more.clone(), login())],
        );
        let answer = ask(&webhook, "/mutate", &pod(&[&image])).await;
        assert!(
            !answer.allowed() && answer.message().contains("secret-invalid"),
            "{more}: {}",
            answer.message()
        );
        assert!(!answer.message().contains("s3cret"), "{}", answer.message());
    }
    assert!(site.store.requests().is_empty(), "nothing was sent");
    for more in [
        json!({"type": "doorward.dev/store-credentials"}),
        json!({"labels": {"doorward.dev/purpose": "store-credentials"}}),
    ] {
        let webhook = under(&site, &[body("login"), secret("login", more, login())]);
        let answer = ask(&webhook, "/mutate", &pod(&[&image])).await;
        assert!(answer.allowed(), "{}", answer.message());
    }
    let shown = format!(
        "Basic {}",
        STANDARD.encode("postgres:s3cret-of-the-database")
    );
    assert!(
        site.store
            .requests()
            .iter()
            .all(|request| request.header("authorization") == Some(shown.as_str()))
    );
}

#[tokio::test]
async fn a_secret_of_another_namespace_and_none_at_all_are_answered_alike() {
    let site = Site::start().await;
    let (image, _) = site.signed("app");
    let vault = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "vault", "namespace": "bank"},
        "stringData": {"token": "x"},
    });
    let mut answers = Vec::new();
    for name in ["vault", "nosuch"] {
        let body = json!({"simple": {"requirements": [
            {"type": "signedBy", "keySecret": name, "keySecretNamespace": "bank"},
        ]}});
        let webhook = under(&site, &[policy(body), vault.to_string()]);
        let answer = ask(&webhook, "/mutate", &pod(&[&image])).await;
        assert!(!answer.allowed());
        answers.push(answer.0.to_string().replace(name, "NAME"));
    }
    assert_eq!(answers[0], answers[1]);
    assert!(answers[0].contains("secret-not-found"), "{}", answers[0]);
}
