//! Notices that wait to be written, and those that were.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::Notice;

/// Notices that wait. For a further one, one of the namespace that has most makes room.
const WAITING: usize = 512;
/// Notices of one namespace that wait.
const WAITING_OF_ONE: usize = 64;
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
    namespaces: BTreeMap<String, Corner>,
    /// The namespaces of which notices wait, the next first.
    turns: VecDeque<String>,
    waiting: usize,
}

/// The notices of one namespace.
#[derive(Debug, Default)]
struct Corner {
    /// Those that wait, with the names of their events.
    waiting: VecDeque<(String, Notice)>,
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
        let corner = notices.namespaces.get_mut(namespace);
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
        if !self.namespaces.contains_key(&namespace) && self.namespaces.len() >= NAMESPACES {
            self.namespaces
                .retain(|_, corner| !corner.waiting.is_empty());
        }
        let corner = self.namespaces.entry(namespace.clone()).or_default();
        if corner.counts(&name, now) {
            return true;
        }
        if corner.waiting.len() >= WAITING_OF_ONE {
            return false;
        }
        let mine = corner.waiting.len();
        let made_room = self.waiting >= WAITING;
        if made_room && !self.make_room(mine) {
            return false;
        }
        let corner = self.namespaces.entry(namespace.clone()).or_default();
        corner.add(name, notice, now);
        if mine == 0 {
            self.turns.push_back(namespace);
        }
        self.waiting += 1;
        !made_room
    }

    /// Takes the last notice of the namespace of which most wait, if those are more than one beyond `mine`.
    fn make_room(&mut self, mine: usize) -> bool {
        let most = self
            .namespaces
            .values_mut()
            .max_by_key(|corner| corner.waiting.len());
        let Some(most) = most.filter(|most| most.waiting.len() > mine + 1) else {
            return false;
        };
        if let Some((name, _)) = most.waiting.pop_back() {
            most.known.remove(&name);
            self.waiting -= 1;
        }
        true
    }

    fn take(&mut self, now: Instant) -> Option<Due> {
        let namespace = self.turns.pop_front()?;
        let corner = self.namespaces.get_mut(&namespace)?;
        let (name, notice) = corner.waiting.pop_front()?;
        self.waiting -= 1;
        if !corner.waiting.is_empty() {
            self.turns.push_back(namespace);
        }
        let mut count = 1;
        if let Some(known) = corner.known.get_mut(&name) {
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

    fn add(&mut self, name: String, notice: Notice, now: Instant) {
        if self.known.len() >= KNOWN_OF_ONE {
            let is_recent =
                |last: Option<Instant>| last.is_some_and(|last| now.duration_since(last) < QUIET);
            self.known
                .retain(|_, known| known.is_waiting || is_recent(known.last));
        }
        if self.known.len() >= KNOWN_OF_ONE {
            self.known.retain(|_, known| known.is_waiting);
        }
        let known = self.known.entry(name.clone());
        known
            .or_insert(Known {
                last: None,
                is_waiting: true,
                since: 0,
            })
            .is_waiting = true;
        self.waiting.push_back((name, notice));
    }
}

#[cfg(test)]
mod tests;
