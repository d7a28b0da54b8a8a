//! Verifies an image through the engine: policy, key and registry in, verdict out.
//!
//! The registry and the signature store run in this process, so that the example needs no network:
//! `cargo run -p doorward --example verify_image`. Against real ones, leave out `plain_http` and the test kit.
#![allow(clippy::print_stdout, reason = "an example talks to its reader")]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use doorward::core::Timestamp;
use doorward::policy::{Document, PolicySet, read_documents};
use doorward::registry::{Anonymous, RegistryClient};
use doorward::{Context, Engine, Report, Rules, Secret, StaticSecrets};
use doorward_testkit::{Image, KeyKind, Lookaside, OpenPgpSigner, Registry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // Somebody pushed an image and signed it.
    let registry = Registry::builder().start().await;
    let store = Lookaside::builder().start().await;
    let signer = OpenPgpSigner::new(KeyKind::Ed25519);
    let digest = registry.push_image("team/app", "1.0", &Image::sample("app"));
    let image = registry.reference("team/app", "1.0");
    store.put("team/app", &digest, signer.sign(&image, &digest));

    // The rules: a policy document, and the key that it names.
    let policy = format!(
        "apiVersion: doorward.dev/v1
kind: ImagePolicy
metadata: {{name: releases, namespace: shop}}
spec:
  repositories:
  - name: '{}/team/*'
    policy:
      simple:
        storeURL: {}
        requirements: [{{type: signedBy, keySecret: release-key}}]
",
        registry.address(),
        store.url(),
    );
    let (documents, mut problems) = read_documents("policy.yaml", policy.as_bytes());
    let policies = documents.into_iter().filter_map(|document| match document {
        Document::Policy(policy) => Some(policy),
        Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
    });
    let (set, more) = PolicySet::compile(policies.collect());
    problems.extend(more);
    for problem in problems {
        println!("{}", problem.render(Some(&policy)));
    }
    let rules = Rules::Policies(Arc::new(set));
    let key = signer.public_key_armored().into_bytes();
    let mut secrets = StaticSecrets::default();
    secrets.insert(
        "shop",
        "release-key",
        Secret::new(BTreeMap::from([("key".to_owned(), key)])),
    );

    // The way out. One client serves a whole program; each review brings its own credentials.
    let client = RegistryClient::builder()
        .plain_http(registry.address())
        .plain_http(store.address())
        .build()?;
    let fetcher = Arc::new(client.with_keychain(Arc::new(Anonymous)));

    let now: Timestamp = "2026-06-01T12:00:00Z".parse()?;
    let context = Context::new(&rules, &secrets, fetcher, now).in_namespace("shop");
    let verdict = Engine::default().decide(&image, &context).await;
    println!("{:?}: {}", verdict.decision(), verdict.message());
    if let Some(pinned) = verdict.pinned() {
        println!("run {pinned}");
    }
    println!(
        "{}",
        serde_json::to_string_pretty(&Report::new(now, &[verdict]))?
    );
    Ok(())
}
