//! Memory of a fixed size.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};

/// The number of slots. A power of two.
const SLOTS: usize = 1 << 14;

/// A value for every key there is, in a fixed number of slots that several keys share.
///
/// It forgets nothing, so nobody can make it forget by bringing many keys. Many keys touch only those that share their
/// slots, which nobody can choose: the hash has a secret of its own.
pub(super) struct Slots<V> {
    hasher: RandomState,
    values: Box<[V]>,
}

impl<V: Copy + Default> Default for Slots<V> {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            values: vec![V::default(); SLOTS].into_boxed_slice(),
        }
    }
}

impl<V> Slots<V> {
    /// Where a key has its value.
    pub(super) fn place(&self, key: &impl Hash) -> usize {
        // The remainder fits, whatever the width of the hash.
        (self.hasher.hash_one(key) % SLOTS as u64) as usize
    }

    /// The value of a key.
    pub(super) fn of(&mut self, key: &impl Hash) -> &mut V {
        let place = self.place(key);
        self.at(place)
    }

    /// The value at a [place](Self::place).
    #[allow(clippy::indexing_slicing, reason = "the remainder is below the length")]
    pub(super) fn at(&mut self, place: usize) -> &mut V {
        &mut self.values[place % SLOTS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_keys_touch_few_others_and_none_is_forgotten() {
        let mut slots: Slots<bool> = Slots::default();
        for key in 0..1_100 {
            *slots.of(&key) = true;
        }
        assert!((0..1_100).all(|key| *slots.of(&key)));
        let touched = (10_000..20_000).filter(|key| *slots.of(key)).count();
        assert!(touched < 1_000, "{touched} of 10,000");
    }
}
