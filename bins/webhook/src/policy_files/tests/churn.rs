//! One file with the objects of many, of which one changes all the time.

use doorward_policy::Document;

use super::*;

fn own(namespace: &str, body: &str) -> String {
    format!(
        "---\napiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: p, namespace: {namespace}}}\nspec: {{repositories: [{{name: '*', policy: {body}}}]}}\n"
    )
}

fn signed(key: &str) -> String {
    format!("{{simple: {{requirements: [{{type: signedBy, keySecret: {key}}}]}}}}")
}

/// An export of everything: a floor, the policies of two namespaces, and the Secret of a key.
fn export(floor: &str, shop: &str, evil: &str, with_key: bool) -> String {
    let floor = FLOOR.replace(
        "\n      simple:\n        requirements:\n        - type: reject\n",
        &format!(" {floor}\n"),
    );
    let key = if with_key {
        format!("---\n{SECRET}")
    } else {
        String::new()
    };
    [floor, own("shop", shop), own("evil", evil), key].concat()
}

const OPEN: &str = "{unchecked: true}";
const REJECT: &str = "{simple: {requirements: [{type: reject}]}}";

fn only(text: &str) -> BTreeMap<PathBuf, Content> {
    state(&[("all.yaml", text)])
}

fn secrets(files: &PolicyFiles) -> usize {
    let of = |said: &Said| {
        let is_secret = |document: &&Document| matches!(document, Document::Other { .. });
        said.documents.iter().filter(is_secret).count()
    };
    files.said().map(|(_, said)| of(said)).sum()
}

#[test]
fn ever_new_weakenings_of_one_object_keep_no_stricter_change_and_no_lost_secret_out_of_force() {
    let mut files = first(&[("all.yaml", &export(REJECT, OPEN, REJECT, true))]);
    assert!(admits_in(&files, "other.example/a", "shop") && secrets(&files) == 1);
    for number in 0..5 {
        let evil = format!("{{mode: warn, {}", &signed(&format!("k{number}"))[1..]);
        let text = export(REJECT, REJECT, &evil, false);
        let look = files.look(only(&text));
        assert_eq!(look.changed, number == 0, "{look:?}");
        assert!(look.held.len() == 1 && files.is_waiting());
        assert!(
            !admits_in(&files, "other.example/a", "shop"),
            "look {number}"
        );
        assert_eq!(secrets(&files), 0, "look {number}");
        assert!(
            !admits_in(&files, "other.example/a", "evil"),
            "look {number}"
        );
    }
}

#[test]
fn ever_new_mistakes_of_one_object_keep_no_stricter_change_and_no_lost_secret_out_of_force() {
    let mut files = first(&[("all.yaml", &export(REJECT, OPEN, OPEN, true))]);
    for number in 0..5 {
        let evil = format!("{{nonsense{number}: 1}}");
        let look = files.look(only(&export(REJECT, REJECT, &evil, false)));
        assert_eq!(look.changed, number == 0, "{look:?}");
        assert_eq!((look.held.len(), look.broken.len()), (0, 1));
        assert!(
            !admits_in(&files, "other.example/a", "shop"),
            "look {number}"
        );
        assert_eq!(secrets(&files), 0, "look {number}");
        assert!(admits_in(&files, "other.example/a", "evil"), "as it was");
    }
}

#[test]
fn another_key_of_the_operator_is_in_force_after_two_looks_whatever_a_tenant_writes() {
    let mut files = first(&[("all.yaml", &export(&signed("a"), OPEN, OPEN, true))]);
    let keys = |files: &PolicyFiles| -> Vec<String> {
        let floors = files.said().flat_map(|(_, said)| {
            let floors = said.policies().filter(|policy| policy.floor);
            floors
                .flat_map(|floor| floor.key_secrets())
                .collect::<Vec<_>>()
        });
        floors.map(|(_, name)| name.to_owned()).collect()
    };
    for (number, in_force) in ["a", "b", "b", "b"].into_iter().enumerate() {
        let evil = format!("{{mode: audit, {}", &signed(&format!("k{number}"))[1..]);
        let look = files.look(only(&export(&signed("b"), OPEN, &evil, true)));
        assert_eq!(keys(&files), [in_force], "look {number}: {look:?}");
        assert_eq!(look.weaker.len(), usize::from(number == 1), "{look:?}");
    }
}

#[test]
fn a_new_object_that_weakens_is_left_out_until_all_was_seen_twice() {
    let before = format!("{BASE}---\n{}", &own("shop", OPEN)[4..]);
    let mut files = first(&[("all.yaml", &before)]);
    let after = format!("{BASE}{}{}", own("shop", REJECT), own("prod", OPEN));
    let names = |files: &PolicyFiles| -> Vec<String> {
        let titles = |said: &Said| said.policies().map(PolicyObject::title).collect::<Vec<_>>();
        files.said().flat_map(|(_, said)| titles(said)).collect()
    };
    let look = files.look(only(&after));
    assert!(look.changed && look.held.len() == 1, "{look:?}");
    assert!(!admits_in(&files, "other.example/a", "shop"));
    assert_eq!(names(&files).len(), 2, "{:?}", names(&files));
    let look = files.look(only(&after));
    assert!(look.changed && !files.is_waiting(), "{look:?}");
    assert_eq!(names(&files).len(), 3, "{:?}", names(&files));
}

#[test]
fn what_is_in_force_of_several_contents_is_no_content_that_may_come_again() {
    let old = export(REJECT, OPEN, REJECT, true);
    let mut files = first(&[("all.yaml", &old)]);
    let new = export(REJECT, REJECT, OPEN, true);
    assert!(files.look(only(&new)).changed);
    assert!(!admits_in(&files, "other.example/a", "shop"));
    // The operator takes it back: that weakens, so it is held once, and is in force then.
    let look = files.look(only(&old));
    assert!(look.held.len() == 1 && files.is_waiting(), "{look:?}");
    assert!(!admits_in(&files, "other.example/a", "shop"));
    let look = files.look(only(&old));
    assert!(look.changed && !files.is_waiting(), "{look:?}");
    assert!(admits_in(&files, "other.example/a", "shop"));
    assert!(!admits_in(&files, "other.example/a", "evil"));
    // The same, but the new text stays.
    assert!(files.look(only(&new)).changed);
    let look = files.look(only(&new));
    assert!(
        look.changed && !look.weaker.is_empty() && !files.is_waiting(),
        "{look:?}"
    );
    assert!(admits_in(&files, "other.example/a", "evil"));
    assert!(!files.look(only(&new)).changed);
}

#[test]
fn an_object_that_is_gone_stays_in_force_as_long_as_the_file_keeps_changing() {
    let mut files = first(&[("all.yaml", &export(REJECT, REJECT, OPEN, true))]);
    for number in 0..4 {
        let text = format!("{BASE}---\n{}# {number}\n", &own("evil", OPEN)[4..]);
        files.look(only(&text));
        assert!(!admits_in(&files, "r.example/a", "evil"), "look {number}");
        assert!(
            !admits_in(&files, "other.example/a", "shop"),
            "look {number}"
        );
    }
}

#[test]
fn of_a_text_that_cannot_be_told_or_ends_earlier_nothing_is_in_force_at_once() {
    let old = export(REJECT, OPEN, OPEN, true);
    let strict = export(REJECT, REJECT, OPEN, false);
    for new in [
        format!("{strict}---\nkind: ["),
        old[..old.len() - 80].to_owned(),
    ] {
        let mut files = first(&[("all.yaml", &old)]);
        let look = files.look(only(&new));
        assert!(!look.changed && files.is_waiting(), "{look:?}");
        assert_eq!(secrets(&files), 1);
    }
}

#[test]
fn what_moves_out_of_a_file_that_is_held_is_nowhere_lost() {
    let old = export(REJECT, OPEN, REJECT, true);
    let mut files = first(&[("all.yaml", &old)]);
    let (_, rest) = export(REJECT, REJECT, OPEN, false)
        .split_once("---\n")
        .map(|(floor, rest)| (floor.to_owned(), rest.to_owned()))
        .expect("several documents");
    let moved = state(&[("all.yaml", &rest), ("floor.yaml", FLOOR)]);
    files.look(moved.clone());
    assert!(!admits_in(&files, "r.example/a", "shop"));
    assert!(!admits_in(&files, "other.example/a", "shop"));
    files.look(moved);
    assert!(!admits_in(&files, "r.example/a", "evil"));
    assert!(admits_in(&files, "other.example/a", "evil") && !files.is_waiting());
}
