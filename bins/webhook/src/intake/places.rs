//! The places for reviews that are judged.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::fair::Peer;

/// A bounded number of places.
///
/// A peer holds three quarters of them at most: a peer whose reviews take long leaves room for others. Most reviews
/// come from one peer, the API server, so of what it asks about, a namespace holds a quarter at most. Objects outside
/// of all namespaces count as one.
#[derive(Debug)]
pub(crate) struct Places {
    all: usize,
    of_peer: usize,
    of_namespace: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    peers: HashMap<Peer, usize>,
    namespaces: HashMap<Option<String>, usize>,
}

impl Places {
    pub(crate) fn new(all: usize) -> Self {
        Self {
            all,
            of_peer: all - all / 4,
            of_namespace: (all / 4).max(1),
            taken: Mutex::default(),
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place, if there is one for this peer.
    pub(crate) fn take(&self, peer: Peer) -> Option<Place<'_>> {
        let mut taken = self.taken();
        let all: usize = taken.peers.values().sum();
        let own = taken.peers.get(&peer).copied().unwrap_or_default();
        if all >= self.all || own >= self.of_peer {
            return None;
        }
        taken.peers.insert(peer, own + 1);
        Some(Place {
            places: self,
            peer,
            namespace: None,
        })
    }

    #[cfg(test)]
    pub(super) fn are_all_free(&self) -> bool {
        let taken = self.taken();
        taken.peers.is_empty() && taken.namespaces.is_empty()
    }
}

/// One of the [`Places`].
#[derive(Debug)]
pub(crate) struct Place<'a> {
    places: &'a Places,
    peer: Peer,
    /// The namespace that it counts for, once that is known.
    namespace: Option<Option<String>>,
}

impl Place<'_> {
    /// Counts for a namespace from now on. `false`, if that has as many as it may have.
    pub(crate) fn is_for(&mut self, namespace: Option<&str>) -> bool {
        let namespace = namespace.map(str::to_owned);
        let mut taken = self.places.taken();
        let own = taken
            .namespaces
            .get(&namespace)
            .copied()
            .unwrap_or_default();
        if self.namespace.is_some() || own >= self.places.of_namespace {
            return false;
        }
        taken.namespaces.insert(namespace.clone(), own + 1);
        self.namespace = Some(namespace);
        true
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        one_less(&mut taken.peers, &self.peer);
        if let Some(namespace) = &self.namespace {
            one_less(&mut taken.namespaces, namespace);
        }
    }
}

fn one_less<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
    }
}
