//! Policy files. Whatever is read, a mistake in it is reported, and never leaves less demanded than without it: a text
//! with a mistake has an entry that denies, and the order of policies does not matter. What governs where labels are known
//! governs where they are not.

#![no_main]

use doorward_policy::{
    Document, Environment, LabelSelector, Labels, PolicyObject, PolicySet, Selection, lint,
    read_documents,
};
use libfuzzer_sys::fuzz_target;

const IMAGES: [&str; 4] = [
    "nginx",
    "registry.example/team/app:1",
    "registry.example/team/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "not an image",
];

fuzz_target!(|bytes: &[u8]| {
    let (documents, mistakes) = read_documents("fuzz.yaml", bytes);
    let read = documents.len();
    let policies: Vec<PolicyObject> = documents
        .into_iter()
        .filter_map(|document| match document {
            Document::Policy(policy) => Some(policy),
            Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
        })
        .collect();
    let _ = lint(&policies);
    let (set, more) = PolicySet::compile(policies.clone());

    // A mistake that left no trace in what is compiled would be a policy that silently demands less. Mistakes in
    // objects that are no policies are told too, and concern nobody here.
    let told = (!mistakes.is_empty() && policies.len() == read) || !more.is_empty();
    assert!(
        !told || policies.iter().any(|policy| denies(policy, &set)),
        "{mistakes:?} {more:?}"
    );

    let mut names: Vec<_> = policies
        .iter()
        .map(|policy| (&policy.name, policy.group))
        .collect();
    names.sort_unstable();
    if names.windows(2).all(|pair| pair[0] != pair[1]) {
        let (reversed, _) = PolicySet::compile(policies.iter().rev().cloned().collect());
        assert_eq!(set.fingerprint(), reversed.fingerprint());
    }

    let labels = labels(&policies);
    for image in IMAGES {
        for namespace in [None, Some("default"), Some("team")] {
            let unknown = Environment::from(namespace);
            let known = unknown
                .with_namespace_labels(&labels)
                .with_object_labels(&labels)
                .running_as("default");
            let Selection::Match(found) = set.select(image, known) else {
                continue;
            };
            assert!(!found.entries.is_empty() && found.supposed.len() <= found.entries.len());
            match set.select(image, unknown) {
                Selection::Match(all) => {
                    let is_there = |entry| all.entries.contains(entry);
                    assert!(found.entries.iter().all(is_there), "{labels:?}");
                }
                Selection::Unknown { .. } => {}
                Selection::NoMatch { .. } | Selection::NoPolicy => panic!("{labels:?}"),
            }
        }
    }
});

/// Labels that some of the selectors ask for.
fn labels(policies: &[PolicyObject]) -> Labels {
    let selectors = policies.iter().flat_map(|policy| {
        [&policy.selectors.namespaces, &policy.selectors.objects]
            .into_iter()
            .flatten()
    });
    let requirements = selectors.flat_map(LabelSelector::requirements);
    requirements
        .map(|one| {
            (
                one.key.clone(),
                one.values.first().cloned().unwrap_or_default(),
            )
        })
        .collect()
}

/// Whether an entry of the policy denies, or the policy as a whole does.
fn denies(policy: &PolicyObject, set: &PolicySet) -> bool {
    let namespace = policy.namespace.as_deref().unwrap_or("default");
    policy.entries().any(|(_, body)| body.is_err())
        || [None, Some(namespace)].into_iter().any(|namespace| {
            match set.select(IMAGES[0], namespace) {
                Selection::Match(found) => found.entries.iter().any(|entry| entry.body.is_err()),
                // It denies those that it is for, and nobody knows who they are.
                Selection::Unknown { .. } => !policy.selectors.is_everything(),
                Selection::NoMatch { .. } | Selection::NoPolicy => false,
            }
        })
}
