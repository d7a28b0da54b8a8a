//! A bounded number of things, each kept until a time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::memory::Key;

/// The most that one shelf keeps.
pub(crate) const MOST: usize = 1024;

/// What is kept until a time.
struct Kept<T> {
    until: Instant,
    /// When it was last wanted, counted in looks and puts.
    wanted: u64,
    what: T,
}

/// Things that are kept until a time, [`MOST`] of them.
pub(crate) struct Shelf<T> {
    all: HashMap<Key, Kept<T>>,
    clock: u64,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self {
            all: HashMap::new(),
            clock: 0,
        }
    }
}

impl<T: Clone> Shelf<T> {
    /// What is kept under a key and still good. It counts as wanted.
    pub(crate) fn find(&mut self, key: &Key, now: Instant) -> Option<T> {
        self.clock += 1;
        let kept = self.all.get_mut(key)?;
        if kept.until <= now {
            // A credential that is dead has no business in memory.
            self.all.remove(key);
            return None;
        }
        kept.wanted = self.clock;
        Some(kept.what.clone())
    }

    /// Keeps one for `span`. First the dead ones make room for it, and then the one that was not wanted for longest: what is
    /// in use stays, however many others are put beside it that nobody wants again.
    pub(crate) fn put(&mut self, key: Key, what: T, span: Duration, now: Instant) {
        if self.all.len() >= MOST && !self.all.contains_key(&key) {
            self.all.retain(|_, kept| now < kept.until);
            if self.all.len() >= MOST {
                let least = self.all.iter().min_by_key(|(_, kept)| kept.wanted);
                if let Some(least) = least.map(|(key, _)| key.clone()) {
                    self.all.remove(&least);
                }
            }
        }
        self.clock += 1;
        let kept = Kept {
            until: now + span,
            wanted: self.clock,
            what,
        };
        self.all.insert(key, kept);
    }

    pub(crate) fn remove(&mut self, key: &Key) {
        self.all.remove(key);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }
}
