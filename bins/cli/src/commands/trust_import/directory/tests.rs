use std::fs;

use super::*;

fn put(root: &Path, name: &str, bytes: &[u8]) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("made");
    fs::write(path, bytes).expect("written");
}

fn trust_directory() -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a directory");
    put(
        root.path(),
        "tuf/r.example/team/app/metadata/root.json",
        b"root",
    );
    root
}

fn only(root: &Path) -> Collection {
    let mut found = Directory::open(root)
        .expect("a trust directory")
        .collections()
        .expect("readable");
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn every_file_that_is_called_like_a_role_is_read() {
    let root = trust_directory();
    let metadata = "tuf/r.example/team/app/metadata";
    for role in ["timestamp", "snapshot", "targets", "targets/a/b"] {
        put(
            root.path(),
            &format!("{metadata}/{role}.json"),
            role.as_bytes(),
        );
    }
    for other in ["targets/A.json", "notes.txt", "targets/../x.json"] {
        put(root.path(), &format!("{metadata}/{other}"), b"?");
    }
    let found = only(root.path());
    assert_eq!(found.gun.expect("a name").to_string(), "r.example/team/app");
    let files = found.files.expect("readable");
    let roles: Vec<_> = files.others.keys().map(ToString::to_string).collect();
    assert_eq!(roles, ["targets", "targets/a/b", "snapshot", "timestamp"]);
    assert_eq!(found.remarks.len(), 3, "{:?}", found.remarks);
}

#[test]
fn a_collection_may_be_called_like_the_folder_of_metadata() {
    let root = trust_directory();
    put(
        root.path(),
        "tuf/r.example/team/app/metadata/metadata/root.json",
        b"root",
    );
    let found = Directory::open(root.path())
        .expect("a trust directory")
        .collections()
        .expect("readable");
    let names: Vec<_> = found
        .into_iter()
        .map(|found| found.gun.expect("a name").to_string())
        .collect();
    assert_eq!(names, ["r.example/team/app", "r.example/team/app/metadata"]);
}

#[test]
fn a_folder_whose_path_is_no_repository_is_named_by_its_path() {
    let root = tempfile::tempdir().expect("a directory");
    put(
        root.path(),
        "tuf/r.example/UPPER/x/metadata/root.json",
        b"root",
    );
    assert_eq!(only(root.path()).gun, Err("r.example/UPPER/x".to_owned()));
}

#[test]
fn a_short_name_is_not_completed() {
    let root = tempfile::tempdir().expect("a directory");
    put(root.path(), "tuf/alpine/metadata/root.json", b"root");
    assert_eq!(only(root.path()).gun, Err("alpine".to_owned()));
}

#[test]
fn a_file_that_is_too_long_is_refused() {
    let root = trust_directory();
    put(
        root.path(),
        "tuf/r.example/team/app/metadata/root.json",
        &vec![b' '; MAX_ROOT + 1],
    );
    let refused = only(root.path()).files.err().expect("refused");
    assert!(refused.contains("longer than"), "{refused}");
}

#[test]
fn files_that_are_too_long_together_are_refused() {
    let root = trust_directory();
    for role in ["targets", "snapshot"] {
        put(
            root.path(),
            &format!("tuf/r.example/team/app/metadata/{role}.json"),
            &vec![b' '; MAX_FILE],
        );
    }
    let refused = only(root.path()).files.err().expect("refused");
    assert!(refused.contains("16 MiB"), "{refused}");
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    use std::os::unix::fs::symlink;

    let outside = trust_directory();
    let root = tempfile::tempdir().expect("a directory");
    fs::create_dir_all(root.path().join("tuf/r.example/b/metadata")).expect("made");
    symlink(
        outside.path().join("tuf/r.example/team"),
        root.path().join("tuf/r.example/team"),
    )
    .expect("linked");
    symlink(
        outside
            .path()
            .join("tuf/r.example/team/app/metadata/root.json"),
        root.path().join("tuf/r.example/b/metadata/root.json"),
    )
    .expect("linked");
    let directory = Directory::open(root.path()).expect("a trust directory");
    assert!(directory.collections().expect("readable").is_empty());
    let gun = "r.example/b".parse().expect("a repository");
    assert!(directory.at(&gun).files.is_err());
}

#[test]
fn folders_that_lie_too_deep_are_refused() {
    let root = tempfile::tempdir().expect("a directory");
    let deep = format!("tuf/{}x", "a/".repeat(MAX_DEPTH));
    put(root.path(), &deep, b"");
    let refused = Directory::open(root.path())
        .expect("a trust directory")
        .collections()
        .err()
        .expect("refused");
    let text = refused.text().render(crate::style::Style::plain());
    assert!(text.contains("nested more than"), "{text}");
}

#[test]
fn a_directory_without_metadata_is_no_trust_directory() {
    let root = tempfile::tempdir().expect("a directory");
    assert!(Directory::open(root.path()).is_err());
}
