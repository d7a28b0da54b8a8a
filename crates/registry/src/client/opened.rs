//! Which identity opened what.

use std::time::{Duration, Instant};

use crate::Fingerprint;
use crate::auth::scope::Scope;
use crate::challenge::Challenges;
use crate::kept::{Kept, Weight};
use crate::space::ProtectionSpace;

/// How long it is remembered which identity opened a space.
const REMEMBERED: Duration = Duration::from_secs(10 * 60);
/// The most spaces remembered.
const MAX_OPENED: usize = 4096;
/// The most bytes of all that is remembered: 4096 of the usual half a KiB, or 300 of the longest.
const MAX_BYTES: usize = 8 << 20;

/// How a space was opened, so that the next fetch begins there.
#[derive(Clone)]
pub(super) struct Opened {
    /// Nothing for the anonymous one.
    pub(super) identity: Option<Fingerprint>,
    pub(super) asks: Asks,
}

/// What a server asks for.
#[derive(Clone)]
pub(super) struct Asks {
    pub(super) challenges: Challenges,
    pub(super) scope: Scope,
}

/// The keychain, the server, and what is opened there under the name that we know.
#[derive(PartialEq, Eq, Hash)]
struct Key(Fingerprint, String, Scope);

impl Weight for Key {
    fn weight(&self) -> usize {
        self.1.len() + self.2.weight()
    }
}

impl Weight for Opened {
    fn weight(&self) -> usize {
        self.asks.challenges.weight() + self.asks.scope.weight()
    }
}

/// What was opened, by which of the identities of a keychain.
pub(crate) struct Openings(Kept<Key, Opened>);

impl Default for Openings {
    fn default() -> Self {
        Self(Kept::within(MAX_OPENED, MAX_BYTES))
    }
}

impl Openings {
    pub(super) fn find(
        &self,
        keychain: Fingerprint,
        space: &ProtectionSpace,
        now: Instant,
    ) -> Option<Opened> {
        self.0.find(&key(keychain, space), now)
    }

    pub(super) fn keep(
        &self,
        keychain: Fingerprint,
        space: &ProtectionSpace,
        opened: Opened,
        now: Instant,
    ) {
        let until = now + REMEMBERED;
        self.0.keep(key(keychain, space), opened, until, now);
    }
}

fn key(keychain: Fingerprint, space: &ProtectionSpace) -> Key {
    Key(keychain, space.server(), space.scope.clone())
}
