//! Documents with no `---` between them.

use super::*;
use crate::{PolicyBody, Selection};

const FLOOR: &str = "apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata:
  name: floor
spec:
  floor: true
  repositories:
  - name: '*'
    policy:
      simple:
        requirements:
        - type: reject
";
const OTHERS: &[&str] = &[
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {}\n",
    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  namespace: n\nstringData:\n  k: |\n    words\n",
    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  namespace: n\nstringData:\n  k: |\n    words",
    "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\nresources: []\n",
    "apiVersion: v1\nkind: List\nitems: []\n",
    "apiVersion: v1\nkind: PodList\nmetadata: {}\nitems:\n- spec: {}\n",
    "apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspec: {}\n",
    "apiVersion: apps.example/v1\nkind: Other\nspec: {}\n# the end",
    "Kind: Other\nApiVersion: apps.example/v1\nspec: {}\n",
    "kind:\nspec: {}\n",
    "kind: [a]\napiVersion: {a: b}\n",
    "resources: [a.yaml]\n",
    "replicas: 1 # of each",
    "metadata: {}\nspec: {a: b}\n",
    "items: [a]\nstatus: {}\n",
    "- a\n",
    "words\n",
    "",
];

/// Whether the text is refused as one that may have been a policy.
fn is_refused(text: &str) -> bool {
    denies_everything(&format!("{GOOD}---\n{text}"))
}

#[test]
fn a_floor_behind_another_object_without_a_separator_is_not_lost() {
    for other in OTHERS.iter().filter(|other| other.contains("apiVersion: ")) {
        for text in [format!("{other}{FLOOR}"), format!("{FLOOR}{other}")] {
            assert!(is_refused(&text), "{text}");
        }
    }
    let config = OTHERS[0];
    let (documents, found) = read(&format!("{config}{FLOOR}"));
    assert_eq!(documents.len(), 1);
    assert_eq!(
        (found[0].code, found[0].line),
        (LintCode::DuplicateKey, 5),
        "{found:?}"
    );
    assert!(found[0].message.contains("`---`"), "{found:?}");
    // Others that have nothing to do with policies stay what they are.
    let text = format!("{config}{}", OTHERS[1]);
    assert!(matches!(
        &read(&text).0[..],
        [Document::Other { fault: Some(_), .. }]
    ));
}

#[test]
fn one_word_of_two_heads_is_enough_to_be_a_policy() {
    for head in [
        "apiVersion: v1\nkind: ConfigMap\nkind: ImagePolicy\n",
        "apiVersion: v1\nkind: imagepolicy\nkind: ConfigMap\n",
        "apiVersion: v1\napiVersion: doorward.dev/v1\nkind: ConfigMap\n",
        "apiVersion: v1\napiVersion: portieris.cloud.ibm.co/v1\nkind: ConfigMap\n",
        "apiVersion: a.example/v1\nApiVersion: doorward.dev/v1\nkind: ConfigMap\n",
        "apiVersion: a.example/v1\nkind: ConfigMap\nkind: ClusterImagePolicyList\nitems: []\n",
        "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: p, namespace: n}\nmetadata: {name: q}\n",
        "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: p, namespace: n}\nspec: {}\nspec: {}\n",
    ] {
        assert!(is_refused(head), "{head}");
    }
}

#[test]
fn a_list_of_policies_whose_kind_is_misspelt_is_refused() {
    let item = FLOOR.trim_end().replace('\n', "\n  ");
    for head in [
        "apiVersion: v1\nkind: list\nitems:\n- ",
        "apiVersion: v1\nkind: Lists\nitems:\n- ",
        "apiVersion: v1\nkind: LIST\nitems:\n- ",
        "apiVersion: v1\nkind: policylist\nitems:\n- ",
        "apiVersion: v1\nkind: list\nItems:\n- ",
        "apiVersion: v1\nkind: List\nitems: []\nitem:\n- ",
    ] {
        let text = format!("{head}{item}\n");
        let found = read(&text).1;
        assert!(is_refused(&text), "{text}");
        assert!(
            found.iter().any(|one| one.suggestion.is_some()),
            "{text}: {found:?}"
        );
    }
    let untold =
        "apiVersion: v1\nkind: imagepolicylist\nitems: [{metadata: {name: p}, spec: {}}]\n";
    assert!(is_refused(untold));
    for text in [
        "apiVersion: v1\nkind: podlist\nitems: [{spec: {}}]\n",
        "apiVersion: v1\nkind: Wishlist\nitems: [a]\n",
    ] {
        assert!(
            matches!(&read(text).0[..], [Document::Other { .. }]),
            "{text}"
        );
    }
}

#[test]
fn duplicate_keys_are_errors_of_the_object_that_has_them() {
    let text = "apiVersion: v1\nkind: Secret\ndata: {a: b, a: c}\n";
    assert_eq!(codes(text), Vec::<String>::new());
    let Document::Other {
        fault: Some(fault), ..
    } = &read(text).0[0]
    else {
        panic!("a fault of the Secret")
    };
    assert_eq!(
        (fault.code, fault.line, fault.column),
        (LintCode::DuplicateKey, 3, 14)
    );
    assert_eq!(
        codes(&GOOD.replace(
            "policy: {unchecked: true}",
            "policy: {mode: warn, mode: enforce}"
        )),
        ["duplicate-key 7:26"]
    );
}

#[test]
fn policies_within_another_object_are_noted() {
    let item = FLOOR.trim_end().replace('\n', "\n  ");
    for text in [
        format!("apiVersion: template.openshift.io/v1\nkind: Template\nobjects:\n- {item}\n"),
        format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  {item}\n"),
        format!("apiVersion: v1\nkind: Template\nobjects:\n- {item}\n")
            .replace("doorward.dev", "doorwrd.dev"),
    ] {
        let (documents, found) = read(&text);
        assert_eq!(found, []);
        let note = documents[0].held_policies("p.yaml").expect("a note");
        assert_eq!((note.code, note.line), (LintCode::HeldPolicy, 1), "{text}");
    }
    for text in [
        "apiVersion: v1\nkind: Pod\nmetadata:\n  ownerReferences: [{apiVersion: doorward.dev/v1, kind: ImagePolicy}]\n",
        "apiVersion: v1\nkind: ConfigMap\ndata: {p: 'apiVersion: doorward.dev/v1'}\n",
    ] {
        assert_eq!(read(text).0[0].held_policies("p.yaml"), None, "{text}");
    }
}

/// Whether an image runs without anything that is demanded of it.
fn admits(policies: Vec<PolicyObject>, image: &str, namespace: &str) -> bool {
    let (set, _) = PolicySet::compile(policies);
    match set.select(image, Some(namespace)) {
        Selection::Match(found) => found
            .entries
            .iter()
            .all(|entry| entry.body.as_ref().is_ok_and(PolicyBody::is_unchecked)),
        _ => false,
    }
}

fn policy_text() -> impl Strategy<Value = String> {
    let group = prop::sample::select(
        &[
            "doorward.dev/v1",
            "portieris.cloud.ibm.com/v1",
            "doorwrd.dev/v1",
        ][..],
    );
    let kind = prop::sample::select(&["ClusterImagePolicy", "ImagePolicy", "imagePolicy"][..]);
    let namespace = prop::sample::select(&["", "  namespace: n\n", "  namespace: m\n"][..]);
    let floor = prop::sample::select(&["", "  floor: true\n"][..]);
    let pattern = prop::sample::select(&["*", "r.example/*"][..]);
    let heads = prop::sample::select(
        &[
            "{a}{k}{m}{s}",
            "{k}{a}{m}{s}",
            "{s}{m}{k}{a}",
            "{m}{a}{k}{s}",
        ][..],
    );
    (group, kind, namespace, floor, pattern, heads).prop_map(
        |(group, kind, namespace, floor, pattern, order)| {
            order
                .replace("{a}", &format!("apiVersion: {group}\n"))
                .replace("{k}", &format!("kind: {kind}\n"))
                .replace("{m}", &format!("metadata:\n  name: p\n{namespace}"))
                .replace(
                    "{s}",
                    &format!(
                        "spec:\n{floor}  repositories:\n  - name: '{pattern}'\n    \
                         policy: {{simple: {{requirements: [{{type: reject}}]}}}}\n"
                    ),
                )
        },
    )
}

proptest! {
    #[test]
    fn joining_a_policy_to_any_document_admits_nothing_that_it_refuses(
        policy in policy_text(),
        other in prop_oneof![prop::sample::select(OTHERS).prop_map(str::to_owned), policy_text()],
        is_first in any::<bool>(),
    ) {
        let joined = if is_first { format!("{policy}{other}") } else { format!("{other}{policy}") };
        let beside = |text: &str| [policies(GOOD), policies(text)].concat();
        for image in ["nginx", "r.example/a:1"] {
            for namespace in ["n", "m", "default"] {
                if !admits(beside(&policy), image, namespace) {
                    prop_assert!(!admits(beside(&joined), image, namespace), "{} {}\n{}", image, namespace, joined);
                }
            }
        }
    }
}
