//! Notices that wait to be written, and those that were.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::Notice;
use crate::client::turns::{Entered, Turns};

/// How long the same notice is only counted after it was written.
const QUIET: Duration = Duration::from_secs(60);
/// Notices of one namespace that are remembered.
const KNOWN_OF_ONE: usize = 256;
/// Namespaces of which something is remembered.
const NAMESPACES: usize = 1024;

/// Where notices are put, each namespace's by themselves.
#[derive(Debug, Default)]
pub(super) struct Board {
    notices: Mutex<Notices>,
    is_put: Notify,
}

/// A notice that is to be written.
#[derive(Debug, PartialEq)]
pub(super) struct Due {
    pub(super) notice: Notice,
    /// How often it happened since it was written last.
    pub(super) count: u64,
}

#[derive(Debug, Default)]
struct Notices {
    corners: BTreeMap<String, Corner>,
    /// Those that wait, with the names of their events.
    waiting: Turns<(String, Notice)>,
}

/// What is remembered of the notices of one namespace, by the names of their events.
#[derive(Debug, Default)]
struct Corner {
    known: HashMap<String, Known>,
}

/// What is remembered of a notice.
#[derive(Debug)]
struct Known {
    /// When it was written last; none while it waits for the first time.
    last: Option<Instant>,
    is_waiting: bool,
    /// How often it happened since.
    since: u64,
}

impl Board {
    /// Puts a notice up, whose event has this name. Returns whether there was room for it without another one going.
    pub(super) fn put(&self, name: String, notice: Notice, now: Instant) -> bool {
        let had_room = self.locked().put(name, notice, now);
        self.is_put.notify_one();
        had_room
    }

    /// Waits for the next notice that is to be written.
    pub(super) async fn next(&self) -> Due {
        loop {
            if let Some(due) = self.locked().take(Instant::now()) {
                return due;
            }
            self.is_put.notified().await;
        }
    }

    /// Takes note that it could not be written that this happened.
    pub(super) fn failed(&self, namespace: &str, name: &str, count: u64) {
        let mut notices = self.locked();
        let corner = notices.corners.get_mut(namespace);
        if let Some(known) = corner.and_then(|corner| corner.known.get_mut(name)) {
            known.since = known.since.saturating_add(count);
        }
    }

    fn locked(&self) -> MutexGuard<'_, Notices> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notices {
    fn put(&mut self, name: String, notice: Notice, now: Instant) -> bool {
        let namespace = notice.regarding.namespace.clone();
        if !self.corners.contains_key(&namespace) && self.corners.len() >= NAMESPACES {
            let waiting = &self.waiting;
            self.corners
                .retain(|namespace, _| waiting.has_any_of(namespace));
        }
        let corner = self.corners.entry(namespace.clone()).or_default();
        if corner.counts(&name, now) {
            return true;
        }
        let entered = self.waiting.add(&namespace, (name.clone(), notice));
        if let Entered::InPlaceOf(other, (name, _)) = &entered
            && let Some(corner) = self.corners.get_mut(other)
        {
            corner.known.remove(name);
        }
        if !matches!(entered, Entered::Not) {
            let corner = self.corners.entry(namespace).or_default();
            corner.waits(name, now);
        }
        matches!(entered, Entered::InRoom)
    }

    fn take(&mut self, now: Instant) -> Option<Due> {
        let (namespace, (name, notice)) = self.waiting.next()?;
        let mut count = 1;
        let corner = self.corners.get_mut(&namespace);
        if let Some(known) = corner.and_then(|corner| corner.known.get_mut(&name)) {
            known.last = Some(now);
            known.is_waiting = false;
            count = std::mem::take(&mut known.since).saturating_add(1);
        }
        Some(Due { notice, count })
    }
}

impl Corner {
    /// Counts a notice that waits, or was written just now. Returns whether it is one.
    fn counts(&mut self, name: &str, now: Instant) -> bool {
        let Some(known) = self.known.get_mut(name) else {
            return false;
        };
        let is_recent = known
            .last
            .is_some_and(|last| now.duration_since(last) < QUIET);
        let counts = known.is_waiting || is_recent;
        known.since = known.since.saturating_add(u64::from(counts));
        counts
    }

    fn waits(&mut self, name: String, now: Instant) {
        if self.known.len() >= KNOWN_OF_ONE {
            let is_recent =
                |last: Option<Instant>| last.is_some_and(|last| now.duration_since(last) < QUIET);
            self.known
                .retain(|_, known| known.is_waiting || is_recent(known.last));
        }
        if self.known.len() >= KNOWN_OF_ONE {
            self.known.retain(|_, known| known.is_waiting);
        }
        let known = self.known.entry(name);
        known
            .or_insert(Known {
                last: None,
                is_waiting: true,
                since: 0,
            })
            .is_waiting = true;
    }
}

#[cfg(test)]
mod tests;
