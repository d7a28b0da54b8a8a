//! Remembered proofs.

use std::sync::Arc;

use doorward_core::{Digest, Timestamp};

use crate::verdict::Requirement;

/// How many proofs are kept. One is a few hundred bytes.
const CAPACITY: u64 = 10_000;

/// What is remembered of an image that met everything.
#[derive(Clone, Debug)]
pub(crate) struct Remembered {
    pub(crate) requirements: Vec<Requirement>,
    /// The last second in which the memory counts.
    pub(crate) until: Timestamp,
    /// When it was verified: a clock that went back must not prolong a memory.
    pub(crate) since: Timestamp,
}

/// Proofs by everything that they depend on: demands with their keys, reference, digest and tenant scope.
///
/// Only images that passed are remembered. A refusal is always judged afresh, so that a signature pushed a second
/// ago counts.
#[derive(Debug)]
pub(crate) struct ProofCache {
    proofs: moka::sync::Cache<Digest, Arc<Remembered>>,
    seconds: i64,
}

impl ProofCache {
    /// A cache whose entries count for `seconds` at most; 0 remembers nothing.
    pub(crate) fn new(seconds: i64) -> Self {
        Self {
            proofs: moka::sync::Cache::new(CAPACITY),
            seconds,
        }
    }

    pub(crate) fn find(&self, key: &Digest, now: Timestamp) -> Option<Arc<Remembered>> {
        let found = self.proofs.get(key)?;
        (found.since <= now && now <= found.until).then_some(found)
    }

    /// Remembers `requirements` until the cache's time is over or a proof ends, whichever is first.
    pub(crate) fn insert(
        &self,
        key: Digest,
        requirements: Vec<Requirement>,
        now: Timestamp,
        valid_until: Option<Timestamp>,
    ) {
        if self.seconds == 0 {
            return;
        }
        let until = now.plus(self.seconds);
        let until = valid_until.map_or(until, |end| end.min(until));
        self.proofs.insert(
            key,
            Arc::new(Remembered {
                requirements,
                until,
                since: now,
            }),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_000);

    fn cache_with(valid_until: Option<Timestamp>) -> (ProofCache, Digest) {
        let cache = ProofCache::new(60);
        let key = Digest::sha256(b"key");
        cache.insert(key.clone(), Vec::new(), NOW, valid_until);
        (cache, key)
    }

    #[test]
    fn a_proof_is_forgotten_after_its_time() {
        let (cache, key) = cache_with(None);
        assert!(cache.find(&key, NOW.plus(60)).is_some());
        assert!(cache.find(&key, NOW.plus(61)).is_none());
    }

    #[test]
    fn a_proof_does_not_outlive_the_key_that_made_it() {
        let (cache, key) = cache_with(Some(NOW.plus(5)));
        assert!(cache.find(&key, NOW.plus(5)).is_some());
        assert!(cache.find(&key, NOW.plus(6)).is_none());
    }

    #[test]
    fn a_clock_that_went_back_finds_nothing() {
        let (cache, key) = cache_with(None);
        assert!(cache.find(&key, NOW.plus(-1)).is_none());
    }

    #[test]
    fn a_cache_of_zero_seconds_remembers_nothing() {
        let cache = ProofCache::new(0);
        cache.insert(Digest::sha256(b"k"), Vec::new(), NOW, None);
        assert!(cache.find(&Digest::sha256(b"k"), NOW).is_none());
    }
}
