//! Loads of trusted roots that fail: what counts after them, and how long it is before the next one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use bytes::Bytes;
use doorward::core::{
    Fetch, FetchError, FetchFuture, Fetcher, StateError, StateFuture, StateKey, StateStore, Stored,
};
use doorward::{MemoryState, NamedTrustRoot, TrustRootError, TrustRoots};
use doorward_testkit::tuf::{Key, root, sign};
use doorward_testkit::{Fault, FaultRule};

use crate::site::{allowed, refused};
use crate::trust_roots::{NAMED, World};

/// Publishes a second root, with other keys for snapshot and timestamp or with the same, and lets nothing below it be had.
fn publish_root(world: &World, keys: [u8; 2]) {
    let [one, two, three, four] = [1, 2, keys[0], keys[1]].map(Key::new);
    let document = root(2, true, [&[&one], &[&two], &[&three], &[&four]]);
    let repository = &world.repository;
    repository.put_file("2.root.json", sign(&document, &[&one]));
    repository.fault(FaultRule::new(Fault::Status(503)).on("*timestamp.json"));
}

#[tokio::test]
async fn what_a_newer_root_took_the_keys_of_does_not_count_after_the_load_that_saw_it_failed() {
    for is_held in [true, false] {
        let world = World::new().await;
        let named = [world.named("corp")];
        let running = world.roots(&named);
        allowed(&world.decide(&running, NAMED).await);
        publish_root(&world, [13, 14]);
        world.at("2026-11-23T00:00:00Z");
        let roots = match is_held {
            true => {
                assert_eq!(running.refresh().await.asked, 1);
                assert_eq!(running.ends(), []);
                running
            }
            // Nothing is held, and what is remembered is a day old.
            false => world.roots(&named),
        };
        let code = "sigstore-trust-root-unavailable";
        refused(&world.decide(&roots, NAMED).await, code);
        // Nor does it in another process, now that the root is remembered.
        refused(&world.decide(&world.roots(&named), NAMED).await, code);
    }
}

#[tokio::test]
async fn what_is_held_counts_after_a_failed_load_although_newer_metadata_was_seen() {
    let world = World::new().await;
    let named = [world.named("corp")];
    let running = world.roots(&named);
    allowed(&world.decide(&running, NAMED).await);
    let root = world.cases.trusted_root();
    world.publish(2, root.as_bytes(), "2026-12-20T00:00:00Z");
    let repository = &world.repository;
    repository.fault(FaultRule::new(Fault::Status(503)).on("*snapshot.json"));
    world.at("2026-11-23T00:00:00Z");
    assert_eq!(running.refresh().await.asked, 1);
    allowed(&world.decide(&running, NAMED).await);
}

#[tokio::test]
async fn what_is_held_counts_after_a_load_that_could_ask_nobody() {
    let world = World::new().await;
    let running = world.roots(&[world.named("corp")]);
    allowed(&world.decide(&running, NAMED).await);
    world.repository.fault(FaultRule::new(Fault::Status(503)));
    world.at("2026-11-23T00:00:00Z");
    let renewal = running.refresh().await;
    assert_eq!(renewal.asked, 1);
    let (name, error) = &renewal.failed[0];
    assert_eq!(name, "corp");
    assert!(error.to_string().contains("503"), "{error}");
    assert_eq!(renewal.failed.len(), 1);
    allowed(&world.decide(&running, NAMED).await);
}

/// A memory that stops taking what is new, and may not be there any more from then on.
#[derive(Default)]
struct Failing {
    memory: MemoryState,
    is_full: AtomicBool,
    is_gone_after: bool,
    is_gone: AtomicBool,
    /// Whether it is gone as soon as something was written.
    goes_once_written: AtomicBool,
    is_damaged: AtomicBool,
}

fn no_disk<'a, T: Send + 'a>() -> StateFuture<'a, T> {
    let detail = "no disk".to_owned();
    Box::pin(std::future::ready(Err(StateError::Unavailable { detail })))
}

impl StateStore for Failing {
    fn load<'a>(&'a self, key: &'a StateKey) -> StateFuture<'a, Stored> {
        if self.is_damaged.load(Ordering::SeqCst) {
            let damaged = Stored::Found(Bytes::from_static(b"{}"));
            return Box::pin(std::future::ready(Ok(damaged)));
        }
        match self.is_gone.load(Ordering::SeqCst) {
            true => no_disk(),
            false => self.memory.load(key),
        }
    }

    fn replace<'a>(
        &'a self,
        key: &'a StateKey,
        expected: Option<&'a Bytes>,
        new: Bytes,
    ) -> StateFuture<'a, bool> {
        if self.is_full.load(Ordering::SeqCst) {
            self.is_gone.store(self.is_gone_after, Ordering::SeqCst);
            return no_disk();
        }
        let goes = self.goes_once_written.load(Ordering::SeqCst);
        self.is_gone.store(goes, Ordering::SeqCst);
        self.memory.replace(key, expected, new)
    }
}

#[tokio::test]
async fn a_root_that_took_keys_away_counts_although_the_memory_is_gone_once_it_was_written() {
    let mut world = World::new().await;
    let memory = Arc::new(Failing::default());
    world.memory = Arc::clone(&memory) as Arc<dyn StateStore>;
    let running = world.roots(&[world.named("corp")]);
    allowed(&world.decide(&running, NAMED).await);
    memory.goes_once_written.store(true, Ordering::SeqCst);
    publish_root(&world, [13, 14]);
    world.at("2026-11-23T00:00:00Z");
    assert_eq!(running.refresh().await.failed.len(), 1);
    let verdict = world.decide(&running, NAMED).await;
    refused(&verdict, "sigstore-trust-root-unavailable");
}

#[tokio::test]
async fn a_memory_that_cannot_be_had_leaves_what_is_held_and_one_that_is_damaged_does_not() {
    for is_damaged in [false, true] {
        let mut world = World::new().await;
        let memory = Arc::new(Failing::default());
        world.memory = Arc::clone(&memory) as Arc<dyn StateStore>;
        let running = world.roots(&[world.named("corp")]);
        allowed(&world.decide(&running, NAMED).await);
        memory.is_damaged.store(is_damaged, Ordering::SeqCst);
        memory.is_gone.store(!is_damaged, Ordering::SeqCst);
        world.at("2026-11-23T00:00:00Z");
        assert_eq!(running.refresh().await.failed.len(), 1);
        let verdict = world.decide(&running, NAMED).await;
        match is_damaged {
            false => allowed(&verdict),
            // Which root is the newest cannot be told from it, and may have taken keys away.
            true => refused(&verdict, "sigstore-trust-root-invalid"),
        }
    }
}

#[tokio::test]
async fn a_root_that_took_keys_away_and_could_not_be_written_counts_all_the_same() {
    for (keys, is_gone_after, counts) in [
        ([13, 14], false, false),
        ([13, 14], true, false),
        ([3, 4], false, true),
    ] {
        let mut world = World::new().await;
        let memory = Arc::new(Failing {
            is_gone_after,
            ..Failing::default()
        });
        world.memory = Arc::clone(&memory) as Arc<dyn StateStore>;
        let running = world.roots(&[world.named("corp")]);
        allowed(&world.decide(&running, NAMED).await);
        memory.is_full.store(true, Ordering::SeqCst);
        publish_root(&world, keys);
        world.at("2026-11-23T00:00:00Z");
        assert_eq!(running.refresh().await.failed.len(), 1);
        let verdict = world.decide(&running, NAMED).await;
        match counts {
            true => allowed(&verdict),
            false => refused(&verdict, "sigstore-trust-root-unavailable"),
        };
        // Once it can be written again, others know of it too.
        memory.is_full.store(false, Ordering::SeqCst);
        memory.is_gone.store(false, Ordering::SeqCst);
        world.at("2026-11-23T01:00:00Z");
        let _ = world.decide(&running, NAMED).await;
        let verdict = world
            .decide(&world.roots(&[world.named("corp")]), NAMED)
            .await;
        match counts {
            true => allowed(&verdict),
            false => refused(&verdict, "sigstore-trust-root-unavailable"),
        };
    }
}

#[tokio::test]
async fn a_root_to_begin_with_before_a_file_is_refused_and_not_passed_over() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trusted_root.json");
    std::fs::write(&file, world.cases.trusted_root()).unwrap();
    let fetcher: Arc<dyn Fetcher> = Arc::new(Slow::default());
    for place in [file.clone(), folder.path().join("gone")] {
        let named = format!("corp={}@{}", file.display(), place.display());
        let named: NamedTrustRoot = named.parse().unwrap();
        let clock = Arc::new(|| super::trust_roots::NOW.parse().unwrap());
        let said = TrustRoots::of(&[named], &fetcher, &world.memory, clock);
        assert!(matches!(said, Err(TrustRootError::Form(_))), "{said:?}");
    }
}

/// A repository that takes twenty seconds to say that it cannot be asked.
#[derive(Default)]
struct Slow {
    now: Arc<AtomicI64>,
    asked: AtomicI64,
}

impl Fetcher for Slow {
    fn fetch<'a>(&'a self, _: &'a Fetch) -> FetchFuture<'a> {
        self.now.fetch_add(20, Ordering::SeqCst);
        self.asked.fetch_add(1, Ordering::SeqCst);
        let detail = "no answer".to_owned();
        Box::pin(std::future::ready(Err(FetchError::Unavailable { detail })))
    }
}

/// A memory from which everything was deleted.
struct Deleted;

impl StateStore for Deleted {
    fn load<'a>(&'a self, _: &'a StateKey) -> StateFuture<'a, Stored> {
        Box::pin(std::future::ready(Ok(Stored::Lost)))
    }

    fn replace<'a>(
        &'a self,
        _: &'a StateKey,
        _: Option<&'a Bytes>,
        _: Bytes,
    ) -> StateFuture<'a, bool> {
        Box::pin(std::future::ready(Ok(true)))
    }
}

#[tokio::test]
async fn a_memory_that_was_deleted_is_not_passed_over_in_silence() {
    for is_deleted in [true, false] {
        let mut world = World::new().await;
        if is_deleted {
            world.memory = Arc::new(Deleted);
        }
        let roots = world.roots(&[world.named("corp"), world.named("other")]);
        allowed(&world.decide(&roots, NAMED).await);
        let lost = roots.refresh().await.lost;
        assert_eq!(lost, ["corp"][..usize::from(is_deleted)]);
        assert!(roots.refresh().await.lost.is_empty());
    }
}

#[tokio::test]
async fn patience_with_a_slow_repository_begins_when_it_has_failed() {
    let world = World::new().await;
    let slow = Arc::new(Slow {
        now: Arc::clone(&world.now),
        asked: AtomicI64::default(),
    });
    let fetcher = Arc::clone(&slow) as Arc<dyn Fetcher>;
    let roots = world.roots_through(&[world.named("corp")], &fetcher);
    for (later, asked) in [(0, 1), (14, 1), (1, 2)] {
        world.now.fetch_add(later, Ordering::SeqCst);
        refused(
            &world.decide(&roots, NAMED).await,
            "sigstore-trust-root-unavailable",
        );
        assert_eq!(slow.asked.load(Ordering::SeqCst), asked, "after {later} s");
    }
}
