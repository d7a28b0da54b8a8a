//! Remembered trust, as a transcript has it.

use bytes::Bytes;

use super::memory::MemoryAnswer;
use super::replay::Replay;
use crate::{StateError, StateFuture, StateKey, StateStore, Stored};

impl Replay {
    /// Remembered trust, as `image` asked it.
    #[must_use]
    pub fn memory(&self, image: &str) -> ReplayedMemory {
        ReplayedMemory {
            replay: self.clone(),
            image: image.to_owned(),
        }
    }
}

/// Remembered trust as a transcript has it. Nothing is kept: what is written goes nowhere.
pub struct ReplayedMemory {
    replay: Replay,
    image: String,
}

impl ReplayedMemory {
    /// What was answered next to a question of this kind.
    async fn answer(&self, key: &StateKey, is_load: bool) -> Option<MemoryAnswer> {
        match self.replay.memory_answer(&self.image, key, is_load) {
            // The deadline came first.
            Some(None) => std::future::pending().await,
            Some(answer) => answer,
            None => None,
        }
    }
}

fn not_recorded() -> StateError {
    StateError::Unavailable {
        detail: "not in the transcript that is replayed".to_owned(),
    }
}

impl StateStore for ReplayedMemory {
    fn load<'a>(&'a self, key: &'a StateKey) -> StateFuture<'a, Stored> {
        Box::pin(async move {
            match self.answer(key, true).await {
                Some(MemoryAnswer::Loaded(answer)) => answer,
                Some(MemoryAnswer::Replaced(_)) | None => Err(not_recorded()),
            }
        })
    }

    fn replace<'a>(
        &'a self,
        key: &'a StateKey,
        _: Option<&'a Bytes>,
        _: Bytes,
    ) -> StateFuture<'a, bool> {
        Box::pin(async move {
            match self.answer(key, false).await {
                Some(MemoryAnswer::Replaced(answer)) => answer,
                Some(MemoryAnswer::Loaded(_)) | None => Err(not_recorded()),
            }
        })
    }
}
