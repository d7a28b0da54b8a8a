//! Writing down what a decision asks for.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::memory::{MemoryAnswer, MemoryRecord};
use super::{Asked, FetchRecord, NameRecord, Transcript, TranscriptError, answer};
use crate::{
    Answer, Authority, Checked, Fetch, FetchError, FetchFuture, Fetched, Fetcher, Repository,
    StateKey, Stored,
};

/// The most bytes of answers that a recording keeps. In base64 and with everything else they fit into a transcript.
const MAX_KEPT: usize = 32 << 20;

/// A decision that is being written down. Its clones write to the same one.
#[derive(Clone, Debug, Default)]
pub struct Recording(Arc<Mutex<Records>>);

#[derive(Debug, Default)]
struct Records {
    transcript: Transcript,
    /// Bytes of answers so far.
    kept: usize,
    /// Whether something was left out because there was too much of it.
    is_over: bool,
}

impl Records {
    /// Whether so many bytes more are kept.
    const fn takes(&mut self, bytes: usize) -> bool {
        self.kept = self.kept.saturating_add(bytes);
        if self.kept > MAX_KEPT {
            self.is_over = true;
        }
        !self.is_over
    }
}

impl Recording {
    /// A recording of nothing so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `inner`, with what is asked of it written down.
    #[must_use]
    pub fn fetcher<F: Fetcher>(&self, inner: F) -> Recorder<F> {
        Recorder {
            inner,
            recording: self.clone(),
        }
    }

    /// What was written down so far. What the decision was about, and which Secrets were read for it, is for the caller
    /// to add.
    ///
    /// # Errors
    /// [`TranscriptError::TooLarge`] if not everything was kept.
    pub fn transcript(&self) -> Result<Transcript, TranscriptError> {
        let records = self.records();
        if records.is_over {
            return Err(TranscriptError::TooLarge {
                unit: "bytes of answers",
                limit: MAX_KEPT,
            });
        }
        Ok(records.transcript.clone())
    }

    fn begin(&self, fetch: &Fetch) -> Option<usize> {
        let mut records = self.records();
        if !records.takes(0) {
            return None;
        }
        let fetches = &mut records.transcript.fetches;
        fetches.push(FetchRecord::new(Asked::of(fetch)));
        Some(fetches.len() - 1)
    }

    fn end(&self, place: Option<usize>, answer: &Answer) {
        let mut records = self.records();
        let bytes = answer.as_ref().map_or(0, Fetched::held_bytes);
        if !records.takes(bytes) {
            return;
        }
        if let Some(record) = place.and_then(|place| records.transcript.fetches.get_mut(place)) {
            record.answer = Some(answer::kept(answer));
        }
    }

    pub(super) fn begin_memory(&self, image: &str, key: &StateKey) -> Option<usize> {
        let mut records = self.records();
        if !records.takes(0) {
            return None;
        }
        let memory = &mut records.transcript.memory;
        memory.push(MemoryRecord {
            image: image.to_owned(),
            key: key.digest(),
            about: key.to_string(),
            answer: None,
        });
        Some(memory.len() - 1)
    }

    pub(super) fn end_memory(&self, place: Option<usize>, answer: MemoryAnswer) {
        let mut records = self.records();
        let bytes = match &answer {
            MemoryAnswer::Loaded(Ok(Stored::Found(bytes))) => bytes.len(),
            _ => 0,
        };
        if !records.takes(bytes) {
            return;
        }
        if let Some(record) = place.and_then(|place| records.transcript.memory.get_mut(place)) {
            record.answer = Some(answer);
        }
    }

    /// Writes down what a repository stands for.
    fn name(&self, repository: &Repository, change: impl FnOnce(&mut NameRecord)) {
        let mut records = self.records();
        let names = &mut records.transcript.names;
        if let Some(known) = names.iter_mut().find(|known| known.is_of(repository)) {
            return change(known);
        }
        let mut record = NameRecord {
            repository: repository.clone(),
            located: repository.clone(),
            other_name: None,
        };
        change(&mut record);
        names.push(record);
    }
}

/// A fetcher whose answers are written down, behind their check.
pub struct Recorder<F> {
    inner: F,
    recording: Recording,
}

impl<F> fmt::Debug for Recorder<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl<F: Fetcher> Fetcher for Recorder<F> {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        Box::pin(async move {
            let place = self.recording.begin(fetch);
            // An outage that was read from a transcript must not be read from this one as if it had been seen.
            let answer = self.inner.fetch(fetch).await;
            let answer = answer.map_err(FetchError::believed_live);
            // What was checked is what is kept, and what is handed on.
            let answer = fetch.check(answer).map(Checked::into_fetched);
            self.recording.end(place, &answer);
            answer
        })
    }

    fn locate(&self, repository: &Repository) -> Repository {
        let located = self.inner.locate(repository);
        self.recording
            .name(repository, |record| record.located = located.clone());
        located
    }

    fn other_name(&self, repository: &Repository) -> Option<Authority> {
        let name = self.inner.other_name(repository);
        self.recording
            .name(repository, |record| record.other_name = name.clone());
        name
    }
}
