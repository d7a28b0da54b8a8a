//! What one process has verified, whatever becomes of the memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use bytes::Bytes;
use doorward_core::{Class, Fetcher, StateError, StateFuture, StateKey, StateStore, Stored};
use doorward_tuf::{Location, Repository, TufError};

use crate::support::{Key, METADATA, Release, Site, TARGETS, key, memory, names, now, root, sign};

/// A memory that somebody empties, that cannot be had, or that is damaged.
struct Failing {
    memory: Arc<dyn StateStore>,
    how: AtomicU8,
}

const WHOLE: u8 = 0;
const EMPTY: u8 = 1;
const GONE: u8 = 2;
const DAMAGED: u8 = 3;

fn gone() -> StateError {
    StateError::Unavailable {
        detail: "no disk".to_owned(),
    }
}

impl StateStore for Failing {
    fn load<'a>(&'a self, key: &'a StateKey) -> StateFuture<'a, Stored> {
        let said = match self.how.load(Ordering::SeqCst) {
            EMPTY => Ok(Stored::Nothing),
            GONE => Err(gone()),
            DAMAGED => Ok(Stored::Found(Bytes::from_static(b"{}"))),
            _ => return self.memory.load(key),
        };
        Box::pin(std::future::ready(said))
    }

    fn replace<'a>(
        &'a self,
        key: &'a StateKey,
        expected: Option<&'a Bytes>,
        new: Bytes,
    ) -> StateFuture<'a, bool> {
        match self.how.load(Ordering::SeqCst) {
            WHOLE => self.memory.replace(key, expected, new),
            GONE => Box::pin(std::future::ready(Err(gone()))),
            _ => Box::pin(std::future::ready(Ok(true))),
        }
    }
}

/// A process that has verified the second root, with its site and its memory.
async fn process(folder: &std::path::Path) -> (Repository, Arc<Site>, Arc<Failing>) {
    let [one, two, three, four] = [1, 2, 3, 4].map(Key::new);
    let site = Site::of(&Release::new(1));
    let second = root(2, true, [&[&one], &[&two], &[&three], &[&four]]);
    site.put("metadata/2.root.json", sign(&second, &[&one]));
    let memory = Arc::new(Failing {
        memory: memory(folder),
        how: AtomicU8::new(WHOLE),
    });
    let repository = Repository::new(
        Arc::clone(&site) as Arc<dyn Fetcher>,
        Location::new(METADATA, TARGETS).unwrap(),
        Release::first_root(true),
        Arc::clone(&memory) as Arc<dyn StateStore>,
        key(),
    );
    let loaded = repository.load(&names(&["a.json"]), now()).await;
    assert_eq!(loaded.expect("material").root_version, 2);
    (repository, site, memory)
}

#[tokio::test]
async fn a_root_that_was_verified_is_not_gone_back_behind_although_the_memory_forgot_it() {
    let folder = tempfile::tempdir().unwrap();
    let (repository, site, memory) = process(folder.path()).await;
    memory.how.store(EMPTY, Ordering::SeqCst);
    assert_eq!(repository.root_version(now()).await, Ok(2));
    // Who serves the repository holds the newer root back.
    let second = site.remove("metadata/2.root.json");
    let wanted = names(&["a.json"]);
    let error = repository.load(&wanted, now()).await.expect_err("refused");
    assert!(matches!(error, TufError::Rollback { .. }), "{error:?}");
    assert!(error.to_string().contains("root.json"), "{error}");
    site.put("metadata/2.root.json", second.expect("a root"));
    assert!(repository.load(&wanted, now()).await.is_ok());
}

#[tokio::test]
async fn what_is_remembered_under_an_older_root_than_was_verified_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let (repository, ..) = process(folder.path()).await;
    let older = tempfile::tempdir().unwrap();
    crate::support::load(
        &Site::of(&Release::new(1)),
        Release::first_root(true),
        older.path(),
    )
    .await
    .expect("material");
    let wanted = names(&["a.json"]);
    let known = repository.remembered(&wanted, now()).await;
    assert!(known.expect("a memory").is_some());
    // Somebody puts back what was there before the root.
    let before = memory(older.path()).load(&key()).await.unwrap();
    let document = before.bytes().expect("a document").to_vec();
    crate::memory::plant(folder.path(), document).await;
    assert_eq!(repository.remembered(&wanted, now()).await, Ok(None));
}

#[tokio::test]
async fn a_root_version_that_cannot_be_read_is_what_was_verified_here_or_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let (repository, _, memory) = process(folder.path()).await;
    // The clock says nothing of it.
    assert_eq!(repository.root_version(now().plus(-3_600)).await, Ok(2));
    memory.how.store(GONE, Ordering::SeqCst);
    assert_eq!(repository.root_version(now()).await, Ok(2));
    // What others have written there may be newer, and nobody can tell.
    memory.how.store(DAMAGED, Ordering::SeqCst);
    let error = repository.root_version(now()).await;
    assert_eq!(error, Err(TufError::RememberedInvalid));
    assert_eq!(
        error.map_err(|error| error.class()),
        Err(Class::Configuration)
    );
}
