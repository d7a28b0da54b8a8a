//! A memory that several share: loads that were cut short, clocks that differ, older programs after newer ones.

use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use doorward_core::{FetchError, Fetcher, StateFuture, StateKey, StateStore, Stored, Timestamp};
use doorward_tuf::{Location, Repository, TufError};

use crate::memory::{document, plant};
use crate::support::{
    Key, METADATA, Release, Site, TARGETS, key, load, memory, names, now, repository, root, sign,
    target,
};

/// The keys of snapshot and timestamp after a theft.
const RENEWED: [u8; 3] = [2, 13, 14];

/// A root that the first one leads to, with these keys for targets, snapshot and timestamp.
fn root_of(version: u64, keys: [u8; 3]) -> Vec<u8> {
    let [one, two, three, four] = [1, keys[0], keys[1], keys[2]].map(Key::new);
    sign(
        &root(version, true, [&[&one], &[&two], &[&three], &[&four]]),
        &[&one],
    )
}

fn site_of(release: &Release, roots: &[(u64, Vec<u8>)]) -> Arc<Site> {
    let site = Site::of(release);
    for (version, root) in roots {
        site.put(&format!("metadata/{version}.root.json"), root.clone());
    }
    site
}

fn renewed(version: u64) -> Release {
    let mut release = Release::new(version);
    release.signers = RENEWED;
    release
}

async fn rolled_back(site: &Arc<Site>, given: Vec<u8>, folder: &Path) {
    let error = load(site, given, folder).await.expect_err("refused");
    assert!(matches!(error, TufError::Rollback { .. }), "{error:?}");
}

fn unavailable() -> FetchError {
    FetchError::Unavailable {
        detail: "503".to_owned(),
    }
}

#[tokio::test]
async fn a_load_that_ends_between_two_roots_does_not_lose_the_recovery_from_stolen_keys() {
    let folder = tempfile::tempdir().unwrap();
    let given = Release::first_root(true);
    load(
        &Site::of(&Release::new(1_000_000)),
        given.clone(),
        folder.path(),
    )
    .await
    .expect("material");

    let site = site_of(&renewed(2), &[(2, root_of(2, RENEWED))]);
    site.fail("metadata/3.root.json", unavailable());
    assert!(load(&site, given.clone(), folder.path()).await.is_err());
    site.remove("metadata/3.root.json");
    load(&site, given, folder.path()).await.expect("material");
}

#[tokio::test]
async fn a_wrong_clock_of_a_load_that_failed_does_not_lock_out_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let (site, given) = (Site::of(&Release::new(1)), Release::first_root(true));
    let future: Timestamp = "2099-01-01T00:00:00Z".parse().unwrap();
    let error = repository(&site, given.clone(), folder.path())
        .load(&names(&["a.json"]), future)
        .await
        .expect_err("refused");
    assert!(matches!(error, TufError::Expired { .. }), "{error:?}");
    load(&site, given, folder.path()).await.expect("material");
}

#[tokio::test]
async fn the_time_of_metadata_that_was_verified_counts_although_a_file_was_missing() {
    let folder = tempfile::tempdir().unwrap();
    let (site, given) = (Site::of(&Release::new(1)), Release::first_root(true));
    let loader = repository(&site, given.clone(), folder.path());
    let later = now().plus(3_600);
    assert!(loader.load(&names(&["b.json"]), later).await.is_err());
    let error = load(&site, given, folder.path()).await;
    assert_eq!(error, Err(TufError::ClockSetBack));
}

/// A memory into which another process writes just before the first write.
struct Overtaken {
    memory: Arc<dyn StateStore>,
    by: Mutex<Option<Bytes>>,
}

impl StateStore for Overtaken {
    fn load<'a>(&'a self, key: &'a StateKey) -> StateFuture<'a, Stored> {
        self.memory.load(key)
    }

    fn replace<'a>(
        &'a self,
        key: &'a StateKey,
        expected: Option<&'a Bytes>,
        new: Bytes,
    ) -> StateFuture<'a, bool> {
        Box::pin(async move {
            let by = self.by.lock().expect("unpoisoned").take();
            if let Some(by) = by {
                assert_eq!(self.memory.replace(key, expected, by).await, Ok(true));
            }
            self.memory.replace(key, expected, new).await
        })
    }
}

/// Loads from both at once: the first one writes, and the second one finds that.
async fn at_once(first: &Arc<Site>, second: &Arc<Site>, folder: &Path) {
    let alone = tempfile::tempdir().unwrap();
    let given = Release::first_root(true);
    load(first, given.clone(), alone.path())
        .await
        .expect("material");
    let written = memory(alone.path()).load(&key()).await.expect("a memory");
    let overtaken = Overtaken {
        memory: memory(folder),
        by: Mutex::new(written.bytes().cloned()),
    };
    Repository::new(
        Arc::clone(second) as Arc<dyn Fetcher>,
        Location::new(METADATA, TARGETS).unwrap(),
        given,
        Arc::new(overtaken),
        key(),
    )
    .load(&names(&["a.json"]), now())
    .await
    .expect("material");
}

#[tokio::test]
async fn a_newer_root_of_one_does_not_lower_the_versions_that_another_saw() {
    let roots = [(2, root_of(2, [2, 3, 4]))];
    let stale = site_of(&Release::new(2), &roots);
    let current = Site::of(&Release::new(3));
    for (first, second) in [(&stale, &current), (&current, &stale)] {
        let folder = tempfile::tempdir().unwrap();
        at_once(first, second, folder.path()).await;
        rolled_back(&stale, Release::first_root(true), folder.path()).await;
        let current = site_of(&Release::new(3), &roots);
        load(&current, Release::first_root(true), folder.path())
            .await
            .expect("material");
    }
}

#[tokio::test]
async fn versions_under_stolen_keys_do_not_come_back_from_another() {
    let recovered = site_of(&renewed(2), &[(2, root_of(2, RENEWED))]);
    let raised = Site::of(&Release::new(1_000_000));
    for (first, second) in [(&recovered, &raised), (&raised, &recovered)] {
        let folder = tempfile::tempdir().unwrap();
        at_once(first, second, folder.path()).await;
        load(&recovered, Release::first_root(true), folder.path())
            .await
            .expect("material");
        let back = site_of(&renewed(1), &[(2, root_of(2, RENEWED))]);
        rolled_back(&back, Release::first_root(true), folder.path()).await;
    }
}

#[tokio::test]
async fn an_older_program_after_a_newer_one_does_not_forget_what_that_saw() {
    let folder = tempfile::tempdir().unwrap();
    let newer = root_of(2, RENEWED);
    load(&Site::of(&renewed(5)), newer.clone(), folder.path())
        .await
        .expect("material");
    let roots = [(2, newer)];
    let stale = site_of(&renewed(4), &roots);
    rolled_back(&stale, Release::first_root(true), folder.path()).await;
    let current = site_of(&renewed(5), &roots);
    load(&current, Release::first_root(true), folder.path())
        .await
        .expect("material");
}

#[tokio::test]
async fn a_newer_program_whose_root_takes_keys_away_forgets_what_they_signed() {
    let folder = tempfile::tempdir().unwrap();
    load(
        &Site::of(&Release::new(1_000_000)),
        Release::first_root(true),
        folder.path(),
    )
    .await
    .expect("material");
    // The roots between them were never seen.
    let newer = root_of(7, RENEWED);
    let current = Site::of(&renewed(2));
    load(&current, newer.clone(), folder.path())
        .await
        .expect("material");
    rolled_back(&Site::of(&renewed(1)), newer, folder.path()).await;
}

#[tokio::test]
async fn a_memory_without_newer_roots_is_not_that_of_another_repository() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::of(&Release::new(1));
    load(&site, Release::first_root(true), folder.path())
        .await
        .expect("material");
    let [other, two, three, four] = [41, 2, 3, 4].map(Key::new);
    let roles: [&[&Key]; 4] = [&[&other], &[&two], &[&three], &[&four]];
    let given = sign(&root(1, true, roles), &[&other]);
    let error = load(&site, given, folder.path()).await;
    assert_eq!(error, Err(TufError::RememberedForeign { version: 1 }));
}

#[tokio::test]
async fn a_gap_in_the_remembered_roots_is_filled_by_the_server_or_the_load_fails() {
    let keys = [2, 3, 4];
    let given = Release::first_root(true);
    let gap = || document(&[(3, root_of(3, keys)), (5, root_of(5, keys))], None);
    let release = Release::new(1);

    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), gap()).await;
    for (roots, missing) in [(vec![], 2), (vec![2], 4), (vec![3, 4, 5], 2)] {
        let roots: Vec<_> = roots.into_iter().map(|v| (v, root_of(v, keys))).collect();
        let site = site_of(&release, &roots);
        let error = load(&site, given.clone(), folder.path()).await;
        let document = format!("{missing}.root.json");
        assert_eq!(error, Err(TufError::Missing { document }));
    }
    let site = site_of(&release, &[(2, root_of(2, keys)), (4, root_of(4, keys))]);
    let loader = repository(&site, given.clone(), folder.path());
    let wanted = names(&["a.json"]);
    assert_eq!(loader.remembered(&wanted, now()).await, Ok(None));
    assert_eq!(loader.root_version(now()).await, Ok(5));
    let loaded = loader.load(&wanted, now()).await.expect("material");
    assert_eq!(loaded.root_version, 5);
    // From here on there is no gap.
    assert_eq!(loader.remembered(&wanted, now()).await, Ok(Some(loaded)));
}

#[tokio::test]
async fn a_repository_that_does_not_lead_over_the_gap_does_not_spoil_the_memory() {
    let folder = tempfile::tempdir().unwrap();
    let keys = [2, 3, 4];
    plant(folder.path(), document(&[(3, root_of(3, keys))], None)).await;

    let [other, two, three, four] = [41, 2, 3, 4].map(Key::new);
    let roles: [&[&Key]; 4] = [&[&other], &[&two], &[&three], &[&four]];
    let of_other = |version| sign(&root(version, true, roles), &[&other]);
    let site = site_of(&Release::new(1), &[(2, of_other(2))]);
    let error = load(&site, of_other(1), folder.path()).await;
    assert_eq!(error, Err(TufError::RememberedForeign { version: 3 }));

    let site = site_of(&Release::new(1), &[(2, root_of(2, keys))]);
    load(&site, Release::first_root(true), folder.path())
        .await
        .expect("material");
}

#[tokio::test]
async fn metadata_of_targets_too_long_to_be_remembered_is_fetched_again_and_cannot_go_back() {
    let folder = tempfile::tempdir().unwrap();
    let given = Release::first_root(true);
    let long = |version| {
        let mut release = Release::new(version);
        for number in 0..3_000 {
            release.targets.push(target(&format!("{number}"), b"x"));
        }
        let files = release.files();
        let length = files[&format!("metadata/{version}.targets.json")].len();
        assert!((256 << 10..1 << 20).contains(&length), "{length}");
        Site::of(&release)
    };
    let site = long(2);
    for _ in 0..2 {
        load(&site, given.clone(), folder.path())
            .await
            .expect("material");
        let asked = site.take_asked();
        let name = "metadata/2.targets.json".to_owned();
        assert!(asked.contains(&name), "{asked:?}");
    }
    rolled_back(&long(1), given, folder.path()).await;
}
