//! A registry and a trust server that have what a case says was found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::http::StatusCode;
use doorward::Engine;
use doorward_core::{Digest, Reference};
use doorward_registry::RegistryClient;
use doorward_testkit::{
    Collection, Fault, FaultRule, Image, KeyKind, NotaryServer, OpenPgpSigner, Registry,
    SignatureExtension, Target,
};
use doorward_webhook::{Metrics, Webhook, app};
use serde_json::{Value, json};

use crate::support::{Answered, LIMITS, now, post, scraped, secret, snapshot};

/// A case with real digests for its own, and a webhook before the servers it speaks of.
pub(crate) struct World {
    pub(crate) case: Value,
    pub(crate) webhook: Webhook,
    /// The trust servers `https://notary.example` and `https://second.example`.
    pub(crate) notaries: [NotaryServer; 2],
    _registry: Registry,
}

/// The image whose digest stands for one that a case made up.
fn image(made_up: &str) -> Image {
    Image::sample(made_up)
}

/// The SHA-256 digests in a text, in hexadecimal.
fn digests(text: &str) -> BTreeSet<String> {
    let is_hex = |c: char| c.is_ascii_hexdigit();
    let words = text.split(|c| !is_hex(c));
    words
        .filter(|word| word.len() == 64)
        .map(str::to_owned)
        .collect()
}

fn reference(text: &str) -> Reference {
    text.parse().unwrap()
}

impl World {
    pub(crate) async fn of(case: &Value) -> Self {
        let registry = Registry::builder()
            .signature_extension(SignatureExtension::supported())
            .start()
            .await;
        let notaries = [
            NotaryServer::builder().start().await,
            NotaryServer::builder().start().await,
        ];
        let mut text = case.to_string();
        for (name, server) in ["notary", "second"].iter().zip(&notaries) {
            let url = server.url();
            text = text.replace(
                &format!("https://{name}.example"),
                url.trim_end_matches('/'),
            );
        }
        let mut images = BTreeMap::new();
        for made_up in digests(&text) {
            let image = image(&made_up);
            text = text.replace(&made_up, image.digest().hex());
            images.insert(image.digest().hex().to_owned(), image);
        }
        let case: Value = serde_json::from_str(&text).unwrap();
        let signer = OpenPgpSigner::new(KeyKind::Ed25519);
        for (written, found) in case["simple_stub"].as_object().into_iter().flatten() {
            push(&registry, &signer, &images, &reference(written), found);
        }
        for (stub, server) in ["trust_stub", "second_stub"].iter().zip(&notaries) {
            for (written, found) in case[stub].as_object().into_iter().flatten() {
                publish(server, &images, &reference(written), found);
            }
        }
        let webhook = webhook(&case, &registry, &notaries, &signer);
        Self {
            case,
            webhook,
            notaries,
            _registry: registry,
        }
    }

    pub(crate) async fn post(&self, body: &str) -> (StatusCode, Answered) {
        let router = app(self.webhook.clone());
        let body = body.as_bytes().to_vec();
        let (status, answer) = post(&router, "/admit", "application/json", body).await;
        (status, Answered(serde_json::from_slice(&answer).unwrap()))
    }

    /// How many reviews ended in a denial, and how many did not.
    pub(crate) fn counted(&self) -> (u64, u64) {
        let text = scraped(&self.webhook);
        let (mut allowed, mut denied) = (0, 0);
        for line in text.lines() {
            let Some(labels) = line.strip_prefix("doorward_admission_requests_total{") else {
                continue;
            };
            let count: u64 = labels.rsplit_once(' ').unwrap().1.parse().unwrap();
            if labels.contains("verdict=\"deny\"") {
                denied += count;
            } else {
                allowed += count;
            }
        }
        (allowed, denied)
    }
}

/// Has the registry answer for an image as the verifier of a case does.
fn push(
    registry: &Registry,
    signer: &OpenPgpSigner,
    images: &BTreeMap<String, Image>,
    reference: &Reference,
    found: &Value,
) {
    let path = reference.repository().path();
    let tag = reference.tag().map_or("latest", |tag| tag.as_str());
    if let Some(hex) = found["Digest"].as_str() {
        let digest = registry.push_image(path, tag, &images[hex]);
        let name = format!("{}:{tag}", reference.repository());
        registry.put_signature(path, &digest, &signer.sign(&name, &digest));
        return;
    }
    if found.get("Err").is_some() {
        let rule = FaultRule::new(Fault::Status(503)).on(format!("/v2/{path}/*"));
        return registry.fault(rule);
    }
    match reference.digest() {
        None => {
            registry.push_image(path, tag, &Image::sample("unsigned"));
        }
        Some(digest) => {
            if let Some(image) = images.get(digest.hex()) {
                registry.push_untagged(path, image);
            }
        }
    }
}

/// Has the trust server answer for a tag as the verifier of a case does.
fn publish(
    notary: &NotaryServer,
    images: &BTreeMap<String, Image>,
    reference: &Reference,
    found: &Value,
) {
    let gun = reference.repository().to_string();
    if found.get("Err").is_some() {
        return notary.fault(FaultRule::new(Fault::Status(503)));
    }
    let mut collection = Collection::new(&gun, now());
    if let Some(hex) = found["Digest"].as_str() {
        let tag = reference.tag().map_or("latest", |tag| tag.as_str());
        collection.add_target(tag, Target::image(&images[hex]));
    } else {
        collection.add_target("another", Target::content(b"x"));
    }
    notary.publish(&collection.publish());
}

fn webhook(
    case: &Value,
    registry: &Registry,
    notaries: &[NotaryServer],
    signer: &OpenPgpSigner,
) -> Webhook {
    let mut documents = Vec::new();
    let key = signer.public_key_armored();
    // Where the policies of namespaces and of the cluster look.
    for namespace in ["ns1", "doorward"] {
        documents.push(secret(namespace, "k", "key", key.as_bytes()));
    }
    for (field, kind) in [
        ("image_policies", "ImagePolicy"),
        ("cluster_image_policies", "ClusterImagePolicy"),
    ] {
        for policy in case[field].as_array().into_iter().flatten() {
            let object = json!({
                "apiVersion": "portieris.cloud.ibm.com/v1", "kind": kind,
                "metadata": policy["metadata"], "spec": policy["spec"],
            });
            documents.push(object.to_string());
        }
    }
    let documents: Vec<_> = documents.iter().map(String::as_str).collect();
    let mut client = RegistryClient::builder().plain_http(registry.address());
    for notary in notaries {
        client = client.plain_http(notary.address());
    }
    for host in ["r.example", "us.icr.io", "icr.io", "docker.io"] {
        client = client.mirror(host, registry.address());
    }
    Webhook::new(
        Engine::builder().dangerously_trust_on_first_use_for_portieris_policies(),
        snapshot(&documents),
        client.build().unwrap(),
        Arc::new(Metrics::new().unwrap()),
        LIMITS,
        Arc::new(now),
    )
}

/// The digest of an image by the made-up one that stood for it.
pub(crate) fn digest(made_up: &str) -> Digest {
    image(made_up).digest().clone()
}
