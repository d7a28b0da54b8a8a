//! Finding the entry that governs an image among few and very many.
//!
//! `hit`: an image under the pattern that was added last. `miss`: an image that no entry governs.
//! `select by labels`: 10,000 entries over so many selections and one for everybody, of which the workload is in one, or may
//! be in any. `literal`: an image that an entry names in full. `compile`: what is paid once per change of policies.

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
use doorward_policy::{
    Document, Environment, Labels, PolicyObject, PolicySet, Selection, read_documents,
};

/// As many entries in all, over one policy for everybody and so many that each select namespaces by a label.
fn selecting(entries: usize, selections: usize) -> Vec<PolicyObject> {
    let mut text = String::new();
    for selection in 0..=selections {
        let spec = match selection {
            0 => String::new(),
            _ => {
                format!("  namespaceSelector: {{matchLabels: {{env: e{selection}, tier: web}}}}\n")
            }
        };
        writeln!(
            text,
            "---\napiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: p{selection}}}\nspec:\n{spec}  \
             repositories:"
        )
        .unwrap();
        for entry in 0..entries / (selections + 1) {
            writeln!(
                text,
                "  - {{name: \"registry-{}.example/team-{entry}/*\", policy: {{unchecked: true}}}}",
                entry % 7
            )
            .unwrap();
        }
    }
    read(&text)
}

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
    read(&text)
}

fn read(text: &str) -> Vec<PolicyObject> {
    let (documents, mistakes) = read_documents("bench.yaml", text.as_bytes());
    assert!(mistakes.is_empty());
    documents
        .into_iter()
        .filter_map(|document| match document {
            Document::Policy(policy) => Some(policy),
            Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
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

    let mut group = criterion.benchmark_group("select by labels");
    let labels: Labels = [("env", "e1"), ("tier", "web"), ("team", "shop")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    let known = Environment::new()
        .in_namespace("default")
        .with_namespace_labels(&labels)
        .running_as("default");
    let unknown = Environment::new().in_namespace("default");
    for selections in [1, 3, 10, 100, 1_000] {
        let (set, _) = PolicySet::compile(selecting(10_000, selections));
        let image = "registry-3.example/team-3/app:1";
        for (name, environment) in [("known", known), ("unknown", unknown)] {
            assert!(matches!(
                set.select(image, environment),
                Selection::Match(_)
            ));
            group.bench_function(BenchmarkId::new(name, selections), |bencher| {
                bencher.iter(|| {
                    let _ = black_box(set.select(black_box(image), environment));
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
