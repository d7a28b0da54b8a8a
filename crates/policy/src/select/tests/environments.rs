//! Policies that select workloads, where everything is known and where it is not.

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
        Document::Other { .. } | Document::NotAnObject { .. } => panic!("a policy"),
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
            Document::Other { .. } | Document::NotAnObject { .. } => None,
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

/// Selectors by labels that may or may not be there.
const LABEL_SELECTORS: [&str; 7] = [
    "{}",
    "{matchLabels: {a: x}}",
    "{matchLabels: {a: x, b: y}}",
    "{matchExpressions: [{key: a, operator: NotIn, values: [x]}]}",
    "{matchExpressions: [{key: b, operator: Exists}]}",
    "{matchExpressions: [{key: a, operator: DoesNotExist}]}",
    "{matchExpressions: [{key: a, operator: In, values: [x, y]}, {key: b, operator: DoesNotExist}]}",
];
const ACCOUNTS: [&str; 4] = [
    "[default]",
    "[builder]",
    "[shop/builder]",
    "['*er', 'ci/*']",
];
/// What entries ask for: one of three keys, or nothing, or as a warning only.
const BODIES: [&str; 5] = [
    "simple: {requirements: [{type: signedBy, keySecret: k0}]}",
    "simple: {requirements: [{type: signedBy, keySecret: k1}]}",
    "simple: {requirements: [{type: signedBy, keySecret: k2}]}",
    "mode: warn, simple: {requirements: [{type: signedBy, keySecret: k0}]}",
    UNCHECKED,
];
const PATTERNS: [&str; 6] = [
    "*",
    "r.example/*",
    "r.example/team/*",
    "r.example/team/app",
    "*.example/team/app",
    "r.example/team/app:1",
];
const IMAGES: [&str; 4] = [
    "r.example/team/app:1",
    "R.example:443/team/app:1",
    "r.example/team/app:1@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "s.example/team/app",
];

fn any_policies() -> impl Strategy<Value = String> {
    let selector = prop::option::weighted(0.6, prop::sample::select(LABEL_SELECTORS.to_vec()));
    let object = prop::option::weighted(0.3, prop::sample::select(LABEL_SELECTORS.to_vec()));
    let accounts = prop::option::weighted(0.3, prop::sample::select(ACCOUNTS.to_vec()));
    let entry = (
        prop::sample::select(PATTERNS.to_vec()),
        prop::sample::select(BODIES.to_vec()),
    );
    let entries = prop::collection::vec(entry, 1..3);
    let one = (
        prop::bool::weighted(0.25),
        selector,
        object,
        accounts,
        entries,
    );
    prop::collection::vec(one, 1..5).prop_map(|policies| {
        let texts = policies.into_iter().enumerate().map(
            |(number, (floor, selector, object, accounts, mut entries))| {
                let mut spec = String::new();
                let mut say = |field: &str, value: Option<&str>| {
                    if let Some(value) = value {
                        spec.push_str(&format!("{field}: {value}, "));
                    }
                };
                say("floor", floor.then_some("true"));
                say("namespaceSelector", selector);
                say("objectSelector", object);
                say("serviceAccounts", accounts);
                if floor {
                    // A floor names no tags.
                    for entry in &mut entries {
                        entry.0 = entry.0.strip_suffix(":1").unwrap_or(entry.0);
                    }
                }
                policy(&format!("p{number}"), &spec, &entries)
            },
        );
        texts.collect()
    })
}

/// Whether an image with signatures by these keys is let in: everything that governs it lets it in.
fn admits(set: &PolicySet, image: &str, environment: Environment<'_>, keys: u8) -> bool {
    let Selection::Match(found) = set.select(image, environment) else {
        return false;
    };
    found.entries.iter().all(|entry| {
        let Ok(body) = &entry.body else { return false };
        let text = format!("{:?}", body.checks);
        body.is_unchecked()
            || body.mode != crate::Mode::Enforce
            || (0..3).any(|key| keys & (1 << key) != 0 && text.contains(&format!("\"k{key}\"")))
    })
}

/// Every set of labels that a selector here can tell from another.
fn all_labels() -> Vec<Labels> {
    let values = [None, Some("x"), Some("y"), Some("z")];
    let pair = |a: Option<&str>, b: Option<&str>| {
        let of = |key: &str, value: Option<&str>| value.map(|v| (key.to_owned(), v.to_owned()));
        of("a", a).into_iter().chain(of("b", b)).collect()
    };
    values
        .iter()
        .flat_map(|a| values.iter().map(move |b| pair(*a, *b)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_is_admitted_while_facts_are_not_known_is_admitted_whatever_they_are(
        text in any_policies(),
        image in prop::sample::select(IMAGES.to_vec()),
        keys in 0_u8..8,
        known in 0_u8..8,
        fixed in any::<prop::sample::Index>(),
    ) {
        let set = compiled(&text);
        let all = all_labels();
        let shop = Environment::new().in_namespace("shop");
        let mut partial = shop;
        if known & 1 != 0 {
            partial = partial.with_namespace_labels(fixed.get(&all));
        }
        if known & 2 != 0 {
            partial = partial.with_object_labels(fixed.get(&all));
        }
        if known & 4 != 0 {
            partial = partial.running_as("builder");
        }
        if admits(&set, image, partial, keys) {
            for namespace in &all {
                for object in &all {
                    for account in ["default", "builder", "other"] {
                        let whole = shop
                            .with_namespace_labels(partial.namespace_labels().unwrap_or(namespace))
                            .with_object_labels(partial.object_labels().unwrap_or(object))
                            .running_as(partial.service_account().unwrap_or(account));
                        prop_assert!(admits(&set, image, whole, keys), "{:?}\n{}", whole, text);
                    }
                }
            }
        }
    }

    #[test]
    fn no_labels_that_an_author_writes_on_an_object_admit_what_is_refused_without_them(
        text in any_policies(),
        image in prop::sample::select(IMAGES.to_vec()),
        keys in 0_u8..8,
        place in any::<prop::sample::Index>(),
        object in any::<prop::sample::Index>(),
    ) {
        let without: String = text
            .split("---\n")
            .filter(|policy| !policy.is_empty() && !policy.contains("objectSelector"))
            .map(|policy| format!("---\n{policy}"))
            .collect();
        let (set, without) = (compiled(&text), if without.is_empty() { PolicySet::default() } else { compiled(&without) });
        let all = all_labels();
        let environment = Environment::new()
            .in_namespace("shop")
            .with_namespace_labels(place.get(&all))
            .with_object_labels(object.get(&all))
            .running_as("builder");
        if admits(&set, image, environment, keys) {
            prop_assert!(admits(&without, image, environment, keys), "{}", text);
        }
    }

    #[test]
    fn policies_that_are_all_selected_select_like_policies_without_selectors(
        groups in prop::collection::vec(prop::collection::vec(PATTERN, 1..4), 1..4),
        image in super::IMAGE,
        digest in any::<bool>(),
    ) {
        let image = if digest { format!("{image}@{DIGEST}") } else { image };
        let selectors = ["", "namespaceSelector: {matchLabels: {a: x}}, ", "serviceAccounts: [b*], "];
        let text = |is_selecting: bool| -> String {
            let policies = groups.iter().enumerate().map(|(number, patterns)| {
                let entries: Vec<(&str, &str)> = patterns.iter().map(|p| (p.as_str(), UNCHECKED)).collect();
                let spec = if is_selecting { selectors[number % 3] } else { "" };
                policy(&format!("p{number}"), spec, &entries)
            });
            policies.collect()
        };
        let there = labels(&[("a", "x")]);
        let environment = Environment::new().in_namespace("n").with_namespace_labels(&there).running_as("builder");
        let named = |set: &PolicySet| match set.select(&image, environment) {
            Selection::Match(found) => found.entries.iter().map(|entry| (entry.rule.name.clone(), entry.rule.entry.clone())).collect(),
            _ => Vec::new(),
        };
        prop_assert_eq!(named(&compiled(&text(true))), named(&compiled(&text(false))));
    }
}
