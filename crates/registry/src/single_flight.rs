//! Doing a thing once for everyone who wants it at the same time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};

type Flight<V> = Shared<BoxFuture<'static, V>>;

/// Futures under way, by what they are for.
///
/// A flight makes progress on the task of any of those who wait for it and is dropped with the last of them, so
/// cancelling one never hurts another and nothing goes on that nobody wants.
pub(crate) struct SingleFlight<K, V> {
    flights: Mutex<HashMap<K, WeakShared<BoxFuture<'static, V>>>>,
}

impl<K: Eq + Hash, V: Clone> Default for SingleFlight<K, V> {
    fn default() -> Self {
        Self {
            flights: Mutex::default(),
        }
    }
}

impl<K: Clone + Eq + Hash, V: Clone + Send + Sync + 'static> SingleFlight<K, V> {
    /// Joins the flight for `key`, or starts the one that `make` returns.
    pub(crate) async fn run(&self, key: K, make: impl FnOnce() -> BoxFuture<'static, V>) -> V {
        // Declared first, so that it is dropped after this caller's hold on the flight.
        let _landing = Landing {
            flights: self,
            key: key.clone(),
        };
        let flight = self.join(key, make);
        flight.await
    }

    fn join(&self, key: K, make: impl FnOnce() -> BoxFuture<'static, V>) -> Flight<V> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(&key).and_then(WeakShared::upgrade) {
            // One that has landed is yesterday's answer.
            if flight.peek().is_none() {
                return flight;
            }
        }
        let flight = make().shared();
        if let Some(weak) = flight.downgrade() {
            flights.insert(key, weak);
        }
        flight
    }
}

struct Landing<'a, K: Eq + Hash, V: Clone> {
    flights: &'a SingleFlight<K, V>,
    key: K,
}

impl<K: Eq + Hash, V: Clone> Drop for Landing<'_, K, V> {
    fn drop(&mut self) {
        let mut flights = self
            .flights
            .flights
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let over = flights
            .get(&self.key)
            .is_some_and(|weak| weak.upgrade().is_none_or(|flight| flight.peek().is_some()));
        if over {
            flights.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    fn counted(count: &Arc<AtomicUsize>) -> impl FnOnce() -> BoxFuture<'static, usize> + use<> {
        let count = Arc::clone(count);
        move || {
            async move {
                let turn = count.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                turn
            }
            .boxed()
        }
    }

    #[tokio::test]
    async fn those_who_ask_at_the_same_time_share_one_answer() {
        let flights = SingleFlight::default();
        let count = Arc::new(AtomicUsize::new(0));
        let (a, b, c) = tokio::join!(
            flights.run("k", counted(&count)),
            flights.run("k", counted(&count)),
            flights.run("other", counted(&count)),
        );
        assert_eq!(a, b);
        assert_ne!(a, c);
        assert_eq!(count.load(Ordering::SeqCst), 2);
        assert!(flights.flights.lock().expect("not poisoned").is_empty());
    }

    #[tokio::test]
    async fn the_next_one_starts_anew() {
        let flights = SingleFlight::default();
        let count = Arc::new(AtomicUsize::new(0));
        assert_eq!(flights.run("k", counted(&count)).await, 0);
        assert_eq!(flights.run("k", counted(&count)).await, 1);
    }

    #[tokio::test]
    async fn cancelling_the_first_does_not_hurt_the_second() {
        let flights = Arc::new(SingleFlight::default());
        let count = Arc::new(AtomicUsize::new(0));
        let first = tokio::spawn({
            let (flights, make) = (Arc::clone(&flights), counted(&count));
            async move { flights.run("k", make).await }
        });
        tokio::time::sleep(Duration::from_millis(5)).await;
        let second = tokio::spawn({
            let (flights, make) = (Arc::clone(&flights), counted(&count));
            async move { flights.run("k", make).await }
        });
        tokio::time::sleep(Duration::from_millis(5)).await;
        first.abort();
        assert_eq!(second.await.expect("an answer"), 0);
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_flight_that_nobody_wants_is_dropped() {
        let flights: SingleFlight<&str, usize> = SingleFlight::default();
        let alive = Arc::new(());
        let inside = Arc::clone(&alive);
        let never = flights.run("k", move || {
            async move {
                let _inside = inside;
                std::future::pending().await
            }
            .boxed()
        });
        assert!(
            tokio::time::timeout(Duration::from_millis(5), never)
                .await
                .is_err()
        );
        assert_eq!(Arc::strong_count(&alive), 1);
        assert!(flights.flights.lock().expect("not poisoned").is_empty());
    }
}
