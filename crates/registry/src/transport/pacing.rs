//! How often a registry is asked.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use doorward_core::Authority;

use crate::RequestRate;

/// How many registries are kept count of before those whose turn has passed are forgotten.
const FORGET_AT: usize = 256;

/// Gives out turns, with each registry as far apart as its rate says: a bucket for one token, so that nobody who waited for a while
/// comes with many requests at once.
#[derive(Debug, Default)]
pub(crate) struct Pacing {
    rate: Option<RequestRate>,
    /// When the next turn with a registry is.
    turns: Mutex<HashMap<Authority, Instant>>,
}

impl Pacing {
    pub(crate) fn new(rate: Option<RequestRate>) -> Self {
        Self {
            rate,
            turns: Mutex::default(),
        }
    }

    /// Whether anybody waits for turns.
    pub(crate) const fn has_rate(&self) -> bool {
        self.rate.is_some()
    }

    /// Takes the next turn with a registry, and tells how long it is until then.
    pub(crate) fn turn(&self, registry: &Authority, now: Instant) -> Duration {
        let Some(rate) = self.rate else {
            return Duration::ZERO;
        };
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.len() >= FORGET_AT && !turns.contains_key(registry) {
            // Those whose turn is yet to come are no more than what is asked at a time.
            turns.retain(|_, turn| *turn > now);
        }
        let next = turns.entry(registry.clone()).or_insert(now);
        let turn = (*next).max(now);
        *next = turn + rate.pause();
        turn - now
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn registry(host: &str) -> Authority {
        let repository: doorward_core::Repository = format!("{host}/app").parse().unwrap();
        repository.authority().clone()
    }

    fn pacing(requests: f64) -> Pacing {
        Pacing::new(RequestRate::per_second(requests))
    }

    #[test]
    fn turns_are_as_far_apart_as_the_rate_says() {
        let (pacing, one, now) = (pacing(4.0), registry("r.example"), Instant::now());
        let quarter = Duration::from_millis(250);
        for number in 0..8 {
            assert_eq!(pacing.turn(&one, now), quarter * number);
        }
        // Who comes when the last turn has passed need not wait, and has saved nothing up for the next one.
        let later = now + Duration::from_secs(60);
        assert_eq!(pacing.turn(&one, later), Duration::ZERO);
        assert_eq!(pacing.turn(&one, later), quarter);
        // Who comes in between waits for the rest.
        let between = later + quarter + quarter / 2;
        assert_eq!(pacing.turn(&one, between), quarter / 2);
    }

    #[test]
    fn each_server_has_turns_of_its_own() {
        let (pacing, now) = (pacing(0.5), Instant::now());
        assert_eq!(pacing.turn(&registry("r.example"), now), Duration::ZERO);
        for other in ["r.example:444", "other.example"] {
            assert_eq!(
                pacing.turn(&registry(other), now),
                Duration::ZERO,
                "{other}"
            );
        }
        let two = Duration::from_secs(2);
        assert_eq!(pacing.turn(&registry("r.example"), now), two);
    }

    #[test]
    fn nobody_waits_without_a_rate() {
        let (pacing, one, now) = (Pacing::default(), registry("r.example"), Instant::now());
        for _ in 0..1000 {
            assert_eq!(pacing.turn(&one, now), Duration::ZERO);
        }
        assert!(pacing.turns.lock().unwrap().is_empty());
    }

    #[test]
    fn servers_whose_turn_has_passed_are_forgotten() {
        let (pacing, mut now) = (pacing(1.0), Instant::now());
        for number in 0..10 * FORGET_AT {
            pacing.turn(&registry(&format!("r{number}.example")), now);
            now += Duration::from_secs(1);
        }
        let kept = pacing.turns.lock().unwrap().len();
        assert!(kept <= FORGET_AT, "{kept}");
    }
}
