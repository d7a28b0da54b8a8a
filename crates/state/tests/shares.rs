//! Who fills their share takes nothing from others, and forgets nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test stops at what does not hold"
)]

use std::path::{Path, PathBuf};

use bytes::Bytes;
use doorward_core::{Digest, Scheme, StateError, StateKey, StateQuota, StateStore, Stored};
use doorward_state::DirectoryState;

/// Room for four things of up to ten bytes.
const QUOTA: StateQuota = StateQuota {
    bytes: 40,
    least: 10,
};

fn key(scope: &str, name: &str) -> StateKey {
    let servers = vec!["https://notary.example".to_owned()];
    StateKey::new(scope, Scheme::NOTARY, servers, name)
}

fn open(folder: &Path) -> DirectoryState {
    DirectoryState::open(&folder.join("state"))
        .expect("a store")
        .with_quota(QUOTA)
}

fn bytes(length: usize) -> Bytes {
    Bytes::from(vec![b'x'; length])
}

fn scope(folder: &Path, scope: &str) -> PathBuf {
    let scope = Digest::sha256(scope.as_bytes());
    folder.join("state/scopes").join(scope.hex())
}

/// Puts so many bytes in the place of so many, for a workload of this namespace.
async fn meet(
    state: &DirectoryState,
    namespace: &str,
    key: &StateKey,
    expected: Option<&Bytes>,
    new: Bytes,
) -> Result<bool, StateError> {
    state.replace_for(namespace, key, expected, new).await
}

fn is_full(result: &Result<bool, StateError>) -> bool {
    matches!(result, Err(StateError::Full { .. }))
}

async fn filled(state: &DirectoryState, scope: &str, namespace: &str) {
    for name in ["a", "b", "c", "d"] {
        let met = meet(state, namespace, &key(scope, name), None, bytes(1)).await;
        assert_eq!(met, Ok(true));
    }
    let met = meet(state, namespace, &key(scope, "e"), None, bytes(1)).await;
    assert!(is_full(&met));
}

#[tokio::test]
async fn a_tenant_that_fills_the_state_directory_denies_nobody_else_a_first_contact() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    filled(&state, "namespace/greedy", "greedy").await;
    for (scope, namespace) in [
        ("namespace/shop", "shop"),
        ("cluster", "shop"),
        ("cluster", "greedy"),
        ("cluster", ""),
    ] {
        let met = meet(&state, namespace, &key(scope, namespace), None, bytes(1)).await;
        assert_eq!(met, Ok(true), "{scope} for {namespace}");
    }
}

#[tokio::test]
async fn workloads_of_one_namespace_do_not_fill_the_cluster_scope_for_those_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    filled(&state, "cluster", "greedy").await;
    let met = meet(&state, "shop", &key("cluster", "e"), None, bytes(1)).await;
    assert_eq!(met, Ok(true));
    // It counts for the namespace that met it first, and not for the one that brings it up to date.
    let updated = meet(
        &state,
        "greedy",
        &key("cluster", "e"),
        Some(&bytes(1)),
        bytes(30),
    )
    .await;
    assert_eq!(updated, Ok(true));
}

#[tokio::test]
async fn a_full_share_forgets_nothing_and_what_it_has_can_be_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    filled(&state, "cluster", "ns").await;
    for name in ["a", "b", "c", "d"] {
        let key = key("cluster", name);
        assert_eq!(state.load(&key).await, Ok(Stored::Found(bytes(1))));
        let updated = meet(&state, "ns", &key, Some(&bytes(1)), bytes(10)).await;
        assert_eq!(updated, Ok(true));
    }
    let beyond = meet(
        &state,
        "ns",
        &key("cluster", "a"),
        Some(&bytes(10)),
        bytes(11),
    )
    .await;
    assert!(is_full(&beyond));
    // The next process counts the same.
    let state = open(folder.path());
    let met = meet(&state, "ns", &key("cluster", "e"), None, bytes(1)).await;
    assert!(is_full(&met));
}

#[tokio::test]
async fn one_thing_that_is_larger_than_a_share_is_refused_also_in_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    let met = state.replace(&key("cluster", "a"), None, bytes(41)).await;
    assert!(is_full(&met));
    assert_eq!(
        state.load(&key("cluster", "a")).await,
        Ok(Stored::Nothing),
        "nothing is half there"
    );
    let met = state.replace(&key("cluster", "a"), None, bytes(40)).await;
    assert_eq!(met, Ok(true));
}

#[tokio::test]
async fn the_message_of_a_full_share_says_whose_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    filled(&state, "cluster", "greedy").await;
    let error = meet(&state, "greedy", &key("cluster", "e"), None, bytes(1))
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("cluster") && text.contains("namespace greedy") && text.contains("40 bytes"),
        "{text}"
    );
}

#[tokio::test]
async fn what_was_deleted_still_counts_until_it_is_forgotten_altogether() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    filled(&state, "cluster", "ns").await;
    let scope = scope(folder.path(), "cluster");
    let hex = key("cluster", "a").digest().hex().to_owned();
    std::fs::remove_file(scope.join(format!("{hex}.json"))).unwrap();
    assert_eq!(state.load(&key("cluster", "a")).await, Ok(Stored::Lost));
    let again = meet(&state, "ns", &key("cluster", "a"), None, bytes(1)).await;
    assert_eq!(again, Ok(true), "and it can be remembered again");
}

#[tokio::test]
async fn a_list_of_the_former_layout_that_has_grown_without_bound_denies_no_first_contact() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("state");
    let state = open(folder.path());
    let line = format!(
        "{} namespace/x notary {}\n",
        "0".repeat(64),
        "a".repeat(400)
    );
    let list = line.repeat((65 << 20) / line.len() + 1);
    std::fs::write(root.join("known"), &list).unwrap();
    let met = state.replace(&key("cluster", "a"), None, bytes(1)).await;
    assert_eq!(met, Ok(true));
    // Nor does it keep the next process from starting.
    let state = open(folder.path());
    let met = state.replace(&key("cluster", "b"), None, bytes(1)).await;
    assert_eq!(met, Ok(true));
}

/// What the former layout had of a key.
fn former(root: &Path, key: &StateKey, content: Option<&str>) {
    use std::io::Write as _;

    std::fs::create_dir_all(root.join("notary")).unwrap();
    let hex = key.digest().hex().to_owned();
    if let Some(content) = content {
        std::fs::write(root.join("notary").join(format!("{hex}.json")), content).unwrap();
    }
    let mut known = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(root.join("known"))
        .unwrap();
    writeln!(known, "{hex} {key}").unwrap();
}

#[tokio::test]
async fn what_the_former_layout_remembers_is_found_and_moves_when_it_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("state");
    let (kept, gone) = (key("cluster", "kept"), key("cluster", "gone"));
    former(&root, &kept, Some("1"));
    former(&root, &gone, None);
    let state = open(folder.path());
    let one = Bytes::from_static(b"1");
    assert_eq!(state.load(&kept).await, Ok(Stored::Found(one.clone())));
    assert_eq!(state.load(&gone).await, Ok(Stored::Lost));
    assert_eq!(
        state.replace(&kept, None, bytes(1)).await,
        Ok(false),
        "it is not taken for a first contact"
    );
    filled(&state, "cluster", "").await;
    assert_eq!(
        state.replace(&kept, Some(&one), bytes(2)).await,
        Ok(true),
        "also when the share is full"
    );
    assert_eq!(state.load(&kept).await, Ok(Stored::Found(bytes(2))));
    let name = format!("notary/{}.json", kept.digest().hex());
    assert!(!root.join(&name).exists());
    // What is deleted in its new place is lost, and does not come back from the former one.
    std::fs::write(root.join(name), "1").unwrap();
    let hex = kept.digest().hex().to_owned();
    std::fs::remove_file(scope(folder.path(), "cluster").join(format!("{hex}.json"))).unwrap();
    assert_eq!(state.load(&kept).await, Ok(Stored::Lost));
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_file_keeps_nobody_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    let a = key("cluster", "a");
    state.replace(&a, None, bytes(1)).await.unwrap();
    let content = scope(folder.path(), "cluster").join(format!("{}.json", a.digest().hex()));
    std::fs::remove_file(&content).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(&content)
        .status()
        .unwrap();
    assert!(made.success());
    let error = state.load(&a).await.unwrap_err();
    assert!(matches!(error, StateError::Unavailable { .. }), "{error}");
}

#[tokio::test]
async fn a_lock_that_is_never_let_go_costs_its_own_scope_only() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    let theirs = key("namespace/greedy", "a");
    state.replace(&theirs, None, bytes(1)).await.unwrap();
    let lock = scope(folder.path(), "namespace/greedy").join("lock");
    let held = std::fs::File::open(lock).unwrap();
    held.lock().unwrap();
    let other = state.replace(&key("cluster", "a"), None, bytes(1)).await;
    assert_eq!(other, Ok(true));
    let waited = state.replace(&theirs, Some(&bytes(1)), bytes(2)).await;
    assert!(
        matches!(waited, Err(StateError::Unavailable { .. })),
        "{waited:?}"
    );
}
