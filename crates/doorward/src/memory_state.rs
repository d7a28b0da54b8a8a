//! Remembered trust in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use doorward_core::{StateError, StateFuture, StateKey, StateQuota, StateStore, Stored};

/// Keeps what verifications remember as long as the process lives. The next process meets every collection for the
/// first time.
///
/// Each scope has a share, and in a scope each namespace: who fills their own takes nothing from others.
#[derive(Default)]
pub struct MemoryState {
    quota: StateQuota,
    scopes: Mutex<HashMap<String, Scope>>,
}

/// What is remembered for the policies of one scope.
#[derive(Default)]
struct Scope {
    entries: HashMap<StateKey, Entry>,
    /// What is counted for each namespace.
    shares: HashMap<String, u64>,
}

struct Entry {
    bytes: Bytes,
    /// The namespace for which it is counted: that of the workload which was the first to meet it.
    namespace: String,
}

impl fmt::Debug for MemoryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryState").finish_non_exhaustive()
    }
}

impl MemoryState {
    /// The same with another quota for each share.
    #[must_use]
    pub fn with_quota(quota: StateQuota) -> Self {
        Self {
            quota,
            ..Self::default()
        }
    }

    fn swap(
        &self,
        namespace: &str,
        key: &StateKey,
        expected: Option<&Bytes>,
        new: Bytes,
    ) -> Result<bool, StateError> {
        let mut scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        let Scope { entries, shares } = scopes.entry(key.scope().to_owned()).or_default();
        let known = entries.get(key);
        if known.map(|entry| &entry.bytes) != expected {
            return Ok(false);
        }
        let namespace = known.map_or(namespace, |entry| entry.namespace.as_str());
        let before = known.map_or(0, |entry| self.quota.charge(entry.bytes.len()));
        let after = self.quota.charge(new.len());
        let others = shares.get(namespace).copied().unwrap_or_default() - before;
        // Forgetting another one would let that be rolled back.
        if !self.quota.admits(others, before, after) {
            return Err(self.quota.exceeded(key.scope(), namespace));
        }
        let namespace = namespace.to_owned();
        shares.insert(namespace.clone(), others + after);
        let entry = Entry {
            bytes: new,
            namespace,
        };
        entries.insert(key.clone(), entry);
        Ok(true)
    }
}

impl StateStore for MemoryState {
    fn load<'a>(&'a self, key: &'a StateKey) -> StateFuture<'a, Stored> {
        let scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        let found = scopes
            .get(key.scope())
            .and_then(|scope| scope.entries.get(key))
            .map(|entry| entry.bytes.clone());
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
        self.replace_for("", key, expected, new)
    }

    fn replace_for<'a>(
        &'a self,
        namespace: &'a str,
        key: &'a StateKey,
        expected: Option<&'a Bytes>,
        new: Bytes,
    ) -> StateFuture<'a, bool> {
        Box::pin(std::future::ready(self.swap(namespace, key, expected, new)))
    }
}

#[cfg(test)]
mod tests;
