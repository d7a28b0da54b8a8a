//! What holds for every policy and whatever is known.

use super::*;

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
    fn no_policy_that_may_be_for_a_workload_is_left_out_by_the_way_in_which_it_is_found(
        selectors in prop::collection::vec(prop::sample::select(LABEL_SELECTORS.to_vec()), 1..8),
        known in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let floors = selectors.iter().enumerate().map(|(number, selector)| {
            policy(&format!("p{number}"), &format!("floor: true, namespaceSelector: {selector}, "), &[("*", UNCHECKED)])
        });
        let own = "---\napiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: own, namespace: shop}\n\
                   spec: {repositories: [{name: '*', policy: {unchecked: true}}]}\n";
        let set = compiled(&(floors.collect::<String>() + own));
        let all = all_labels();
        let mut environment = Environment::new().in_namespace("shop");
        if let Some(known) = &known {
            environment = environment.with_namespace_labels(known.get(&all));
        }
        let mut wanted = vec!["own".to_owned()];
        // `{}` is said of nobody in particular and explained all the same.
        for explained in set.explain_selectors(environment) {
            match explained.applies {
                Applies::No => {}
                Applies::Unknown(_) => wanted.push(format!("{}?", explained.policy)),
                Applies::Yes => wanted.push(explained.policy.to_owned()),
            }
        }
        prop_assert_eq!(governing(&set, IMAGE, environment), wanted);
    }

    #[test]
    fn policies_that_are_all_selected_select_like_policies_without_selectors(
        groups in prop::collection::vec(prop::collection::vec(PATTERN, 1..4), 1..4),
        image in super::super::IMAGE,
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
