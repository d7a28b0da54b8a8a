//! When which server answered last.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use url::Host;

use crate::origin::Origin;

/// How long a server that answered counts as up. Trouble within this time may come of how much it was asked, which
/// the deployer chooses, so that it is no evidence of an outage.
const STILL_UP: Duration = Duration::from_secs(30);
/// How long a server that refused a credential says nothing by being out: it may have shut out who showed it. Such bans
/// last for minutes.
const PROVOKED: Duration = Duration::from_secs(15 * 60);
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
    answered: Times<Origin>,
    /// By host: a ban is for all its ports.
    provoked: Times<Host<String>>,
    pooled: HashMap<Origin, Instant>,
}

/// When something was last seen of whom. Of a bounded number; whom it had to forget is not known to be missing.
struct Times<K> {
    seen: HashMap<K, Instant>,
    /// When one had to be forgotten, and what its time was.
    forgot: Option<(Instant, Instant)>,
}

impl<K> Default for Times<K> {
    fn default() -> Self {
        Self {
            seen: HashMap::new(),
            forgot: None,
        }
    }
}

impl<K: Clone + Eq + Hash> Times<K> {
    /// Notes that `key` was seen now. What is older than `span` makes room first.
    fn note(&mut self, key: &K, span: Duration, now: Instant) {
        if self.seen.len() >= MAX_ORIGINS && !self.seen.contains_key(key) {
            self.seen.retain(|_, at| is_within(*at, now, span));
        }
        if self.seen.len() >= MAX_ORIGINS && !self.seen.contains_key(key) {
            let oldest = self.seen.iter().min_by_key(|(_, at)| **at);
            if let Some((oldest, at)) = oldest.map(|(key, at)| (key.clone(), *at)) {
                self.seen.remove(&oldest);
                self.forgot = Some((now, at));
            }
        }
        self.seen.insert(key.clone(), now);
    }

    /// Whether `key` was seen within `span`.
    fn has(&self, key: &K, span: Duration, now: Instant) -> bool {
        self.seen
            .get(key)
            .is_some_and(|at| is_within(*at, now, span))
    }

    /// The same, or it is not known any more whether it was.
    fn may_have(&self, key: &K, span: Duration, now: Instant) -> bool {
        let was_recent = |(when, at): (Instant, Instant)| {
            is_within(at, when, span) && is_within(when, now, span)
        };
        self.has(key, span, now) || self.forgot.is_some_and(was_recent)
    }
}

impl Ledger {
    /// A server answered, and not that it is in trouble or asked too often.
    pub(crate) fn note_answer(&self, origin: &Origin, now: Instant) {
        self.pages().answered.note(origin, KNOWN, now);
    }

    /// A server refused a credential that was shown to it or to its token service.
    pub(crate) fn note_refusal(&self, origin: &Origin, now: Instant) {
        self.pages().provoked.note(origin.host(), PROVOKED, now);
    }

    /// Whether a server answered so lately that it counts as up, or it is not known any more whether it did.
    pub(crate) fn is_up(&self, origin: &Origin, now: Instant) -> bool {
        self.pages().answered.may_have(origin, STILL_UP, now)
    }

    /// Whether a server may have shut out this machine for the credentials that were shown.
    pub(crate) fn is_provoked(&self, origin: &Origin, now: Instant) -> bool {
        self.pages().provoked.may_have(origin.host(), PROVOKED, now)
    }

    /// Whether a server answered in the last while.
    pub(crate) fn is_known(&self, origin: &Origin, now: Instant) -> bool {
        self.pages().answered.has(origin, KNOWN, now)
    }

    /// Whether a server of this name answered in the last while.
    pub(crate) fn knows_name(&self, name: &str, now: Instant) -> bool {
        self.pages().answered.seen.iter().any(|(origin, at)| {
            is_within(*at, now, KNOWN)
                && matches!(origin.host(), Host::Domain(known) if known == name)
        })
    }

    /// Whether a connection to a server may be kept for later. Only a bounded number of servers gets that.
    pub(crate) fn may_pool(&self, origin: &Origin, now: Instant) -> bool {
        let pooled = &mut self.pages().pooled;
        if pooled.len() >= MAX_POOLED && !pooled.contains_key(origin) {
            pooled.retain(|_, at| is_within(*at, now, POOL_IDLE));
        }
        if pooled.len() >= MAX_POOLED && !pooled.contains_key(origin) {
            return false;
        }
        pooled.insert(origin.clone(), now);
        true
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
    fn a_server_that_refused_a_credential_says_nothing_by_being_out_on_any_port_for_a_while() {
        let (ledger, now) = (Ledger::default(), Instant::now());
        let at = |url: &str| Origin::of(&url.parse().expect("an URL")).expect("one");
        ledger.note_refusal(&at("https://h.example"), now);
        for url in [
            "https://h.example",
            "http://h.example",
            "https://h.example:5000",
        ] {
            assert!(ledger.is_provoked(&at(url), now), "{url}");
            assert!(!ledger.is_provoked(&at(url), now + PROVOKED), "{url}");
        }
        assert!(!ledger.is_provoked(&at("https://i.example"), now));
        for number in 0..=3 * MAX_ORIGINS {
            ledger.note_refusal(&origin(number), now);
        }
        assert!(ledger.is_provoked(&at("https://h.example"), now));
        assert!(!ledger.is_provoked(&at("https://h.example"), now + PROVOKED));
    }

    #[test]
    fn a_name_is_known_by_any_server_that_has_it() {
        let (ledger, now) = (Ledger::default(), Instant::now());
        ledger.note_answer(&origin(1), now);
        assert!(ledger.knows_name("h1.example", now));
        assert!(!ledger.knows_name("h2.example", now));
        assert!(!ledger.knows_name("h1.example", now + KNOWN));
    }

    #[test]
    fn many_servers_cannot_make_it_forget_that_one_is_up() {
        let (ledger, now) = (Ledger::default(), Instant::now());
        for number in 0..=3 * MAX_ORIGINS {
            ledger.note_answer(&origin(number), now);
        }
        assert!(ledger.is_up(&origin(0), now));
        assert!(!ledger.is_up(&origin(0), now + STILL_UP));
        assert!(ledger.0.lock().expect("not poisoned").answered.seen.len() <= MAX_ORIGINS);
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
