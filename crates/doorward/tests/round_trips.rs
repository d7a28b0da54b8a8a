//! Round trips, counted at the servers: cold and warm, for tags and digests.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward::core::{Digest, Fetcher};
use doorward::policy::{Document, PolicySet, read_documents};
use doorward::registry::{Anonymous, RegistryClient};
use doorward::{Context, Decision, Engine, Rules, Secret, StaticSecrets, Verdict};
use doorward_testkit::{Image, KeyKind, Lookaside, OpenPgpSigner, Registry};
use support::NOW;

struct Site {
    registry: Registry,
    store: Lookaside,
    rules: Rules,
    secrets: StaticSecrets,
    fetcher: Arc<dyn Fetcher>,
    engine: Engine,
    digest: Digest,
}

impl Site {
    async fn new() -> Self {
        let registry = Registry::builder().start().await;
        let store = Lookaside::builder().start().await;
        let signer = OpenPgpSigner::new(KeyKind::Ed25519);
        let digest = registry.push_image("team/app", "1", &Image::sample("app"));
        let reference = registry.reference("team/app", "1");
        store.put("team/app", &digest, signer.sign(&reference, &digest));
        let policy = format!(
            "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: p, namespace: n}}\nspec:\n  \
             repositories:\n  - name: \"{}/*\"\n    policy:\n      simple:\n        storeURL: {}\n        \
             requirements: [{{type: signedBy, keySecret: k}}]\n",
            registry.address(),
            store.url()
        );
        let (documents, problems) = read_documents("p.yaml", policy.as_bytes());
        assert!(problems.is_empty(), "{problems:?}");
        let policies = documents.into_iter().filter_map(|document| match document {
            Document::Policy(policy) => Some(policy),
            Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
        });
        let rules = Rules::Policies(Arc::new(PolicySet::compile(policies.collect()).0));
        let key = signer.public_key_armored().into_bytes();
        let mut secrets = StaticSecrets::default();
        secrets.insert("n", "k", Secret::new(BTreeMap::from([("key".into(), key)])));
        let client = RegistryClient::builder()
            .plain_http(registry.address())
            .plain_http(store.address())
            .no_proxy()
            .build()
            .unwrap();
        Self {
            fetcher: Arc::new(client.with_keychain(Arc::new(Anonymous))),
            engine: Engine::default(),
            registry,
            store,
            rules,
            secrets,
            digest,
        }
    }

    fn tag(&self) -> String {
        self.registry.reference("team/app", "1")
    }

    fn by_digest(&self) -> String {
        format!("{}/team/app@{}", self.registry.address(), self.digest)
    }

    async fn decide(&self, images: &[&str]) -> Vec<Verdict> {
        let context = Context::new(&self.rules, &self.secrets, Arc::clone(&self.fetcher), NOW)
            .in_namespace("n")
            .remembering_in("n");
        let verdicts = self.engine.decide_all(images, &context).await;
        for verdict in &verdicts {
            assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
        }
        verdicts
    }

    /// What both servers were asked since the last time, in short.
    fn asked(&self) -> (Vec<String>, Vec<String>) {
        let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let mut registry: Vec<_> = self
            .registry
            .take_requests()
            .iter()
            .map(|request| match last(&request.path).as_str() {
                "" => "ping".to_owned(),
                other => other.to_owned(),
            })
            .collect();
        let mut store: Vec<_> = self
            .store
            .take_requests()
            .iter()
            .map(|request| last(&request.path))
            .collect();
        registry.sort();
        store.sort();
        (registry, store)
    }
}

fn both(registry: &[&str], store: &[&str]) -> (Vec<String>, Vec<String>) {
    let own = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    (own(registry), own(store))
}

const SIGNATURES: [&str; 2] = ["signature-1", "signature-2"];

#[tokio::test]
async fn a_tag_takes_two_round_trips_and_a_ping() {
    let site = Site::new().await;
    let verdict = site.decide(&[&site.tag()]).await.remove(0);
    assert_eq!(verdict.cost().flights, 2);
    assert_eq!(site.asked(), both(&["1", "ping"], &SIGNATURES));
}

#[tokio::test]
async fn a_digest_takes_one_round_trip() {
    let site = Site::new().await;
    let verdict = site.decide(&[&site.by_digest()]).await.remove(0);
    assert_eq!(verdict.cost().flights, 1);
    let digest = site.digest.to_string();
    assert_eq!(site.asked(), both(&["ping", &digest], &SIGNATURES));
}

#[tokio::test]
async fn a_remembered_proof_leaves_the_tag_and_nothing_else_to_ask() {
    let site = Site::new().await;
    let _ = site.decide(&[&site.tag()]).await;
    let _ = site.asked();
    let verdict = site.decide(&[&site.tag()]).await.remove(0);
    assert!(verdict.cost().cached);
    assert_eq!(site.asked(), both(&["1"], &[]));
}

#[tokio::test]
async fn a_remembered_digest_asks_nobody() {
    let site = Site::new().await;
    let _ = site.decide(&[&site.by_digest()]).await;
    let _ = site.asked();
    let verdict = site.decide(&[&site.by_digest()]).await.remove(0);
    assert!(verdict.cost().cached);
    assert_eq!(verdict.cost().flights, 0);
    assert_eq!(site.asked(), both(&[], &[]));
}

#[tokio::test]
async fn one_image_in_three_containers_costs_what_it_costs_in_one() {
    let site = Site::new().await;
    let tag = site.tag();
    let _ = site.decide(&[&tag, &tag, &tag]).await;
    assert_eq!(site.asked(), both(&["1", "ping"], &SIGNATURES));
}

#[tokio::test]
async fn connections_are_reused_by_the_next_decision() {
    let site = Site::new().await;
    let _ = site.decide(&[&site.tag()]).await;
    let before = site.registry.connections() + site.store.connections();
    for _ in 0..5 {
        let _ = site.decide(&[&site.tag()]).await;
    }
    assert_eq!(
        site.registry.connections() + site.store.connections(),
        before
    );
}
