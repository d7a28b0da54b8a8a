//! Policies that select workloads, where everything is known and where it is not.

mod properties;

use super::*;
use crate::{Environment, Labels};

/// A policy of the cluster: its name, what stands before its entries, and the entries.
fn policy(name: &str, spec: &str, entries: &[(&str, &str)]) -> String {
    let entries: Vec<String> = entries
        .iter()
        .map(|(pattern, body)| format!("{{name: '{pattern}', policy: {{{body}}}}}"))
        .collect();
    format!(
        "---\napiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: {name}}}\n\
         spec: {{{spec}repositories: [{}]}}\n",
        entries.join(", ")
    )
}

fn compiled(text: &str) -> PolicySet {
    let (documents, found) = read_documents("p.yaml", text.as_bytes());
    assert_eq!(found, []);
    let policies = documents.into_iter().map(|document| match document {
        Document::Policy(policy) => policy,
        Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => {
            panic!("a policy")
        }
    });
    let (set, found) = PolicySet::compile(policies.collect());
    assert_eq!(found, []);
    set
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// `policy` of every entry that governs, with a question mark if it only may; or why there is none.
fn governing(set: &PolicySet, image: &str, environment: Environment<'_>) -> Vec<String> {
    match set.select(image, environment) {
        Selection::Match(found) => {
            let said = |entry: &&Entry| {
                let doubt = if found.is_supposed(entry) { "?" } else { "" };
                format!("{}{doubt}", entry.rule.name)
            };
            found.entries.iter().map(said).collect()
        }
        Selection::NoMatch { scope } => vec![format!("no match in {scope:?}")],
        Selection::NoPolicy => vec!["no policy".to_owned()],
        Selection::Unknown { missing } => vec![missing.to_string()],
    }
}

const UNCHECKED: &str = "unchecked: true";
const IMAGE: &str = "r.example/team/app:1";

#[test]
fn a_policy_counts_only_where_it_selects_the_namespace() {
    let set = compiled(&format!(
        "{}{}",
        policy(
            "prod",
            "namespaceSelector: {matchLabels: {env: prod}}, ",
            &[("r.example/*", UNCHECKED)]
        ),
        policy(
            "dev",
            "namespaceSelector: {matchExpressions: [{key: env, operator: NotIn, values: [prod]}]}, ",
            &[("*", UNCHECKED)]
        ),
    ));
    let (prod, dev, none) = (
        labels(&[("env", "prod"), ("x", "y")]),
        labels(&[("env", "dev")]),
        Labels::new(),
    );
    let shop = Environment::new().in_namespace("shop");
    assert_eq!(
        governing(&set, IMAGE, shop.with_namespace_labels(&prod)),
        ["prod"]
    );
    assert_eq!(
        governing(&set, IMAGE, shop.with_namespace_labels(&dev)),
        ["dev"]
    );
    // An absent label is not in any list.
    assert_eq!(
        governing(&set, IMAGE, shop.with_namespace_labels(&none)),
        ["dev"]
    );
    assert_eq!(
        governing(&set, "nginx", shop.with_namespace_labels(&prod)),
        ["no match in Cluster"]
    );
}

#[test]
fn every_namespace_has_the_label_with_its_name_whether_its_labels_are_known_or_not() {
    let set = compiled(&policy(
        "shop",
        "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}, ",
        &[("*", UNCHECKED)],
    ));
    let lie = labels(&[("kubernetes.io/metadata.name", "shop")]);
    assert_eq!(governing(&set, IMAGE, Some("shop").into()), ["shop"]);
    assert_eq!(
        governing(&set, IMAGE, Some("other").into()),
        ["no match in Cluster"]
    );
    let other = Environment::new()
        .in_namespace("other")
        .with_namespace_labels(&lie);
    assert_eq!(governing(&set, IMAGE, other), ["no match in Cluster"]);
}

#[test]
fn service_accounts_are_named_with_or_without_their_namespace() {
    let set = compiled(&format!(
        "{}{}",
        policy(
            "builders",
            "serviceAccounts: [ci/builder, 'sign-*'], ",
            &[("r.example/*", UNCHECKED)]
        ),
        policy("all", "", &[("*", UNCHECKED)]),
    ));
    let account = |namespace, name| Environment::new().in_namespace(namespace).running_as(name);
    for (namespace, name, wanted) in [
        ("ci", "builder", "builders"),
        ("shop", "builder", "all"),
        ("shop", "sign-it", "builders"),
        ("shop", "default", "all"),
        ("ci", "builder2", "all"),
        ("cii", "builder", "all"),
    ] {
        assert_eq!(
            governing(&set, IMAGE, account(namespace, name)),
            [wanted],
            "{namespace}/{name}"
        );
    }
}

#[test]
fn labels_of_an_object_add_demands_and_take_none_away() {
    let set = compiled(&format!(
        "{}{}{}",
        policy(
            "lax",
            "objectSelector: {matchLabels: {tier: test}}, ",
            &[("r.example/team/app", UNCHECKED)]
        ),
        policy("base", "", &[("r.example/*", UNCHECKED)]),
        policy(
            "floor",
            "floor: true, objectSelector: {matchLabels: {tier: test}}, ",
            &[("*", UNCHECKED)]
        ),
    ));
    let test = labels(&[("tier", "test")]);
    let none = Labels::new();
    let shop = Environment::new().in_namespace("shop");
    assert_eq!(
        governing(&set, IMAGE, shop.with_object_labels(&none)),
        ["base"]
    );
    assert_eq!(
        governing(&set, IMAGE, shop.with_object_labels(&test)),
        ["base", "floor", "lax"]
    );
    // Alone it admits nothing.
    assert_eq!(
        governing(&set, "other.example/a", shop.with_object_labels(&test)),
        ["no match in Cluster"]
    );
    // What is not known of an object counts as if it were selected.
    assert_eq!(governing(&set, IMAGE, shop), ["base", "floor?", "lax?"]);
}

#[test]
fn a_floor_with_a_selector_is_in_force_where_it_selects_and_in_namespaces_with_policies_too() {
    let set = compiled(&format!(
        "{}---\napiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: own, namespace: shop}}\n\
         spec: {{repositories: [{{name: '*', policy: {{unchecked: true}}}}]}}\n",
        policy(
            "floor",
            "floor: true, namespaceSelector: {matchLabels: {env: prod}}, ",
            &[("r.example/*", UNCHECKED)]
        ),
    ));
    let (prod, dev) = (labels(&[("env", "prod")]), labels(&[("env", "dev")]));
    let shop = Environment::new().in_namespace("shop");
    assert_eq!(
        governing(&set, IMAGE, shop.with_namespace_labels(&prod)),
        ["own", "floor"]
    );
    assert_eq!(
        governing(&set, IMAGE, shop.with_namespace_labels(&dev)),
        ["own"]
    );
    assert_eq!(governing(&set, IMAGE, shop), ["own", "floor?"]);
}

#[test]
fn where_nothing_may_govern_because_labels_are_not_known_that_is_said_and_not_that_nothing_does() {
    let set = compiled(&policy(
        "prod",
        "namespaceSelector: {matchLabels: {env: prod}}, ",
        &[("r.example/*", UNCHECKED)],
    ));
    assert_eq!(
        governing(&set, IMAGE, Some("shop").into()),
        ["the labels of the namespace are not known"]
    );
    assert_eq!(
        governing(&set, IMAGE, Environment::new()),
        ["the labels of the namespace are not known"]
    );
    // Whatever its labels are, nothing here matches.
    assert_eq!(
        governing(&set, "nginx", Some("shop").into()),
        ["no match in Cluster"]
    );
}

#[test]
fn a_policy_whose_selector_has_a_mistake_denies_everywhere_what_it_matches() {
    for selector in [
        "namespaceSelector: {matchLabels: {env: 'no value'}}, ",
        "namespaceSelectr: {matchLabels: {env: prod}}, ",
        "objectSelector: {matchExpressions: [{key: a, operator: Is, values: [b]}]}, ",
        "serviceAccounts: [], ",
        "serviceAccounts: ['A/b'], ",
    ] {
        let text = format!(
            "{}{}",
            policy("broken", selector, &[("r.example/*", UNCHECKED)]),
            policy("base", "", &[("r.example/team/*", UNCHECKED)])
        );
        let (documents, _) = read_documents("p.yaml", text.as_bytes());
        let policies = documents.into_iter().filter_map(|document| match document {
            Document::Policy(policy) => Some(policy),
            Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
        });
        let (set, _) = PolicySet::compile(policies.collect());
        let none = Labels::new();
        let known = Environment::new()
            .in_namespace("shop")
            .with_namespace_labels(&none)
            .with_object_labels(&none)
            .running_as("default");
        let Selection::Match(found) = set.select(IMAGE, known) else {
            panic!("{selector}");
        };
        let denies = found.entries.iter().any(|entry| entry.body.is_err());
        assert!(denies && found.supposed.is_empty(), "{selector}");
    }
}

#[test]
fn the_fingerprint_changes_with_a_selector() {
    let one = |spec| compiled(&policy("p", spec, &[("*", UNCHECKED)])).fingerprint();
    let all = [
        one(""),
        one("namespaceSelector: {matchLabels: {env: prod}}, "),
        one("namespaceSelector: {matchLabels: {env: dev}}, "),
        one("objectSelector: {matchLabels: {env: dev}}, "),
        one("serviceAccounts: [a], "),
        one("floor: true, serviceAccounts: [a], "),
    ];
    for (place, fingerprint) in all.iter().enumerate() {
        assert!(!all[..place].contains(fingerprint), "{place}");
    }
}

#[test]
fn a_mistake_in_a_floor_that_selects_is_why_nothing_governs_an_image_and_not_that_nothing_does() {
    let text = "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: floor}\n\
                spec: {floor: true, namespaceSelector: {matchLabels: {env: prod}}, repositories: [{policy: {unchecked: true}}]}\n";
    let (documents, _) = read_documents("p.yaml", text.as_bytes());
    let policies = documents.into_iter().filter_map(|document| match document {
        Document::Policy(policy) => Some(policy),
        Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
    });
    let (set, _) = PolicySet::compile(policies.collect());
    let (prod, dev) = (labels(&[("env", "prod")]), labels(&[("env", "dev")]));
    let shop = Environment::new().in_namespace("shop");
    let selected = set.select(IMAGE, shop.with_namespace_labels(&prod));
    let Selection::Match(found) = selected else {
        panic!("{selected:?}");
    };
    // Once, although it is in force in two ways.
    assert_eq!(found.entries.len(), 1);
    assert!(found.entries[0].body.is_err() && found.supposed.is_empty());
    assert_eq!(
        governing(&set, IMAGE, shop.with_namespace_labels(&dev)),
        ["no match in Cluster"]
    );
    assert_eq!(
        governing(&set, IMAGE, shop),
        ["the labels of the namespace are not known"]
    );
}
