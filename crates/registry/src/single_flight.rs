//! Doing a thing once for everyone who wants it at the same time.

use std::collections::HashMap;
use std::hash::Hash;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};

use doorward_core::FetchError;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};

type Flight<V> = Shared<BoxFuture<'static, V>>;

/// That what was done for several ended in a panic.
pub(crate) struct Panicked;

impl From<Panicked> for FetchError {
    fn from(Panicked: Panicked) -> Self {
        Self::Internal {
            detail: "what several waited for ended in a panic".to_owned(),
        }
    }
}

/// An answer that can be the one that the program itself failed.
pub(crate) trait Fallible {
    /// The answer after a panic.
    fn fault() -> Self;
}

impl<T, E: From<Panicked>> Fallible for Result<T, E> {
    fn fault() -> Self {
        Err(E::from(Panicked))
    }
}

/// Futures under way, by what they are for.
///
/// One that panics is an answer like any other for all who wait: were it not, it would panic in each of them, and in
/// the destructor that looks whether it has ended, which ends the process.
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

impl<K: Clone + Eq + Hash, V: Clone + Fallible + Send + Sync + 'static> SingleFlight<K, V> {
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
        let flight = AssertUnwindSafe(make())
            .catch_unwind()
            .map(|ended| ended.unwrap_or_else(|_| V::fault()))
            .boxed()
            .shared();
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

    /// What those get who waited for a panic.
    const FAULT: usize = usize::MAX;

    impl Fallible for usize {
        fn fault() -> Self {
            FAULT
        }
    }

    #[tokio::test]
    async fn a_panic_inside_a_shared_fetch_is_one_answer_for_all_who_waited() {
        let flights: SingleFlight<&str, usize> = SingleFlight::default();
        let panics = || {
            async {
                tokio::task::yield_now().await;
                panic!("inside a shared fetch")
            }
            .boxed()
        };
        let (a, b) = tokio::join!(flights.run("k", panics), flights.run("k", panics));
        assert_eq!((a, b), (FAULT, FAULT));
        assert!(flights.flights.lock().expect("not poisoned").is_empty());
        let fine = || std::future::ready(1).boxed();
        assert_eq!(flights.run("k", fine).await, 1);
    }

    #[tokio::test]
    async fn one_who_leaves_while_a_shared_fetch_panics_ends_nothing_else() {
        let flights: SingleFlight<&str, usize> = SingleFlight::default();
        let panics = || {
            async {
                tokio::task::yield_now().await;
                panic!("inside a shared fetch")
            }
            .boxed()
        };
        let mut leaves = Box::pin(flights.run("k", panics));
        assert!(futures::poll!(&mut leaves).is_pending());
        assert_eq!(flights.run("k", panics).await, FAULT);
        drop(leaves);
        assert!(flights.flights.lock().expect("not poisoned").is_empty());
    }

    #[test]
    fn a_panic_is_no_outage() {
        let error = FetchError::from(Panicked);
        let code = doorward_core::Code::from(&error);
        assert_eq!(code, doorward_core::Code::INTERNAL_ERROR);
    }

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
