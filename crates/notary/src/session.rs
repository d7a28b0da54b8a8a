//! The order in which files are asked for.
//!
//! At the first contact `root.json` and `timestamp.json` are asked for together, then the snapshot, then the targets,
//! then all delegations that are needed, level by level. Later it is the timestamp alone, and what it says has changed.
//! A newer root is asked for when the trusted one no longer fits: it has expired, it does not know the key that signed
//! the timestamp or snapshot, or the snapshot lists another; roots between the two only if those do not vouch for each
//! other directly.

mod answers;
mod progress;
mod stage;

use std::collections::HashMap;

use bytes::Bytes;
use doorward_core::{
    CheckedAnswer, Digest, Expiry, Fetch, FetchError, Meter, Proof, Rejection, Repository,
    Resource, Scheme, Session, Step, Timestamp,
};

use self::stage::{Halt, Stage};
use crate::{Accepted, Error, File, Pins, Remembered, RoleName, Signer, TrustedSet, Wanted};

/// What a session decides about, and with what.
#[derive(Clone, Debug)]
pub struct SessionInput {
    /// The repository, by its logical name, which is the globally unique name (GUN) of its signed collection.
    pub gun: Repository,
    /// The base URLs of the trust servers that have it, the preferred one first.
    pub servers: Vec<String>,
    /// The tag or digest.
    pub wanted: Wanted,
    /// Who must have signed, besides the one who releases.
    pub signers: Vec<Signer>,
    /// What the root of trust is held against.
    pub pins: Pins,
    /// How long what a server said last may stand in for one that is out, in seconds. 0 is not at all.
    pub max_staleness: i64,
    /// What was remembered of the collection, by the same scope and about the same servers.
    pub remembered: Option<Remembered>,
    /// The time of the decision.
    pub now: Timestamp,
}

/// Verifies the release of one image.
#[derive(Debug)]
pub struct NotarySession {
    input: SessionInput,
    set: Option<TrustedSet>,
    /// The files that were asked for last, in order.
    pending: Vec<File>,
    started: bool,
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
    /// Whether all delegations are read, and those that could not be.
    survey: Option<Vec<(RoleName, Error)>>,
    stage: Stage,
}

impl NotarySession {
    /// A session at its beginning. The repository counts in its canonical spelling.
    #[must_use]
    pub fn new(mut input: SessionInput) -> Self {
        input.gun = input.gun.canonical();
        Self {
            input,
            set: None,
            pending: Vec::new(),
            started: false,
            timestamp: None,
            source: String::new(),
            stood_in_for: None,
            asked: false,
            files: HashMap::new(),
            distant: None,
            asked_root: false,
            asked_listed_root: false,
            overruled: false,
            survey: None,
            stage: Stage::Root,
        }
    }

    /// Reads every delegation, not only those that can decide, and passes over what cannot be verified: for showing
    /// what there is. The outcome is no decision.
    #[must_use]
    pub fn surveying(mut self) -> Self {
        self.survey = Some(Vec::new());
        self
    }

    /// What was verified so far.
    #[must_use]
    pub const fn trusted_set(&self) -> Option<&TrustedSet> {
        self.set.as_ref()
    }

    /// Delegations that a [survey](Self::surveying) could not verify, and why.
    #[must_use]
    pub fn unverified(&self) -> &[(RoleName, Error)] {
        self.survey.as_deref().unwrap_or_default()
    }

    /// What the caller should remember from now on: the trusted set as far as it was verified. Nothing, before there
    /// is a root that holds, and at the first contact not before a snapshot lists it.
    #[must_use]
    pub fn memory(&self) -> Option<Remembered> {
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

    fn gun(&self) -> String {
        self.input.gun.to_string()
    }

    fn step(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Result<Accepted, Halt> {
        if !self.started {
            self.started = true;
            return Err(Halt::Fetch(self.start()?));
        }
        if answers.len() != self.pending.len() {
            return Err(Rejection::out_of_step().into());
        }
        for (file, answer) in std::mem::take(&mut self.pending).into_iter().zip(answers) {
            self.take(file, answer, meter)?;
        }
        self.proceed(meter)
    }
}

impl Session for NotarySession {
    fn scheme(&self) -> Scheme {
        Scheme::NOTARY
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Step {
        match self.step(answers, meter) {
            Ok(accepted) => Step::Done(Ok(Proof::of(&accepted))),
            Err(Halt::End(rejection)) => Step::Done(Err(rejection
                .in_scheme(Scheme::NOTARY)
                .with_checks(self.checks()))),
            Err(Halt::Fetch(wanted)) => {
                let (files, fetches) = wanted
                    .into_iter()
                    .map(|(file, limit)| {
                        let resource = Resource::NotaryMetadata {
                            servers: self.input.servers.clone(),
                            gun: self.input.gun.clone(),
                            file: file.to_string(),
                        };
                        (file, Fetch::new(resource, limit))
                    })
                    .unzip();
                self.pending = files;
                Step::Fetch(fetches)
            }
        }
    }

    fn remembers(&self) -> Option<Bytes> {
        let memory = self.memory()?;
        match &self.input.remembered {
            Some(before) if !memory.is_news(before) => None,
            _ => Some(memory.to_bytes()),
        }
    }

    fn notes(&self) -> Vec<String> {
        if self.overruled {
            vec![format!(
                "what was remembered of {} began with the first root that was offered, which the pins do not accept; it was begun again with the root that they accept",
                self.gun()
            )]
        } else {
            Vec::new()
        }
    }

    fn expiries(&self) -> Vec<Expiry> {
        self.set.as_ref().map_or_else(Vec::new, |set| {
            let statuses = set.statuses().into_iter();
            statuses
                .map(|status| Expiry::new(status.role.to_string(), status.expires))
                .collect()
        })
    }
}
