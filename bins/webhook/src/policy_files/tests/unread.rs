//! Files and directories that cannot be read for a while.

use super::*;

#[test]
fn a_file_that_cannot_be_read_is_looked_at_until_it_can() {
    let mut files = first(&[("base.yaml", BASE)]);
    let failed = Content::Unreadable("Too many open files (os error 24)".to_owned());
    let broken = BTreeMap::from([(PathBuf::from("base.yaml"), failed)]);
    for _ in 0..4 {
        files.look(broken.clone());
        assert!(files.is_waiting(), "nothing about the file need change");
    }
    assert!(!admits(&files, "other.example/a"));
    for _ in 0..2 {
        files.look(state(&[("base.yaml", BASE)]));
    }
    assert!(admits(&files, "other.example/a") && !files.is_waiting());
}

#[test]
fn a_directory_that_cannot_be_listed_closes_what_was_below_it_and_nothing_else() {
    let all = [("base.yaml", BASE), ("shop/floor.yaml", FLOOR)];
    let mut files = first(&all);
    let mut closed = state(&all[..1]);
    let denied = Content::Unlisted("permission denied".to_owned());
    closed.insert("shop".into(), denied.clone());
    for _ in 0..3 {
        files.look(closed.clone());
        assert!(!admits(&files, "r.example/a") && admits(&files, "other.example/a"));
    }
    assert!(files.is_waiting());
    let (_, said) = files
        .said()
        .find(|(path, _)| path.ends_with("floor.yaml"))
        .expect("it stays");
    assert!(
        said.diagnostics
            .iter()
            .any(|why| why.message.contains("shop: permission denied")),
        "{:?}",
        said.diagnostics
    );
    for _ in 0..2 {
        files.look(state(&all));
    }
    assert!(!files.is_waiting() && !admits(&files, "r.example/a"));
    // Of one that was never listed nothing is known.
    closed.insert("new".into(), denied);
    for _ in 0..2 {
        files.look(closed.clone());
    }
    assert!(!admits(&files, "other.example/a"));
}

#[test]
fn what_is_of_another_kind_than_the_file_that_was_read_denies_what_the_file_governed() {
    let all = [("base.yaml", BASE), ("floors/floor.yaml", FLOOR)];
    let mut files = first(&all);
    let other = || Content::OtherKind("a directory stands where a file was read".to_owned());
    let mut now = state(&all[..1]);
    now.insert("floors/floor.yaml".into(), other());
    for _ in 0..4 {
        files.look(now.clone());
        assert!(!admits(&files, "r.example/a") && admits(&files, "other.example/a"));
    }
    assert!(files.is_waiting(), "it may be over without a trace");
    for _ in 0..2 {
        files.look(state(&all));
    }
    assert!(!files.is_waiting() && !admits(&files, "r.example/a"));
}

#[test]
fn a_directory_without_a_manifest_denies_until_it_has_one() {
    let empty = Content::Unlisted("a directory that is called like a manifest".to_owned());
    let mut now = state(&[("base.yaml", BASE)]);
    now.insert("p.yaml".into(), empty);
    let mut files = PolicyFiles::first(now);
    assert!(!admits(&files, "other.example/a"));
    let mut now = state(&[("base.yaml", BASE), ("p.yaml/q.yaml", SECRET)]);
    now.insert(
        "p.yaml".into(),
        Content::OtherKind("a directory".to_owned()),
    );
    for _ in 0..2 {
        files.look(now.clone());
    }
    assert!(!files.is_waiting() && admits(&files, "other.example/a"));
}
