//! Which servers could not be asked a moment ago.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use url::Url;

/// How long an outage is remembered: about as long as the files of one update are asked for, so that the update stays
/// with the server that answers, and no longer.
const REMEMBERED: Duration = Duration::from_secs(10);
/// The most servers remembered.
const MAX_SERVERS: usize = 256;

/// The servers that were out, and until when that counts. It decides only who is asked first.
#[derive(Default)]
pub(crate) struct Outages(Mutex<HashMap<String, Instant>>);

impl Outages {
    /// Remembers that a server could not be asked.
    pub(super) fn note(&self, server: &Url, now: Instant) {
        let mut outages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if outages.len() >= MAX_SERVERS {
            outages.retain(|_, until| now < *until);
        }
        if outages.len() >= MAX_SERVERS {
            outages.clear();
        }
        outages.insert(server.to_string(), now + REMEMBERED);
    }

    /// A server answered.
    pub(super) fn forget(&self, server: &Url) {
        let mut outages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        outages.remove(server.as_str());
    }

    /// Whether a server could not be asked a moment ago.
    pub(super) fn is_recent(&self, server: &Url, now: Instant) -> bool {
        let outages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        outages
            .get(server.as_str())
            .is_some_and(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> Url {
        text.parse().expect("an URL")
    }

    #[test]
    fn an_outage_is_remembered_for_a_moment_and_for_its_server_alone() {
        let (outages, now) = (Outages::default(), Instant::now());
        let (one, other) = (server("https://n.example/a"), server("https://n.example/b"));
        outages.note(&one, now);
        assert!(outages.is_recent(&one, now + REMEMBERED / 2));
        assert!(!outages.is_recent(&other, now));
        assert!(!outages.is_recent(&one, now + REMEMBERED));
    }

    #[test]
    fn an_answer_ends_an_outage() {
        let (outages, now) = (Outages::default(), Instant::now());
        let one = server("https://n.example/");
        outages.note(&one, now);
        outages.forget(&one);
        assert!(!outages.is_recent(&one, now));
    }

    #[test]
    fn the_memory_is_bounded_and_keeps_the_latest() {
        let (outages, now) = (Outages::default(), Instant::now());
        for number in 0..=MAX_SERVERS {
            outages.note(&server(&format!("https://n{number}.example/")), now);
        }
        assert!(outages.0.lock().expect("not poisoned").len() <= MAX_SERVERS);
        assert!(outages.is_recent(&server(&format!("https://n{MAX_SERVERS}.example/")), now));
    }
}
