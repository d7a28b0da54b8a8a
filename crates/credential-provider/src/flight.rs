//! A call under way, and those who wait for it on threads of their own.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use crate::CacheKeyType;
use crate::fault::Fault;
use crate::memory::Outcome;
use crate::place::Place;

/// A call under way.
pub(crate) struct Flight {
    place: Place,
    landed: Mutex<Option<Outcome>>,
    landing: Condvar,
}

impl Flight {
    pub(crate) const fn new(place: Place) -> Self {
        Self {
            place,
            landed: Mutex::new(None),
            landing: Condvar::new(),
        }
    }

    /// Waits for its end, but not beyond `end`: nothing if there is none by then.
    pub(crate) fn wait(&self, end: Instant) -> Option<Outcome> {
        let landed = self.landed.lock().unwrap_or_else(PoisonError::into_inner);
        let left = end.saturating_duration_since(Instant::now());
        let (landed, _) = self
            .landing
            .wait_timeout_while(landed, left, |landed| landed.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        landed.clone()
    }

    /// Whether it is for this very image.
    pub(crate) fn is_for(&self, place: &Place) -> bool {
        self.place == *place
    }

    /// Whether what came of it is what would come of asking for another image.
    pub(crate) fn speaks_for(&self, place: &Place, outcome: &Outcome) -> bool {
        self.is_for(place)
            || match outcome {
                Ok(answer) => match answer.cache_key_type {
                    CacheKeyType::Global => true,
                    CacheKeyType::Image => false,
                    CacheKeyType::Registry => self.place.registry == place.registry,
                },
                Err(fault) => fault.is_of_all_images(),
            }
    }

    fn land(&self, outcome: Outcome) {
        let mut landed = self.landed.lock().unwrap_or_else(PoisonError::into_inner);
        landed.get_or_insert(outcome);
        self.landing.notify_all();
    }
}

/// The one who makes the call. A flight lands whatever becomes of them.
pub(crate) struct Pilot(pub(crate) Arc<Flight>);

impl Pilot {
    pub(crate) fn land(self, outcome: Outcome) {
        self.0.land(outcome);
    }
}

impl Drop for Pilot {
    fn drop(&mut self) {
        // Only if nothing landed: after a panic.
        self.0
            .land(Err(Fault::Here("a call of it ended in a panic")));
    }
}
