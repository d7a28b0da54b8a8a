//! Finding the entry that governs an image among few and very many.
//!
//! `hit`: an image under the pattern that was added last. `miss`: an image that no entry governs.
//! `literal`: an image that an entry names in full. `compile`: what is paid once per change of policies.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark stops at what it cannot measure"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use doorward_policy::{Document, PolicyObject, PolicySet, Selection, read_documents};

/// Half of the entries govern a team's repositories, half name one image; as grown policies have it.
fn policies(entries: usize) -> Vec<PolicyObject> {
    let mut text = String::from(
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: a}\nspec:\n  repositories:\n",
    );
    for entry in 0..entries {
        let name = match entry % 2 {
            0 => format!("registry-{}.example/team-{entry}/app", entry % 7),
            _ => format!("registry-{}.example/team-{entry}/*", entry % 7),
        };
        writeln!(
            text,
            "  - {{name: \"{name}\", policy: {{simple: {{requirements: [{{type: reject}}]}}}}}}"
        )
        .unwrap();
    }
    let (documents, mistakes) = read_documents("bench.yaml", text.as_bytes());
    assert!(mistakes.is_empty());
    documents
        .into_iter()
        .filter_map(|document| match document {
            Document::Policy(policy) => Some(policy),
            Document::Other { .. } | Document::NotAnObject { .. } => None,
        })
        .collect()
}

fn select(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("select");
    for entries in [10, 1_000, 10_000, 100_000] {
        let (set, _) = PolicySet::compile(policies(entries));
        let (last, literal) = (entries - 1, entries - 2);
        let hit = format!("registry-{}.example/team-{last}/app:1", last % 7);
        let literal = format!("registry-{}.example/team-{literal}/app:1", literal % 7);
        let miss = "elsewhere.example/team-1/app:1".to_owned();
        for (name, image, governed) in [
            ("hit", hit, true),
            ("literal", literal, true),
            ("miss", miss, false),
        ] {
            assert_eq!(
                matches!(set.select(&image, None), Selection::Match(_)),
                governed
            );
            group.bench_function(BenchmarkId::new(name, entries), |bencher| {
                bencher.iter(|| {
                    let _ = black_box(set.select(black_box(&image), Some("default")));
                });
            });
        }
    }
    group.finish();

    let mut group = criterion.benchmark_group("compile");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(3));
    for entries in [1_000, 10_000] {
        let policies = policies(entries);
        group.bench_function(BenchmarkId::from_parameter(entries), |bencher| {
            bencher.iter(|| PolicySet::compile(black_box(policies.clone())));
        });
    }
    group.finish();
}

criterion_group!(benches, select);
criterion_main!(benches);
