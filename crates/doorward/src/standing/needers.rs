//! Who needs an answer.

use std::collections::BTreeMap;
use std::sync::Arc;

/// The namespaces that need an answer, each with its turn: the one with the least has needed it longest ago.
#[derive(Clone, Debug, Default)]
pub(super) struct Needers(BTreeMap<Arc<str>, u64>);

impl Needers {
    /// Takes note that a namespace needs it. Returns whether that is new.
    pub(super) fn note(&mut self, namespace: &str, turn: u64) -> bool {
        if let Some(last) = self.0.get_mut(namespace) {
            *last = turn;
            return false;
        }
        self.0.insert(namespace.into(), turn);
        true
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.0.keys()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// When a namespace needed it last.
    pub(super) fn turn(&self, namespace: &str) -> Option<u64> {
        self.0.get(namespace).copied()
    }

    pub(super) fn forget(&mut self, namespace: &str) {
        self.0.remove(namespace);
    }
}
