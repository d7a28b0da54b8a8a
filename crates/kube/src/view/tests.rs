#![allow(clippy::unwrap_used, clippy::panic)]

use doorward_policy::Selection;
use serde_json::json;

use super::*;

const POLICIES: &str = "imagepolicies.doorward.dev";
const SECRETS: &str = "secrets";

fn policy(name: &str, kind: &str) -> Value {
    json!({
        "apiVersion": "doorward.dev/v1", "kind": "ImagePolicy",
        "metadata": {"name": name, "namespace": "shop", "resourceVersion": "7", "managedFields": [{}]},
        "spec": {"repositories": [{"name": "*", "policy": {"simple": {"requirements": [{"type": kind}]}}}]},
    })
}

fn secret(name: &str, value: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "shop"},
        "stringData": {"key": value},
    })
}

fn named(name: &str) -> ObjectName {
    ObjectName {
        namespace: Some("shop".to_owned()),
        name: name.to_owned(),
    }
}

fn entries(view: &ClusterView) -> usize {
    match view.policies().set().select("r.example/a", Some("shop")) {
        Selection::Match(found) => found.entries.len(),
        Selection::NoMatch { .. } | Selection::NoPolicy | Selection::Unknown { .. } => 0,
    }
}

#[test]
fn an_object_takes_the_place_of_the_one_of_its_name_and_of_no_other() {
    let mut view = ClusterView::new("default");
    assert_eq!(
        view.apply(POLICIES, &policy("a", "reject")),
        Changed::Policies
    );
    assert_eq!(
        view.apply(POLICIES, &policy("b", "reject")),
        Changed::Policies
    );
    assert_eq!(view.apply(SECRETS, &secret("a", "x")), Changed::Objects);
    assert_eq!(view.policies().objects().len(), 2);
    assert_eq!(
        view.apply(POLICIES, &policy("a", "insecureAcceptAnything")),
        Changed::Policies
    );
    assert_eq!(view.policies().objects().len(), 2);
    assert!(view.objects().cluster.secret("shop", "a").is_some());
    assert_eq!(view.delete(POLICIES, &named("a")), Changed::Policies);
    assert_eq!(view.policies().objects().len(), 1);
    assert!(view.objects().cluster.secret("shop", "a").is_some());
}

#[test]
fn what_only_the_server_wrote_changes_nothing_and_compiles_nothing() {
    let mut view = ClusterView::new("default");
    let mut object = policy("a", "reject");
    view.apply(POLICIES, &object);
    let compiled = view.policies();
    object["metadata"]["resourceVersion"] = "8".into();
    object["status"] = json!({"conditions": []});
    assert_eq!(view.apply(POLICIES, &object), Changed::Nothing);
    assert_eq!(view.reset(POLICIES, [&object]), Changed::Nothing);
    assert_eq!(view.apply(SECRETS, &secret("k", "x")), Changed::Objects);
    assert!(Arc::ptr_eq(&compiled, &view.policies()));
}

#[test]
fn after_a_reset_nothing_is_left_of_what_the_source_gave_before() {
    let mut view = ClusterView::new("default");
    view.apply(POLICIES, &policy("a", "reject"));
    view.read("own.yaml", policy("c", "reject").to_string().into_bytes());
    assert_eq!(
        view.reset(POLICIES, [&policy("b", "reject")]),
        Changed::Policies
    );
    let policies = view.policies();
    let names: Vec<_> = policies.objects().iter().map(|one| &one.name).collect();
    assert_eq!(names, ["b", "c"]);
    assert_eq!(view.reset(POLICIES, []), Changed::Policies);
    assert_eq!(view.forget("own.yaml"), Changed::Policies);
    assert_eq!(entries(&view), 0);
    assert_eq!(view.forget("own.yaml"), Changed::Nothing);
}

#[test]
fn of_two_texts_that_are_called_alike_both_count() {
    let mut view = ClusterView::new("default");
    view.add(
        "standard input",
        policy("a", "reject").to_string().into_bytes(),
    );
    view.add(
        "standard input",
        policy("b", "reject").to_string().into_bytes(),
    );
    assert_eq!(view.policies().objects().len(), 2);
}

#[test]
fn a_broken_policy_denies_what_it_governs_and_says_so_under_its_own_name() {
    let mut view = ClusterView::new("default");
    let mut broken = policy("a", "reject");
    broken["spec"]["repositories"][0]["policy"]["modde"] = "warn".into();
    view.apply(POLICIES, &broken);
    view.apply(POLICIES, &policy("b", "reject"));
    let policies = view.policies();
    let [mistake] = policies.mistakes().collect::<Vec<_>>()[..] else {
        panic!("{:?}", policies.diagnostics());
    };
    assert_eq!(mistake.source, "ImagePolicy shop/a");
    assert_eq!(policies.owner(mistake), Some("shop"));
    let counts = policies.entries();
    let count = counts.values().next().unwrap();
    assert_eq!((count.active, count.invalid), (1, 1));
}

#[test]
fn an_object_of_another_project_that_is_called_as_a_policy_is_no_policy() {
    let mut view = ClusterView::new("default");
    let foreign = json!({
        "apiVersion": "policy.sigstore.dev/v1beta1", "kind": "ClusterImagePolicy", "metadata": {"name": "p"},
    });
    assert_eq!(view.apply("other", &foreign), Changed::Objects);
    assert!(view.policies().objects().is_empty());
}

#[test]
fn policies_of_an_api_server_can_be_written_down_without_what_only_the_server_wrote() {
    let mut view = ClusterView::new("default");
    view.apply(POLICIES, &policy("a", "reject"));
    view.apply(SECRETS, &secret("k", "hunter2"));
    let texts = view.texts().unwrap();
    let [(name, text)] = texts.as_slice() else {
        panic!("{texts:?}");
    };
    assert_eq!(name, "ImagePolicy shop/a");
    let text = std::str::from_utf8(text).unwrap();
    assert!(!text.contains("managedFields") && !text.contains("hunter2"));
    // The text says what the object says.
    let mut again = ClusterView::new("default");
    again.read(name, text.as_bytes());
    let (one, other) = (view.policies(), again.policies());
    assert_eq!(one.set().fingerprint(), other.set().fingerprint());
}

mod any_order {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Event {
        Apply(u8, u8),
        Delete(u8),
        Reset(Vec<(u8, u8)>),
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            (0..4_u8, 0..3_u8).prop_map(|(name, kind)| Event::Apply(name, kind)),
            (0..4_u8).prop_map(Event::Delete),
            proptest::collection::vec((0..4_u8, 0..3_u8), 0..4).prop_map(Event::Reset),
        ]
    }

    fn object((name, kind): (u8, u8)) -> Value {
        match kind {
            0 => policy(&name.to_string(), "reject"),
            1 => policy(&name.to_string(), "insecureAcceptAnything"),
            _ => policy(&name.to_string(), "nonsense"),
        }
    }

    proptest! {
        // What is in force depends on what there is, and not on how it came to be.
        #[test]
        fn a_view_that_lived_through_events_is_one_that_was_given_the_outcome(
            events in proptest::collection::vec(event(), 0..20)
        ) {
            let mut view = ClusterView::new("default");
            let mut outcome: BTreeMap<u8, u8> = BTreeMap::new();
            for event in events {
                let before = view.policies();
                let changed = match event {
                    Event::Apply(name, kind) => {
                        outcome.insert(name, kind);
                        view.apply(POLICIES, &object((name, kind)))
                    }
                    Event::Delete(name) => {
                        outcome.remove(&name);
                        view.delete(POLICIES, &named(&name.to_string()))
                    }
                    Event::Reset(objects) => {
                        outcome = objects.iter().copied().collect();
                        let objects: Vec<_> = outcome.iter().map(|(n, k)| object((*n, *k))).collect();
                        view.reset(POLICIES, &objects)
                    }
                };
                let after = view.policies();
                let is_same = before.set().fingerprint() == after.set().fingerprint();
                prop_assert_eq!(changed == Changed::Nothing, is_same);
            }
            let mut given = ClusterView::new("default");
            let objects: Vec<_> = outcome.into_iter().map(object).collect();
            given.reset(POLICIES, &objects);
            let (one, other) = (view.policies(), given.policies());
            prop_assert_eq!(one.set().fingerprint(), other.set().fingerprint());
            prop_assert_eq!(one.objects(), other.objects());
            prop_assert_eq!(one.diagnostics(), other.diagnostics());
        }
    }
}
