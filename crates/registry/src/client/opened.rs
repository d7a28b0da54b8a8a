//! Which identity opened what.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Fingerprint;
use crate::auth::Scope;
use crate::challenge::Challenges;
use crate::space::ProtectionSpace;

/// How long it is remembered which identity opened a space.
const REMEMBERED: Duration = Duration::from_secs(10 * 60);
/// The most spaces remembered.
const MAX_OPENED: usize = 4096;

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
type Key = (Fingerprint, String, Scope);

/// What was opened, by which of the identities of a keychain.
#[derive(Default)]
pub(crate) struct Openings(Mutex<HashMap<Key, (Opened, Instant)>>);

impl Openings {
    pub(super) fn find(
        &self,
        keychain: Fingerprint,
        space: &ProtectionSpace,
        now: Instant,
    ) -> Option<Opened> {
        let openings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (opened, until) = openings.get(&key(keychain, space))?;
        (now < *until).then(|| opened.clone())
    }

    pub(super) fn keep(
        &self,
        keychain: Fingerprint,
        space: &ProtectionSpace,
        opened: Opened,
        now: Instant,
    ) {
        let mut openings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if openings.len() >= MAX_OPENED {
            openings.retain(|_, (_, until)| now < *until);
        }
        if openings.len() >= MAX_OPENED {
            openings.clear();
        }
        openings.insert(key(keychain, space), (opened, now + REMEMBERED));
    }
}

fn key(keychain: Fingerprint, space: &ProtectionSpace) -> Key {
    (keychain, space.server(), space.scope.clone())
}
