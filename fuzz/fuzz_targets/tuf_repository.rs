//! A repository of The Update Framework that answers what it likes. A load ends, gives what was signed or nothing, and leaves
//! nothing behind that keeps the next good state from being taken.

#![no_main]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use doorward::MemoryState;
use doorward_core::{
    Fetch, FetchError, FetchFuture, Fetched, Fetcher, Resource, Scheme, StateKey, StateStore,
    Timestamp,
};
use doorward_testkit::tuf::Release;
use doorward_tuf::{Location, Repository, TargetName};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

const BASE: &str = "https://tuf.example/";
/// 2026-11-21.
const NOW: Timestamp = Timestamp::from_unix(1_795_219_200);

#[derive(Arbitrary, Debug)]
struct Input {
    loads: Vec<Vec<Change>>,
}

/// What is done to one answer of a load.
#[derive(Arbitrary, Debug)]
enum Change {
    Bits {
        at: u16,
        bits: u8,
    },
    Bytes(Vec<u8>),
    Cut(u16),
    Gone,
    /// The answer to another question.
    Other(u8),
    /// That of an older release.
    Older,
    Silent,
    Truth,
}

static RELEASES: LazyLock<[BTreeMap<String, Vec<u8>>; 3]> =
    LazyLock::new(|| [1, 2, 3].map(|version| Release::new(version).files()));

/// The second release, as `changes` have it, one after the other.
struct Server {
    release: usize,
    changes: Mutex<std::vec::IntoIter<Change>>,
}

impl Server {
    fn say(&self, path: &str) -> Result<Vec<u8>, FetchError> {
        let of = |release: usize| {
            RELEASES[release]
                .get(path)
                .cloned()
                .ok_or(FetchError::NotFound)
        };
        let change = self.changes.lock().expect("unpoisoned").next();
        match change.unwrap_or(Change::Truth) {
            Change::Bits { at, bits } => of(self.release).map(|mut bytes| {
                let at = usize::from(at) % bytes.len();
                bytes[at] ^= bits;
                bytes
            }),
            Change::Bytes(bytes) => Ok(bytes),
            Change::Cut(at) => of(self.release).map(|mut bytes| {
                bytes.truncate(usize::from(at) % bytes.len());
                bytes
            }),
            Change::Gone => Err(FetchError::NotFound),
            Change::Other(index) => {
                let files = &RELEASES[self.release];
                let other = files.values().nth(usize::from(index) % files.len());
                other.cloned().ok_or(FetchError::NotFound)
            }
            Change::Older => of(0),
            Change::Silent => Err(FetchError::Unavailable {
                detail: "fuzz".into(),
            }),
            Change::Truth => of(self.release),
        }
    }
}

impl Fetcher for Server {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        let Resource::Lookaside { url, .. } = &fetch.resource else {
            panic!("asked for {}", fetch.resource);
        };
        let path = url.strip_prefix(BASE).expect("below the base");
        let answer = self
            .say(path)
            .map(|bytes| Fetched::new(bytes, None, "fuzz"));
        Box::pin(std::future::ready(answer))
    }
}

fuzz_target!(|input: Input| {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let memory: Arc<dyn StateStore> = Arc::new(MemoryState::default());
    let wanted: TargetName = "a.json".parse().expect("a name");
    let load = |release: usize, changes: Vec<Change>| {
        let server = Server {
            release,
            changes: Mutex::new(changes.into_iter()),
        };
        let location = Location::new(&format!("{BASE}metadata"), &format!("{BASE}targets"))
            .expect("a location");
        let key = StateKey::new("cluster", Scheme::SIGSTORE, vec![BASE.to_owned()], "fuzz");
        let root = Release::first_root(true);
        let repository =
            Repository::new(Arc::new(server), location, root, Arc::clone(&memory), key);
        runtime.block_on(repository.load(std::slice::from_ref(&wanted), NOW))
    };
    for changes in input.loads.into_iter().take(4) {
        if let Ok(material) = load(1, changes) {
            assert_eq!(material.targets[&wanted], "material");
            assert!(material.expires > NOW);
        }
    }
    let last = load(2, Vec::new()).expect("the next good state is taken");
    assert_eq!(last.targets[&wanted], "material");
});
