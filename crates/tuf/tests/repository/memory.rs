//! What is remembered from load to load, and what that cannot do.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use doorward_core::{
    Class, FetchError, Fetcher, StateError, StateFuture, StateKey, StateStore, Stored,
};
use doorward_tuf::{Location, Repository, TufError};
use serde_json::json;

use crate::support::{
    Delegation, Key, METADATA, Release, Site, TARGETS, key, load, memory, names, now, repository,
    root, sign, target,
};

#[tokio::test]
async fn an_older_timestamp_is_refused_after_a_newer_one() {
    let folder = tempfile::tempdir().unwrap();
    let given = Release::first_root(true);
    for version in [2, 2, 3] {
        let site = Site::of(&Release::new(version));
        load(&site, given.clone(), folder.path())
            .await
            .expect("material");
    }
    let error = load(&Site::of(&Release::new(2)), given.clone(), folder.path())
        .await
        .expect_err("refused");
    assert!(matches!(error, TufError::Rollback { .. }), "{error:?}");
    assert_eq!(error.class(), Class::Integrity);
    // The refused load has not moved the memory back.
    assert!(
        load(&Site::of(&Release::new(2)), given.clone(), folder.path())
            .await
            .is_err()
    );
    assert!(
        load(&Site::of(&Release::new(3)), given, folder.path())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn an_older_role_below_a_newer_timestamp_is_refused() {
    for versions in [[2, 2, 4], [2, 4, 4]] {
        let folder = tempfile::tempdir().unwrap();
        let given = Release::first_root(true);
        load(&Site::of(&Release::new(3)), given.clone(), folder.path())
            .await
            .expect("material");
        let mut release = Release::new(4);
        release.versions = versions;
        let error = load(&Site::of(&release), given, folder.path())
            .await
            .expect_err("refused");
        assert!(matches!(error, TufError::Rollback { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_timestamp_that_was_seen_counts_although_its_load_failed() {
    let folder = tempfile::tempdir().unwrap();
    let given = Release::first_root(true);
    let site = Site::of(&Release::new(3));
    site.remove("metadata/3.snapshot.json");
    assert!(load(&site, given.clone(), folder.path()).await.is_err());
    let error = load(&Site::of(&Release::new(2)), given, folder.path())
        .await
        .expect_err("refused");
    assert!(matches!(error, TufError::Rollback { .. }), "{error:?}");
}

#[tokio::test]
async fn versions_that_a_thief_raised_are_forgotten_when_the_keys_change() {
    let folder = tempfile::tempdir().unwrap();
    let given = Release::first_root(true);
    load(
        &Site::of(&Release::new(1_000_000)),
        given.clone(),
        folder.path(),
    )
    .await
    .expect("material");

    let [one, two, three, four] = [1, 2, 13, 14].map(Key::new);
    let roles: [&[&Key]; 4] = [&[&one], &[&two], &[&three], &[&four]];
    let mut release = Release::new(2);
    release.signers = [2, 13, 14];
    let site = Site::of(&release);
    site.put("metadata/2.root.json", sign(&root(2, true, roles), &[&one]));
    for _ in 0..2 {
        load(&site, given.clone(), folder.path())
            .await
            .expect("material");
    }
    // From here on the new versions are remembered, and the old root is still where the caller starts.
    release.versions = [1; 3];
    let site = Site::of(&release);
    site.put("metadata/2.root.json", sign(&root(2, true, roles), &[&one]));
    let error = load(&site, given, folder.path())
        .await
        .expect_err("refused");
    assert!(matches!(error, TufError::Rollback { .. }), "{error:?}");
}

#[tokio::test]
async fn versions_are_forgotten_although_the_first_load_after_the_change_failed() {
    let folder = tempfile::tempdir().unwrap();
    let given = Release::first_root(true);
    let raised = Site::of(&Release::new(1_000_000));
    load(&raised, given.clone(), folder.path())
        .await
        .expect("material");

    // Only the key of the snapshot changes, so that the raised timestamp is still signed as it must be.
    let [one, two, three, four] = [1, 2, 13, 4].map(Key::new);
    let roles: [&[&Key]; 4] = [&[&one], &[&two], &[&three], &[&four]];
    let mut release = Release::new(2);
    release.signers = [2, 13, 4];
    let site = Site::of(&release);
    site.put("metadata/2.root.json", sign(&root(2, true, roles), &[&one]));
    let detail = "503".to_owned();
    site.fail(
        "metadata/timestamp.json",
        FetchError::Unavailable { detail },
    );
    assert!(load(&site, given.clone(), folder.path()).await.is_err());
    site.publish(&release);
    load(&site, given, folder.path()).await.expect("material");
}

#[tokio::test]
async fn a_delegated_role_with_the_name_of_a_file_does_not_erase_the_memory() {
    let folder = tempfile::tempdir().unwrap();
    let given = Release::first_root(false);
    let release = |version: u64, delegated: &[(&str, &str)]| {
        let mut release = Release::new(1);
        release.consistent = false;
        // Nothing but the timestamp tells one from the other.
        release.versions[2] = version;
        release.delegations = delegated
            .iter()
            .map(|(name, path)| Delegation::new(name, path, vec![target(path, b"x")]))
            .collect();
        release
    };
    // The same document under another name, so that it can be served in the place of the timestamp.
    let role = release(1, &[("other", "x")]).files()["metadata/other.json"].clone();
    let two_faced = |release: &Release| {
        let mut files = release.files();
        let timestamp = files.remove("metadata/timestamp.json").unwrap();
        let site = Site::of(release);
        site.answer("metadata/timestamp.json", [Ok(timestamp), Ok(role.clone())]);
        site
    };
    let rolled_back = async |version| {
        let error = load(
            &two_faced(&release(version, &[("timestamp", "x")])),
            given.clone(),
            folder.path(),
        )
        .await
        .expect_err("refused");
        assert!(matches!(error, TufError::Rollback { .. }), "{error:?}");
    };

    let site = two_faced(&release(3, &[("timestamp", "x")]));
    load(&site, given.clone(), folder.path())
        .await
        .expect("material");
    rolled_back(2).await;

    let site = two_faced(&release(4, &[("timestamp", "x"), ("gone", "y")]));
    site.remove("metadata/gone.json");
    load(&site, given.clone(), folder.path())
        .await
        .expect("material");
    rolled_back(3).await;
}

/// Puts something in the place of what is remembered.
pub(crate) async fn plant(folder: &Path, document: impl Into<Vec<u8>>) {
    let (memory, key) = (memory(folder), key());
    let stored = memory.load(&key).await.expect("a memory");
    let planted = memory.replace(&key, stored.bytes(), document.into().into());
    assert_eq!(planted.await, Ok(true));
}

pub(crate) fn document(roots: &[(u64, Vec<u8>)], seen: Option<i64>) -> String {
    let roots: BTreeMap<_, _> = roots
        .iter()
        .map(|(version, bytes)| (version.to_string(), STANDARD.encode(bytes)))
        .collect();
    json!({
        "version": 1, "roots": roots, "timestamp": null, "snapshot": null, "targets": null,
        "files": {}, "seen": seen, "asked": seen,
    })
    .to_string()
}

#[tokio::test]
async fn a_root_put_into_the_memory_gains_no_trust() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two, three, four] = [31, 32, 33, 34].map(Key::new);
    let roles: [&[&Key]; 4] = [&[&one], &[&two], &[&three], &[&four]];
    let planted = sign(&root(2, true, roles), &[&one]);
    plant(folder.path(), document(&[(2, planted)], None)).await;
    let site = Site::of(&Release::new(1));
    let error = load(&site, Release::first_root(true), folder.path())
        .await
        .expect_err("refused");
    assert_eq!(error, TufError::RememberedForeign { version: 2 });
    assert_eq!(error.class(), Class::Configuration);
    assert!(site.take_asked().is_empty());
}

#[tokio::test]
async fn the_memory_of_another_repository_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two, three, four] = [1, 2, 3, 4].map(Key::new);
    let roles: [&[&Key]; 4] = [&[&one], &[&two], &[&three], &[&four]];
    let site = Site::of(&Release::new(1));
    site.put("metadata/2.root.json", sign(&root(2, true, roles), &[&one]));
    load(&site, Release::first_root(true), folder.path())
        .await
        .expect("material");

    let other = Key::new(41);
    let roles: [&[&Key]; 4] = [&[&other], &[&two], &[&three], &[&four]];
    for version in [1, 2] {
        let given = sign(&root(version, true, roles), &[&other]);
        let error = load(&site, given, folder.path())
            .await
            .expect_err("refused");
        assert_eq!(error, TufError::RememberedForeign { version });
    }
}

#[tokio::test]
async fn a_damaged_memory_refuses_instead_of_being_taken_for_none() {
    let known = document(&[], Some(0));
    let damaged = [
        String::new(),
        "{}".to_owned(),
        "null".to_owned(),
        known.replace("\"version\":1", "\"version\":2"),
        known.replace("\"timestamp\":null", "\"timestamp\":\"%\""),
        known.replace("\"timestamp\":null", "\"timestamp\":\"e30=\""),
        known.replace("\"snapshot\":null", "\"snapshot\":\"e30=\""),
        known.replace("\"files\":{}", "\"files\":{\"../x\":\"\"}"),
    ];
    for damage in damaged {
        let folder = tempfile::tempdir().unwrap();
        plant(folder.path(), damage.clone()).await;
        let (site, given) = (Site::of(&Release::new(2)), Release::first_root(true));
        let error = load(&site, given, folder.path()).await;
        assert_eq!(error, Err(TufError::RememberedInvalid), "{damage}");
    }
}

#[tokio::test]
async fn a_clock_that_went_back_is_noticed_and_one_that_differs_a_little_is_not() {
    for (ahead, refused) in [(300, false), (301, true)] {
        let folder = tempfile::tempdir().unwrap();
        let seen = now().plus(ahead).unix();
        let both = document(&[], Some(seen));
        // Others may write there too, and one of the times alone.
        let one =
            |name: &str| both.replace(&format!("\"{name}\":{seen}"), &format!("\"{name}\":null"));
        for planted in [both.clone(), one("seen"), one("asked")] {
            plant(folder.path(), planted).await;
            let site = Site::of(&Release::new(1));
            let loaded = load(&site, Release::first_root(true), folder.path()).await;
            assert_eq!(loaded.err() == Some(TufError::ClockSetBack), refused);
        }
    }
}

#[tokio::test]
async fn what_two_learn_at_once_is_remembered_of_both() {
    let folder = tempfile::tempdir().unwrap();
    let given = Release::first_root(true);
    let [older, newer] = [2, 3].map(|version| Site::of(&Release::new(version)));
    let [one, two] = [&older, &newer].map(|site| repository(site, given.clone(), folder.path()));
    let wanted = names(&["a.json"]);
    let (first, second) = tokio::join!(one.load(&wanted, now()), two.load(&wanted, now()));
    assert!(first.is_ok() || second.is_ok());
    assert!(load(&newer, given.clone(), folder.path()).await.is_ok());
    let error = load(&older, given, folder.path())
        .await
        .expect_err("refused");
    assert!(matches!(error, TufError::Rollback { .. }), "{error:?}");
}

/// A memory that cannot be read, or cannot be written.
struct Broken {
    reads: bool,
}

impl StateStore for Broken {
    fn load<'a>(&'a self, _: &'a StateKey) -> StateFuture<'a, Stored> {
        Box::pin(std::future::ready(match self.reads {
            true => Ok(Stored::Nothing),
            false => Err(broken()),
        }))
    }

    fn replace<'a>(
        &'a self,
        _: &'a StateKey,
        _: Option<&'a Bytes>,
        _: Bytes,
    ) -> StateFuture<'a, bool> {
        Box::pin(std::future::ready(Err(broken())))
    }
}

fn broken() -> StateError {
    StateError::Unavailable {
        detail: "no disk".to_owned(),
    }
}

#[tokio::test]
async fn a_memory_that_cannot_be_read_or_written_is_no_answer() {
    for reads in [true, false] {
        let site = Site::of(&Release::new(1));
        let error = Repository::new(
            Arc::clone(&site) as Arc<dyn Fetcher>,
            Location::new(METADATA, TARGETS).unwrap(),
            Release::first_root(true),
            Arc::new(Broken { reads }),
            key(),
        )
        .load(&names(&["a.json"]), now())
        .await
        .expect_err("refused");
        assert_eq!(error, TufError::Memory(broken()));
        assert_eq!(error.class(), Class::Unavailable);
        // What was not read is not overwritten, and nobody is asked for it.
        assert_eq!(site.take_asked().is_empty(), !reads);
    }
}

#[tokio::test]
async fn what_is_remembered_serves_until_the_first_role_expires_and_nobody_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut release = Release::new(1);
    release.expires[1] = "2090-01-01T00:00:00Z";
    let site = Site::of(&release);
    let loader = repository(&site, Release::first_root(true), folder.path());
    let wanted = names(&["a.json"]);
    assert_eq!(loader.remembered(&wanted, now()).await, Ok(None));
    let loaded = loader.load(&wanted, now()).await.expect("material");
    site.take_asked();

    let remembered = loader.remembered(&wanted, now()).await;
    assert_eq!(remembered, Ok(Some(loaded.clone())));
    let other = names(&["b.json"]);
    assert_eq!(loader.remembered(&other, now()).await, Ok(None));
    let just = loaded.expires;
    assert!(matches!(
        loader.remembered(&wanted, just.plus(-1)).await,
        Ok(Some(_))
    ));
    assert_eq!(loader.remembered(&wanted, just).await, Ok(None));
    assert!(site.take_asked().is_empty());
}

#[tokio::test]
async fn a_timestamp_of_the_same_version_with_other_content_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let given = Release::first_root(true);
    let first = Site::of(&Release::new(2));
    let loaded = load(&first, given.clone(), folder.path()).await;
    let mut other = Release::new(2);
    other.targets = vec![target("a.json", b"another")];
    let again = load(&Site::of(&other), given, folder.path()).await;
    assert_eq!(loaded, again);
}
