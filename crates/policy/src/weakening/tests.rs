mod bounds;
mod documents;
mod outages;
mod selection;

use super::*;
use crate::{Document, read_documents};

const REJECT: &str = "{simple: {requirements: [{type: reject}]}}";

fn policies(text: &str) -> Vec<PolicyObject> {
    policies_of("p.yaml", text)
}

fn policies_of(source: &str, text: &str) -> Vec<PolicyObject> {
    let (documents, _) = read_documents(source, text.as_bytes());
    documents
        .into_iter()
        .filter_map(|document| match document {
            Document::Policy(policy) => Some(policy),
            Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
        })
        .collect()
}

fn policy(spec: &str) -> String {
    format!(
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: p}}\nspec: {spec}\n---\n"
    )
}

fn body(body: &str) -> String {
    policy(&format!(
        "{{repositories: [{{name: a/*, policy: {body}}}]}}"
    ))
}

fn found(before: &str, after: &str) -> Vec<String> {
    found_in(&policies(before), &policies(after))
}

fn found_in(before: &[PolicyObject], after: &[PolicyObject]) -> Vec<String> {
    let (before, after): (Vec<_>, Vec<_>) = (before.iter().collect(), after.iter().collect());
    weakenings(&before, &after)
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn what_is_weaker_is_said_with_its_object() {
    let reject = body(REJECT);
    let one = "{simple: {requirements: [{type: signedBy, keySecret: j}]}}";
    let two = "{simple: {requirements: [{type: signedBy, keySecret: j}, {type: signedBy, keySecret: k}]}}";
    for (before, after, said) in [
        (
            reject.clone(),
            "apiVersion: v1\nkind: ConfigMap\n".to_owned(),
            "ClusterImagePolicy p: it is gone",
        ),
        (
            "a: [\n".to_owned(),
            reject.clone(),
            "a document that cannot be read: entry \"*\" was denied for a mistake and is judged now",
        ),
        (
            reject.clone(),
            body("{unchecked: true}"),
            "ClusterImagePolicy p: entry \"a/*\" admits unchecked",
        ),
        (
            reject.clone(),
            body("{mode: warn, simple: {requirements: [{type: reject}]}}"),
            "ClusterImagePolicy p: entry \"a/*\" no longer enforces",
        ),
        (
            reject.clone(),
            body("{mutateImage: false, simple: {requirements: [{type: reject}]}}"),
            "ClusterImagePolicy p: entry \"a/*\" pins less than it did",
        ),
        (
            reject.clone(),
            body("{mutateImage: pods-only, simple: {requirements: [{type: reject}]}}"),
            "ClusterImagePolicy p: entry \"a/*\" pins less than it did",
        ),
        (
            body("{mutateImage: pods-only, simple: {requirements: [{type: reject}]}}"),
            body("{mutateImage: false, simple: {requirements: [{type: reject}]}}"),
            "ClusterImagePolicy p: entry \"a/*\" pins less than it did",
        ),
        (
            reject.clone(),
            body("{onUnavailable: warn, simple: {requirements: [{type: reject}]}}"),
            "ClusterImagePolicy p: entry \"a/*\" admits during outages",
        ),
        (
            body(two),
            body(one),
            "ClusterImagePolicy p: entry \"a/*\" no longer demands all it did",
        ),
        (
            reject.clone(),
            policy("{repositories: []}"),
            "ClusterImagePolicy p: entry \"a/*\" is gone",
        ),
        (
            policy(&format!(
                "{{floor: true, repositories: [{{name: a/*, policy: {REJECT}}}]}}"
            )),
            reject.clone(),
            "ClusterImagePolicy p: it is no floor any more",
        ),
        (
            body("{trst: 1}"),
            reject.clone(),
            "ClusterImagePolicy p: entry \"a/*\" was denied for a mistake and is judged now",
        ),
        (
            reject.clone(),
            policy(&format!(
                "{{repositories: [{{name: a/*, policy: {REJECT}}}, {{name: a/b, policy: {{unchecked: true}}}}]}}"
            )),
            "ClusterImagePolicy p: a new entry \"a/b\" admits what fails, or asks for nothing",
        ),
        (
            reject.clone(),
            format!(
                "{reject}apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: o, namespace: n}}\nspec: {{repositories: [{{name: b, policy: {REJECT}}}]}}\n"
            ),
            "ImagePolicy n/o: namespace n has policies of its own now, in place of the cluster's",
        ),
    ] {
        assert_eq!(found(&before, &after), [said], "{before} -> {after}");
    }
}

#[test]
fn what_is_as_strict_or_stricter_is_not_reported() {
    let reject = body(REJECT);
    for (before, after) in [
        (reject.clone(), reject.clone()),
        (body("{unchecked: true}"), reject.clone()),
        (body("{unchecked: true}"), policy("{repositories: []}")),
        (
            body("{unchecked: true}"),
            "apiVersion: v1\nkind: ConfigMap\n".to_owned(),
        ),
        (
            reject.clone(),
            body("{simple: {requirements: [{type: reject}, {type: signedBy, keySecret: k}]}}"),
        ),
        (
            reject.clone(),
            body("{trust: {enabled: true}, simple: {requirements: [{type: reject}]}}"),
        ),
        (
            body("{mode: warn, simple: {requirements: [{type: reject}]}}"),
            reject.clone(),
        ),
        (reject.clone(), body("{trst: 1}")),
        (reject.clone(), policy("{repositories: {}}")),
        (
            "apiVersion: v1\nkind: ConfigMap\n".to_owned(),
            reject.clone(),
        ),
    ] {
        assert_eq!(
            found(&before, &after),
            Vec::<String>::new(),
            "{before} -> {after}"
        );
    }
}

#[test]
fn another_key_counts_as_weaker() {
    let key = |name: &str| {
        body(&format!(
            "{{simple: {{requirements: [{{type: signedBy, keySecret: {name}}}]}}}}"
        ))
    };
    assert_eq!(found(&key("a"), &key("b")).len(), 1);
}

#[test]
fn dropping_any_demand_is_weaker() {
    let demands = [
        "trust: {enabled: true}",
        "simple: {requirements: [{type: signedBy, keySecret: k}]}",
        "notation: {trustStores: [{type: ca, secret: c}], trustedIdentities: ['*']}",
        "sigstore: {authorities: [{keySecret: k}]}",
        "attestations: [{predicateType: u, signedBy: {trust: {enabled: true}}}]",
        "vulnerability: {report: {maxSeverity: low, signedBy: {trust: {enabled: true}}}}",
        "image: {user: nonRoot}",
        "anyOf: [{trust: {enabled: true}}]",
    ];
    let all = body(&format!("{{{}}}", demands.join(", ")));
    for skipped in 0..demands.len() {
        let rest: Vec<_> = demands
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != skipped)
            .map(|(_, demand)| *demand)
            .collect();
        let less = body(&format!("{{{}}}", rest.join(", ")));
        assert_eq!(found(&all, &less).len(), 1, "{less}");
        assert_eq!(found(&less, &all), Vec::<String>::new(), "{less}");
    }
}

/// A policy with these entries: patterns and bodies.
fn entries(entries: &[(&str, &str)]) -> String {
    let entries: Vec<String> = entries
        .iter()
        .map(|(pattern, body)| format!("{{name: '{pattern}', policy: {body}}}"))
        .collect();
    policy(&format!("{{repositories: [{}]}}", entries.join(", ")))
}

fn signed_by(key: &str) -> String {
    format!("{{simple: {{requirements: [{{type: signedBy, keySecret: {key}}}]}}}}")
}

#[test]
fn an_object_that_moves_to_another_text_is_the_same() {
    let before = policies(&body(REJECT));
    let moved = policies_of("q.yaml", &body(REJECT));
    assert_eq!(found_in(&before, &moved), Vec::<String>::new());
}

#[test]
fn a_second_object_of_a_name_that_is_in_force_is_compared_too() {
    let before = policies(&body(REJECT));
    let beside = |text: &str| {
        let mut after = policies(&body(REJECT));
        after.extend(policies_of("q.yaml", text));
        after
    };
    let open = beside(&entries(&[("a/*", REJECT), ("*", "{unchecked: true}")]));
    let admits = "ClusterImagePolicy p: a new entry \"*\" admits what fails, or asks for nothing";
    assert_eq!(found_in(&before, &open), [admits]);
    let reversed: Vec<PolicyObject> = open.iter().rev().cloned().collect();
    assert_eq!(found_in(&before, &reversed), [admits]);
    let same = beside(&entries(&[("a/*", "{unchecked: true}")]));
    let admits = "ClusterImagePolicy p: a new entry \"a/*\" admits what fails, or asks for nothing";
    assert_eq!(found_in(&before, &same), [admits]);
    // Both are in force now, and nothing changes by that.
    for both in [open, same] {
        assert_eq!(found_in(&both, &both), Vec::<String>::new());
    }
    let stricter = beside(&entries(&[("b/*", REJECT)]));
    assert_eq!(found_in(&before, &stricter), Vec::<String>::new());
}

#[test]
fn two_objects_of_one_name_in_one_text_do_not_weaken_each_other() {
    let text = format!(
        "{}{}",
        entries(&[("a/*", REJECT)]),
        entries(&[("b/*", REJECT)])
    );
    assert_eq!(found(&text, &text), Vec::<String>::new());
    assert_eq!(
        found(&text, &entries(&[("a/*", REJECT)])),
        ["ClusterImagePolicy p: entry \"b/*\" is gone"]
    );
}

#[test]
fn a_new_entry_that_takes_images_from_a_stricter_one_counts_as_weaker() {
    let (a, b) = (signed_by("a"), signed_by("b"));
    let accepted = "{simple: {requirements: [{type: insecureAcceptAnything}]}}";
    let unfinished =
        "{simple: {requirements: [{type: signedBy, keySecret: a}]}, mutateImage: false}";
    let overrules = |pattern: &str| {
        format!(
            "ClusterImagePolicy p: a new entry {pattern:?} takes images from an entry that demands something else"
        )
    };
    for (old, new) in [
        ("r.example/*", "r.example/app"),
        ("r.example/app", "r.example/*"),
        ("r.example/*", "R.example:443/app"),
        ("docker.io/library/*", "nginx:1"),
    ] {
        let before = entries(&[(old, &a)]);
        for body in [b.as_str(), accepted, unfinished] {
            // In the object itself, and in another one.
            let within = entries(&[(old, &a), (new, body)]);
            assert_eq!(found(&before, &within), [overrules(new)], "{old} {body}");
            let mut beside = policies(&before);
            beside.extend(policies(
                &entries(&[(new, body)]).replace("{name: p}", "{name: q}"),
            ));
            assert_eq!(
                found_in(&policies(&before), &beside),
                [overrules(new).replace("Policy p", "Policy q")],
                "{old} {body}"
            );
        }
    }
}

#[test]
fn a_new_entry_that_contains_what_it_overrules_is_not_weaker() {
    let (a, b) = (signed_by("a"), signed_by("b"));
    let both = "{simple: {requirements: [{type: signedBy, keySecret: b}, {type: signedBy, keySecret: a}]}}";
    for body in [a.as_str(), both, REJECT] {
        let after = entries(&[("r.example/*", &a), ("r.example/app", body)]);
        let before = entries(&[("r.example/*", &a)]);
        assert_eq!(found(&before, &after), Vec::<String>::new(), "{body}");
    }
    for elsewhere in ["s.example/app", "r.example.org/*", "nginx"] {
        let after = entries(&[("r.example/*", &a), (elsewhere, &b)]);
        let before = entries(&[("r.example/*", &a)]);
        assert_eq!(found(&before, &after), Vec::<String>::new(), "{elsewhere}");
    }
    // What admits everything cannot be overruled by less, nor by a floor beside it.
    let open = entries(&[("*", "{unchecked: true}")]);
    let mut beside = policies(&open);
    beside.extend(policies(
        &policy(&format!(
            "{{floor: true, repositories: [{{name: r.example/app, policy: {b}}}]}}"
        ))
        .replace("{name: p}", "{name: q}"),
    ));
    assert_eq!(found_in(&policies(&open), &beside), Vec::<String>::new());
}

#[test]
fn an_entry_of_another_scope_is_not_overruled() {
    let own = |name: &str, pattern: &str, key: &str| {
        format!(
            "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: {name}, namespace: n}}\n\
             spec: {{repositories: [{{name: '{pattern}', policy: {}}}]}}\n---\n",
            signed_by(key)
        )
    };
    let before = format!(
        "{}{}",
        own("o", "s.example/*", "a"),
        entries(&[("r.example/*", &signed_by("a"))])
    );
    let after = format!("{before}{}", own("q", "r.example/app", "b"));
    assert_eq!(found(&before, &after), Vec::<String>::new());
    let after = format!("{before}{}", own("q", "s.example/app", "b"));
    assert_eq!(
        found(&before, &after),
        [
            "ImagePolicy n/q: a new entry \"s.example/app\" takes images from an entry that demands something else"
        ]
    );
}

#[test]
fn a_policy_of_a_namespace_that_is_gone_counts_as_weaker_although_all_its_entries_are_unchecked() {
    let own = "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: own, namespace: shop}\n\
               spec: {repositories: [{name: registry.example/ok/*, policy: {unchecked: true}}]}\n---\n";
    let all = own.replace("registry.example/ok/*", "'*'");
    let base = body("{unchecked: true}");
    for own in [own, &all] {
        assert_eq!(
            found(&format!("{own}{base}"), &base),
            ["ImagePolicy shop/own: it is gone"]
        );
    }
    // What a policy of the cluster does not match is denied with it and without it.
    assert_eq!(found(&format!("{own}{base}"), own), [] as [&str; 0]);
}
