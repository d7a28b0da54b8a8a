//! What is remembered for a while, bounded in number and in bytes: what servers say is as long as they like, and a
//! deployer may bring a server along.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// What a key and a value take beside their texts, roughly.
const EACH: usize = 256;

/// How many bytes something remembered takes, roughly: the texts in it.
pub(crate) trait Weight {
    fn weight(&self) -> usize;
}

/// Values that are good until a time each.
pub(crate) struct Kept<K, V> {
    most: usize,
    most_bytes: usize,
    held: Mutex<Held<K, V>>,
}

struct Held<K, V> {
    values: HashMap<K, (V, Instant)>,
    bytes: usize,
}

fn weight_of(key: &impl Weight, value: &impl Weight) -> usize {
    EACH + key.weight() + value.weight()
}

impl<K: Weight + Eq + Hash, V: Weight + Clone> Kept<K, V> {
    /// Nothing yet; later up to so many values, whose keys and texts take so many bytes together.
    pub(crate) fn within(most: usize, most_bytes: usize) -> Self {
        let held = Held {
            values: HashMap::new(),
            bytes: 0,
        };
        Self {
            most,
            most_bytes,
            held: Mutex::new(held),
        }
    }

    pub(crate) fn find(&self, key: &K, now: Instant) -> Option<V> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let (value, until) = held.values.get(key)?;
        (now < *until).then(|| value.clone())
    }

    pub(crate) fn keep(&self, key: K, value: V, until: Instant, now: Instant) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.remove(&key);
        let weight = weight_of(&key, &value);
        let is_full = |held: &Held<K, V>| {
            held.values.len() >= self.most || held.bytes.saturating_add(weight) > self.most_bytes
        };
        if is_full(&held) {
            held.values.retain(|_, (_, until)| now < *until);
            let left = held.values.iter();
            held.bytes = left.map(|(key, (value, _))| weight_of(key, value)).sum();
        }
        if is_full(&held) {
            // All are good: begin again rather than search for the least useful one.
            held.values.clear();
            held.bytes = 0;
        }
        if weight <= self.most_bytes {
            held.bytes += weight;
            held.values.insert(key, (value, until));
        }
    }

    /// Forgets a value if it is as is said.
    pub(crate) fn forget(&self, key: &K, is_meant: impl FnOnce(&V) -> bool) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held
            .values
            .get(key)
            .is_some_and(|(value, _)| is_meant(value))
        {
            held.remove(key);
        }
    }

    /// How many values there are, and the bytes that they take.
    #[cfg(test)]
    pub(crate) fn size(&self) -> (usize, usize) {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        (held.values.len(), held.bytes)
    }
}

impl<K: Weight + Eq + Hash, V: Weight> Held<K, V> {
    fn remove(&mut self, key: &K) {
        if let Some((value, _)) = self.values.remove(key) {
            self.bytes = self.bytes.saturating_sub(weight_of(key, &value));
        }
    }
}

impl Weight for String {
    fn weight(&self) -> usize {
        self.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn text(length: usize) -> String {
        "x".repeat(length)
    }

    #[test]
    fn what_is_remembered_is_bounded_in_number_and_in_bytes() {
        let now = Instant::now();
        let kept = Kept::within(10, 100 * 1024);
        for number in 0..1_000 {
            kept.keep(format!("{number}"), text(number % 50), now + HOUR, now);
            assert!(kept.size().0 <= 10);
        }
        for number in 0..1_000 {
            kept.keep(format!("{number}"), text(number * 100), now + HOUR, now);
            let (_, bytes) = kept.size();
            assert!(bytes <= 100 * 1024, "{bytes}");
        }
        assert_eq!(kept.find(&"999".to_owned(), now), Some(text(99_900)));
        kept.keep("large".to_owned(), text(200 * 1024), now + HOUR, now);
        assert_eq!(kept.find(&"large".to_owned(), now), None);
    }

    #[test]
    fn what_is_over_makes_room_first_and_what_is_replaced_or_forgotten_weighs_nothing() {
        let now = Instant::now();
        let kept = Kept::within(2, 10_000);
        kept.keep("old".to_owned(), text(10), now + HOUR / 2, now);
        kept.keep("good".to_owned(), text(10), now + HOUR, now);
        kept.keep("new".to_owned(), text(10), now + HOUR, now + HOUR / 2);
        assert_eq!(kept.find(&"good".to_owned(), now), Some(text(10)));
        assert_eq!(kept.size().0, 2);
        for _ in 0..100 {
            kept.keep("new".to_owned(), text(1_000), now + HOUR, now);
        }
        kept.forget(&"new".to_owned(), |value| value.is_empty());
        assert_eq!(kept.find(&"new".to_owned(), now), Some(text(1_000)));
        kept.forget(&"new".to_owned(), |_| true);
        kept.forget(&"good".to_owned(), |_| true);
        assert_eq!(kept.size(), (0, 0));
    }
}
