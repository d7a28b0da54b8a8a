//! Whole decisions against a registry and a store in this process, with and without an injected round-trip time.
//!
//! `cold`: a new client and a new engine, as the first review after a start. `warm`: connections are open, nothing is
//! remembered about the image. `recorded`: warm, and all that the decision rests on is kept, as for every review of a
//! webhook with `--record-dir`; `written`: and made a transcript, as for every refusal. `remembered`: the proof is.
//! `three`: three different images in one workload, warm. With a round-trip time, the figures divided by it are round
//! trips.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark stops at what it cannot measure"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use doorward::{Context, Decision, Engine, RecordedPolicies, Rules, Secret, StaticSecrets};
use doorward_core::{Fetcher, Timestamp};
use doorward_policy::{Document, PolicySet, read_documents};
use doorward_registry::{Anonymous, RegistryClient};
use doorward_testkit::{Image, KeyKind, Lookaside, OpenPgpSigner, Registry};
use tokio::runtime::Runtime;

const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);

struct Site {
    registry: Registry,
    store: Lookaside,
    rules: Rules,
    policies: RecordedPolicies,
    secrets: StaticSecrets,
    tags: [String; 3],
    digest: String,
}

impl Site {
    async fn new(round_trip: Duration) -> Self {
        let registry = Registry::builder().start().await;
        let store = Lookaside::builder().start().await;
        let signer = OpenPgpSigner::new(KeyKind::Rsa3072);
        let mut digest = None;
        let tags = ["one", "two", "three"].map(|name| {
            let image = registry.reference(name, "1");
            let signed = registry.push_image(name, "1", &Image::sample(name));
            store.put(name, &signed, signer.sign(&image, &signed));
            digest.get_or_insert(format!("{}/{name}@{signed}", registry.address()));
            image
        });
        registry.set_latency(round_trip);
        store.set_latency(round_trip);
        let policy = format!(
            "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: a, namespace: shop}}\n\
             spec:\n  repositories:\n  - name: '{}/*'\n    policy:\n      simple:\n        storeURL: {}\n\
             \x20       requirements: [{{type: signedBy, keySecret: key}}]\n",
            registry.address(),
            store.url()
        );
        let (documents, mistakes) = read_documents("bench.yaml", policy.as_bytes());
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let policies = documents.into_iter().filter_map(|document| match document {
            Document::Policy(policy) => Some(policy),
            Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
        });
        let (set, _) = PolicySet::compile(policies.collect());
        let texts = [("bench.yaml", policy.as_bytes())];
        let policies = RecordedPolicies::of(&set, texts, "default").unwrap();
        let mut secrets = StaticSecrets::default();
        let key = signer.public_key_armored().into_bytes();
        secrets.insert(
            "shop",
            "key",
            Secret::new(BTreeMap::from([("key".to_owned(), key)])),
        );
        Self {
            registry,
            store,
            rules: Rules::Policies(Arc::new(set)),
            policies,
            secrets,
            tags,
            digest: digest.unwrap(),
        }
    }

    fn fetcher(&self) -> Arc<dyn Fetcher> {
        let client = RegistryClient::builder()
            .plain_http(self.registry.address())
            .plain_http(self.store.address())
            .no_proxy()
            .build()
            .unwrap();
        Arc::new(client.with_keychain(Arc::new(Anonymous)))
    }

    /// Decides about images that must be allowed. With a scope, proofs are remembered in the engine.
    async fn decide(
        &self,
        engine: &Engine,
        fetcher: &Arc<dyn Fetcher>,
        scope: Option<&str>,
        images: &[&str],
    ) {
        let mut context =
            Context::new(&self.rules, &self.secrets, Arc::clone(fetcher), NOW).in_namespace("shop");
        if let Some(scope) = scope {
            context = context.remembering_in(scope);
        }
        for verdict in engine.decide_all(images, &context).await {
            assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
        }
    }

    /// The same, recorded, and with `write` put into the bytes of a transcript.
    async fn record(
        &self,
        engine: &Engine,
        fetcher: &Arc<dyn Fetcher>,
        images: &[&str],
        write: bool,
    ) {
        let context =
            Context::new(&self.rules, &self.secrets, Arc::clone(fetcher), NOW).in_namespace("shop");
        let recorded = engine
            .decide_recorded(images, &context, &self.policies)
            .await;
        for verdict in &recorded.verdicts {
            assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
        }
        if write {
            let transcript = recorded.transcript().unwrap();
            assert!(!transcript.to_bytes().unwrap().is_empty());
        }
    }
}

fn decision(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("decision");
    for round_trip in [Duration::ZERO, Duration::from_millis(5)] {
        let site = runtime.block_on(Site::new(round_trip));
        let label = format!("{}ms", round_trip.as_millis());
        if !round_trip.is_zero() {
            group.sample_size(20);
        }
        let (engine, fetcher) = (Engine::default(), site.fetcher());
        let tag = [site.tags[0].as_str()];
        let digest = [site.digest.as_str()];
        let three = site.tags.each_ref().map(String::as_str);
        group.bench_function(BenchmarkId::new("cold", &label), |bencher| {
            bencher.to_async(&runtime).iter(|| async {
                site.decide(&Engine::default(), &site.fetcher(), None, &tag)
                    .await;
            });
        });
        group.bench_function(BenchmarkId::new("warm-tag", &label), |bencher| {
            bencher
                .to_async(&runtime)
                .iter(|| site.decide(&engine, &fetcher, None, &tag));
        });
        for (name, write) in [("recorded-tag", false), ("written-tag", true)] {
            group.bench_function(BenchmarkId::new(name, &label), |bencher| {
                bencher
                    .to_async(&runtime)
                    .iter(|| site.record(&engine, &fetcher, &tag, write));
            });
        }
        group.bench_function(BenchmarkId::new("warm-digest", &label), |bencher| {
            bencher
                .to_async(&runtime)
                .iter(|| site.decide(&engine, &fetcher, None, &digest));
        });
        group.bench_function(BenchmarkId::new("three", &label), |bencher| {
            bencher
                .to_async(&runtime)
                .iter(|| site.decide(&engine, &fetcher, None, &three));
        });
        group.bench_function(BenchmarkId::new("remembered-tag", &label), |bencher| {
            bencher
                .to_async(&runtime)
                .iter(|| site.decide(&engine, &fetcher, Some("shop"), &tag));
        });
        group.bench_function(BenchmarkId::new("remembered-digest", &label), |bencher| {
            bencher
                .to_async(&runtime)
                .iter(|| site.decide(&engine, &fetcher, Some("shop"), &digest));
        });
    }
    group.finish();
}

criterion_group!(benches, decision);
criterion_main!(benches);
