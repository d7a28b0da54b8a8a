//! Exceptions in files: one that lets run more than those in force waits until it was seen twice.

use super::*;

fn exception(images: &str, until: &str, more: &str) -> String {
    format!(
        "apiVersion: doorward.dev/v1\nkind: ClusterImageException\nmetadata: {{name: x}}\nspec:\n  images: [{images}]\n  \
         codes: [simple-no-signature]\n  until: \"2026-12-{until}T00:00:00Z\"\n  reason: because\n{more}"
    )
}

/// The exceptions in force: how many images each is for.
fn in_force(files: &PolicyFiles) -> Vec<usize> {
    let said = files.said().flat_map(|(_, said)| {
        let terms = exceptions(&said.documents).filter_map(|one| one.terms.as_ref().ok());
        terms.map(|terms| terms.images.len()).collect::<Vec<_>>()
    });
    said.collect()
}

fn only(text: &str) -> BTreeMap<PathBuf, Content> {
    state(&[("base.yaml", BASE), ("x.yaml", text)])
}

#[test]
fn a_new_exception_is_in_force_when_the_next_look_finds_the_same() {
    let mut files = first(&[("base.yaml", BASE)]);
    let text = exception("a/b", "10", "");
    let look = files.look(only(&text));
    assert_eq!(look.held.len(), 1, "{look:?}");
    assert!(
        look.held[0].1[0].contains("ClusterImageException x is new"),
        "{look:?}"
    );
    assert_eq!(in_force(&files), Vec::<usize>::new());
    assert!(files.look(only(&text)).changed);
    assert_eq!(in_force(&files), [1]);
}

#[test]
fn no_beginning_of_an_exception_that_is_being_written_is_ever_in_force() {
    let whole = exception(
        "a/b",
        "10",
        "  namespaceSelector: {matchLabels: {stage: development}}\n",
    );
    for length in 0..whole.len() {
        let mut files = first(&[("base.yaml", BASE)]);
        files.look(only(&whole[..length]));
        assert_eq!(in_force(&files), Vec::<usize>::new(), "{length}");
        files.look(only(&whole));
        let said = files
            .said()
            .flat_map(|(_, said)| exceptions(&said.documents));
        // With a mistake it counts for nothing.
        for terms in said.filter_map(|exception| exception.terms.as_ref().ok()) {
            assert!(terms.namespaces.is_some(), "{length}");
        }
    }
}

#[test]
fn one_that_lets_run_more_or_longer_waits_and_one_that_lets_run_less_does_not() {
    let before = exception("a/b, c/d", "10", "");
    let renamed = before.replace("name: x", "name: y");
    // What counts after the first look, and after the second.
    for (text, first_look, second_look) in [
        (exception("a/b, c/d, e/f", "10", ""), &[2][..], &[3][..]),
        (exception("a/b, e/f", "10", ""), &[2], &[2]),
        (exception("a/b, c/d", "11", ""), &[2], &[2]),
        (exception("a/b", "10", ""), &[1], &[1]),
        (exception("a/b, c/d", "09", ""), &[2], &[2]),
        (exception("a/b, c/d", "10", "  ticket: INC-1\n"), &[2], &[2]),
        (renamed, &[], &[2]),
        (String::from(SECRET), &[], &[]),
    ] {
        let mut files = first(&[("base.yaml", BASE), ("x.yaml", &before)]);
        files.look(only(&text));
        assert_eq!(in_force(&files), first_look, "{text}");
        files.look(only(&text));
        assert_eq!(in_force(&files), second_look, "{text}");
        assert!(!files.is_waiting(), "{text}");
        let source = files.said().flat_map(|(_, said)| said.text().cloned());
        assert!(
            source.into_iter().any(|held| *held == *text.as_bytes()),
            "{text}"
        );
    }
}

#[test]
fn in_a_file_of_many_a_new_exception_waits_alone_and_one_that_is_gone_goes() {
    let stricter = BASE.replace(
        "{unchecked: true}",
        "{simple: {requirements: [{type: reject}]}}",
    );
    let together = |policy: &str, exceptions: &[String]| {
        let mut texts = vec![policy.to_owned()];
        texts.extend(exceptions.iter().cloned());
        texts.join("---\n")
    };
    let known = exception("a/b", "10", "");
    let new = exception("c/d, e/f", "10", "").replace("name: x", "name: y");
    let mut files = first(&[("all.yaml", &together(BASE, std::slice::from_ref(&known)))]);
    assert!(admits(&files, "r.example/a"));
    let text = together(&stricter, &[known.clone(), new.clone()]);
    files.look(state(&[("all.yaml", &text)]));
    assert!(!admits(&files, "r.example/a"));
    assert_eq!(in_force(&files), [1]);
    // Another object of the file changes: what was seen twice comes in all the same.
    let text = together(
        &BASE.replace("base", "other"),
        &[known.clone(), new.clone()],
    );
    files.look(state(&[("all.yaml", &text)]));
    assert_eq!(in_force(&files), [1, 2]);
    let text = together(BASE, &[new]);
    files.look(state(&[("all.yaml", &text)]));
    assert_eq!(in_force(&files), [2]);
}
