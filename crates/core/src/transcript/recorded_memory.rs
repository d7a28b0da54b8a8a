//! Remembered trust, with what is asked of it written down.

use bytes::Bytes;

use super::memory::MemoryAnswer;
use super::recorder::Recording;
use crate::{StateFuture, StateKey, StateStore, Stored};

impl Recording {
    /// `inner`, with what is asked of it about `image` written down.
    #[must_use]
    pub fn memory<'a>(&self, inner: &'a dyn StateStore, image: &str) -> RecordedMemory<'a> {
        RecordedMemory {
            inner,
            recording: self.clone(),
            image: image.to_owned(),
        }
    }
}

/// Remembered trust, as one image of a recorded decision asks it.
pub struct RecordedMemory<'a> {
    inner: &'a dyn StateStore,
    recording: Recording,
    image: String,
}

impl RecordedMemory<'_> {
    fn begin(&self, key: &StateKey) -> Option<usize> {
        self.recording.begin_memory(&self.image, key)
    }
}

impl StateStore for RecordedMemory<'_> {
    fn load<'a>(&'a self, key: &'a StateKey) -> StateFuture<'a, Stored> {
        Box::pin(async move {
            let place = self.begin(key);
            let answer = self.inner.load(key).await;
            self.recording
                .end_memory(place, MemoryAnswer::Loaded(answer.clone()));
            answer
        })
    }

    fn replace<'a>(
        &'a self,
        key: &'a StateKey,
        expected: Option<&'a Bytes>,
        new: Bytes,
    ) -> StateFuture<'a, bool> {
        Box::pin(async move {
            let place = self.begin(key);
            let answer = self.inner.replace(key, expected, new).await;
            self.recording
                .end_memory(place, MemoryAnswer::Replaced(answer.clone()));
            answer
        })
    }

    fn replace_for<'a>(
        &'a self,
        namespace: &'a str,
        key: &'a StateKey,
        expected: Option<&'a Bytes>,
        new: Bytes,
    ) -> StateFuture<'a, bool> {
        Box::pin(async move {
            let place = self.begin(key);
            let answer = self.inner.replace_for(namespace, key, expected, new).await;
            self.recording
                .end_memory(place, MemoryAnswer::Replaced(answer.clone()));
            answer
        })
    }
}
