//! Remembered proofs.

use std::sync::Arc;

use doorward_core::{Digest, Proof, Timestamp};

/// How many proofs are kept. One is a few hundred bytes.
const CAPACITY: u64 = 10_000;

/// A proof, and how long it counts.
#[derive(Debug)]
struct Remembered {
    proof: Proof,
    /// The last second in which the memory counts.
    until: Timestamp,
    /// When it was verified: a clock that went back must not prolong a memory.
    since: Timestamp,
}

/// Proofs by the hash of the inputs of their session and the tenant scope.
///
/// A proof that is remembered is the very proof that the session gave, so what comes of an entry is the same either
/// way. Refusals are always judged afresh, so that a signature pushed a second ago counts.
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

    pub(crate) fn find(&self, key: &Digest, now: Timestamp) -> Option<Proof> {
        let found = self.proofs.get(key)?;
        (found.since <= now && now <= found.until).then(|| found.proof.clone())
    }

    /// Remembers `proof` until the cache's time is over or the proof ends, whichever is first. One with a statement is
    /// not remembered: those who may sign could fill the memory with statements.
    pub(crate) fn insert(&self, key: Digest, proof: &Proof, now: Timestamp) {
        if self.seconds == 0 || proof.statement().is_some() {
            return;
        }
        let until = now.plus(self.seconds);
        let until = proof.valid_until().map_or(until, |end| end.min(until));
        self.proofs.insert(
            key,
            Arc::new(Remembered {
                proof: proof.clone(),
                until,
                since: now,
            }),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward_core::{Evidence, Scheme, Witness};

    const NOW: Timestamp = Timestamp::from_unix(1_000);

    struct Seen(Digest, Option<Timestamp>);

    impl Witness for Seen {
        fn scheme(&self) -> Scheme {
            Scheme::custom("seen")
        }

        fn digest(&self) -> &Digest {
            &self.0
        }

        fn evidence(&self) -> Vec<Evidence> {
            Vec::new()
        }

        fn valid_until(&self) -> Option<Timestamp> {
            self.1
        }
    }

    fn proof(valid_until: Option<Timestamp>) -> Proof {
        Proof::of(&Seen(Digest::sha256(b"image"), valid_until))
    }

    fn cache_with(valid_until: Option<Timestamp>) -> (ProofCache, Digest) {
        let cache = ProofCache::new(60);
        let key = Digest::sha256(b"key");
        cache.insert(key.clone(), &proof(valid_until), NOW);
        (cache, key)
    }

    #[test]
    fn a_proof_is_forgotten_after_its_time() {
        let (cache, key) = cache_with(None);
        assert_eq!(cache.find(&key, NOW.plus(60)), Some(proof(None)));
        assert_eq!(cache.find(&key, NOW.plus(61)), None);
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
        cache.insert(Digest::sha256(b"k"), &proof(None), NOW);
        assert!(cache.find(&Digest::sha256(b"k"), NOW).is_none());
    }
}
