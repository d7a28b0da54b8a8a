//! What the store promises: nothing half written, nothing overwritten unseen, nothing deleted in silence.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test stops at what does not hold"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use doorward_core::{Digest, Scheme, StateError, StateKey, StateStore, Stored};
use doorward_state::DirectoryState;

fn key(name: &str) -> StateKey {
    StateKey::new(
        "cluster",
        Scheme::NOTARY,
        vec!["https://notary.example".to_owned()],
        name,
    )
}

fn open(folder: &Path) -> DirectoryState {
    DirectoryState::open(&folder.join("state")).expect("a store")
}

/// The folder of a scope.
fn scope(folder: &Path, key: &StateKey) -> PathBuf {
    let scope = Digest::sha256(key.scope().as_bytes());
    folder.join("state/scopes").join(scope.hex())
}

fn content(folder: &Path, key: &StateKey) -> PathBuf {
    scope(folder, key).join(format!("{}.json", key.digest().hex()))
}

fn text(text: &str) -> Bytes {
    Bytes::from(text.to_owned())
}

#[tokio::test]
async fn what_is_kept_is_there_for_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path());
    assert_eq!(first.load(&key("a")).await, Ok(Stored::Nothing));
    assert_eq!(first.replace(&key("a"), None, text("1")).await, Ok(true));
    assert_eq!(
        open(folder.path()).load(&key("a")).await,
        Ok(Stored::Found(text("1")))
    );
    assert_eq!(first.load(&key("b")).await, Ok(Stored::Nothing));
}

#[tokio::test]
async fn what_another_one_has_written_is_not_overwritten_unseen() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    assert_eq!(
        state.replace(&key("a"), Some(&text("0")), text("1")).await,
        Ok(false)
    );
    assert_eq!(state.replace(&key("a"), None, text("1")).await, Ok(true));
    assert_eq!(state.replace(&key("a"), None, text("2")).await, Ok(false));
    assert_eq!(
        state.replace(&key("a"), Some(&text("1")), text("2")).await,
        Ok(true)
    );
    assert_eq!(state.load(&key("a")).await, Ok(Stored::Found(text("2"))));
}

#[tokio::test]
async fn a_deleted_file_is_lost_and_not_merely_absent() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    state.replace(&key("a"), None, text("1")).await.unwrap();
    std::fs::remove_file(content(folder.path(), &key("a"))).unwrap();
    assert_eq!(state.load(&key("a")).await, Ok(Stored::Lost));
    // Remembered again, it is there again.
    assert_eq!(state.replace(&key("a"), None, text("2")).await, Ok(true));
    assert_eq!(state.load(&key("a")).await, Ok(Stored::Found(text("2"))));
}

#[cfg(unix)]
#[tokio::test]
async fn the_directory_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    state.replace(&key("a"), None, text("1")).await.unwrap();
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let root = folder.path().join("state");
    let scope = scope(folder.path(), &key("a"));
    assert_eq!(mode(root.clone()), 0o700);
    assert_eq!(mode(root.join("scopes")), 0o700);
    assert_eq!(mode(scope.clone()), 0o700);
    assert_eq!(mode(scope.join("shares")), 0o700);
    assert_eq!(mode(content(folder.path(), &key("a"))), 0o600);
}

#[tokio::test]
async fn a_place_that_is_no_directory_is_unavailable_and_never_empty() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("state"), b"").unwrap();
    let error = DirectoryState::open(&folder.path().join("state")).unwrap_err();
    assert!(matches!(error, StateError::Unavailable { .. }), "{error}");
    let state = {
        let folder = folder.path().join("gone");
        DirectoryState::open(&folder).unwrap()
    };
    std::fs::remove_dir_all(folder.path().join("gone")).unwrap();
    assert!(matches!(
        state.replace(&key("a"), None, text("1")).await,
        Err(StateError::Unavailable { .. })
    ));
}

#[tokio::test]
async fn a_name_of_an_image_cannot_leave_the_directory_or_forge_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    let odd = key("../../x\n00 forged");
    state.replace(&odd, None, text("1")).await.unwrap();
    assert_eq!(state.load(&odd).await, Ok(Stored::Found(text("1"))));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let known = content(folder.path(), &odd).with_extension("known");
    let known = std::fs::read_to_string(known).unwrap();
    assert_eq!(known.lines().count(), 2, "{known}");
    // Nor can a namespace or a scope of any name.
    let odd = StateKey::new("namespace/../../x", Scheme::NOTARY, Vec::new(), "r");
    let namespace = "../x\ny/\0".repeat(1_000);
    let replaced = state.replace_for(&namespace, &odd, None, text("1")).await;
    assert_eq!(replaced, Ok(true));
    let replaced = state
        .replace_for("z", &odd, Some(&text("1")), text("2"))
        .await;
    assert_eq!(replaced, Ok(true));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn what_is_written_for_the_first_time_meanwhile_is_not_taken_for_lost() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    for number in 0..150 {
        let key = key(&number.to_string());
        let readers: Vec<_> = (0..8)
            .map(|_| {
                let (state, key) = (state.clone(), key.clone());
                tokio::spawn(async move {
                    loop {
                        match state.load(&key).await.unwrap() {
                            Stored::Found(_) => break,
                            stored => assert_eq!(stored, Stored::Nothing),
                        }
                    }
                })
            })
            .collect();
        assert_eq!(state.replace(&key, None, text("1")).await, Ok(true));
        for reader in readers {
            reader.await.unwrap();
        }
    }
}

/// Adds one to the number under a key, as often as asked.
async fn count(state: &DirectoryState, times: usize) {
    for _ in 0..times {
        loop {
            let stored = state.load(&key("counter")).await.unwrap();
            let before = stored.bytes().cloned();
            let number: usize = match &before {
                Some(bytes) => std::str::from_utf8(bytes).unwrap().parse().unwrap(),
                None => 0,
            };
            let new = text(&(number + 1).to_string());
            if state
                .replace(&key("counter"), before.as_ref(), new)
                .await
                .unwrap()
            {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_among_many_writers() {
    let folder = tempfile::tempdir().unwrap();
    let state = Arc::new(open(folder.path()));
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let state = Arc::clone(&state);
            tokio::spawn(async move { count(&state, 25).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(
        state.load(&key("counter")).await,
        Ok(Stored::Found(text("100")))
    );
}

/// The variable that makes this test program a writer that is going to be killed.
const VICTIM: &str = "DOORWARD_STATE_VICTIM";
/// Content that is longer than one write of a file system.
const LONG: usize = 1 << 20;

#[tokio::test]
async fn a_writer_that_is_killed_leaves_the_old_content_or_the_new() {
    if let Some(folder) = std::env::var_os(VICTIM) {
        let state = open(Path::new(&folder));
        let mut before = state.load(&key("a")).await.unwrap().bytes().cloned();
        for round in 0_u8.. {
            let new = Bytes::from(vec![b'a' + round % 26; LONG]);
            state
                .replace(&key("a"), before.as_ref(), new.clone())
                .await
                .unwrap();
            before = Some(new);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..5 {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "a_writer_that_is_killed_leaves_the_old_content_or_the_new",
            ])
            .env(VICTIM, folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // However long it takes until something is there, and then in the middle of whatever it does.
        let state = open(folder.path());
        while state.load(&key("a")).await.unwrap() == Stored::Nothing {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        victim.kill().unwrap();
        victim.wait().unwrap();
        let Stored::Found(bytes) = state.load(&key("a")).await.unwrap() else {
            panic!("what was remembered is gone");
        };
        assert_eq!(bytes.len(), LONG);
        assert!(bytes.iter().all(|byte| *byte == bytes[0]));
        // The lock went with the process.
        assert!(state.replace(&key("b"), None, text("1")).await.is_ok());
    }
}
