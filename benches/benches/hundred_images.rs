//! A hundred images, each with two or with five signatures that are all demanded, in one request, 5 ms to the registry.
//!
//! `cold`: a new client and a new engine. `warm`: connections are open, nothing is remembered of the images.
//! `remembered`: the proofs are. With a registry in this process both share the processor, so the figures are an upper
//! bound of what the verifier takes.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark stops at what it cannot measure"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use doorward::{Context, Decision, Engine, ReviewBudget, Rules, Secret, StaticSecrets};
use doorward_core::{Fetcher, Timestamp};
use doorward_policy::{Document, PolicySet, read_documents};
use doorward_registry::{Anonymous, RegistryClient};
use doorward_testkit::{CertificateBuilder, Certified, EnvelopeBuilder, Image, Registry};
use tokio::runtime::Runtime;

const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);
const IMAGES: usize = 100;
const ROUND_TRIP: Duration = Duration::from_millis(5);

struct Site {
    registry: Registry,
    rules: Rules,
    secrets: StaticSecrets,
    images: Vec<String>,
}

impl Site {
    async fn new(signatures: usize) -> Self {
        let registry = Registry::builder().referrers(true).start().await;
        let signers: Vec<(Certified, Certified)> = (0..signatures)
            .map(|number| {
                let root = CertificateBuilder::authority(&format!("root {number}")).self_signed();
                let leaf = CertificateBuilder::code_signer("build").issued_by(&root);
                (leaf, root)
            })
            .collect();
        let images = (0..IMAGES).map(|number| {
            let repository = format!("app-{number}");
            let image = Image::sample(&repository);
            let digest = registry.push_image(&repository, "1", &image);
            let target = image.manifest().descriptor();
            for (leaf, root) in &signers {
                let envelope = EnvelopeBuilder::new(&[leaf, root], &target).build();
                registry.push_referrer(&repository, &envelope.attached_to(&target));
            }
            format!("{}/{repository}@{digest}", registry.address())
        });
        let images = images.collect();
        registry.set_latency(ROUND_TRIP);
        let mut policy = format!(
            "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: a, namespace: shop}}\nspec:\n  \
             repositories:\n  - name: '{}/*'\n    policy:\n      notation:\n        require: all\n        \
             statements:\n",
            registry.address()
        );
        let mut secrets = StaticSecrets::default();
        for (number, (_, root)) in signers.iter().enumerate() {
            let name = format!("root-{number}");
            writeln!(
                policy,
                "        - {{trustStores: [{{type: ca, secret: {name}}}], trustedIdentities: ['*']}}"
            )
            .unwrap();
            let items = BTreeMap::from([("root.pem".to_owned(), root.pem().into_bytes())]);
            secrets.insert("shop", name, Secret::new(items));
        }
        let (documents, mistakes) = read_documents("bench.yaml", policy.as_bytes());
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let policies = documents.into_iter().filter_map(|document| match document {
            Document::Policy(policy) => Some(policy),
            Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
        });
        let (set, _) = PolicySet::compile(policies.collect());
        Self {
            registry,
            rules: Rules::Policies(Arc::new(set)),
            secrets,
            images,
        }
    }

    fn fetcher(&self) -> Arc<dyn Fetcher> {
        let client = RegistryClient::builder()
            .plain_http(self.registry.address())
            .no_proxy()
            .build()
            .unwrap();
        Arc::new(client.with_keychain(Arc::new(Anonymous)))
    }

    async fn decide(&self, engine: &Engine, fetcher: &Arc<dyn Fetcher>, scope: Option<&str>) {
        let context =
            Context::new(&self.rules, &self.secrets, Arc::clone(fetcher), NOW).in_namespace("shop");
        let context = match scope {
            Some(scope) => context.remembering_in(scope),
            None => context,
        };
        let images: Vec<&str> = self.images.iter().map(String::as_str).collect();
        for verdict in engine.decide_all(&images, &context).await {
            assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
        }
    }
}

/// More images than a workload has are decided about in one request, as by a scan.
fn engine() -> Engine {
    Engine::builder()
        .review_budget(ReviewBudget::unbounded())
        .deadline(Duration::from_secs(60))
        .build()
}

fn hundred(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("hundred-images");
    group.sample_size(10);
    for signatures in [2, 5] {
        let site = runtime.block_on(Site::new(signatures));
        let label = format!("{signatures}-signatures");
        let (engine, fetcher) = (engine(), site.fetcher());
        group.bench_function(BenchmarkId::new("cold", &label), |bencher| {
            bencher.to_async(&runtime).iter(|| async {
                site.decide(&self::engine(), &site.fetcher(), None).await;
            });
        });
        group.bench_function(BenchmarkId::new("warm", &label), |bencher| {
            bencher
                .to_async(&runtime)
                .iter(|| site.decide(&engine, &fetcher, None));
        });
        group.bench_function(BenchmarkId::new("remembered", &label), |bencher| {
            bencher
                .to_async(&runtime)
                .iter(|| site.decide(&engine, &fetcher, Some("shop")));
        });
    }
    group.finish();
}

criterion_group!(benches, hundred);
criterion_main!(benches);
