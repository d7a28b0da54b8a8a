//! Who has to go when room runs out.
//!
//! Anyone who can reach a socket can fill whatever is bounded behind it. To refuse what comes next would then be to
//! refuse the API server. So the newcomer gets in, and something else goes: of the peer that has most, what has been
//! without use for longest. One peer therefore never pushes out another that has less. Among peers with equal shares,
//! or clients behind one address, one that comes and is served at once is never the oldest.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};

use tokio::sync::oneshot;

/// Who is at the other end, as far as shares go.
///
/// An IPv6 host has a network of addresses of its own (64 bits), which count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Peer(IpAddr);

impl From<IpAddr> for Peer {
    fn from(address: IpAddr) -> Self {
        /// The part of an address that names the network.
        const NETWORK: u128 = !0 << 64;
        Self(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & NETWORK)),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// What is there, of whom, and since when it has been without use.
#[derive(Debug)]
pub(crate) struct Fair<K, T> {
    entries: HashMap<K, Entry<T>>,
    /// Counts uses. A clock would not tell two of one instant apart.
    uses: u64,
}

#[derive(Debug)]
struct Entry<T> {
    peer: Peer,
    used: u64,
    /// Dropped when the entry goes, which wakes its owner.
    _stay: oneshot::Sender<()>,
    detail: T,
}

/// Resolves when an entry has been taken away.
pub(crate) type Leave = oneshot::Receiver<()>;

impl<K: Copy + Eq + Hash, T> Fair<K, T> {
    pub(crate) fn new() -> Self {
        Self {
            entries: HashMap::new(),
            uses: 0,
        }
    }

    /// Adds an entry that is used now. One that is there under the same key goes.
    pub(crate) fn enter(&mut self, key: K, peer: Peer, detail: T) -> Leave {
        let (stay, leave) = oneshot::channel();
        self.uses += 1;
        self.entries.insert(
            key,
            Entry {
                peer,
                used: self.uses,
                _stay: stay,
                detail,
            },
        );
        leave
    }

    /// What is known about an entry, for a change.
    pub(crate) fn detail(&mut self, key: &K) -> Option<&mut T> {
        self.entries.get_mut(key).map(|entry| &mut entry.detail)
    }

    /// Notes that an entry is of use now.
    pub(crate) fn used(&mut self, key: &K) {
        if let Some(entry) = self.entries.get_mut(key) {
            self.uses += 1;
            entry.used = self.uses;
        }
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<T> {
        self.entries.remove(key).map(|entry| entry.detail)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn details(&self) -> impl Iterator<Item = &T> {
        self.entries.values().map(|entry| &entry.detail)
    }

    /// Removes one entry: of those that `may_go`, one of the peer whose entries together weigh most, and of these the
    /// one without use for longest. `None`, if there is none that may go.
    pub(crate) fn evict(
        &mut self,
        weight: impl Fn(&T) -> usize,
        may_go: impl Fn(&T) -> bool,
    ) -> Option<T> {
        let mut shares: HashMap<Peer, usize> = HashMap::new();
        for entry in self.entries.values() {
            *shares.entry(entry.peer).or_default() += weight(&entry.detail);
        }
        let chosen = self
            .entries
            .iter()
            .filter(|(_, entry)| may_go(&entry.detail))
            .max_by_key(|(_, entry)| {
                let share = shares.get(&entry.peer).copied().unwrap_or_default();
                (share, std::cmp::Reverse(entry.used))
            })
            .map(|(key, _)| *key);
        chosen.and_then(|key| self.remove(&key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: u8) -> Peer {
        Peer::from(IpAddr::from([10, 0, 0, last]))
    }

    fn full(of: &[(u32, u8)]) -> Fair<u32, u32> {
        let mut fair = Fair::new();
        for &(key, last) in of {
            drop(fair.enter(key, peer(last), key));
        }
        fair
    }

    fn evicted(fair: &mut Fair<u32, u32>) -> Option<u32> {
        fair.evict(|_| 1, |_| true)
    }

    #[test]
    fn a_peer_with_many_entries_gives_way_and_one_with_few_does_not() {
        let mut fair = full(&[(1, 1), (2, 9), (3, 9), (4, 9), (5, 1)]);
        assert_eq!(evicted(&mut fair), Some(2));
        assert_eq!(evicted(&mut fair), Some(1), "equal shares: the oldest");
    }

    #[test]
    fn what_was_used_last_goes_last() {
        let mut fair = full(&[(1, 1), (2, 1), (3, 1)]);
        fair.used(&1);
        assert_eq!(evicted(&mut fair), Some(2));
        assert_eq!(evicted(&mut fair), Some(3));
        assert_eq!(evicted(&mut fair), Some(1));
        assert_eq!(evicted(&mut fair), None);
    }

    #[test]
    fn what_may_not_go_stays_and_still_counts_for_its_peer() {
        let mut fair = full(&[(1, 9), (2, 9), (3, 9), (4, 1)]);
        assert_eq!(fair.evict(|_| 1, |&key| key != 1), Some(2));
        assert_eq!(fair.evict(|_| 1, |_| false), None);
        assert_eq!(fair.len(), 3);
    }

    #[tokio::test]
    async fn who_is_taken_away_hears_of_it() {
        let mut fair: Fair<u32, u32> = Fair::new();
        let mut first = fair.enter(1, peer(1), 1);
        let _second = fair.enter(2, peer(1), 2);
        assert!(first.try_recv() == Err(oneshot::error::TryRecvError::Empty));
        assert_eq!(evicted(&mut fair), Some(1));
        assert!(first.await.is_err());
    }

    #[test]
    fn the_addresses_of_one_host_are_one_peer() {
        let of = |text: &str| Peer::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
    }

    proptest::proptest! {
        #[test]
        fn no_flood_of_one_peer_takes_anything_from_a_peer_that_has_less(
            flood in proptest::collection::vec(0_u8..3, 1..200), bound in 4_usize..20,
        ) {
            let mut fair: Fair<u32, u8> = Fair::new();
            // Two peers with one entry each, which were never used again, and one that comes and comes.
            for key in 0..2 {
                let last = u8::try_from(key).unwrap();
                drop(fair.enter(key, peer(last), last));
            }
            for (key, use_again) in (10..).zip(flood) {
                drop(fair.enter(key, peer(9), 9));
                if use_again == 0 {
                    fair.used(&key);
                }
                while fair.len() > bound {
                    proptest::prop_assert_eq!(fair.evict(|_| 1, |_| true), Some(9));
                }
            }
        }
    }
}
