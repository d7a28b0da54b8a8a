use doorward_policy::{PolicySet, Selection};

use super::*;

mod broken;
mod churn;
mod excepted;
mod twins;
mod unread;

const FLOOR: &str = "apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata:
  name: floor
spec:
  floor: true
  repositories:
  - name: \"r.example/*\"
    policy:
      simple:
        requirements:
        - type: reject
";
const BASE: &str = "apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata: {name: base}
spec: {repositories: [{name: '*', policy: {unchecked: true}}]}
";
const SECRET: &str =
    "apiVersion: v1\nkind: Secret\nmetadata: {name: k, namespace: n}\nstringData: {key: a}\n";

fn state(files: &[(&str, &str)]) -> BTreeMap<PathBuf, Content> {
    files
        .iter()
        .map(|(name, text)| (PathBuf::from(name), Content::Text(text.as_bytes().into())))
        .collect()
}

fn first(files: &[(&str, &str)]) -> PolicyFiles {
    PolicyFiles::first(state(files))
}

/// Whether an image that nobody signed is admitted.
fn admits(files: &PolicyFiles, image: &str) -> bool {
    admits_in(files, image, "shop")
}

fn admits_in(files: &PolicyFiles, image: &str, namespace: &str) -> bool {
    let policies = files
        .said()
        .flat_map(|(_, said)| said.policies().cloned().collect::<Vec<_>>());
    match PolicySet::compile(policies.collect())
        .0
        .select(image, Some(namespace))
    {
        Selection::Match(found) => found
            .entries
            .iter()
            .all(|entry| entry.body.as_ref().is_ok_and(|body| body.is_unchecked())),
        Selection::NoMatch { .. } | Selection::NoPolicy | Selection::Unknown { .. } => false,
    }
}

/// Asserts that `text` in place of the floor is held at the first look, and what is admitted after the second.
fn held_once(text: Option<&str>, admitted_then: bool) {
    let mut files = first(&[("base.yaml", BASE), ("floor.yaml", FLOOR)]);
    let now: Vec<_> = [("base.yaml", Some(BASE)), ("floor.yaml", text)]
        .into_iter()
        .filter_map(|(name, text)| Some((name, text?)))
        .collect();
    let look = files.look(state(&now));
    assert!(
        !look.changed && look.held.len() + look.broken.len() == 1,
        "{text:?}: {look:?}"
    );
    assert!(files.is_waiting());
    assert!(!admits(&files, "r.example/a"), "{text:?} after one look");
    assert!(admits(&files, "other.example/a"), "the rest goes on");
    let look = files.look(state(&now));
    assert!(look.changed && look.held.is_empty() && look.broken.is_empty());
    assert!(!files.is_waiting());
    assert_eq!(
        admits(&files, "r.example/a"),
        admitted_then,
        "{text:?} after two looks"
    );
    assert!(
        admits(&files, "other.example/a"),
        "{text:?}: the rest goes on"
    );
}

#[test]
fn a_floor_that_is_gone_stays_in_force_until_that_is_seen_twice() {
    held_once(None, true);
}

#[test]
fn an_entry_that_turns_unchecked_waits_to_be_seen_twice() {
    let weaker = FLOOR.replace(
        "simple:\n        requirements:\n        - type: reject",
        "unchecked: true",
    );
    held_once(Some(&weaker), true);
    held_once(Some(&FLOOR.replace("  floor: true\n", "")), false);
    held_once(
        Some(&FLOOR.replace("    policy:\n", "    policy:\n      mode: warn\n")),
        false,
    );
}

#[test]
fn no_prefix_of_a_policy_file_is_ever_put_in_force_and_admits() {
    for cut in 0..FLOOR.len() {
        let mut files = first(&[("base.yaml", BASE), ("floor.yaml", FLOOR)]);
        let now = state(&[("base.yaml", BASE), ("floor.yaml", &FLOOR[..cut])]);
        for _ in 0..3 {
            files.look(now.clone());
            assert!(
                !admits(&files, "r.example/a"),
                "cut after {cut}: {:?}",
                &FLOOR[..cut]
            );
            assert!(
                admits(&files, "other.example/a"),
                "cut after {cut}: the rest goes on"
            );
        }
    }
}

#[test]
fn a_file_that_ends_at_the_boundary_of_a_document_is_held() {
    let both = format!("{BASE}---\n{FLOOR}");
    for cut in [BASE.len(), BASE.len() + 4] {
        let mut files = first(&[("all.yaml", &both)]);
        let now = state(&[("all.yaml", &both[..cut])]);
        let look = files.look(now.clone());
        assert!(!look.changed && !look.held.is_empty(), "{look:?}");
        assert!(!admits(&files, "r.example/a"));
        assert!(
            files
                .look(now)
                .weaker
                .iter()
                .any(|what| what.contains("it is gone"))
        );
    }
}

/// Wherever the file ends, and also where what is left is whole and says less.
#[test]
fn no_prefix_of_a_file_of_several_policies_is_in_force_at_the_first_look() {
    let both = format!("{BASE}---\n{FLOOR}");
    for cut in 0..both.len() {
        let mut files = first(&[("all.yaml", &both)]);
        let look = files.look(state(&[("all.yaml", &both[..cut])]));
        assert!(!look.changed, "cut after {cut}: {look:?}");
        assert_eq!(look.held.len() + look.broken.len(), 1, "cut after {cut}");
        assert!(!admits(&files, "r.example/a"), "cut after {cut}");
        assert!(admits(&files, "other.example/a"), "cut after {cut}");
    }
}

#[test]
fn a_file_that_ends_earlier_is_held_whatever_it_says() {
    let two = "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: p, namespace: shop}\nspec:\n  repositories:\n  - name: r.example/*\n    policy:\n      trust:\n        enabled: true\n        signerSecrets:\n        - name: a\n        - name: b\n";
    let open = "  - name: s.example/*\n    policy:\n      unchecked: true\n";
    // Of an entry that is unchecked and of a Secret nothing is missed but that the file ends earlier.
    for (cut, rest) in [
        (two, "        - name: c\n"),
        (FLOOR, open),
        (FLOOR, "---\n"),
        (FLOOR, &format!("---\n{SECRET}")),
        (
            SECRET,
            &SECRET
                .replace("name: k", "name: l")
                .replace("api", "---\napi"),
        ),
    ] {
        let whole = format!("{cut}{rest}");
        let mut files = first(&[("p.yaml", &whole)]);
        let look = files.look(state(&[("p.yaml", cut)]));
        assert!(!look.changed && look.held.len() == 1, "{whole}: {look:?}");
        let look = files.look(state(&[("p.yaml", cut)]));
        assert!(look.changed && !files.is_waiting(), "{whole}: {look:?}");
    }
}

#[test]
fn what_changes_at_every_look_is_never_seen_twice() {
    let mut files = first(&[("base.yaml", BASE), ("floor.yaml", FLOOR)]);
    for length in [250, 40, 150, 0, 80] {
        let cut = &FLOOR[..length.min(FLOOR.len() - 1)];
        let look = files.look(state(&[("base.yaml", BASE), ("floor.yaml", cut)]));
        assert!(!look.changed);
    }
    let look = files.look(state(&[("base.yaml", BASE), ("floor.yaml", FLOOR)]));
    assert!(!look.changed && !files.is_waiting() && look.held.is_empty());
}

#[test]
fn a_stricter_rule_and_another_key_are_in_force_at_once() {
    let mut files = first(&[("base.yaml", BASE), ("key.yaml", SECRET)]);
    let other = SECRET.replace("key: a", "key: b");
    let look = files.look(state(&[
        ("base.yaml", BASE),
        ("floor.yaml", FLOOR),
        ("key.yaml", &other),
    ]));
    assert!(look.changed && !files.is_waiting(), "{look:?}");
    assert!(!admits(&files, "r.example/a"));
    let look = files.look(state(&[("base.yaml", BASE), ("floor.yaml", FLOOR)]));
    assert!(
        look.changed && !files.is_waiting(),
        "a Secret that is gone is gone at once: {look:?}"
    );
}

#[test]
fn a_change_that_is_held_does_not_hold_the_files_beside_it() {
    let mut files = first(&[
        ("base.yaml", BASE),
        ("floor.yaml", FLOOR),
        ("key.yaml", SECRET),
    ]);
    let other = SECRET.replace("key: a", "key: b");
    let look = files.look(state(&[("base.yaml", BASE), ("key.yaml", &other)]));
    assert!(look.changed && look.held.len() == 1);
    let (_, said) = files
        .said()
        .find(|(path, _)| path.ends_with("key.yaml"))
        .expect("there");
    assert_eq!(said.content, Content::Text(other.as_bytes().into()));
    assert!(!admits(&files, "r.example/a"));
}

#[test]
fn a_file_that_becomes_unreadable_denies_what_it_governed_and_nothing_else() {
    for text in ["apiVersion: [", "", "# empty\n", "\u{0}"] {
        held_once(Some(text), false);
    }
    let mut files = first(&[("base.yaml", BASE), ("floor.yaml", FLOOR)]);
    let mut now = state(&[("base.yaml", BASE)]);
    now.insert(
        "floor.yaml".into(),
        Content::Unreadable("permission denied".into()),
    );
    for _ in 0..4 {
        files.look(now.clone());
        assert!(!admits(&files, "r.example/a") && admits(&files, "other.example/a"));
    }
    let look = files.look(state(&[("base.yaml", BASE), ("floor.yaml", FLOOR)]));
    assert!(
        !look.held.is_empty(),
        "what was denied waits, too: {look:?}"
    );
}

#[test]
fn an_unreadable_file_that_nothing_is_known_of_denies_everything() {
    for start in [true, false] {
        let all = [("base.yaml", BASE), ("new.yaml", "apiVersion: [")];
        let mut files = first(if start { &all } else { &all[..1] });
        for _ in 0..2 {
            files.look(state(&all));
        }
        assert!(!admits(&files, "other.example/a"), "at a start: {start}");
    }
}

#[test]
fn a_pipe_is_passed_over_and_a_policy_that_becomes_one_denies_what_it_governed() {
    let pipe = || Content::NoFile("not a regular file".into());
    let mut now = state(&[("base.yaml", BASE), ("floor.yaml", FLOOR)]);
    now.insert("fifo.yaml".into(), pipe());
    let mut files = first(&[("base.yaml", BASE), ("floor.yaml", FLOOR)]);
    assert!(files.look(now.clone()).changed);
    assert!(!admits(&files, "r.example/a") && admits(&files, "other.example/a"));
    now.insert("floor.yaml".into(), pipe());
    // A mount that is broken looks like this.
    for _ in 0..3 {
        files.look(now.clone());
        assert!(!admits(&files, "r.example/a"));
        assert!(admits(&files, "other.example/a"));
    }
    let passed_over = |name| {
        let (_, said) = files
            .said()
            .find(|(path, _)| path.ends_with(name))
            .expect("there");
        said.no_file().is_some()
    };
    assert!(passed_over("fifo.yaml"));
    assert!(
        !passed_over("floor.yaml"),
        "what denies is not passed over as well"
    );
}

#[test]
fn a_policy_that_moves_to_another_file_is_not_gone() {
    let mut files = first(&[("base.yaml", BASE), ("floor.yaml", FLOOR)]);
    let look = files.look(state(&[("base.yaml", BASE), ("renamed.yaml", FLOOR)]));
    assert!(look.changed && look.held.is_empty(), "{look:?}");
    assert!(!admits(&files, "r.example/a"));
}

#[test]
fn a_document_that_breaks_beside_a_good_one_denies_what_it_governed() {
    let both = format!("{BASE}---\n{FLOOR}");
    let broken = format!("{BASE}---\n{}", FLOOR.replace("spec:", "spec: ["));
    let mut files = first(&[("all.yaml", &both)]);
    for _ in 0..3 {
        files.look(state(&[("all.yaml", &broken)]));
        assert!(!admits(&files, "r.example/a") && admits(&files, "other.example/a"));
    }
}

#[test]
fn a_floor_that_moves_to_a_file_which_is_held_stays_in_force() {
    let mut files = first(&[("base.yaml", BASE), ("floor.yaml", FLOOR)]);
    for more in ["", "\n", "\n\n"] {
        let moved = format!("{FLOOR}---\nkind: [{more}");
        let look = files.look(state(&[("base.yaml", BASE), ("moved.yaml", &moved)]));
        assert!(!look.changed && files.is_waiting(), "{more:?}: {look:?}");
        assert!(!admits(&files, "r.example/a"), "{more:?}");
        assert!(admits(&files, "other.example/a"), "{more:?}");
    }
    let moved = format!("{FLOOR}---\nkind: [\n\n");
    let look = files.look(state(&[("base.yaml", BASE), ("moved.yaml", &moved)]));
    assert!(look.changed && look.broken_in_force && look.weaker.is_empty());
    assert!(!files.is_waiting());
    assert!(!admits(&files, "r.example/a") && !admits(&files, "other.example/a"));
}

#[test]
fn what_is_held_for_another_file_is_reported_once_and_waits_for_no_third_look() {
    let mut files = first(&[("base.yaml", BASE), ("floor.yaml", FLOOR)]);
    let moved = format!("{FLOOR}---\nkind: [");
    let now = state(&[("base.yaml", BASE), ("moved.yaml", &moved)]);
    let look = files.look(now);
    assert_eq!((look.held.len(), look.broken.len()), (1, 1), "{look:?}");
    let again = format!("{moved}\n");
    let look = files.look(state(&[("base.yaml", BASE), ("moved.yaml", &again)]));
    assert_eq!((look.held.len(), look.broken.len()), (0, 1), "{look:?}");
    // The other file is gone, so what was seen often enough is in force.
    let look = files.look(state(&[("base.yaml", BASE)]));
    assert!(look.changed && !files.is_waiting(), "{look:?}");
    assert!(look.weaker.iter().any(|what| what.contains("it is gone")));
}

#[test]
fn broken_documents_that_are_more_than_were_known_deny_their_scope_beside_what_is_lost() {
    let both = format!("{BASE}---\n{FLOOR}");
    let of_shop = |name| {
        format!(
            "---\napiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: {name}, namespace: shop}}\nspec: 1\n"
        )
    };
    for (broken, denied) in [
        ("---\nkind: [\n".to_owned(), false),
        ("---\nkind: [\n".repeat(3), true),
        (["a", "b", "c"].map(of_shop).concat(), true),
    ] {
        let mut files = first(&[("all.yaml", &both)]);
        let now = state(&[("all.yaml", &format!("{BASE}{broken}"))]);
        for _ in 0..3 {
            files.look(now.clone());
        }
        assert!(!files.is_waiting());
        assert_eq!(
            !admits(&files, "other.example/a"),
            denied,
            "broken documents: {broken}"
        );
        let floor_denies = files.said().any(|(_, said)| {
            said.policies().any(|policy| {
                policy.name == "floor" && policy.entries().all(|(_, body)| body.is_err())
            })
        });
        assert!(floor_denies, "{broken}");
    }
}
