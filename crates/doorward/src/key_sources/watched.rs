//! What is known of one source.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use doorward_core::Timestamp;
use doorward_policy::KeySource;

use super::KeyChange;
use super::key::Key;
use crate::secrets::{KeySourceError, Secret};

/// How often a source is asked, in seconds, a tenth more or less.
const EVERY: i64 = 60 * 60;
/// How long one that failed is left alone, in seconds; twice as long after each time, up to [`EVERY`].
const PATIENCE: i64 = 15;
/// How long a key with a pin counts after it was last served, in seconds.
const KEPT_PINNED: i64 = 30 * 24 * 60 * 60;
/// How long one without counts, in seconds.
const KEPT: i64 = 24 * 60 * 60;
/// How far the clocks of those may differ who share a memory, in seconds.
const SKEW: i64 = 300;

/// What is known of one source.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// Whether its key is remembered for the next process.
    pub(super) is_kept: bool,
    /// Its place among those that are asked.
    pub(super) rank: usize,
    held: Option<Held>,
    /// The keys of which a revocation was ever seen, here or by a process whose memory is shared.
    revoked: BTreeSet<String>,
    /// Why it gave no key when it was last asked, and how often in a row.
    failed: Option<(KeySourceError, u32)>,
    /// `None` if it was never asked.
    turn: Option<Turn>,
    has_begun: bool,
}

/// When a source was last asked, and when it is to be asked next.
#[derive(Debug)]
struct Turn {
    asked: Timestamp,
    next: Timestamp,
}

#[derive(Debug)]
struct Held {
    key: Key,
    asked: Timestamp,
}

impl Watched {
    /// The key, if one counts.
    pub(super) fn get(
        &self,
        source: &KeySource,
        now: Timestamp,
    ) -> Result<Arc<Secret>, KeySourceError> {
        let held = self.held.as_ref();
        if let Some(held) = held.filter(|held| held.counts_at(source, now)) {
            return Ok(Arc::clone(&held.key.secret));
        }
        if let Some((error, _)) = &self.failed {
            return Err(error.clone());
        }
        let why = match held {
            Some(held) if held.is_yet_to_come_at(now) => {
                "it was last served at a time that is yet to come, because the clock was set back"
            }
            _ => "it was not asked yet",
        };
        Err(KeySourceError::Unavailable {
            detail: format!("{why}; it is asked in the background, and never while an image waits"),
        })
    }

    /// When the key that is held stops counting, if it is not served again.
    pub(super) fn end(&self, source: &KeySource) -> Option<Timestamp> {
        self.held.as_ref().map(|held| held.end(source))
    }

    pub(super) fn is_due_at(&self, now: Timestamp) -> bool {
        // A clock that was ahead must not put it off.
        self.turn
            .as_ref()
            .is_none_or(|turn| turn.next <= now || turn.asked.since(now) > SKEW)
    }

    /// Says whether its key is remembered. Nobody has looked at what is remembered of one for which that begins.
    pub(super) const fn keep(&mut self, is_kept: bool) {
        if is_kept && !self.is_kept {
            self.has_begun = false;
            self.turn = None;
        }
        self.is_kept = is_kept;
    }

    /// Whether it is looked at for the first time.
    pub(super) const fn begin(&mut self) -> bool {
        !std::mem::replace(&mut self.has_begun, true)
    }

    /// Takes over what is remembered, if it counts still.
    pub(super) fn recall(
        &mut self,
        source: &KeySource,
        key: Key,
        asked: Timestamp,
        now: Timestamp,
        seed: u64,
    ) {
        // A revocation does not end with the time for which the key is kept.
        self.revoked.extend(key.revoked.iter().cloned());
        // What was served since is younger, and what is older than a revocation is an older copy.
        if self.held.as_ref().is_some_and(|held| held.asked >= asked) {
            return;
        }
        let Ok(key) = self.not_brought_back(key) else {
            return;
        };
        let held = Held { key, asked };
        if !held.counts_at(source, now) {
            return;
        }
        let next = asked.plus(around(seed, source));
        self.turn = Some(Turn { asked, next });
        self.held = Some(held);
    }

    /// The key, unless it is one that was revoked in what was served before and is not any more: nothing undoes a revocation
    /// (RFC 9580, section 5.2.1.11), so that this is an older copy.
    fn not_brought_back(&self, key: Key) -> Result<Key, KeySourceError> {
        match self.revoked.difference(&key.revoked).next() {
            None => Ok(key),
            Some(revoked) => Err(KeySourceError::Invalid {
                detail: format!(
                    "what is served does not say any more that the key {revoked} was revoked: it is older than what was served before"
                ),
            }),
        }
    }

    /// Takes over what was said, and tells how it compares with what was held.
    pub(super) fn take(
        &mut self,
        said: Result<Key, KeySourceError>,
        now: Timestamp,
        seed: u64,
        source: &KeySource,
    ) -> Result<KeyChange, KeySourceError> {
        let key = match said.and_then(|key| self.not_brought_back(key)) {
            Ok(key) => key,
            Err(error) => {
                let times = self.failed.as_ref().map_or(0, |(_, times)| *times);
                let wait = PATIENCE.saturating_mul(1_i64.checked_shl(times.min(16)).unwrap_or(1));
                let wait = wait.min(around(seed, source));
                self.failed = Some((error.clone(), times.saturating_add(1)));
                self.turn = Some(Turn {
                    asked: now,
                    next: now.plus(wait),
                });
                return Err(error);
            }
        };
        let now_is = key.fingerprint.clone();
        let before = self.held.as_ref().map(|held| &held.key.fingerprint);
        let change = match before {
            None => KeyChange::First(now_is),
            // What has its pin is no other key, whatever else the file says of it.
            Some(before) if *before == now_is || source.pin().is_some() => KeyChange::Same,
            Some(before) => KeyChange::Exchanged {
                before: before.clone(),
                now: now_is,
            },
        };
        self.revoked.extend(key.revoked.iter().cloned());
        self.held = Some(Held { key, asked: now });
        self.failed = None;
        self.turn = Some(Turn {
            asked: now,
            next: now.plus(around(seed, source)),
        });
        Ok(change)
    }
}

impl Held {
    /// Whether it counts: served by now, as far as clocks agree, and not too long ago.
    fn counts_at(&self, source: &KeySource, now: Timestamp) -> bool {
        !self.is_yet_to_come_at(now) && now < self.end(source)
    }

    /// Whether it was served at a time that has not come, so that nobody knows how old it is.
    fn is_yet_to_come_at(&self, now: Timestamp) -> bool {
        self.asked.since(now) > SKEW
    }

    fn end(&self, source: &KeySource) -> Timestamp {
        self.asked.plus(match source.pin() {
            Some(_) => KEPT_PINNED,
            None => KEPT,
        })
    }
}

/// About an hour, another one for each source and process.
fn around(seed: u64, source: &KeySource) -> i64 {
    let mut hasher = DefaultHasher::new();
    (seed, source).hash(&mut hasher);
    let fifth = i64::try_from(hasher.finish() % 720).unwrap_or_default();
    EVERY - EVERY / 10 + fifth
}
