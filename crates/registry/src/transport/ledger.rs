//! When which server answered last.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::origin::Origin;

/// How long a server that answered counts as up. Trouble within this time may come of how much it was asked, which
/// the deployer chooses, so that it is no evidence of an outage.
const STILL_UP: Duration = Duration::from_secs(30);
/// How long a server that answered is known.
const KNOWN: Duration = Duration::from_secs(10 * 60);
/// The most servers remembered.
const MAX_ORIGINS: usize = 1024;
/// How long it is remembered that a connection was kept for later: as long as it is.
pub(crate) const POOL_IDLE: Duration = Duration::from_secs(50);
/// The most servers that connections are kept for.
const MAX_POOLED: usize = 32;

/// What is remembered of servers.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    answered: HashMap<Origin, Instant>,
    pooled: HashMap<Origin, Instant>,
    /// When a server had to be forgotten that still counted as up.
    forgot: Option<Instant>,
}

impl Ledger {
    /// A server answered, and not that it is in trouble or asked too often.
    pub(crate) fn note_answer(&self, origin: &Origin, now: Instant) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pages.answered.len() >= MAX_ORIGINS && !pages.answered.contains_key(origin) {
            pages.answered.retain(|_, at| is_within(*at, now, KNOWN));
        }
        if pages.answered.len() >= MAX_ORIGINS && !pages.answered.contains_key(origin) {
            let oldest = pages
                .answered
                .iter()
                .min_by_key(|(_, at)| **at)
                .map(|(origin, at)| (origin.clone(), *at));
            if let Some((oldest, at)) = oldest {
                pages.answered.remove(&oldest);
                if is_within(at, now, STILL_UP) {
                    pages.forgot = Some(now);
                }
            }
        }
        pages.answered.insert(origin.clone(), now);
    }

    /// Whether a server answered so lately that it counts as up, or it is not known any more whether it did.
    pub(crate) fn is_up(&self, origin: &Origin, now: Instant) -> bool {
        let pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = |at: &Instant| is_within(*at, now, STILL_UP);
        pages.answered.get(origin).is_some_and(lately) || pages.forgot.as_ref().is_some_and(lately)
    }

    /// Whether a server answered in the last while.
    pub(crate) fn is_known(&self, origin: &Origin, now: Instant) -> bool {
        let pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |at: &Instant| is_within(*at, now, KNOWN);
        pages.answered.get(origin).is_some_and(known)
    }

    /// Whether a connection to a server may be kept for later. Only a bounded number of servers gets that.
    pub(crate) fn may_pool(&self, origin: &Origin, now: Instant) -> bool {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pages.pooled.len() >= MAX_POOLED && !pages.pooled.contains_key(origin) {
            pages.pooled.retain(|_, at| is_within(*at, now, POOL_IDLE));
        }
        if pages.pooled.len() >= MAX_POOLED && !pages.pooled.contains_key(origin) {
            return false;
        }
        pages.pooled.insert(origin.clone(), now);
        true
    }
}

fn is_within(at: Instant, now: Instant, span: Duration) -> bool {
    now.saturating_duration_since(at) < span
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(number: usize) -> Origin {
        Origin::of(
            &format!("https://h{number}.example")
                .parse()
                .expect("an URL"),
        )
        .expect("one")
    }

    #[test]
    fn a_server_that_answered_is_up_for_a_moment_and_known_for_a_while() {
        let (ledger, now) = (Ledger::default(), Instant::now());
        assert!(!ledger.is_up(&origin(1), now) && !ledger.is_known(&origin(1), now));
        ledger.note_answer(&origin(1), now);
        assert!(ledger.is_up(&origin(1), now) && ledger.is_known(&origin(1), now));
        assert!(!ledger.is_up(&origin(2), now));
        assert!(!ledger.is_up(&origin(1), now + STILL_UP));
        assert!(ledger.is_known(&origin(1), now + STILL_UP));
        assert!(!ledger.is_known(&origin(1), now + KNOWN));
    }

    #[test]
    fn many_servers_cannot_make_it_forget_that_one_is_up() {
        let (ledger, now) = (Ledger::default(), Instant::now());
        for number in 0..=3 * MAX_ORIGINS {
            ledger.note_answer(&origin(number), now);
        }
        assert!(ledger.is_up(&origin(0), now));
        assert!(!ledger.is_up(&origin(0), now + STILL_UP));
        assert!(ledger.0.lock().expect("not poisoned").answered.len() <= MAX_ORIGINS);
    }

    #[test]
    fn connections_are_kept_for_a_bounded_number_of_servers() {
        let (ledger, now) = (Ledger::default(), Instant::now());
        let pooled = (0..1000).filter(|n| ledger.may_pool(&origin(*n), now));
        assert_eq!(pooled.count(), MAX_POOLED);
        assert!(ledger.may_pool(&origin(0), now));
        assert!(!ledger.may_pool(&origin(999), now));
        assert!(ledger.may_pool(&origin(999), now + POOL_IDLE));
    }
}
