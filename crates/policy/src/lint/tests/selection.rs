//! Findings about whom policies are for, and from when.

use super::*;

const PINNED: &str =
    "policy: {trust: {enabled: true, pins: {caSecrets: [{name: c, namespace: n}]}}}";

/// A policy of the cluster with these lines in `spec` and these entries.
fn cluster(name: &str, spec: &str, entries: &str) -> String {
    format!(
        "---\napiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: {name}}}\nspec:\n{spec}  \
         repositories:\n{entries}"
    )
}

fn entry(pattern: &str, more: &str) -> String {
    format!("  - {{name: '{pattern}', {more}{PINNED}}}\n")
}

fn codes(found: &[Diagnostic]) -> Vec<String> {
    found
        .iter()
        .map(|one| format!("{}:{}", one.code, one.line))
        .collect()
}

fn at(text: &str, now: &str) -> Vec<String> {
    codes(&lint_at(
        &policies(text),
        now.parse().expect("a time of RFC 3339"),
    ))
}

const BEFORE: &str = "2026-11-30T23:59:59Z";
const ON: &str = "2026-12-01T00:00:00Z";
const DEFERRED: &str = "effectiveFrom: '2026-12-01', ";

#[test]
fn policies_for_different_workloads_may_have_the_same_patterns() {
    let text = cluster(
        "dev",
        "  namespaceSelector: {matchLabels: {env: dev}}\n",
        &entry("r.example/*", ""),
    ) + &cluster(
        "prod",
        "  namespaceSelector: {matchLabels: {env: prod}}\n",
        &entry("r.example/*", ""),
    );
    assert_eq!(codes(&lint(&policies(&text))), [] as [&str; 0]);
    // Of two for the same ones, and of one for everybody before one for some, only the first is ever chosen.
    for first in ["  namespaceSelector: {matchLabels: {env: prod}}\n", ""] {
        let text = cluster("a", first, &entry("r.example/*", ""))
            + &cluster(
                "b",
                "  namespaceSelector: {matchLabels: {env: prod}}\n",
                &entry("r.example/*", ""),
            );
        let found = codes(&lint(&policies(&text)));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("duplicate-pattern:"), "{found:?}");
    }
    // The other way round the second counts for everybody else.
    let text = cluster(
        "a",
        "  namespaceSelector: {matchLabels: {env: prod}}\n",
        &entry("r.example/*", ""),
    ) + &cluster("b", "", &entry("r.example/*", ""));
    assert_eq!(codes(&lint(&policies(&text))), [] as [&str; 0]);
}

#[test]
fn a_selector_behind_the_entries_is_found() {
    let text = cluster("p", "", &entry("r.example/*", ""))
        + "  serviceAccounts: [builder]\n  namespaceSelector: {}\n";
    assert_eq!(codes(&lint(&policies(&text))), ["selector-last:9"]);
}

#[test]
fn what_looks_as_if_labels_of_objects_relaxed_something_is_found() {
    let text = cluster(
        "p",
        "  objectSelector: {matchLabels: {tier: test}}\n",
        "  - {name: 'r.example/*', policy: {unchecked: true}}\n",
    );
    assert_eq!(
        codes(&lint(&policies(&text))),
        [
            "object-selector:6",
            "selector-relaxes-nothing:8",
            "unchecked-entry:8"
        ]
    );
    let text = cluster(
        "p",
        "  objectSelector: {matchLabels: {tier: test}}\n",
        &entry("r.example/*", ""),
    );
    assert_eq!(codes(&lint(&policies(&text))), ["object-selector:6"]);
}

#[test]
fn an_entry_that_refuses_later_is_found_until_the_very_second() {
    let text = cluster("p", "", &entry("r.example/*", DEFERRED));
    assert_eq!(at(&text, BEFORE), ["deferred-entry:7"]);
    assert_eq!(at(&text, ON), [] as [&str; 0]);
}

#[test]
fn an_entry_that_refuses_later_and_stands_in_for_one_that_refuses_is_found() {
    for (deferred, other, is_found) in [
        ("r.example/team/*", "r.example/*", true),
        ("r.example/team/app", "r.example/team/*", true),
        ("r.example/*", "r.example/*", true),
        ("r.example/app", "*", true),
        // What is more specific is not taken from.
        ("r.example/*", "r.example/team/*", false),
        ("r.example/team/*", "s.example/*", false),
    ] {
        let text = cluster("p", "", &(entry(deferred, DEFERRED) + &entry(other, "")));
        let found = at(&text, BEFORE);
        assert_eq!(
            found.contains(&"deferred-outranks:7".to_owned()),
            is_found,
            "{deferred} {other}: {found:?}"
        );
        assert!(
            !at(&text, ON).iter().any(|one| one.starts_with("deferred")),
            "{deferred} {other}"
        );
    }
}

#[test]
fn a_floor_takes_from_none_but_itself() {
    let floor = "  floor: true\n";
    let text = cluster(
        "f",
        floor,
        &(entry("r.example/team/*", DEFERRED) + &entry("r.example/*", "")),
    );
    let found = at(&text, BEFORE);
    assert!(
        found.contains(&"deferred-outranks:8".to_owned()),
        "{found:?}"
    );
    // For namespaces that have other policies, a policy with its own labels has none that it takes from.
    let text = cluster(
        "a",
        "  objectSelector: {matchLabels: {tier: test}}\n",
        &entry("r.example/team/*", DEFERRED),
    ) + &cluster("b", "", &entry("r.example/*", ""));
    let found = at(&text, BEFORE);
    assert_eq!(found, ["object-selector:6", "deferred-entry:8"]);
}

#[test]
fn an_entry_that_never_refuses_cannot_do_so_later() {
    let text = cluster(
        "p",
        "",
        "  - {name: a/*, effectiveFrom: '2026-12-01', policy: {unchecked: true}}\n",
    );
    let (documents, _) = read_documents("p.yaml", text.as_bytes());
    let Some(Document::Policy(policy)) = documents.first() else {
        panic!("a policy");
    };
    assert!(policy.entries().all(|(_, body)| body.is_err()));
}
