//! How many exchanges are under way at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::origin::Origin;

/// The most exchanges with one origin. As many connections at most: with HTTP/2 one carries many.
const WITH_ONE: usize = 32;
/// The most exchanges with servers that answered before.
const WITH_KNOWN: usize = 128;
/// The most exchanges with all others. They have places of their own, so that addresses which stay silent take none
/// from servers that answer.
const WITH_STRANGERS: usize = 64;
/// How many origins are kept count of before those without an exchange are forgotten.
const FORGET_AT: usize = 256;

/// Lets a bounded number of exchanges through; the others wait, within the time of their own fetch.
pub(crate) struct Gate {
    known: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    origins: Mutex<HashMap<Origin, Weak<Semaphore>>>,
}

/// One exchange. Ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    _in_all: OwnedSemaphorePermit,
    _with_one: OwnedSemaphorePermit,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            known: Arc::new(Semaphore::new(WITH_KNOWN)),
            strangers: Arc::new(Semaphore::new(WITH_STRANGERS)),
            origins: Mutex::default(),
        }
    }
}

impl Gate {
    /// Waits for a place. Returns `None` if the gate was closed, which it never is.
    pub(crate) async fn enter(&self, origin: &Origin, is_known: bool) -> Option<Permit> {
        // In this order: who waits for a busy origin takes no place from others.
        let with_one = self.of(origin).acquire_owned().await.ok()?;
        let all = if is_known {
            &self.known
        } else {
            &self.strangers
        };
        let in_all = Arc::clone(all).acquire_owned().await.ok()?;
        Some(Permit {
            _in_all: in_all,
            _with_one: with_one,
        })
    }

    fn of(&self, origin: &Origin) -> Arc<Semaphore> {
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = origins.get(origin).and_then(Weak::upgrade) {
            return semaphore;
        }
        if origins.len() >= FORGET_AT {
            origins.retain(|_, semaphore| semaphore.strong_count() > 0);
        }
        let semaphore = Arc::new(Semaphore::new(WITH_ONE));
        origins.insert(origin.clone(), Arc::downgrade(&semaphore));
        semaphore
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    fn origin(number: usize) -> Origin {
        Origin::of(
            &format!("https://h{number}.example")
                .parse()
                .expect("an URL"),
        )
        .expect("one")
    }

    /// Those that pass at once.
    fn passing(gate: &Gate, origins: impl Iterator<Item = Origin>, known: bool) -> Vec<Permit> {
        origins
            .map_while(|origin| gate.enter(&origin, known).now_or_never().flatten())
            .collect()
    }

    #[test]
    fn exchanges_are_bounded_per_origin_and_in_all() {
        let gate = Gate::default();
        let one = passing(&gate, std::iter::repeat_n(origin(0), 500), true);
        assert_eq!(one.len(), WITH_ONE);
        let others = passing(&gate, (1..500).map(origin), true);
        assert_eq!(others.len(), WITH_KNOWN - WITH_ONE);
        drop(one);
        assert!(gate.enter(&origin(0), true).now_or_never().is_some());
    }

    #[test]
    fn silent_addresses_take_no_place_from_servers_that_answer() {
        let gate = Gate::default();
        let strangers = passing(&gate, (0..2000).map(origin), false);
        assert_eq!(strangers.len(), WITH_STRANGERS);
        assert!(gate.enter(&origin(5000), true).now_or_never().is_some());
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let gate = Gate::default();
        for number in 0..5000 {
            drop(passing(&gate, std::iter::once(origin(number)), false));
        }
        let kept = gate.origins.lock().expect("not poisoned").len();
        assert!(kept <= FORGET_AT, "{kept}");
    }
}
