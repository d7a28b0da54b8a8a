//! A client with a memory, and the collection that it asks about.

use doorward_core::{Answer, Code, Digest, FetchError, Fetched, Timestamp};
use doorward_notary::{Remembered, RoleName};
use doorward_testkit::{
    Collection, CollectionBuilder, Delegation, KeyKind, NotaryKey, Publication, RootCertificate,
    Target,
};

use super::{Outcome, Question, run};

pub const GUN: &str = "registry.example/team/app";
pub const RELEASES: &str = "targets/releases";
pub const DAY: i64 = 86_400;

/// When collections are made and asked about.
pub fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().expect("a time")
}

pub fn builder() -> CollectionBuilder {
    Collection::builder(GUN, now())
}

/// A collection with the tag 1.0, which `targets` releases as [`digest`]`("1.0")`.
pub fn collection() -> Collection {
    released(builder())
}

/// The same, as it was described.
pub fn released(builder: CollectionBuilder) -> Collection {
    let mut collection = builder.build();
    collection.add_target("1.0", target("1.0"));
    collection
}

/// A collection that releases the tag 1.0 by its delegation, and says something else in `targets`.
pub fn delegating() -> Collection {
    let mut collection = builder().build();
    collection
        .add_target("1.0", target("of targets"))
        .delegate(Delegation::new(RELEASES, &[key(50)]))
        .add_target_to(RELEASES, "1.0", target("1.0"));
    collection
}

/// A key that none of the collections has by itself.
pub fn key(seed: u64) -> NotaryKey {
    NotaryKey::seeded(KeyKind::P256, 0x1000 + seed)
}

/// The same in a certificate for the collection.
pub fn root_key(seed: u64) -> NotaryKey {
    RootCertificate::new(GUN, now()).self_signed(&key(seed))
}

/// An entry for some content.
pub fn target(content: &str) -> Target {
    Target::content(content.as_bytes())
}

pub fn digest(content: &str) -> Digest {
    Digest::sha256(content.as_bytes())
}

/// What a server that has a publication answers.
pub fn answer(publication: &Publication, file: &str) -> Answer {
    match publication.file(file) {
        Some(bytes) => Ok(Fetched::new(bytes.clone(), None, file)),
        None => Err(FetchError::NotFound),
    }
}

/// The answer of a server that is down.
pub fn unavailable() -> Answer {
    Err(doorward_testkit::outage("no answer in time"))
}

/// Somebody who asks, by default for the tag 1.0, believing the first root, and remembers.
#[derive(Clone)]
pub struct Client {
    pub question: Question,
    pub memory: Option<Remembered>,
}

impl Client {
    pub fn new() -> Self {
        Self {
            question: Question::tag(GUN, "1.0", now()),
            memory: None,
        }
    }

    /// One that has seen a publication and believed what it says.
    pub fn after(publication: &Publication) -> Self {
        let mut client = Self::new();
        client.accepts(publication, "1.0");
        client
    }

    pub fn at(mut self, now: Timestamp) -> Self {
        self.question.now = now;
        self
    }

    /// Asks a server that answers as `server` says.
    pub fn asks(&mut self, server: &mut dyn FnMut(&str) -> Answer) -> Outcome {
        let outcome = run(&self.question, self.memory.as_ref(), &mut |file| {
            assert_harmless(file);
            server(file)
        });
        self.memory.clone_from(&outcome.remembered);
        outcome
    }

    /// Asks a server that has a publication.
    pub fn sees(&mut self, publication: &Publication) -> Outcome {
        self.asks(&mut |file| answer(publication, file))
    }

    /// Asks, and must get the digest of `content`.
    #[track_caller]
    pub fn accepts(&mut self, publication: &Publication, content: &str) -> Outcome {
        let outcome = self.sees(publication);
        assert_eq!(
            outcome.digest(),
            Some(&digest(content)),
            "{:?}",
            outcome.result
        );
        outcome
    }

    /// Asks, and must be refused for this reason.
    #[track_caller]
    pub fn refuses(&mut self, publication: &Publication, code: Code) -> Outcome {
        let outcome = self.sees(publication);
        is_refused(&outcome, code);
        outcome
    }

    /// The remembered version of a role; 0, if there is none.
    pub fn version(&self, role: &str) -> u64 {
        let role: RoleName = role.parse().expect("a role");
        let versions = self.memory.as_ref().map(Remembered::versions);
        let mut found = versions.into_iter().flatten();
        found
            .find_map(|(name, version)| (*name == role).then_some(version))
            .unwrap_or(0)
    }
}

#[track_caller]
pub fn is_refused(outcome: &Outcome, code: Code) {
    assert_eq!(outcome.code(), Some(code), "{:?}", outcome.result);
}

/// Whatever metadata says, no file outside the collection is asked for.
fn assert_harmless(file: &str) {
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/');
    assert!(file.bytes().all(plain), "{file}");
    assert!(!file.starts_with('/') && !file.contains(".."), "{file}");
}
