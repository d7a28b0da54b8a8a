//! Notices that wait to be told, and those that were.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::turns::{Entered, Turns};

/// Notices of one namespace that are remembered.
const KNOWN_OF_ONE: usize = 256;
/// Namespaces of which something is remembered.
const NAMESPACES: usize = 1024;

/// Where notices wait until they are written or sent.
///
/// The same notice, by its name, is one with a count. Namespaces take turns, and each has room of its own, so that one in which much
/// happens takes none from the others: 64 notices of a namespace wait, and 512 in all.
#[derive(Debug)]
pub struct Board<T> {
    notices: Mutex<Notices<T>>,
    is_put: Notify,
}

/// A notice that is to be told.
#[derive(Debug, PartialEq, Eq)]
pub struct Due<T> {
    /// The namespace that it was put up for.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What is to be told.
    pub notice: T,
    /// How often it happened since it was told last.
    pub count: u64,
}

#[derive(Debug)]
struct Notices<T> {
    /// How long the same notice is only counted after it was told.
    quiet: Duration,
    corners: BTreeMap<String, Corner>,
    /// Those that wait, with their names.
    waiting: Turns<(String, T)>,
}

/// What is remembered of the notices of one namespace, by their names.
#[derive(Debug, Default)]
struct Corner {
    known: HashMap<String, Known>,
}

/// What is remembered of a notice.
#[derive(Debug)]
struct Known {
    /// When it was told last; none while it waits for the first time.
    last: Option<Instant>,
    is_waiting: bool,
    /// How often it happened since.
    since: u64,
}

impl<T> Board<T> {
    /// One on which the same notice is only counted for so long after it was told.
    #[must_use]
    pub fn new(quiet: Duration) -> Self {
        Self {
            notices: Mutex::new(Notices::new(quiet)),
            is_put: Notify::new(),
        }
    }

    /// Puts a notice of this namespace and name up. Returns whether there was room for it without another one going.
    pub fn put(&self, namespace: &str, name: String, notice: T, now: Instant) -> bool {
        let had_room = self.locked().put(namespace, name, notice, now);
        self.is_put.notify_one();
        had_room
    }

    /// Waits for the next notice that is to be told.
    pub async fn next(&self) -> Due<T> {
        loop {
            if let Some(due) = self.locked().take(Instant::now()) {
                return due;
            }
            self.is_put.notified().await;
        }
    }

    /// Takes note that nobody could be told that this happened so often: it is counted with the next of its kind.
    pub fn failed(&self, namespace: &str, name: &str, count: u64) {
        let mut notices = self.locked();
        let corner = notices.corners.get_mut(namespace);
        if let Some(known) = corner.and_then(|corner| corner.known.get_mut(name)) {
            known.since = known.since.saturating_add(count);
        }
    }

    fn locked(&self) -> MutexGuard<'_, Notices<T>> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Notices<T> {
    fn new(quiet: Duration) -> Self {
        Self {
            quiet,
            corners: BTreeMap::new(),
            waiting: Turns::default(),
        }
    }

    fn put(&mut self, namespace: &str, name: String, notice: T, now: Instant) -> bool {
        let quiet = self.quiet;
        if !self.corners.contains_key(namespace) && self.corners.len() >= NAMESPACES {
            let waiting = &self.waiting;
            self.corners.retain(|namespace, corner| {
                waiting.has_any_of(namespace) || corner.is_recent(now, quiet)
            });
            if self.corners.len() >= NAMESPACES {
                self.corners
                    .retain(|namespace, _| waiting.has_any_of(namespace));
            }
        }
        let corner = self.corners.entry(namespace.to_owned()).or_default();
        if corner.counts(&name, now, quiet) {
            return true;
        }
        let entered = self.waiting.add(namespace, (name.clone(), notice));
        if let Entered::InPlaceOf(other, (name, _)) = &entered
            && let Some(corner) = self.corners.get_mut(other)
        {
            corner.known.remove(name);
        }
        if !matches!(entered, Entered::Not) {
            let corner = self.corners.entry(namespace.to_owned()).or_default();
            corner.waits(name, now, quiet);
        }
        matches!(entered, Entered::InRoom)
    }

    fn take(&mut self, now: Instant) -> Option<Due<T>> {
        let (namespace, (name, notice)) = self.waiting.next()?;
        let mut count = 1;
        let corner = self.corners.get_mut(&namespace);
        if let Some(known) = corner.and_then(|corner| corner.known.get_mut(&name)) {
            known.last = Some(now);
            known.is_waiting = false;
            count = std::mem::take(&mut known.since).saturating_add(1);
        }
        Some(Due {
            namespace,
            name,
            notice,
            count,
        })
    }
}

impl Corner {
    /// Whether something of it was told just now.
    fn is_recent(&self, now: Instant, quiet: Duration) -> bool {
        let last = self.known.values().filter_map(|known| known.last).max();
        last.is_some_and(|last| now.duration_since(last) < quiet)
    }

    /// Counts a notice that waits, or was told just now. Returns whether it is one.
    fn counts(&mut self, name: &str, now: Instant, quiet: Duration) -> bool {
        let Some(known) = self.known.get_mut(name) else {
            return false;
        };
        let is_recent = known
            .last
            .is_some_and(|last| now.duration_since(last) < quiet);
        let counts = known.is_waiting || is_recent;
        known.since = known.since.saturating_add(u64::from(counts));
        counts
    }

    fn waits(&mut self, name: String, now: Instant, quiet: Duration) {
        if self.known.len() >= KNOWN_OF_ONE {
            let is_recent =
                |last: Option<Instant>| last.is_some_and(|last| now.duration_since(last) < quiet);
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
