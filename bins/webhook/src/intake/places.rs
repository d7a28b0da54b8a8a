//! The places for reviews that are judged.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::fair::Peer;

/// A bounded number of places.
///
/// A peer holds three quarters of them at most: a peer whose reviews take long leaves room for others. Most reviews
/// come from one peer, the API server, so of what it asks about, a namespace holds a quarter at most. Objects outside
/// of all namespaces count as one.
///
/// An address is easily had. So where all places are taken, a peer that has less than an equal part of them gets one all the
/// same, up to twice as many in all: two who fill them do not shut out the API server.
///
/// A namespace is a name that the caller writes. So a caller that fills the quarter of one does not shut it for
/// another peer: of a quarter that is full, each peer that asks about the namespace still has an equal part.
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
    /// By namespace, where the empty name stands for none.
    namespaces: HashMap<String, HashMap<Peer, usize>>,
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
    pub(crate) fn take(self: &Arc<Self>, peer: Peer) -> Option<Place> {
        let mut taken = self.taken();
        let all: usize = taken.peers.values().sum();
        let own = taken.peers.get(&peer).copied().unwrap_or_default();
        let sharing = taken.peers.len() + usize::from(own == 0);
        let has_part = own >= self.all / sharing;
        if own >= self.of_peer || all >= self.all && (has_part || all >= 2 * self.all) {
            return None;
        }
        taken.peers.insert(peer, own + 1);
        Some(Place {
            places: Arc::clone(self),
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

/// One of the [`Places`]. It is held as long as anything of the review is under way, whether or not anybody waits for it.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    peer: Peer,
    /// The namespace that it counts for, once that is known.
    namespace: Option<String>,
}

impl Place {
    /// Counts for a namespace from now on. `false`, if that has as many as it may have.
    pub(crate) fn is_for(&mut self, namespace: Option<&str>) -> bool {
        let namespace = namespace.unwrap_or_default();
        if self.namespace.is_some() {
            return false;
        }
        let mut taken = self.places.taken();
        if let Some(peers) = taken.namespaces.get(namespace) {
            let all: usize = peers.values().sum();
            let own = peers.get(&self.peer).copied();
            let sharing = peers.len() + usize::from(own.is_none());
            let part = (self.places.of_namespace / sharing).max(1);
            if all >= self.places.of_namespace && own.unwrap_or_default() >= part {
                return false;
            }
        }
        let peers = taken.namespaces.entry(namespace.to_owned()).or_default();
        *peers.entry(self.peer).or_default() += 1;
        self.namespace = Some(namespace.to_owned());
        true
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        one_less(&mut taken.peers, &self.peer);
        let Some(namespace) = &self.namespace else {
            return;
        };
        if let Some(peers) = taken.namespaces.get_mut(namespace) {
            one_less(peers, &self.peer);
            if peers.is_empty() {
                taken.namespaces.remove(namespace);
            }
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
