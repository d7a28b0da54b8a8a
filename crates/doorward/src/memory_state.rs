//! Remembered trust in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use doorward_core::{StateError, StateFuture, StateKey, StateStore, Stored};

/// The most bytes remembered for one scope. The metadata of a collection has some ten kilobytes, so this is several
/// thousand of them; and a tenant whose policies name a server of its own can fill its own share only.
const MAX_SCOPE_BYTES: usize = 64 << 20;

/// Keeps what verifications remember as long as the process lives. The next process meets every collection for the
/// first time.
#[derive(Default)]
pub struct MemoryState {
    entries: Mutex<HashMap<String, Scope>>,
}

/// What is remembered for the policies of one scope.
#[derive(Default)]
struct Scope {
    entries: HashMap<StateKey, Bytes>,
    bytes: usize,
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
        let mut scopes = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let scope = scopes.entry(key.scope().to_owned()).or_default();
        let known = scope.entries.get(key);
        if known != expected {
            return Ok(false);
        }
        let bytes = scope.bytes - known.map_or(0, Bytes::len) + new.len();
        // Forgetting another one would let that be rolled back.
        if bytes > MAX_SCOPE_BYTES {
            return Err(StateError::Unavailable {
                detail: format!("{MAX_SCOPE_BYTES} bytes are remembered for this scope already"),
            });
        }
        scope.bytes = bytes;
        scope.entries.insert(key.clone(), new);
        Ok(true)
    }
}

impl StateStore for MemoryState {
    fn load<'a>(&'a self, key: &'a StateKey) -> StateFuture<'a, Stored> {
        let scopes = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let found = scopes
            .get(key.scope())
            .and_then(|scope| scope.entries.get(key))
            .cloned();
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

    #[test]
    fn a_tenant_that_fills_its_share_takes_none_from_others() {
        let state = MemoryState::default();
        let key = |scope: &str, name: &str| StateKey::new(scope, Scheme::NOTARY, Vec::new(), name);
        let large = Bytes::from(vec![0; MAX_SCOPE_BYTES / 2]);
        let greedy = |name: &str| key("namespace/greedy", name);
        for name in ["a", "b"] {
            assert_eq!(state.swap(&greedy(name), None, large.clone()), Ok(true));
        }
        let small = Bytes::from_static(b"1");
        assert!(state.swap(&greedy("c"), None, small.clone()).is_err());
        assert_eq!(
            state.swap(&key("cluster", "c"), None, small.clone()),
            Ok(true)
        );
        // What it has it may replace by less.
        assert_eq!(
            state.swap(&greedy("a"), Some(&large), small.clone()),
            Ok(true)
        );
        assert_eq!(state.swap(&greedy("c"), None, small), Ok(true));
    }
}
