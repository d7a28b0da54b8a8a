//! Remembered trust in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use doorward_core::{StateError, StateFuture, StateKey, StateStore, Stored};

/// The most things remembered. Each is the metadata of one collection, some ten kilobytes.
const MAX_ENTRIES: usize = 10_000;

/// Keeps what verifications remember as long as the process lives. The next process meets every collection for the
/// first time.
#[derive(Default)]
pub struct MemoryState {
    entries: Mutex<HashMap<StateKey, Bytes>>,
}

impl fmt::Debug for MemoryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryState").finish_non_exhaustive()
    }
}

impl MemoryState {
    fn swap(
        &self,
        key: &StateKey,
        expected: Option<&Bytes>,
        new: Bytes,
    ) -> Result<bool, StateError> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.get(key) != expected {
            return Ok(false);
        }
        // Forgetting another one would let that be rolled back.
        if entries.len() >= MAX_ENTRIES && !entries.contains_key(key) {
            return Err(StateError::Unavailable {
                detail: format!("{MAX_ENTRIES} collections are remembered already"),
            });
        }
        entries.insert(key.clone(), new);
        Ok(true)
    }
}

impl StateStore for MemoryState {
    fn load<'a>(&'a self, key: &'a StateKey) -> StateFuture<'a, Stored> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let found = entries.get(key).cloned();
        Box::pin(std::future::ready(Ok(
            found.map_or(Stored::Nothing, Stored::Found)
        )))
    }

    fn replace<'a>(
        &'a self,
        key: &'a StateKey,
        expected: Option<&'a Bytes>,
        new: Bytes,
    ) -> StateFuture<'a, bool> {
        Box::pin(std::future::ready(self.swap(key, expected, new)))
    }
}

#[cfg(test)]
mod tests {
    use doorward_core::Scheme;

    use super::*;

    #[test]
    fn only_who_knows_what_is_stored_can_replace_it() {
        let state = MemoryState::default();
        let key = StateKey::new("cluster", Scheme::NOTARY, Vec::new(), "r.example/a");
        let (one, two) = (Bytes::from_static(b"1"), Bytes::from_static(b"2"));
        assert_eq!(state.swap(&key, Some(&one), two.clone()), Ok(false));
        assert_eq!(state.swap(&key, None, one.clone()), Ok(true));
        assert_eq!(state.swap(&key, None, two.clone()), Ok(false));
        assert_eq!(state.swap(&key, Some(&one), two), Ok(true));
    }
}
