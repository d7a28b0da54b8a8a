#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::ClusterView;

fn view(text: &str) -> ClusterView {
    let mut view = ClusterView::new("shop");
    view.read("a.yaml", text.as_bytes());
    view
}

fn read(text: &str) -> Objects {
    view(text).objects()
}

const POLICY: &str = "apiVersion: doorward.dev/v1
kind: ImagePolicy
metadata: {name: p}
spec:
  repositories:
  - {name: '*', policy: {simple: {requirements: [{type: reject}]}}}
";
const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: []}
";

#[test]
fn policies_and_objects_are_told_apart_and_what_is_usable_is_no_finding() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: k}\nstringData: {key: x}\n";
    let view = view(&format!("{POLICY}---\n{secret}---\n{POD}"));
    let policies = view.policies();
    let [policy] = policies.objects() else {
        panic!("{policies:?}");
    };
    assert_eq!(policy.namespace.as_deref(), Some("shop"));
    // Whose it is was not said, which is worth a note.
    assert_eq!(policies.without_namespace().len(), 1);
    assert!(policies.diagnostics().is_empty());
    let objects = view.objects();
    assert!(objects.cluster.secret("shop", "k").is_some());
    assert_eq!(objects.cluster.workloads().len(), 1);
    assert!(objects.findings.is_empty());
}

#[test]
fn a_secret_that_is_not_usable_says_whose_it_is_and_why() {
    let broken =
        "apiVersion: v1\nkind: Secret\nmetadata: {name: k, namespace: bank}\ndata: {key: '*'}\n";
    let twice = "apiVersion: v1\nkind: Secret\nmetadata: {name: t}\nstringData: {key: a, key: b}\n";
    let objects = read(&format!("{broken}---\n{twice}"));
    let unusable: Vec<_> = objects
        .unusable_secrets
        .iter()
        .map(|one| (one.namespace.as_str(), one.name.as_str()))
        .collect();
    assert_eq!(unusable, [("bank", "k"), ("shop", "t")]);
    let [left_out, ambiguous] = objects.findings.as_slice() else {
        panic!("{:?}", objects.findings);
    };
    assert_eq!(left_out.namespace.as_deref(), Some("bank"));
    assert!(
        matches!(&left_out.about, About::LeftOut(error) if error.to_string().contains("base64"))
    );
    assert_eq!((ambiguous.source.as_str(), ambiguous.line), ("a.yaml", 6));
    assert!(matches!(&ambiguous.about, About::Ambiguous(_)));
}

#[test]
fn a_config_map_with_a_key_twice_is_kept_as_unusable_and_is_no_secret() {
    let objects =
        read("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: x, a: y}\n");
    let (_, _, items) = objects.cluster.config_maps().next().unwrap();
    assert!(items.is_err());
    assert!(objects.unusable_secrets.is_empty());
    assert_eq!(objects.findings.len(), 1);
}

#[test]
fn what_is_no_object_and_what_is_called_as_a_policy_are_found_and_not_read() {
    let foreign = "apiVersion: example.com/v1\nkind: ClusterImagePolicy\nmetadata: {name: x}\n";
    let view = view(&format!("resources: [a.yaml]\n---\n{foreign}"));
    assert!(view.policies().objects().is_empty());
    let objects = view.objects();
    let about: Vec<_> = objects.findings.iter().map(|one| &one.about).collect();
    assert!(
        matches!(about.as_slice(), [About::NoObject, About::NotRead(_)]),
        "{about:?}"
    );
}

#[test]
fn workloads_that_are_left_alone_are_no_finding_whatever_is_wrong_with_them() {
    let wrong = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: 7}\n";
    let objects = read(wrong);
    let [finding] = objects.findings.as_slice() else {
        panic!("{:?}", objects.findings);
    };
    assert!(matches!(&finding.about, About::LeftOut(_)));
    let mut alone = ClusterView::new("shop").without_workloads();
    alone.read("a.yaml", wrong.as_bytes());
    alone.read("b.yaml", POD.as_bytes());
    let alone = alone.objects();
    assert!(alone.findings.is_empty() && alone.cluster.workloads().is_empty());
}

#[test]
fn of_two_secrets_of_one_name_with_other_content_none_is_usable() {
    let secret = |value: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: k}}\nstringData: {{key: {value}}}\n"
        )
    };
    let mut view = view(&secret("a"));
    view.read("b.yaml", secret("a").as_bytes());
    assert!(view.objects().unusable_secrets.is_empty());
    view.read("c.yaml", secret("b").as_bytes());
    let objects = view.objects();
    let [unusable] = objects.unusable_secrets.as_slice() else {
        panic!("{:?}", objects.unusable_secrets);
    };
    assert_eq!(unusable.why, "already defined with other content");
}
