//! Whole decisions by Notary v1 against a trust server in this process, with and without an injected round-trip time.
//!
//! `cold`: a new client and a new engine, as the first review after a start without what was remembered. `restarted`:
//! the same with it. `warm`: the connection is open and the collection is remembered. `cached-tag`: so is the proof,
//! but what the tag is now must still be asked. `cached-digest`: it need not. With a round-trip time, the figures
//! divided by it are round trips.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark stops at what it cannot measure"
)]

use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use doorward::{Context, Decision, Engine, MemoryState, Rules, StaticSecrets};
use doorward_core::{Digest, Fetcher, Timestamp};
use doorward_policy::{Document, PolicySet, read_documents};
use doorward_registry::{Anonymous, RegistryClient};
use doorward_testkit::{Collection, NotaryServer, Target};
use tokio::runtime::Runtime;

const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);
const GUN: &str = "registry.example/team/app";
const IMAGE: &str = "registry.example/team/app:1.0";
const CONTENT: &[u8] = b"app";

struct Site {
    _server: NotaryServer,
    rules: Rules,
}

impl Site {
    async fn new(round_trip: Duration) -> Self {
        let mut collection = Collection::new(GUN, NOW);
        collection.add_target("1.0", Target::content(CONTENT));
        let server = NotaryServer::builder().latency(round_trip).start().await;
        server.publish(&collection.publish());
        let policy = format!(
            "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: a}}\nspec:\n  repositories:\n\
             \x20 - name: '*'\n    policy:\n      trust: {{enabled: true, trustServer: '{}', pins: {{rootKeyIds: [{}]}}}}\n",
            server.url(),
            collection.root_key_id()
        );
        let (documents, mistakes) = read_documents("bench.yaml", policy.as_bytes());
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let policies = documents.into_iter().filter_map(|document| match document {
            Document::Policy(policy) => Some(policy),
            Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
        });
        let (set, _) = PolicySet::compile(policies.collect());
        Self {
            _server: server,
            rules: Rules::Policies(Arc::new(set)),
        }
    }

    fn fetcher() -> Arc<dyn Fetcher> {
        let client = RegistryClient::builder().no_proxy().build().unwrap();
        Arc::new(client.with_keychain(Arc::new(Anonymous)))
    }

    /// Decides about an image that must be allowed. With a scope, its proof is remembered in the engine.
    async fn decide(
        &self,
        engine: &Engine,
        fetcher: &Arc<dyn Fetcher>,
        scope: Option<&str>,
        image: &str,
    ) {
        let secrets = StaticSecrets::default();
        let mut context =
            Context::new(&self.rules, &secrets, Arc::clone(fetcher), NOW).in_namespace("shop");
        if let Some(scope) = scope {
            context = context.remembering_in(scope);
        }
        let verdict = engine.decide(image, &context).await;
        assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    }
}

fn decision(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("notary-decision");
    for round_trip in [Duration::ZERO, Duration::from_millis(5)] {
        let site = runtime.block_on(Site::new(round_trip));
        let label = format!("{}ms", round_trip.as_millis());
        if !round_trip.is_zero() {
            group.sample_size(20);
        }
        let state = Arc::new(MemoryState::default());
        let remembering = || Engine::builder().state(Arc::clone(&state) as _).build();
        let (engine, fetcher) = (remembering(), Site::fetcher());
        runtime.block_on(site.decide(&engine, &fetcher, None, IMAGE));
        group.bench_function(BenchmarkId::new("cold", &label), |bencher| {
            bencher.to_async(&runtime).iter(|| async {
                site.decide(&Engine::default(), &Site::fetcher(), None, IMAGE)
                    .await;
            });
        });
        group.bench_function(BenchmarkId::new("restarted", &label), |bencher| {
            bencher.to_async(&runtime).iter(|| async {
                site.decide(&remembering(), &Site::fetcher(), None, IMAGE)
                    .await;
            });
        });
        group.bench_function(BenchmarkId::new("warm", &label), |bencher| {
            bencher
                .to_async(&runtime)
                .iter(|| site.decide(&engine, &fetcher, None, IMAGE));
        });
        let digest = format!("{GUN}@{}", Digest::sha256(CONTENT));
        for (name, image) in [("cached-tag", IMAGE), ("cached-digest", digest.as_str())] {
            group.bench_function(BenchmarkId::new(name, &label), |bencher| {
                bencher
                    .to_async(&runtime)
                    .iter(|| site.decide(&engine, &fetcher, Some("shop"), image));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, decision);
criterion_main!(benches);
