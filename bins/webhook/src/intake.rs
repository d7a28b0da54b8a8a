//! Bodies on their way in, and reviews that are judged: each within bounds of its own.
//!
//! A body takes no place among the reviews that are judged until all of it is there. Bodies have a bound on their
//! number, their bytes and their time; over it, one of the peer that has most makes room, the oldest first. The API
//! server sends a body at once, so that none of its own is ever the oldest for long.

mod places;

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes};
use doorward_kube::Limits;
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

use crate::connection::Working;
use crate::fair::{Fair, Peer};

pub(crate) use places::{Place, Places};

/// Bodies in progress. The API server has as many only if more than a thousand of its requests arrive in the same
/// moment.
const BODIES: usize = 1_024;
/// The bytes of all bodies in progress, in bodies of the largest size that is read.
const LARGEST_BODIES: usize = 8;

/// A request whose body is there.
pub(crate) struct Posted {
    pub(crate) body: ReviewBody,
    pub(crate) waiting: Waiting,
}

/// Somebody who waits for the answer to a request.
pub(crate) struct Waiting {
    /// For whose share it counts.
    pub(crate) peer: Peer,
    /// Where it may be judged, if there is room.
    pub(crate) place: Option<Place>,
    /// Keeps the connection from being closed for another one.
    pub(crate) working: Option<Working>,
    /// When its first byte came.
    pub(crate) started: Instant,
    /// When it has to be answered.
    pub(crate) end: Instant,
}

impl Posted {
    /// What the body says. Its bytes make room for the next ones.
    pub(crate) fn parse<T>(self, read: impl FnOnce(&[u8], &Limits) -> T) -> (T, Waiting) {
        (read(&self.body, &limits(&self.body)), self.waiting)
    }
}

/// The bounds within which a body is read: it is within its own already, or it would not be here.
pub(crate) fn limits(body: &ReviewBody) -> Limits {
    let mut limits = Limits::default();
    limits.bytes = limits.bytes.max(body.len());
    limits
}

/// The bodies that are being read.
#[derive(Debug)]
pub(crate) struct Bodies {
    count: usize,
    bytes: usize,
    largest: usize,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    bodies: Fair<u64, usize>,
    next: u64,
    bytes: usize,
}

impl Bodies {
    /// Bodies of up to `largest` bytes each.
    pub(crate) fn new(largest: usize) -> Arc<Self> {
        Self::within(BODIES, largest.saturating_mul(LARGEST_BODIES), largest)
    }

    fn within(count: usize, bytes: usize, largest: usize) -> Arc<Self> {
        let held = Held {
            bodies: Fair::new(),
            next: 0,
            bytes: 0,
        };
        Arc::new(Self {
            count,
            bytes,
            largest,
            held: Mutex::new(held),
        })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a body to its end, until `end` at the latest.
    ///
    /// # Errors
    /// Why there is no body.
    pub(crate) async fn read(
        self: &Arc<Self>,
        peer: Peer,
        mut body: Body,
        end: Instant,
    ) -> Result<ReviewBody, Unread> {
        use axum::body::HttpBody;

        if usize::try_from(body.size_hint().lower()).map_or(true, |bytes| bytes > self.largest) {
            return Err(Unread::TooLarge);
        }
        let (place, mut leave) = self.enter(peer);
        let mut bytes: Vec<u8> = Vec::new();
        loop {
            let frame = tokio::select! {
                biased;
                _ = &mut leave => return Err(Unread::GaveWay),
                frame = timeout_at(end, body.frame()) => frame,
            };
            match frame {
                Err(_) => return Err(Unread::TooSlow),
                Ok(None) => break,
                Ok(Some(Err(_))) => return Err(Unread::Broken),
                Ok(Some(Ok(frame))) => {
                    let Ok(data) = frame.into_data() else {
                        continue;
                    };
                    if data.len() > self.largest - bytes.len() {
                        return Err(Unread::TooLarge);
                    }
                    if !place.grows(data.len()) {
                        return Err(Unread::GaveWay);
                    }
                    bytes.extend_from_slice(&data);
                }
            }
        }
        Ok(ReviewBody {
            bytes: bytes.into(),
            _place: place,
        })
    }

    fn enter(self: &Arc<Self>, peer: Peer) -> (BodyPlace, crate::fair::Leave) {
        let mut held = self.held();
        let id = held.next;
        held.next += 1;
        let leave = held.bodies.enter(id, peer, 0);
        if held.bodies.len() > self.count {
            let gone = held.bodies.evict(|_| 1, |_| true);
            held.bytes -= gone.unwrap_or_default();
        }
        let place = BodyPlace {
            bodies: Arc::clone(self),
            id,
        };
        (place, leave)
    }
}

/// The place of a body, as long as its bytes are held.
#[derive(Debug)]
struct BodyPlace {
    bodies: Arc<Bodies>,
    id: u64,
}

impl BodyPlace {
    /// Counts more bytes. `false`, if this body has to make room itself.
    fn grows(&self, more: usize) -> bool {
        let mut held = self.bodies.held();
        let Some(bytes) = held.bodies.detail(&self.id) else {
            return false;
        };
        *bytes += more;
        held.bytes += more;
        while held.bytes > self.bodies.bytes {
            match held.bodies.evict(|bytes| *bytes, |bytes| *bytes > 0) {
                Some(gone) => held.bytes -= gone,
                None => break,
            }
        }
        held.bodies.detail(&self.id).is_some()
    }
}

impl Drop for BodyPlace {
    fn drop(&mut self) {
        let mut held = self.bodies.held();
        let bytes = held.bodies.remove(&self.id).unwrap_or_default();
        held.bytes -= bytes;
    }
}

/// A body that is there, with its place. Drop it as soon as it has been parsed.
#[derive(Debug)]
pub(crate) struct ReviewBody {
    bytes: Bytes,
    _place: BodyPlace,
}

impl Deref for ReviewBody {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It broke off, or was not framed as it must be.
    Broken,
    /// Too many were on their way, and this one had been for longest.
    GaveWay,
    /// It has more bytes than are read.
    TooLarge,
    /// It did not come in time.
    TooSlow,
}

#[cfg(test)]
mod tests;
