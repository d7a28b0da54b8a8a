mod absence;
mod joined;

use super::reading::MAX_DIAGNOSTICS;
use super::*;
use crate::{PolicySet, yaml};
use proptest::prelude::*;
use serde_json::json;

fn read(text: &str) -> (Vec<Document>, Vec<Diagnostic>) {
    read_documents("p.yaml", text.as_bytes())
}

fn policies(text: &str) -> Vec<PolicyObject> {
    let documents = read(text).0.into_iter();
    documents
        .filter_map(|document| match document {
            Document::Policy(policy) => Some(policy),
            Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
        })
        .collect()
}

fn codes(text: &str) -> Vec<String> {
    let found = read(text).1;
    found
        .iter()
        .map(|d| format!("{} {}:{}", d.code, d.line, d.column))
        .collect()
}

/// Whether every image in every namespace is denied because a policy is invalid.
fn denies_everything(text: &str) -> bool {
    let (set, _) = PolicySet::compile(policies(text));
    ["nginx", "r.example/a:1", "not a reference"].into_iter().all(|image| {
        [None, Some("default"), Some("other")].into_iter().all(|namespace| {
            matches!(set.select(image, namespace), crate::Selection::Match(found) if found.entries.iter().any(|entry| entry.body.is_err()))
        })
    })
}

const GOOD: &str = "apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata: {name: good}
spec:
  repositories:
  - name: '*'
    policy: {unchecked: true}
";

#[test]
fn three_mistakes_of_one_file_are_reported_with_their_places() {
    let text = "apiVersion: doorward.dev/v1
kind: ImagePolicy
metadata:
  name: release
  namespace: shop
spec:
  repositories:
  - name: r.example/shop/*
    policy:
      mutateImge: false
      simple:
        requirements:
        - type: signedby
          keySecret: release-key
  - name: r.example/base/*
    trust:
      enabled: true
";
    let (documents, found) = read(text);
    assert_eq!(documents.len(), 1);
    let rendered: String = found.iter().map(|d| d.render(Some(text))).collect();
    let expected = "\
error[unknown-field]: unknown field `mutateImge` in `policy`
  --> p.yaml:10:7
   |
10 |       mutateImge: false
   |       ^^^^^^^^^^
   = field: spec.repositories[0].policy.mutateImge
   = help: did you mean `mutateImage`?
error[unknown-value]: `signedby` is not one of `insecureAcceptAnything`, `reject`, `signedBy`
  --> p.yaml:13:17
   |
13 |         - type: signedby
   |                 ^^^^^^^^
   = field: spec.repositories[0].policy.simple.requirements[0].type
   = help: did you mean `signedBy`?
error[misplaced-field]: field `trust` has no meaning in an entry of `repositories`
  --> p.yaml:16:5
   |
16 |     trust:
   |     ^^^^^
   = field: spec.repositories[1].trust
   = help: it belongs in `policy` or an alternative of `anyOf` or `signedBy`
";
    assert_eq!(rendered, expected);
}

#[test]
fn an_entry_with_a_mistake_stays_and_denies() {
    let text = GOOD.replace(
        "policy: {unchecked: true}",
        "policy: {mod: audit}\n  - name: r.example/*\n    policy: {unchecked: true}",
    );
    let object = policies(&text).remove(0);
    let bodies: Vec<_> = object
        .entries()
        .map(|(pattern, body)| (pattern.to_owned(), body.is_ok()))
        .collect();
    assert_eq!(
        bodies,
        [("*".to_owned(), false), ("r.example/*".to_owned(), true)]
    );
}

#[test]
fn other_objects_come_back_as_values_and_lists_are_unfolded() {
    let text = format!(
        "---\n# nothing\n---\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\n---\n{}",
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, spec: {}}\n- apiVersion: doorward.dev/v1\n  kind: ImagePolicy\n  metadata: {name: p, namespace: n}\n  spec: {repositories: []}\n"
    );
    let (documents, found) = read(&text);
    assert_eq!(found, []);
    assert_eq!(
        documents[0],
        Document::Other {
            api_version: "v1".into(),
            kind: "Secret".into(),
            value: json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}),
            line: 4,
            fault: None,
        }
    );
    assert!(matches!(&documents[1], Document::Other { kind, line: 11, .. } if kind == "Pod"));
    assert!(
        matches!(&documents[2], Document::Policy(policy) if policy.name == "p" && policy.namespace.as_deref() == Some("n"))
    );
}

#[test]
fn items_of_a_typed_list_need_not_repeat_their_kind() {
    let text = r#"{"apiVersion":"portieris.cloud.ibm.com/v1","kind":"ImagePolicyList","items":[{"metadata":{"name":"p"},"spec":{}}]}"#;
    assert_eq!(codes(text), Vec::<String>::new());
    assert_eq!(policies(text)[0].name, "p");
}

#[test]
fn all_three_groups_are_one_format() {
    for group in Group::ALL {
        let text = GOOD
            .replace(
                "{unchecked: true}",
                "{simple: {requirements: [{type: reject}]}}",
            )
            .replace("doorward.dev/v1", &group.api_version());
        assert_eq!(codes(&text), Vec::<String>::new());
        assert_eq!(policies(&text)[0].group, group);
    }
}

#[test]
fn what_cannot_be_read_denies_everything() {
    for (text, code) in [
        ("spec: [", "syntax"),
        ("just words\n", "wrong-type"),
        (
            "- {apiVersion: doorward.dev/v1, kind: ImagePolicy}\n",
            "wrong-type",
        ),
        ("kind: ImagePolicy\nspec: {}\n", "missing-field"),
        ("apiVersion: doorward.dev/v1\nspec: {}\n", "missing-field"),
        (
            "apiVersion: doorward.dev/v2\nkind: ImagePolicy\nmetadata: {name: p}\nspec: {}\n",
            "unknown-kind",
        ),
        (
            "apiVersion: doorward.dev/v1\nkind: ImagePolcy\nmetadata: {name: p}\nspec: {}\n",
            "unknown-kind",
        ),
        (
            "apiVersion: portieris.cloud.ibm.co/v1\nkind: ImagePolicy\nmetadata: {name: p}\n",
            "unknown-kind",
        ),
        (
            "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: p, namespace: [x]}\nspec: {}\n",
            "wrong-type",
        ),
        (
            "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: [p]\nspec: {}\n",
            "wrong-type",
        ),
        ("apiVersion: v1\nkind: List\nitems: {a: 1}\n", "wrong-type"),
    ] {
        assert!(
            codes(text)[0].starts_with(code),
            "{text}: {:?}",
            codes(text)
        );
        assert!(denies_everything(text), "{text}");
        assert!(denies_everything(&format!("{GOOD}---\n{text}")), "{text}");
    }
}

#[test]
fn bytes_that_are_not_text_deny_everything() {
    let (documents, found) = read_documents("p.yaml", b"a: \xff");
    assert_eq!(found[0].code, LintCode::NotUtf8);
    assert_eq!(documents.len(), 1);
}

#[test]
fn kinds_of_the_same_name_of_other_projects_are_left_alone() {
    let text =
        "apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {name: p}\n";
    assert_eq!(codes(text), Vec::<String>::new());
    assert!(matches!(read(text).0[0], Document::Other { .. }));
}

#[test]
fn a_policy_whose_entries_cannot_be_told_denies_its_whole_scope() {
    for spec in [
        "spec:",
        "Spec: {repositories: []}",
        "spec: []",
        "spec: {repositories: {name: a}}",
        "spec: {repositorys: [{name: a}]}",
        "spec: {repositories: [{name: r.example/a}], repositories: [{name: b}]}",
        "spec: {repositories: [x]}",
        "spec: {repositories: [{nam: '*', policy: {unchecked: true}}]}",
        "spec: {repositories: [{name: [a]}]}",
        "spec: {repositories: [{policy: {unchecked: true}}]}",
        "spec: {repositories: [{name: a, name: b}]}",
    ] {
        let text = format!(
            "{GOOD}---\napiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: p, namespace: n}}\n{spec}\n"
        );
        let (set, late) = PolicySet::compile(policies(&text));
        assert!(!late.is_empty() || !codes(&text).is_empty(), "{spec}");
        let crate::Selection::Match(found) = set.select("nginx", Some("n")) else {
            panic!("{spec}")
        };
        assert!(
            found.entries.iter().any(|entry| entry.body.is_err()),
            "{spec}"
        );
        let crate::Selection::Match(other) = set.select("nginx", Some("m")) else {
            panic!("{spec}")
        };
        assert!(
            other.entries.iter().all(|entry| entry.body.is_ok()),
            "{spec}: other namespaces are not concerned"
        );
    }
}

#[test]
fn a_broken_or_misspelt_floor_still_reaches_every_namespace() {
    let own = "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: p, namespace: n}\nspec: {repositories: [{name: '*', policy: {unchecked: true}}]}\n";
    for line in ["floor: 'yes'", "flor: true", "Floor: true", "floor: [true]"] {
        let text = format!(
            "{own}---\n{}",
            GOOD.replace("spec:\n", &format!("spec:\n  {line}\n"))
        );
        let (set, _) = PolicySet::compile(policies(&text));
        let crate::Selection::Match(found) = set.select("nginx", Some("n")) else {
            panic!("{line}")
        };
        assert!(
            found.entries.iter().any(|entry| entry.body.is_err()),
            "{line}"
        );
    }
}

#[test]
fn a_slip_in_the_api_version_of_a_policy_denies_and_is_no_other_projects_kind() {
    for kind in ["ClusterImagePolicy", "ImagePolicy", "clusterImagePolicy"] {
        for version in [
            "doorward.dev",
            "doorward.dev.v1",
            "doorward.dev:v1",
            "doorward/v1",
            "v1",
            "/v1",
            "policy.doorward.dev/v1",
            "https://doorward.dev/v1",
            "DOORWARD.dev/v1",
            "portieris.cloud.ibm.com",
            "securityenforcement.admission.cloud.ibm.com",
        ] {
            let text = GOOD
                .replace("doorward.dev/v1", version)
                .replace("ClusterImagePolicy", kind);
            let (set, _) = PolicySet::compile(policies(&text));
            let crate::Selection::Match(found) = set.select("nginx", Some("n")) else {
                panic!("{version} {kind}: nothing governs")
            };
            assert!(found.entries.iter().any(|entry| entry.body.is_err()));
        }
        let foreign = GOOD
            .replace("doorward.dev/v1", "policy.sigstore.dev/v1beta1")
            .replace("ClusterImagePolicy", kind);
        assert_eq!(policies(&foreign).len(), 0, "{kind}");
    }
}

#[test]
fn a_floor_has_a_meaning_only_in_our_cluster_policies() {
    let floor = GOOD.replace("spec:\n", "spec:\n  floor: true\n");
    assert_eq!(codes(&floor), Vec::<String>::new());
    assert!(policies(&floor)[0].floor);
    for text in [
        floor
            .replace("doorward.dev/v1", "portieris.cloud.ibm.com/v1")
            .replace("{unchecked: true}", "{}"),
        floor.replace("ClusterImagePolicy", "ImagePolicy"),
    ] {
        assert_eq!(codes(&text), ["misplaced-field 5:10"]);
    }
}

#[test]
fn the_json_of_an_api_server_is_read_as_strictly() {
    let value = json!({
        "apiVersion": "doorward.dev/v1", "kind": "ImagePolicy",
        "metadata": {"name": "p", "namespace": "n", "managedFields": [{"manager": "kubectl"}]},
        "spec": {"repositories": [{"name": "*", "policy": {"trst": {}}}]},
        "status": {"conditions": []},
    });
    let (object, found) = PolicyObject::from_value("ImagePolicy n/p", &value);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].to_string(),
        "ImagePolicy n/p: error[unknown-field]: spec.repositories[0].policy.trst: unknown field `trst` in `policy`"
    );
    assert!(object.entries().all(|(_, body)| body.is_err()));
}

#[test]
fn the_number_of_diagnostics_is_bounded() {
    let bad = ["- {name: a, policy: {x: 1}}\n"; 300].join("  ");
    let one = GOOD.replace("- name: '*'\n    policy: {unchecked: true}\n", &bad);
    let many = format!("{one}---\n").repeat(10);
    let found = read(&many).1;
    assert_eq!(found.len(), MAX_DIAGNOSTICS + 1);
    assert_eq!(
        found[MAX_DIAGNOSTICS].message,
        "1000 more mistakes are not shown"
    );
    assert!(
        policies(&many)
            .iter()
            .all(|policy| policy.entries().count() == 300
                && policy.entries().all(|(_, body)| body.is_err()))
    );
}

const FRAGMENT: &str = "(apiVersion|kind|spec|repositories|name|policy|simple|requirements|type|trust|floor|anyOf|metadata): ?|doorward.dev/v1|ImagePolicy|List|items: |signedBy|- |\n  |\n    |\n|\\[|\\]|\\{|\\}|, |\\*|&a |\\*a|true|'|x|~|1";

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(parts in proptest::collection::vec(FRAGMENT, 0..40)) {
        let (documents, found) = read(&parts.concat());
        prop_assert!(found.iter().all(Diagnostic::is_error));
        let policies = documents.into_iter().filter_map(|document| match document {
            Document::Policy(policy) => Some(policy),
            Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
        });
        let policies: Vec<_> = policies.collect();
        let _ = crate::lint(&policies);
        let (set, _) = PolicySet::compile(policies);
        let _ = set.select("nginx", Some("default"));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_documents("p", &bytes);
    }

    #[test]
    fn no_value_makes_the_decoder_panic(parts in proptest::collection::vec(FRAGMENT, 0..40)) {
        for document in yaml::parse("p", &parts.concat()) {
            if let Ok(node) = document.root {
                let _ = PolicyObject::from_value("p", &node.into_value(&mut |_, _| {}));
            }
        }
    }
}
