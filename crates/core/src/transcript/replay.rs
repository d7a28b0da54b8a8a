//! Answering from a transcript.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::memory::MemoryAnswer;
use super::{Asked, Found, SecretRecord, Transcript};
use crate::{
    Answer, Authority, Digest, Fetch, FetchError, FetchFuture, Fetcher, Repository, StateKey,
};

/// A transcript in place of the outside world. Its clones are the same one.
///
/// What was asked twice is answered twice, in the order of the answers. What was not answered before the decision ended
/// is not answered here either. What was not asked is [`FetchError::NotRecorded`], and [told](Self::missing) besides,
/// so that a decision which met it can be refused whatever it made of it.
#[derive(Clone)]
pub struct Replay(Arc<Shared>);

struct Shared {
    transcript: Transcript,
    left: Mutex<Left>,
}

/// Whose question to remembered trust, about what, and whether it was to load.
type MemoryPlace = (String, Digest, bool);

struct Left {
    fetches: HashMap<Asked, VecDeque<Option<Answer>>>,
    memory: HashMap<MemoryPlace, VecDeque<Option<MemoryAnswer>>>,
    missing: Option<String>,
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay").finish_non_exhaustive()
    }
}

impl Replay {
    /// The world as `transcript` has it.
    #[must_use]
    pub fn new(transcript: Transcript) -> Self {
        let mut fetches: HashMap<Asked, VecDeque<Option<Answer>>> = HashMap::new();
        for record in &transcript.fetches {
            let answers = fetches.entry(record.asked.clone()).or_default();
            answers.push_back(record.answer.clone());
        }
        let mut memory: HashMap<MemoryPlace, VecDeque<Option<MemoryAnswer>>> = HashMap::new();
        for record in &transcript.memory {
            // One without an answer may have been either, and ends both.
            let kinds: &[bool] = match &record.answer {
                Some(MemoryAnswer::Loaded(_)) => &[true],
                Some(MemoryAnswer::Replaced(_)) => &[false],
                None => &[true, false],
            };
            for is_load in kinds {
                let place = (record.image.clone(), record.key.clone(), *is_load);
                let answers = memory.entry(place).or_default();
                answers.push_back(record.answer.clone());
            }
        }
        Self(Arc::new(Shared {
            transcript,
            left: Mutex::new(Left {
                fetches,
                memory,
                missing: None,
            }),
        }))
    }

    /// What is replayed.
    #[must_use]
    pub fn transcript(&self) -> &Transcript {
        &self.0.transcript
    }

    /// The first thing that was asked for and is not in the transcript. A decision that met one rests on nothing.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        self.left().missing.clone()
    }

    /// What was found where a Secret was looked for, if one was.
    #[must_use]
    pub fn secret(&self, namespace: &str, name: &str) -> Option<&Found> {
        let found = self.written(namespace, name);
        if found.is_none() {
            self.lacks(SecretRecord::title(namespace, name));
        }
        found
    }

    /// The files with bundles that were brought along. Returns `None` if there were none, as for most decisions.
    #[must_use]
    pub fn bundles(&self) -> Option<&Found> {
        self.written("", SecretRecord::BUNDLES)
    }

    fn written(&self, namespace: &str, name: &str) -> Option<&Found> {
        let mut secrets = self.0.transcript.secrets.iter();
        let record = secrets.find(|known| known.namespace == namespace && known.name == name);
        record.map(|record| &record.found)
    }

    fn left(&self) -> MutexGuard<'_, Left> {
        self.0.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lacks(&self, what: String) {
        self.left().missing.get_or_insert(what);
    }

    /// The next answer to a question, which may have had none. `None`, if the question was not asked.
    pub(super) fn memory_answer(
        &self,
        image: &str,
        key: &StateKey,
        is_load: bool,
    ) -> Option<Option<MemoryAnswer>> {
        let place = (image.to_owned(), key.digest(), is_load);
        let next = self
            .left()
            .memory
            .get_mut(&place)
            .and_then(VecDeque::pop_front);
        if next.is_none() {
            self.lacks(format!("what is remembered of {key}"));
        }
        next
    }

    fn names(&self, repository: &Repository) -> Option<&super::NameRecord> {
        let mut names = self.0.transcript.names.iter();
        let found = names.find(|known| known.is_of(repository));
        if found.is_none() {
            self.lacks(format!("where {repository} is"));
        }
        found
    }
}

impl FetchError {
    /// The same error as a decision takes it that is no [replay](Replay): an outage that was read from
    /// a transcript is no evidence there, no matter who put it in the way.
    #[must_use]
    pub fn believed_live(self) -> Self {
        match self {
            Self::Outage(outage) if outage.is_replayed() => Self::Unavailable {
                detail: outage.detail().to_owned(),
            },
            other => other,
        }
    }
}

impl Fetcher for Replay {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        let asked = Asked::of(fetch);
        let next = self
            .left()
            .fetches
            .get_mut(&asked)
            .and_then(VecDeque::pop_front);
        match next {
            Some(Some(answer)) => Box::pin(std::future::ready(answer)),
            // The deadline came first.
            Some(None) => Box::pin(std::future::pending()),
            None => {
                self.lacks(asked.fetch().resource.to_string());
                Box::pin(std::future::ready(Err(FetchError::NotRecorded)))
            }
        }
    }

    fn locate(&self, repository: &Repository) -> Repository {
        self.names(repository)
            .map_or_else(|| repository.clone(), |record| record.located.clone())
    }

    fn other_name(&self, repository: &Repository) -> Option<Authority> {
        self.names(repository)?.other_name.clone()
    }
}
