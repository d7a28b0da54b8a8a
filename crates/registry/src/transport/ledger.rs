//! What servers did lately, as far as it says whether they can be out.

mod conduct;
mod slots;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::StatusCode;
use url::Host;

use self::conduct::Conduct;
use self::slots::Slots;
use crate::ExchangeKind;
use crate::origin::Origin;

/// How long a server that answered counts as up. Trouble within this time may come of how much it was asked, which
/// the deployer chooses, so that it is no evidence of an outage.
const STILL_UP: Duration = Duration::from_secs(30);
/// How long a server that had a reason to shut this machine out says nothing by being out. Such bans last for minutes.
const PROVOKED: Duration = Duration::from_secs(15 * 60);
/// How long a server that answered is known.
const KNOWN: Duration = Duration::from_secs(10 * 60);
/// More exchanges under way than this are a crowd: a server that bounds the connections of one address may refuse, drop or
/// delay another one because of them.
const CROWD: usize = 4;
/// The most servers known.
const MAX_KNOWN: usize = 1024;
/// How long it is remembered that a connection was kept for later: as long as it is.
pub(crate) const POOL_IDLE: Duration = Duration::from_secs(50);
/// The most servers that connections are kept for.
const MAX_POOLED: usize = 32;

/// What is remembered of servers.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    /// When who answered last, and not that it is in trouble.
    answered: Slots<Option<Instant>>,
    known: HashMap<Origin, Known>,
    /// Exchanges under way.
    open: HashMap<Origin, usize>,
    /// Since when there was no crowd at whom.
    crowded: Slots<Option<Instant>>,
    /// Since when who may have shut this machine out.
    provoked: Slots<Option<Instant>>,
    /// What was asked of whom, and refused.
    conduct: Slots<Conduct>,
    /// Where in `provoked` the token service of a registry stands.
    services: Slots<Option<usize>>,
    pooled: HashMap<Origin, Instant>,
}

/// A server that answered.
struct Known {
    at: Instant,
    /// At which address, if that is the server's.
    address: Option<IpAddr>,
}

/// Whom a bound or a ban is for: all ports of a host, and all hosts of an address.
#[derive(Hash)]
enum Party<'a> {
    Host(&'a Host<String>),
    Address(IpAddr),
}

/// An answer, as far as it is remembered.
pub(crate) struct Answer<'a> {
    pub(crate) origin: &'a Origin,
    /// The address at the other end, where that is the server's.
    pub(crate) address: Option<IpAddr>,
    pub(crate) kind: ExchangeKind,
    /// Whether it is about the first object of a list that is read to its end.
    pub(crate) is_first: bool,
    pub(crate) status: StatusCode,
    /// Whether a credential was in the request, or a token that was had with one.
    pub(crate) is_shown: bool,
}

impl Ledger {
    /// A server answered. `is_trouble` says whether with trouble of its own, or that it is asked too often.
    pub(crate) fn note(&self, answer: &Answer<'_>, is_trouble: bool, now: Instant) {
        let mut pages = self.pages();
        let host = answer.origin.host();
        if !is_trouble {
            *pages.answered.of(answer.origin) = Some(now);
            pages.know(answer, now);
        }
        let is_reason = pages.conduct.of(host).is_reason(answer, now);
        if is_reason {
            pages.provoke(host, answer.address, now);
        }
    }

    /// A server has a reason to shut this machine out.
    pub(crate) fn note_provocation(&self, origin: &Origin, now: Instant) {
        self.pages().provoke(origin.host(), None, now);
    }

    /// A registry sends those who want in to a token service.
    pub(crate) fn note_service(&self, registry: &Origin, service: &Host<String>) {
        let mut pages = self.pages();
        let place = pages.provoked.place(&Party::Host(service));
        *pages.services.of(registry.host()) = Some(place);
    }

    /// Whether a server answered so lately that it counts as up. May be said of one that did not, and never denied of
    /// one that did.
    pub(crate) fn is_up(&self, origin: &Origin, now: Instant) -> bool {
        let answered = *self.pages().answered.of(origin);
        answered.is_some_and(|at| is_within(at, now, STILL_UP))
    }

    /// Whether a server may have shut out this machine for what requesters did, or its token service may have. May be
    /// said of one that has no reason to.
    pub(crate) fn is_provoked(&self, origin: &Origin, now: Instant) -> bool {
        let mut pages = self.pages();
        let own = *pages.provoked.of(&Party::Host(origin.host()));
        let service = *pages.services.of(origin.host());
        let service = service.and_then(|place| *pages.provoked.at(place));
        [own, service]
            .into_iter()
            .flatten()
            .any(|at| is_within(at, now, PROVOKED))
    }

    /// The same as [`Ledger::is_provoked`], of whatever is at an address: a server may have several names.
    pub(crate) fn is_address_provoked(&self, address: IpAddr, now: Instant) -> bool {
        let at = *self
            .pages()
            .provoked
            .of(&Party::Address(address.to_canonical()));
        at.is_some_and(|at| is_within(at, now, PROVOKED))
    }

    /// Whether a server answered in the last while.
    pub(crate) fn is_known(&self, origin: &Origin, now: Instant) -> bool {
        let pages = self.pages();
        let known = pages.known.get(origin);
        known.is_some_and(|known| is_within(known.at, now, KNOWN))
    }

    /// Whether a server of this name answered in the last while.
    pub(crate) fn knows_name(&self, name: &str, now: Instant) -> bool {
        self.pages().known.iter().any(|(origin, known)| {
            is_within(known.at, now, KNOWN)
                && matches!(origin.host(), Host::Domain(known) if known == name)
        })
    }

    /// An exchange begins. It is under way until the result is dropped.
    pub(crate) fn begin(self: &Arc<Self>, origin: &Origin, now: Instant) -> Underway {
        let mut pages = self.pages();
        let open = pages.open.entry(origin.clone()).or_default();
        *open += 1;
        if *open > CROWD {
            pages.note_crowd(origin, now);
        }
        Underway {
            ledger: Arc::clone(self),
            origin: origin.clone(),
        }
    }

    /// Whether so many exchanges are under way, or were a moment ago, that they may be why a server does not answer
    /// another one: with its host, or with what has its address, as far as addresses are known.
    pub(crate) fn is_crowded(&self, origin: &Origin, now: Instant) -> bool {
        let mut pages = self.pages();
        let own = pages.address_of(origin);
        let near = pages.open.iter().filter(|(other, _)| {
            other.host() == origin.host()
                || match (own, pages.address_of(other)) {
                    (Some(own), Some(other)) => own == other,
                    _ => true,
                }
        });
        if near.map(|(_, open)| open).sum::<usize>() > CROWD {
            pages.note_crowd(origin, now);
        }
        let here = *pages.crowded.of(&Party::Host(origin.host()));
        let there = own.and_then(|own| *pages.crowded.of(&Party::Address(own)));
        [here, there]
            .into_iter()
            .flatten()
            .any(|at| is_within(at, now, STILL_UP))
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

    /// Notes a good answer.
    #[cfg(test)]
    pub(crate) fn answered(&self, origin: &Origin, now: Instant) {
        let answer = Answer {
            origin,
            address: None,
            kind: ExchangeKind::Manifest,
            is_first: false,
            status: StatusCode::OK,
            is_shown: false,
        };
        self.note(&answer, false, now);
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn address_of(&self, origin: &Origin) -> Option<IpAddr> {
        self.known.get(origin).and_then(|known| known.address)
    }

    fn note_crowd(&mut self, origin: &Origin, now: Instant) {
        let address = self.address_of(origin);
        *self.crowded.of(&Party::Host(origin.host())) = Some(now);
        if let Some(address) = address {
            *self.crowded.of(&Party::Address(address)) = Some(now);
        }
    }

    fn know(&mut self, answer: &Answer<'_>, now: Instant) {
        let origin = answer.origin;
        if self.known.len() >= MAX_KNOWN && !self.known.contains_key(origin) {
            self.known
                .retain(|_, known| is_within(known.at, now, KNOWN));
        }
        if self.known.len() >= MAX_KNOWN && !self.known.contains_key(origin) {
            let oldest = self.known.iter().min_by_key(|(_, known)| known.at);
            if let Some(oldest) = oldest.map(|(origin, _)| origin.clone()) {
                self.known.remove(&oldest);
            }
        }
        let address = answer.address.map(|address| address.to_canonical());
        self.known
            .insert(origin.clone(), Known { at: now, address });
    }

    fn provoke(&mut self, host: &Host<String>, address: Option<IpAddr>, now: Instant) {
        *self.provoked.of(&Party::Host(host)) = Some(now);
        if let Some(address) = address {
            *self.provoked.of(&Party::Address(address.to_canonical())) = Some(now);
        }
    }
}

/// An exchange that is under way.
pub(crate) struct Underway {
    ledger: Arc<Ledger>,
    origin: Origin,
}

impl Drop for Underway {
    fn drop(&mut self) {
        let mut pages = self.ledger.pages();
        if let Some(open) = pages.open.get_mut(&self.origin) {
            *open = open.saturating_sub(1);
            if *open == 0 {
                pages.open.remove(&self.origin);
            }
        }
    }
}

fn is_within(at: Instant, now: Instant, span: Duration) -> bool {
    now.saturating_duration_since(at) < span
}

#[cfg(test)]
mod tests;
