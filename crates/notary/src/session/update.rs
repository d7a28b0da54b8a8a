//! Brings the trusted files of a collection up to date.
//!
//! At the first contact `root.json` and `timestamp.json` are asked for together, then the snapshot, then the targets,
//! then all delegations that are needed, level by level. Later it is the timestamp alone, and what it says has changed.
//! A newer root is asked for when the trusted one no longer fits: it has expired, it does not know the key that signed
//! the timestamp or snapshot, or the snapshot lists another; roots between the two only if those do not vouch for each
//! other directly.

mod answers;
mod failed;
mod steps;
pub(super) mod targets;

use std::collections::HashMap;

use bytes::Bytes;
use doorward_core::{Digest, FetchError, Rejection, Repository, Resource, Timestamp};

use super::halt::Halt;
use crate::limits::{ROOT_BYTES, TIMESTAMP_BYTES};
use crate::{Error, File, Pins, Remembered, RoleName, TrustedSet};

/// What an update goes by.
#[derive(Debug)]
pub(super) struct UpdateInput {
    /// In its canonical spelling.
    pub(super) gun: Repository,
    pub(super) servers: Vec<String>,
    pub(super) pins: Pins,
    pub(super) max_staleness: i64,
    /// What it goes on from. Nothing, once a pin took the place of a first use.
    pub(super) remembered: Option<Remembered>,
    pub(super) now: Timestamp,
}

/// An update, as far as it got.
#[derive(Debug)]
pub(super) struct Update {
    input: UpdateInput,
    set: Option<TrustedSet>,
    /// The current timestamp, as it was answered.
    timestamp: Option<Bytes>,
    /// Where it came from.
    source: String,
    /// Why the server was not heard, where memory stands in for it.
    stood_in_for: Option<FetchError>,
    /// Whether a server said what is current, rather than memory.
    asked: bool,
    /// Files by the digest that they are listed with, fetched or remembered. Checked when they are used.
    files: HashMap<Digest, Bytes>,
    /// A root that the trusted one does not vouch for directly, and what was wrong.
    distant: Option<(Bytes, u64, Error)>,
    asked_root: bool,
    asked_listed_root: bool,
    /// Whether a pin took the place of a first use that was remembered.
    overruled: bool,
}

impl Update {
    pub(super) fn new(input: UpdateInput) -> Self {
        Self {
            input,
            set: None,
            timestamp: None,
            source: String::new(),
            stood_in_for: None,
            asked: false,
            files: HashMap::new(),
            distant: None,
            asked_root: false,
            asked_listed_root: false,
            overruled: false,
        }
    }

    /// What is asked for first: the timestamp (TUF 5.4.1), and at the first contact the root (TUF 5.2).
    pub(super) fn start(&mut self) -> Result<Vec<(File, usize)>, Halt> {
        let known = self.input.remembered.as_ref().map(Remembered::origin);
        self.input.pins.origin(known, &self.gun())?;
        let current = |role, limit| (File::Current(role), limit);
        let timestamp = current(RoleName::Timestamp, TIMESTAMP_BYTES);
        let Some(remembered) = &self.input.remembered else {
            self.asked_root = true;
            return Ok(vec![current(RoleName::Root, ROOT_BYTES), timestamp]);
        };
        for bytes in remembered.files.values() {
            self.files.insert(Digest::sha256(bytes), bytes.clone());
        }
        let set = TrustedSet::resume(&self.gun(), remembered, self.input.now)?;
        self.set = Some(set);
        Ok(vec![timestamp])
    }

    /// The collection.
    pub(super) fn gun(&self) -> String {
        self.input.gun.to_string()
    }

    /// What to fetch for a file.
    pub(super) fn resource(&self, file: &File) -> Resource {
        Resource::NotaryMetadata {
            servers: self.input.servers.clone(),
            gun: self.input.gun.clone(),
            file: file.to_string(),
        }
    }

    /// What was verified so far.
    pub(super) const fn trusted_set(&self) -> Option<&TrustedSet> {
        self.set.as_ref()
    }

    /// What was verified so far, for a step that cannot come before the first root.
    pub(super) fn set(&self) -> Result<&TrustedSet, Halt> {
        self.set
            .as_ref()
            .ok_or_else(|| Rejection::out_of_step().into())
    }

    fn set_mut(&mut self) -> Result<&mut TrustedSet, Halt> {
        self.set
            .as_mut()
            .ok_or_else(|| Rejection::out_of_step().into())
    }

    /// Where the timestamp came from.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Whether it goes on from what was remembered, rather than from a first contact.
    pub(super) const fn goes_on(&self) -> bool {
        self.input.remembered.is_some()
    }

    /// Whether the policy lets memory stand in for a server that is out.
    pub(super) const fn may_stand_in(&self) -> bool {
        self.input.max_staleness > 0
    }

    /// Whether a server said what is current.
    pub(super) const fn is_fresh(&self) -> bool {
        self.asked
    }

    /// See [`NotarySession::memory`](super::NotarySession::memory).
    pub(super) fn memory(&self) -> Option<Remembered> {
        let set = self.set.as_ref()?;
        let before = self.input.remembered.as_ref();
        if before.is_none() && (!set.has_snapshot() || set.other_root_file().is_some()) {
            return None;
        }
        let asked = if self.asked && set.has_timestamp() {
            self.input.now
        } else {
            before.map_or(Timestamp::from_unix(0), Remembered::asked)
        };
        set.remember(before, asked)
    }

    /// What to remember, written down, if it is news.
    pub(super) fn news(&self) -> Option<Bytes> {
        let memory = self.memory()?;
        match &self.input.remembered {
            Some(before) if !memory.is_news(before) => None,
            _ => Some(memory.to_bytes()),
        }
    }

    /// What the operator should know of the update.
    pub(super) fn notes(&self) -> Vec<String> {
        if self.overruled {
            vec![format!(
                "what was remembered of {} began with the first root that was offered, which the pins do not accept; it was begun again with the root that they accept",
                self.gun()
            )]
        } else {
            Vec::new()
        }
    }
}
