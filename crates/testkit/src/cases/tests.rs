use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::{Cases, archive};

fn of(files: &[(&str, &[u8])]) -> Cases {
    let files = files
        .iter()
        .map(|(path, content)| ((*path).to_owned(), content.to_vec().into()));
    Cases {
        files: Arc::new(files.collect::<BTreeMap<_, _>>()),
    }
}

#[test]
fn what_is_archived_is_read_byte_for_byte() {
    let long: Vec<u8> = (0..=255).cycle().take(1000).collect();
    let cases = of(&[
        ("a/empty", b""),
        ("a/again", b"one\ntwo"),
        ("a/line-feed", b"\n"),
        ("a/like-an-entry", b"text 3 b\nabc\n"),
        ("a/return", b"one\r\ntwo\r\n"),
        ("a/mark", b"\xef\xbb\xbf{}"),
        ("a/not-utf8", b"\xff\xfe"),
        ("b/long", &long),
        ("b/text", b"one\ntwo"),
    ]);
    let text = cases.archived();
    assert!(text.contains("\nsame a/again b/text\n"), "{text}");
    assert!(
        text.chars().all(|c| matches!(c, '\n' | ' '..='~')),
        "{text}"
    );
    assert_eq!(archive::read(text.as_bytes()).as_ref(), Ok(&*cases.files));
}

#[test]
fn an_archive_that_is_not_whole_is_refused() {
    let text = of(&[("a", b"one"), ("b", b"\xff"), ("c", b"one")]).archived();
    for end in 1..text.len() {
        let part = archive::read(&text.as_bytes()[..end]);
        let whole_entries = part.is_ok_and(|files| files.len() < 3);
        let malformed = archive::read(&text.as_bytes()[..end]).is_err();
        assert!(malformed || whole_entries, "{end}");
    }
    for wrong in [
        "text 1 ../a",
        "text 1 /a",
        "same b c",
        "text x a",
        "other 1 a",
    ] {
        let text = format!("doorward cases, version 1\n{wrong}\nx\n");
        assert!(archive::read(text.as_bytes()).is_err(), "{wrong}");
    }
    assert!(archive::read(b"text 1 a\nx\n").is_err());
}

#[test]
fn archives_and_files_lie_side_by_side() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, content: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    };
    write("README", "top");
    write("one/loose", "loose");
    write("one.cases", &of(&[("1/packed", b"packed")]).archived());
    write("two.cases", &of(&[("packed", b"packed")]).archived());
    let cases = Cases::open(folder.path());
    let paths: Vec<_> = cases.paths().collect();
    assert_eq!(paths, ["README", "one/1/packed", "one/loose", "two/packed"]);
    assert_eq!(cases.folders().collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(
        cases.below("one").paths().collect::<Vec<_>>(),
        ["1/packed", "loose"]
    );
    let unpacked = tempfile::tempdir().expect("a folder");
    cases.unpack(unpacked.path()).expect("written");
    assert_eq!(Cases::open(unpacked.path()), cases);
    assert!(cases.without(&cases).is_empty());
}

/// Those who edit an archive by hand, or pack it with another version of this, see it here.
#[test]
fn the_archives_of_this_repository_are_as_this_writes_them() {
    for suite in ["notary", "simple-signing"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folder = folder.join("crates").join(suite).join("tests/vectors");
        // A published crate comes without its neighbours.
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.expect("an entry").path();
            if path
                .extension()
                .is_some_and(|extension| extension == "cases")
            {
                let text = std::fs::read(&path).expect("an archive");
                let files = Arc::new(archive::read(&text).expect("an archive"));
                assert!(
                    Cases { files }.archived().into_bytes() == text,
                    "{}",
                    path.display()
                );
            }
        }
    }
}
