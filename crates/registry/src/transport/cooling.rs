//! Servers that want to be asked less.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Fingerprint;
use crate::origin::Origin;

/// The longest time that a server is left alone because it said so. Limits of registries last for hours, and nobody should
/// have to start this program again when one is lifted.
const LONGEST: Duration = Duration::from_secs(60);
/// How long it is left alone that did not say how long.
const UNSAID: Duration = Duration::from_secs(1);
/// The most servers and accounts that are remembered.
const MOST: usize = 1024;

/// Whom a limit is for: who asks a server. That is an account, or everybody who shows none.
///
/// A limit that one account has reached is no reason to keep another one waiting.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Asker {
    pub(super) origin: Origin,
    pub(super) account: Option<Fingerprint>,
}

/// Until when whom not to ask.
///
/// One answer of status 429 (RFC 6585, section 4) holds back everyone who would ask in the same name: more questions would be
/// answered alike, and prolong it.
#[derive(Debug, Default)]
pub(crate) struct Cooling(Mutex<HashMap<Asker, Instant>>);

impl Cooling {
    /// How long to wait before this server is asked. `None` if it can be asked now.
    pub(super) fn wait(&self, asker: &Asker, now: Instant) -> Option<Duration> {
        let until = *self.locked().get(asker)?;
        until
            .checked_duration_since(now)
            .filter(|left| !left.is_zero())
    }

    /// Takes note that a server wants to be left alone, and for how long if it said so.
    pub(super) fn note(&self, asker: &Asker, asked_for: Option<Duration>, now: Instant) {
        let span = asked_for.unwrap_or(UNSAID).min(LONGEST);
        let mut held = self.locked();
        if held.len() >= MOST && !held.contains_key(asker) {
            held.retain(|_, until| *until > now);
            if held.len() >= MOST {
                // To fill this gains no more than that servers say again what they said.
                held.clear();
            }
        }
        let until = held.entry(asker.clone()).or_insert(now);
        *until = (*until).max(now + span);
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<Asker, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn asker(host: &str, account: Option<&str>) -> Asker {
        let url = format!("https://{host}/").parse().unwrap();
        Asker {
            origin: Origin::of(&url).unwrap(),
            account: account.map(|name| Fingerprint::of([name.as_bytes()])),
        }
    }

    #[test]
    fn a_server_is_left_alone_for_as_long_as_it_said_and_no_longer_than_a_minute() {
        let (cooling, now) = (Cooling::default(), Instant::now());
        let second = Duration::from_secs(1);
        for (said, expected) in [
            (Some(3 * second), 3 * second),
            (None, UNSAID),
            (Some(Duration::from_secs(86_400)), LONGEST),
        ] {
            let one = asker(&format!("r{}.example", expected.as_secs()), None);
            assert_eq!(cooling.wait(&one, now), None);
            cooling.note(&one, said, now);
            assert_eq!(cooling.wait(&one, now), Some(expected));
            assert_eq!(cooling.wait(&one, now + expected), None);
        }
    }

    #[test]
    fn no_other_server_and_no_other_account_is_held_back() {
        let (cooling, now) = (Cooling::default(), Instant::now());
        cooling.note(&asker("r.example", Some("one")), None, now);
        for other in [
            asker("r.example", Some("other")),
            asker("r.example", None),
            asker("r.example:444", Some("one")),
            asker("other.example", Some("one")),
        ] {
            assert_eq!(cooling.wait(&other, now), None, "{other:?}");
        }
    }

    #[test]
    fn a_later_answer_does_not_shorten_what_an_earlier_one_asked_for() {
        let (cooling, now) = (Cooling::default(), Instant::now());
        let one = asker("r.example", None);
        cooling.note(&one, Some(Duration::from_secs(9)), now);
        cooling.note(&one, Some(Duration::ZERO), now);
        assert_eq!(cooling.wait(&one, now), Some(Duration::from_secs(9)));
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let (cooling, now) = (Cooling::default(), Instant::now());
        for number in 0..2 * MOST {
            cooling.note(&asker(&format!("r{number}.example"), None), None, now);
            assert!(cooling.locked().len() <= MOST);
        }
    }
}
