//! What both versions of the log have in common: entries in a tree, and a key.

use std::sync::{Mutex, PoisonError};

use super::merkle::{self, Hash};
use super::note::checkpoint;
use crate::pki::Certified;

/// A log that entries are only added to.
pub(super) struct Log {
    pub(super) key: Certified,
    pub(super) identifier: Hash,
    /// What it calls itself in checkpoints, and the name that it signs them under.
    pub(super) origin: String,
    pub(super) name: String,
    leaves: Mutex<Vec<Hash>>,
}

/// That an entry is in a log.
pub(super) struct Included {
    pub(super) index: usize,
    pub(super) size: usize,
    pub(super) root: Hash,
    pub(super) path: Vec<Hash>,
    pub(super) checkpoint: String,
}

impl Log {
    pub(super) fn new(key: Certified, identifier: Hash, origin: &str, name: &str) -> Self {
        Self {
            key,
            identifier,
            origin: origin.to_owned(),
            name: name.to_owned(),
            leaves: Mutex::default(),
        }
    }

    /// Adds an entry.
    pub(super) fn append(&self, entry: &[u8]) -> Included {
        let mut leaves = self.leaves.lock().unwrap_or_else(PoisonError::into_inner);
        leaves.push(merkle::leaf(entry));
        let (size, root) = (leaves.len(), merkle::root(&leaves));
        let named = (self.origin.as_str(), self.name.as_str());
        Included {
            index: size - 1,
            size,
            root,
            path: merkle::path(size - 1, &leaves),
            checkpoint: checkpoint(named, (size, &root), &self.key, &self.identifier),
        }
    }
}
