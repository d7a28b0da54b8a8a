//! The highest version of a role, for each of its keys.

use std::collections::{BTreeMap, BTreeSet};

use doorward_core::Digest;

use crate::limits::FORMER_KEYS;
use crate::signature::RoleKeys;

/// What tells a role's keys apart, however they are written down.
pub(crate) type Marks = BTreeSet<String>;

/// A version of a role that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) version: u64,
    pub(crate) sha256: Digest,
}

/// The highest version of a role that was verified while a key was one of its keys, for each key that it ever had.
///
/// A key that is replaced stays in here: it may come back, and everything that it ever signed with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Floor {
    /// The keys that the role had when it was last verified. Each of them is in `seen`.
    pub(super) present: Marks,
    pub(super) seen: BTreeMap<String, Seen>,
    /// The highest of the versions whose keys are no longer known, because the role had too many. It counts for every
    /// key that is not in `seen`, which may be one of those.
    pub(super) others: Option<Seen>,
}

impl Floor {
    /// The first that is known of a role.
    pub(crate) fn new(keys: Marks, seen: &Seen) -> Self {
        let mut floor = Self {
            present: Marks::new(),
            seen: BTreeMap::new(),
            others: None,
        };
        floor.record(keys, seen);
        floor
    }

    /// Adds a version that is not below what was seen with any of these keys.
    pub(crate) fn record(&mut self, keys: Marks, seen: &Seen) {
        for key in &keys {
            self.seen.insert(key.clone(), seen.clone());
        }
        self.present = keys;
        self.fold();
    }

    /// The highest version under the keys that the role had last.
    pub(crate) fn version(&self) -> u64 {
        self.highest(&self.present).unwrap_or(0)
    }

    /// The version that a file may not be below if the role has these keys. `None` if none of them was ever one of
    /// its keys.
    pub(crate) fn highest(&self, keys: &Marks) -> Option<u64> {
        keys.iter()
            .filter_map(|key| self.of(key))
            .map(|seen| seen.version)
            .max()
    }

    /// Whether this version had other content when it was seen with one of these keys.
    pub(crate) fn differs(&self, keys: &Marks, new: &Seen) -> bool {
        keys.iter()
            .filter_map(|key| self.of(key))
            .any(|seen| seen.version == new.version && seen.sha256 != new.sha256)
    }

    fn of(&self, key: &str) -> Option<&Seen> {
        self.seen.get(key).or(self.others.as_ref())
    }

    /// Whether `other` was last verified later in the same row of versions.
    pub(super) fn is_behind(&self, other: &Self) -> bool {
        !self.present.is_disjoint(&other.present) && self.version() < other.version()
    }

    /// Adds what another verifier has seen. Which keys the role has now is what this one says.
    pub(super) fn learn(&mut self, other: &Self) {
        let keys: Marks = self.seen.keys().chain(other.seen.keys()).cloned().collect();
        let higher = |mine: Option<&Seen>, theirs: Option<&Seen>| match (mine, theirs) {
            (Some(mine), Some(theirs)) if theirs.version > mine.version => Some(theirs.clone()),
            (Some(mine), _) => Some(mine.clone()),
            (None, theirs) => theirs.cloned(),
        };
        // A key that only one of them lists may be one that the other no longer knows.
        self.seen = keys
            .into_iter()
            .filter_map(|key| {
                let seen = higher(self.of(&key), other.of(&key))?;
                Some((key, seen))
            })
            .collect();
        self.others = higher(self.others.as_ref(), other.others.as_ref());
        self.fold();
    }

    /// The keys that the role no longer has.
    pub(super) fn former(&self) -> impl Iterator<Item = (&String, &Seen)> {
        self.seen
            .iter()
            .filter(|(key, _)| !self.present.contains(*key))
    }

    /// Keeps the number of former keys within its bound. No version is forgotten: those with the lowest go, and what
    /// was seen with them counts for every key that is not listed from then on.
    fn fold(&mut self) {
        let mut former: Vec<(u64, String)> = self
            .former()
            .map(|(key, seen)| (seen.version, key.clone()))
            .collect();
        let Some(excess) = former.len().checked_sub(FORMER_KEYS) else {
            return;
        };
        former.sort_unstable();
        for (version, key) in former.into_iter().take(excess) {
            let seen = self.seen.remove(&key);
            if self
                .others
                .as_ref()
                .is_none_or(|known| known.version < version)
            {
                self.others = seen;
            }
        }
    }
}

/// What tells the keys of a role apart.
pub(crate) fn marks(keys: &RoleKeys) -> Marks {
    keys.keys
        .iter()
        .map(|key| match key.usable() {
            Ok(public) => public.fingerprint().hex().to_owned(),
            Err(_) => key.id().as_str().to_owned(),
        })
        .collect()
}

#[cfg(test)]
#[path = "floor_tests.rs"]
mod tests;
