//! A registry, a signature store, a signer, and a webhook that is asked without a socket.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part")]

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward::Engine;
use doorward_core::{Digest, Timestamp};
use doorward_registry::RegistryClient;
use doorward_testkit::{Image, KeyKind, Lookaside, OpenPgpSigner, Registry};
use doorward_webhook::{Limits, Metrics, Snapshot, SnapshotBuilder, Webhook, app};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

/// A time at which signatures of the test kit are valid.
pub fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

/// A registry, a store for signatures, and a signer.
pub struct Site {
    pub registry: Registry,
    pub store: Lookaside,
    pub signer: OpenPgpSigner,
}

impl Site {
    pub async fn start() -> Self {
        Self::with(Registry::builder().start().await).await
    }

    /// A site around a registry with settings of its own.
    pub async fn with(registry: Registry) -> Self {
        Self {
            registry,
            store: Lookaside::builder().start().await,
            signer: OpenPgpSigner::new(KeyKind::Ed25519),
        }
    }

    /// Pushes an image and signs it. Returns its reference and digest.
    pub fn signed(&self, name: &str) -> (String, Digest) {
        let (reference, digest) = self.unsigned(name);
        self.store
            .put(name, &digest, self.signer.sign(&reference, &digest));
        (reference, digest)
    }

    /// Pushes an image, with a signature that was made for another one.
    pub fn tampered(&self, name: &str) -> (String, Digest) {
        let (reference, digest) = self.unsigned(name);
        let other = Digest::sha256(b"another image");
        self.store
            .put(name, &digest, self.signer.sign(&reference, &other));
        (reference, digest)
    }

    /// Pushes an image.
    pub fn unsigned(&self, name: &str) -> (String, Digest) {
        let digest = self.registry.push_image(name, "1", &Image::sample(name));
        (self.registry.reference(name, "1"), digest)
    }

    /// A policy that demands a signature of every image of this registry, with more fields of the policy body.
    pub fn policy(&self, more: &str) -> String {
        format!(
            "apiVersion: doorward.dev/v1\n\
             kind: ClusterImagePolicy\n\
             metadata: {{name: release}}\n\
             spec:\n  repositories:\n  - name: '{}/*'\n    policy:\n\
             \x20     simple:\n        storeURL: '{}'\n        requirements:\n\
             \x20       - {{type: signedBy, keySecret: release-key}}\n{more}",
            self.registry.address(),
            self.store.url(),
        )
    }

    /// The Secret that the policy names.
    pub fn key(&self) -> String {
        secret(
            "doorward",
            "release-key",
            "key",
            self.signer.public_key_armored().as_bytes(),
        )
    }

    /// A client that reaches the registry.
    pub fn client(&self) -> RegistryClient {
        RegistryClient::builder()
            .plain_http(self.registry.address())
            .plain_http(self.store.address())
            .build()
            .unwrap()
    }

    /// A webhook under the usual policy.
    pub fn webhook(&self) -> Webhook {
        self.webhook_with(&self.policy(""), LIMITS)
    }

    pub fn webhook_with(&self, policy: &str, limits: Limits) -> Webhook {
        let snapshot = snapshot(&[policy, &self.key()]);
        webhook(snapshot, self.client(), limits)
    }
}

pub const LIMITS: Limits = Limits {
    deadline: Duration::from_secs(5),
    max_body: 1 << 20,
    max_concurrent: 16,
};

/// A Secret of one item.
pub fn secret(namespace: &str, name: &str, item: &str, value: &[u8]) -> String {
    let value = STANDARD.encode(value);
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: {namespace}}}\ndata:\n  {item}: {value}\n"
    )
}

pub fn snapshot(documents: &[&str]) -> Snapshot {
    let mut builder = SnapshotBuilder::default();
    for document in documents {
        builder.add("test.yaml", document.as_bytes());
    }
    builder.build()
}

pub fn webhook(snapshot: Snapshot, client: RegistryClient, limits: Limits) -> Webhook {
    Webhook::new(
        Engine::builder(),
        snapshot,
        client,
        Arc::new(Metrics::new().unwrap()),
        limits,
        Arc::new(now),
    )
}

/// A webhook that reaches nothing, under these documents.
pub fn offline(documents: &[&str]) -> Webhook {
    webhook(
        snapshot(documents),
        RegistryClient::builder().build().unwrap(),
        LIMITS,
    )
}

/// Admits everything unchecked.
pub const UNCHECKED: &str = "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: all}\n\
                             spec: {repositories: [{name: '*', policy: {unchecked: true}}]}\n";
/// Admits nothing, and needs no registry for that: its key is missing.
pub const REJECT: &str = "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: none}\n\
                          spec: {repositories: [{name: '*', policy: {simple: {requirements: [\
                          {type: signedBy, keySecret: missing}]}}}]}\n";

/// Posts bytes. Returns status and body.
pub async fn post(
    router: &Router,
    path: &str,
    content_type: &str,
    body: Vec<u8>,
) -> (StatusCode, Vec<u8>) {
    let request = Request::post(path)
        .header("content-type", content_type)
        .body(Body::from(body))
        .unwrap();
    let answer = router.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    (
        status,
        answer
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .to_vec(),
    )
}

/// What a review is answered with.
#[derive(Debug)]
pub struct Answered(pub Value);

impl Answered {
    pub fn allowed(&self) -> bool {
        self.0["response"]["allowed"].as_bool().unwrap()
    }

    /// The status code of a refusal.
    pub fn status_code(&self) -> u64 {
        assert!(!self.allowed());
        self.0["response"]["status"]["code"].as_u64().unwrap()
    }

    pub fn message(&self) -> &str {
        self.0["response"]["status"]["message"]
            .as_str()
            .unwrap_or_default()
    }

    pub fn warnings(&self) -> Vec<&str> {
        let warnings = self.0["response"]["warnings"].as_array();
        warnings
            .into_iter()
            .flatten()
            .map(|warning| warning.as_str().unwrap())
            .collect()
    }

    /// The operations of the patch.
    pub fn patch(&self) -> Vec<Value> {
        let Some(patch) = self.0["response"]["patch"].as_str() else {
            return Vec::new();
        };
        assert_eq!(self.0["response"]["patchType"], "JSONPatch");
        serde_json::from_slice(&STANDARD.decode(patch).unwrap()).unwrap()
    }

    /// The value that the patch puts at a pointer.
    pub fn patched(&self, pointer: &str) -> Option<Value> {
        self.patch()
            .into_iter()
            .find(|operation| operation["path"] == pointer)
            .map(|mut o| o["value"].take())
    }
}

/// Posts a review and reads the answer.
pub async fn ask(webhook: &Webhook, path: &str, review: &Value) -> Answered {
    let body = serde_json::to_vec(review).unwrap();
    let (status, answer) = post(&app(webhook.clone()), path, "application/json", body).await;
    assert_eq!(status, StatusCode::OK);
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer["response"]["uid"], review["request"]["uid"]);
    assert_eq!(answer["apiVersion"], review["apiVersion"]);
    Answered(answer)
}

/// The creation of a pod with these images.
pub fn pod(images: &[&str]) -> Value {
    let containers: Vec<_> = images
        .iter()
        .enumerate()
        .map(|(i, image)| json!({"name": format!("c{i}"), "image": image}))
        .collect();
    json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "namespace": "shop",
            "operation": "CREATE",
            "name": "web",
            "userInfo": {"username": "alice"},
            "object": {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "web", "namespace": "shop"},
                "spec": {"containers": containers},
            },
            "dryRun": false,
        },
    })
}

/// The metrics as they would be scraped.
pub fn scraped(webhook: &Webhook) -> String {
    String::from_utf8(webhook.metrics().render().unwrap()).unwrap()
}
