//! What becomes of documents that break.

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::*;

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
/// Two spaces too few before `repositories`.
const OWN_BROKEN: &str = "apiVersion: doorward.dev/v1
kind: ImagePolicy
metadata: {name: own, namespace: shop}
spec:
repositories: [{name: '*', policy: {unchecked: true}}]
";
const OWN_UNCHECKED: &str = "apiVersion: doorward.dev/v1
kind: ImagePolicy
metadata: {name: own, namespace: shop}
spec: {repositories: [{name: '*', policy: {unchecked: true}}]}
";
const FLOOR_OF_NOTHING: &str = "apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata: {name: floor}
spec:
  floor: true
  repositories:
";

fn after_looks(before: &[(&str, &str)], after: &[(&str, &str)]) -> PolicyFiles {
    let mut files = first(before);
    for _ in 0..3 {
        files.look(state(after));
    }
    assert!(!files.is_waiting());
    files
}

#[test]
fn a_floor_that_comes_broken_in_place_of_a_secret_denies_everything() {
    let before = format!("{BASE}---\n{SECRET}");
    for floor in [
        FLOOR_OF_NOTHING.to_owned(),
        format!("{FLOOR_OF_NOTHING}  - name: [\n"),
    ] {
        let after = format!("{BASE}---\n{floor}");
        let files = after_looks(
            &[("cluster.yaml", &before)],
            &[("cluster.yaml", &after), ("keys.yaml", SECRET)],
        );
        assert!(!admits(&files, "other.example/a"), "{floor}");
    }
}

#[test]
fn a_policy_that_comes_broken_into_a_file_of_other_objects_denies_its_scope() {
    for (before, after) in [
        (NAMESPACE.to_owned(), OWN_BROKEN.to_owned()),
        (
            format!("{NAMESPACE}---\n{SECRET}"),
            format!("{NAMESPACE}---\n{OWN_BROKEN}"),
        ),
        (NAMESPACE.to_owned(), FLOOR_OF_NOTHING.to_owned()),
        (NAMESPACE.to_owned(), format!("{OWN_BROKEN}  - [")),
        ("- a\n- b\n".to_owned(), OWN_BROKEN.to_owned()),
    ] {
        let files = after_looks(
            &[("base.yaml", BASE), ("shop.yaml", &before)],
            &[("base.yaml", BASE), ("shop.yaml", &after)],
        );
        assert!(!admits(&files, "other.example/a"), "{after}");
    }
}

#[test]
fn a_policy_that_turns_into_a_broken_floor_is_not_held_to_what_it_governed() {
    let small = FLOOR.replace("  floor: true\n", "");
    let files = after_looks(
        &[("base.yaml", BASE), ("p.yaml", &small)],
        &[("base.yaml", BASE), ("p.yaml", FLOOR_OF_NOTHING)],
    );
    assert!(!admits(&files, "other.example/a"));
}

#[test]
fn a_file_of_secrets_that_ends_earlier_or_cannot_be_read_denies_no_more_than_its_secrets() {
    let mut files = first(&[("base.yaml", BASE), ("keys.yaml", SECRET)]);
    let unreadable = Content::Unreadable("too many open files".to_owned());
    for content in [
        Content::Text(SECRET.as_bytes()[..20].into()),
        Content::Text((*b"").into()),
        unreadable.clone(),
        Content::NoFile("not a regular file".to_owned()),
        unreadable,
    ] {
        let mut now = state(&[("base.yaml", BASE)]);
        now.insert("keys.yaml".into(), content.clone());
        for _ in 0..3 {
            files.look(now.clone());
        }
        assert!(admits(&files, "other.example/a"), "{content:?}");
    }
    files.look(state(&[("base.yaml", BASE), ("keys.yaml", "kind: [")]));
    files.look(state(&[("base.yaml", BASE), ("keys.yaml", "kind: [")]));
    assert!(
        !admits(&files, "other.example/a"),
        "what it says now may be a policy"
    );
}

/// The documents of the property, and whether not even the object can be told.
const DOCUMENTS: [(&str, bool); 10] = [
    (BASE, false),
    (FLOOR, false),
    (SECRET, false),
    (NAMESPACE, false),
    (OWN_UNCHECKED, false),
    (OWN_BROKEN, false),
    (FLOOR_OF_NOTHING, false),
    ("kind: [\n", true),
    ("apiVersion: doorward.dev/v1\n", true),
    ("metadata: {name: x}\nspec: 1\n", true),
];

fn denied(files: &PolicyFiles) -> BTreeSet<(&'static str, &'static str)> {
    let mut denied = BTreeSet::new();
    for image in ["r.example/a", "other.example/a"] {
        for namespace in ["shop", "prod"] {
            if !admits_in(files, image, namespace) {
                denied.insert((image, namespace));
            }
        }
    }
    denied
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever a start with the same bytes denies, a reload denies too, except where a policy that is lost denies in
    /// place of the document of which nothing can be told.
    #[test]
    fn a_reload_denies_what_a_start_with_the_same_bytes_denies(
        before in subsequence(&DOCUMENTS[..], 0..=4),
        after in subsequence(&DOCUMENTS[..], 1..=4),
    ) {
        let text = |documents: &[(&str, bool)]| {
            let texts: Vec<_> = documents.iter().map(|(text, _)| *text).collect();
            format!("---\n{}---\n{SECRET}", texts.join("---\n"))
        };
        let (before_text, after_text) = (text(&before), text(&after));
        let reloaded = after_looks(&[("all.yaml", &before_text)], &[("all.yaml", &after_text)]);
        let started = first(&[("all.yaml", &after_text)]);
        let policies = |files: &PolicyFiles| -> Vec<PolicyObject> {
            files.said().flat_map(|(_, said)| said.policies().cloned().collect::<Vec<_>>()).collect()
        };
        let old = policies(&first(&[("all.yaml", &before_text)]));
        let new = policies(&started);
        let lost = old.iter().filter(|old| !old.is_unreadable());
        let lost = lost.filter(|old| !new.iter().any(|new| new.is_same_object(old))).count();
        let unreadable = after.iter().filter(|(_, is_unreadable)| *is_unreadable).count();
        let broken_floor = after.iter().any(|(text, _)| *text == FLOOR_OF_NOTHING);
        let had_floor = before.iter().any(|(text, _)| *text == FLOOR);
        if unreadable > lost || (broken_floor && !had_floor) {
            prop_assert!(denied(&started).is_subset(&denied(&reloaded)));
        }
        // What governs r.example in all cases: a floor that is there, or one that is lost or broken.
        if broken_floor || (had_floor && unreadable > 0) {
            prop_assert!(denied(&reloaded).contains(&("r.example/a", "shop")));
            prop_assert!(denied(&reloaded).contains(&("r.example/a", "prod")));
        }
        if after.iter().any(|(text, _)| *text == OWN_BROKEN)
            && !after.iter().any(|(text, _)| *text == OWN_UNCHECKED)
        {
            prop_assert!(denied(&reloaded).contains(&("other.example/a", "shop")));
        }
    }
}
