//! Takes turns at work that cannot be interrupted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Mutex as Turn;

/// How long the work of one namespace goes on before others of the program come next.
const SLICE: Duration = Duration::from_millis(1);
/// From how many namespaces on those that are done are forgotten.
const MANY: usize = 1024;

/// The work of each namespace, one piece at a time.
///
/// To find the entry for an image takes as long as the policies of its namespace make it, to read a document as long as
/// its content makes it, and both end only by themselves. So pieces of it that take long are polled one by one: in between,
/// deadlines end a review and others get on. A namespace holds up one thread at most, however many reviews it has.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// How long each has worked without a break.
    namespaces: Mutex<HashMap<Option<String>, Arc<Turn<Duration>>>>,
}

impl Turns {
    /// Does `work` when it is the namespace's turn.
    pub(crate) async fn take<T>(&self, namespace: Option<&str>, work: impl FnOnce() -> T) -> T {
        let turn = self.of(namespace);
        let mut worked = turn.lock().await;
        if *worked >= SLICE {
            tokio::task::yield_now().await;
            *worked = Duration::ZERO;
        }
        let begin = Instant::now();
        let done = work();
        *worked += begin.elapsed();
        done
    }

    fn of(&self, namespace: Option<&str>) -> Arc<Turn<Duration>> {
        let mut namespaces = self
            .namespaces
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let namespace = namespace.map(str::to_owned);
        if let Some(turn) = namespaces.get(&namespace) {
            return Arc::clone(turn);
        }
        if namespaces.len() >= MANY {
            namespaces.retain(|_, turn| Arc::strong_count(turn) > 1);
        }
        Arc::clone(namespaces.entry(namespace).or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn between_pieces_of_work_that_take_long_others_get_on() {
        let turns = Turns::default();
        let others = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&others);
        let other = tokio::spawn(async move {
            loop {
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        });
        // More than are polled together.
        let seen = join_all((0..100).map(|_| {
            turns.take(Some("shop"), || {
                std::thread::sleep(SLICE);
                others.load(Ordering::Relaxed)
            })
        }))
        .await;
        other.abort();
        assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
    }

    #[tokio::test]
    async fn a_deadline_ends_what_waits_for_its_turn() {
        let turns = Turns::default();
        let done = AtomicUsize::new(0);
        let end = tokio::time::Instant::now() + Duration::from_millis(100);
        let ended = join_all((0..200).map(|_| {
            let work = turns.take(Some("shop"), || {
                std::thread::sleep(Duration::from_millis(10));
                done.fetch_add(1, Ordering::Relaxed);
            });
            tokio::time::timeout_at(end, work)
        }))
        .await;
        let done = done.into_inner();
        assert!((1..100).contains(&done), "{done}");
        assert_eq!(ended.iter().filter(|one| one.is_ok()).count(), done);
    }

    #[tokio::test]
    async fn namespaces_that_are_done_are_forgotten() {
        let turns = Turns::default();
        for number in 0..3 * MANY {
            turns.take(Some(&format!("n{number}")), || ()).await;
        }
        assert!(turns.namespaces.lock().expect("a lock").len() <= MANY);
    }
}
