use doorward_core::Reference;

use super::*;
use crate::{Document, Labels, PolicySet, read_documents};

fn exception(head: &str, more: &str) -> ExceptionObject {
    let text = format!(
        "apiVersion: doorward.dev/v1\n{head}\nspec:\n  {more}\n  codes: [simple-no-signature]\n  until: 2026-12-01\n  \
         reason: why\n"
    );
    let (mut documents, found) = read_documents("x.yaml", text.as_bytes());
    assert_eq!(found, [], "{text}");
    match documents.pop() {
        Some(Document::Exception(exception)) => exception,
        other => panic!("{other:?}"),
    }
}

fn own(name: &str, namespace: &str, images: &str) -> ExceptionObject {
    let head = format!("kind: ImageException\nmetadata: {{name: {name}, namespace: {namespace}}}");
    exception(&head, &format!("images: {images}"))
}

fn found(set: &PolicySet, environment: &Environment<'_>) -> Vec<(String, Standing)> {
    let image: Reference = "r.example/app:1".parse().unwrap();
    let now = Timestamp::from_unix(1_796_083_200 - 60);
    let found = set.exceptions(&image, None, environment, now);
    let found = found.iter().map(|one| (one.object.title(), one.standing));
    found.collect()
}

fn set(exceptions: Vec<ExceptionObject>) -> (PolicySet, Vec<Diagnostic>) {
    PolicySet::default().with_exceptions(exceptions, DEFAULT_LONGEST)
}

#[test]
fn an_exception_of_a_namespace_counts_there_alone() {
    let (set, mistakes) = set(vec![
        own("a", "shop", "[r.example/*]"),
        own("b", "bank", "[r.example/*]"),
    ]);
    assert_eq!(mistakes, []);
    let shop = found(&set, &Environment::new().in_namespace("shop"));
    assert_eq!(
        shop,
        [("ImageException shop/a".to_owned(), Standing::InForce)]
    );
    assert_eq!(found(&set, &Environment::new()), []);
}

#[test]
fn one_of_the_cluster_counts_where_it_selects_and_not_where_the_labels_are_not_known() {
    let head = "kind: ClusterImageException\nmetadata: {name: c}";
    let one = exception(
        head,
        "namespaceSelector: {matchLabels: {env: prod}}\n  images: [r.example/*]",
    );
    let (set, _) = set(vec![one]);
    let labels = |env: &str| Labels::from([("env".to_owned(), env.to_owned())]);
    let (prod, test) = (labels("prod"), labels("test"));
    let of = |labels| {
        let environment = Environment::new().in_namespace("shop");
        let found = found(&set, &environment.with_namespace_labels(labels));
        found
            .into_iter()
            .map(|(_, standing)| standing)
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&prod), [Standing::InForce]);
    assert_eq!(of(&test), []);
    let unknown = found(&set, &Environment::new().in_namespace("shop"));
    assert!(matches!(unknown[0].1, Standing::Unknown(_)), "{unknown:?}");
}

#[test]
fn of_more_exceptions_than_are_compared_none_counts_and_other_namespaces_do_not_suffer() {
    let many = |count: usize| {
        let each = (0..count).map(|number| own(&format!("x{number}"), "shop", "[r.example/*]"));
        let mut all: Vec<_> = each.collect();
        all.push(own("b", "bank", "[r.example/*]"));
        set(all)
    };
    let count = |set: &PolicySet, name| found(set, &Environment::new().in_namespace(name)).len();
    let (set, mistakes) = many(256);
    assert_eq!((mistakes.len(), count(&set, "shop")), (0, 256));
    let (set, mistakes) = many(257);
    assert_eq!((count(&set, "shop"), count(&set, "bank")), (0, 1));
    assert_eq!(mistakes[0].code, LintCode::LimitExceeded);
}

#[test]
fn of_exceptions_with_too_long_patterns_together_none_counts() {
    let pattern = format!("r.example/{}*", "a".repeat(900));
    let images = format!("[{}]", vec![pattern; 37].join(", "));
    let (set, mistakes) = set(vec![
        own("a", "shop", &images),
        own("b", "shop", "[r.example/*]"),
    ]);
    assert_eq!(mistakes[0].code, LintCode::LimitExceeded);
    assert_eq!(found(&set, &Environment::new().in_namespace("shop")), []);
}

#[test]
fn a_set_with_other_exceptions_is_another_one() {
    let plain = PolicySet::default().fingerprint();
    let (none, _) = set(Vec::new());
    assert_eq!(
        none.fingerprint(),
        PolicySet::compile(Vec::new()).0.fingerprint()
    );
    let (one, _) = set(vec![own("a", "shop", "[r.example/*]")]);
    let (other, _) = set(vec![own("a", "shop", "[r.example/a]")]);
    assert_ne!(one.fingerprint(), plain);
    assert_ne!(one.fingerprint(), other.fingerprint());
}
