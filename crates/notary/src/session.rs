//! The order in which files are asked for.
//!
//! At the first contact `root.json` and `timestamp.json` are asked for together, then the snapshot, then the targets,
//! then all delegations that are needed, level by level. Later it is the timestamp alone, and what it says has changed.
//! A newer root is asked for when the trusted one no longer fits: it has expired, it does not know the key that signed
//! the timestamp or snapshot, or the snapshot lists another; roots between the two only if those do not vouch for each
//! other directly.

use std::collections::HashMap;

use bytes::Bytes;
use doorward_core::{
    Action, Answer, Check, Code, Digest, Expiry, Fetch, FetchError, Meter, Outcome, Proof,
    Rejection, Repository, Resource, Scheme, Session, Step, Timestamp,
};

use crate::limits::{ROOT_BYTES, ROOT_STEPS, ROOT_STEPS_AT_ONCE, TIMESTAMP_BYTES};
use crate::lookup::{lookup, needed};
use crate::{
    Accepted, Error, File, Pins, Remembered, RoleName, RootOrigin, Signer, TrustedSet, Wanted,
};

/// What a session decides about, and with what.
#[derive(Clone, Debug)]
pub struct SessionInput {
    /// The repository, by its logical name, which is the globally unique name (GUN) of its signed collection.
    pub gun: Repository,
    /// The base URLs of the trust servers that have it, the preferred one first.
    pub servers: Vec<String>,
    /// The tag or digest.
    pub wanted: Wanted,
    /// Who must have signed, besides whoever releases.
    pub signers: Vec<Signer>,
    /// What the root of trust is held against.
    pub pins: Pins,
    /// How long what a server said last may stand in for one that cannot be asked, in seconds. 0 is not at all.
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
    /// Whether a server said what is current, rather than memory.
    asked: bool,
    /// Files by the digest that they are listed with, fetched or remembered. Checked when they are used.
    files: HashMap<Digest, Bytes>,
    /// A root that the trusted one does not vouch for directly, and what was wrong.
    distant: Option<(Bytes, u64, Error)>,
    asked_root: bool,
    asked_listed_root: bool,
    /// Whether all delegations are read, and those that could not be.
    survey: Option<Vec<(RoleName, Error)>>,
    stage: Stage,
}

/// How far the verification got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Root,
    Timestamp,
    Snapshot,
    Targets,
    Released,
    Done,
}

impl Stage {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Root, "root"),
        (Self::Timestamp, "timestamp"),
        (Self::Snapshot, "snapshot"),
        (Self::Targets, "targets"),
        (Self::Released, "released"),
    ];
}

/// What stops the machine: more files are wanted, or the end.
enum Halt {
    Fetch(Vec<(File, usize)>),
    End(Rejection),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::End(error.into())
    }
}

impl NotarySession {
    /// A session at its beginning.
    #[must_use]
    pub fn new(input: SessionInput) -> Self {
        Self {
            input,
            set: None,
            pending: Vec::new(),
            started: false,
            timestamp: None,
            source: String::new(),
            asked: false,
            files: HashMap::new(),
            distant: None,
            asked_root: false,
            asked_listed_root: false,
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

    fn start(&mut self) -> Result<Vec<(File, usize)>, Halt> {
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

    fn gun(&self) -> String {
        self.input.gun.to_string()
    }

    /// Takes one answer.
    fn take(&mut self, file: File, answer: Answer, meter: &mut Meter) -> Result<(), Halt> {
        let fetched = match answer {
            Ok(fetched) => fetched,
            Err(FetchError::Unavailable { .. })
                if file == File::Current(RoleName::Timestamp) && self.may_be_stale() =>
            {
                self.timestamp = self.remembered_timestamp();
                self.source = "remembered".to_owned();
                return Ok(());
            }
            Err(FetchError::NotFound) => match (&file, self.distant.take()) {
                // The trusted root is another one than is listed, and there is no way from it to that.
                (File::ByHash(RoleName::Root, _), _) => {
                    return Err(Halt::from(Error::HashMismatch {
                        role: RoleName::Root,
                        what: "sha256",
                    }));
                }
                // Without the roots between, what is known is that the new one does not follow from the old one.
                (File::Root(_), Some((_, _, error))) => return Err(error.into()),
                _ => return Err(self.failed(&file, &FetchError::NotFound)),
            },
            Err(error) => return Err(self.failed(&file, &error)),
        };
        match file {
            File::Current(RoleName::Timestamp) => {
                self.timestamp = Some(fetched.bytes);
                self.source = fetched.source;
                self.asked = true;
            }
            File::Current(_) | File::ByHash(RoleName::Root, _) => {
                self.newer_root(fetched.bytes, meter)?;
            }
            File::Root(version) => {
                let set = self.set()?;
                set.update_root(fetched.bytes, meter)?;
                if set.root_version() < version {
                    // Else a server that repeats a former root would be asked for the same again and again.
                    let detail = format!("{file} has version {}", set.root_version());
                    return Err(Error::malformed(&RoleName::Root, detail).into());
                }
            }
            File::ByHash(_, digest) => {
                self.files.insert(digest, fetched.bytes);
            }
        }
        Ok(())
    }

    fn newer_root(&mut self, bytes: Bytes, meter: &mut Meter) -> Result<(), Halt> {
        let gun = self.gun();
        let Some(set) = &mut self.set else {
            self.set = Some(TrustedSet::bootstrap(&gun, bytes, self.input.now)?);
            return Ok(());
        };
        match set.update_root(bytes.clone(), meter) {
            Err(error @ Error::RootRotation { from, to, .. }) if to > from + 1 => {
                if to - from > ROOT_STEPS {
                    return Err(Halt::from(Error::TooLarge {
                        what: format!("root {to} is {} roots ahead", to - from),
                        limit: usize::try_from(ROOT_STEPS).unwrap_or(usize::MAX),
                    }));
                }
                self.distant = Some((bytes, to, error));
                Ok(())
            }
            other => other.map(|_| ()).map_err(Halt::from),
        }
    }

    fn may_be_stale(&self) -> bool {
        let Some(remembered) = &self.input.remembered else {
            return false;
        };
        let age = self.input.now.since(remembered.asked());
        self.input.max_staleness > 0
            && age <= self.input.max_staleness
            && remembered.files.contains_key(&RoleName::Timestamp)
    }

    fn remembered_timestamp(&self) -> Option<Bytes> {
        let remembered = self.input.remembered.as_ref()?;
        remembered.files.get(&RoleName::Timestamp).cloned()
    }

    /// Verifies as far as what is there allows.
    fn proceed(&mut self, meter: &mut Meter) -> Result<Accepted, Halt> {
        self.reach_root(meter)?;
        self.reach_timestamp(meter)?;
        self.reach_snapshot(meter)?;
        self.reach_listed_root()?;
        self.reach_targets(meter)?;
        self.conclude()
    }

    fn set(&mut self) -> Result<&mut TrustedSet, Halt> {
        self.set.as_mut().ok_or_else(out_of_step)
    }

    /// Follows a chain of roots if there is one to follow, and confirms where it ends.
    fn reach_root(&mut self, meter: &mut Meter) -> Result<(), Halt> {
        self.stage = Stage::Root;
        if let Some((bytes, to, error)) = self.distant.take() {
            let next = self.set()?.root_version() + 1;
            if next < to {
                let last = to.min(next + ROOT_STEPS_AT_ONCE);
                self.distant = Some((bytes, to, error));
                let wanted = (next..last).map(|version| (File::Root(version), ROOT_BYTES));
                return Err(Halt::Fetch(wanted.collect()));
            }
            self.set()?.update_root(bytes, meter)?;
        }
        let pins = self.input.pins.clone();
        let set = self.set()?;
        if set.confirmed().is_some() {
            return Ok(());
        }
        match set.confirm_root(&pins, meter) {
            Ok(_) => Ok(()),
            Err(
                error @ (Error::Expired { .. }
                | Error::PinMismatch { .. }
                | Error::RootCertificate { .. }),
            ) => Err(self.ask_root_or(error)),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks once for the newest root, in case it mends `error`.
    fn ask_root_or(&mut self, error: Error) -> Halt {
        if self.asked_root {
            return error.into();
        }
        self.asked_root = true;
        Halt::Fetch(vec![(File::Current(RoleName::Root), ROOT_BYTES)])
    }

    fn reach_timestamp(&mut self, meter: &mut Meter) -> Result<(), Halt> {
        self.stage = Stage::Timestamp;
        if self.set()?.has_timestamp() {
            return Ok(());
        }
        let bytes = self.timestamp.clone().ok_or_else(out_of_step)?;
        match self.set()?.update_timestamp(bytes, meter) {
            Err(error @ (Error::Threshold { .. } | Error::UnsupportedKey { .. })) => {
                Err(self.ask_root_or(error))
            }
            Err(error @ Error::SameVersion { .. }) => {
                // Whoever signs the timestamp signed twice. What was first stays current.
                let known = self.remembered_timestamp().ok_or(Halt::from(error))?;
                Ok(self.set()?.update_timestamp(known, meter)?)
            }
            other => Ok(other?),
        }
    }

    fn reach_snapshot(&mut self, meter: &mut Meter) -> Result<(), Halt> {
        self.stage = Stage::Snapshot;
        if self.set()?.has_snapshot() {
            return Ok(());
        }
        let (file, limit) = self.set()?.snapshot_file().ok_or_else(out_of_step)?;
        let bytes = self.content(file, limit)?;
        match self.set()?.update_snapshot(bytes, meter) {
            Err(error @ (Error::Threshold { .. } | Error::UnsupportedKey { .. })) => {
                Err(self.ask_root_or(error))
            }
            other => Ok(other?),
        }
    }

    fn reach_listed_root(&mut self) -> Result<(), Halt> {
        let Some((file, limit)) = self.set()?.other_root_file() else {
            return Ok(());
        };
        if self.asked_listed_root {
            return Err(Halt::from(Error::HashMismatch {
                role: RoleName::Root,
                what: "sha256",
            }));
        }
        self.asked_listed_root = true;
        let mut wanted = vec![(file, limit)];
        // The targets are needed whatever the root says.
        if let Some((file, limit)) = self.set()?.targets_file(&RoleName::Targets)?
            && self.known(&file).is_none()
        {
            wanted.push((file, limit));
        }
        Err(self.wanting(wanted))
    }

    /// Takes `targets` and every delegation that is needed. Those that are missing are asked for together.
    fn reach_targets(&mut self, meter: &mut Meter) -> Result<(), Halt> {
        self.stage = Stage::Targets;
        loop {
            let roles = self.roles()?;
            if roles.is_empty() {
                return Ok(());
            }
            let mut wanted = Vec::new();
            for role in roles {
                let listed = match self.set()?.targets_file(&role) {
                    Ok(Some(listed)) => Ok(listed),
                    Ok(None) => Err(Error::DelegationMissing { role: role.clone() }),
                    Err(error) => Err(error),
                };
                let (file, limit) = match listed {
                    Ok(listed) => listed,
                    Err(error) => {
                        self.pass_over(role, error)?;
                        continue;
                    }
                };
                let Some(bytes) = self.known(&file) else {
                    wanted.push((file, limit));
                    continue;
                };
                if let Err(error) = self.set()?.update_targets(&role, bytes, meter) {
                    self.pass_over(role, error)?;
                }
            }
            if !wanted.is_empty() {
                return Err(self.wanting(wanted));
            }
        }
    }

    /// The roles to take next.
    fn roles(&self) -> Result<Vec<RoleName>, Halt> {
        let set = self.set.as_ref().ok_or_else(out_of_step)?;
        let Some(passed) = &self.survey else {
            return Ok(needed(set, &self.input.wanted, &self.input.signers)?);
        };
        if set.role(&RoleName::Targets).is_none() {
            return Ok(vec![RoleName::Targets]);
        }
        let taken: Vec<_> = set
            .statuses()
            .into_iter()
            .map(|status| status.role)
            .collect();
        let left = crate::limits::DELEGATIONS.saturating_sub(taken.len() + passed.len());
        let next = taken.iter().flat_map(|role| set.delegations(role));
        Ok(next
            .filter(|role| !taken.contains(role) && !passed.iter().any(|(known, _)| known == role))
            .take(left)
            .collect())
    }

    /// In a survey, notes that a delegation cannot be verified; else that is the end.
    fn pass_over(&mut self, role: RoleName, error: Error) -> Result<(), Halt> {
        match &mut self.survey {
            Some(passed) if role != RoleName::Targets => {
                passed.push((role, error));
                Ok(())
            }
            _ => Err(error.into()),
        }
    }

    fn conclude(&mut self) -> Result<Accepted, Halt> {
        self.stage = Stage::Released;
        let set = self.set.as_ref().ok_or_else(out_of_step)?;
        let released = lookup(set, &self.input.wanted, &self.input.signers)?;
        let roles = set.statuses();
        self.stage = Stage::Done;
        Ok(Accepted {
            gun: self.gun(),
            released,
            roles,
            checks: self.checks(),
            source: self.source.clone(),
        })
    }

    /// The content of a file, or that it must be fetched.
    fn content(&self, file: File, limit: usize) -> Result<Bytes, Halt> {
        match self.known(&file) {
            Some(bytes) => Ok(bytes),
            None => Err(self.wanting(vec![(file, limit)])),
        }
    }

    fn known(&self, file: &File) -> Option<Bytes> {
        match file {
            File::ByHash(_, digest) => self.files.get(digest).cloned(),
            File::Current(_) | File::Root(_) => None,
        }
    }

    /// Asks for files, unless memory stands in for a server: that cannot be asked then.
    fn wanting(&self, wanted: Vec<(File, usize)>) -> Halt {
        if self.asked {
            return Halt::Fetch(wanted);
        }
        Halt::End(Rejection::new(
            Code::NotaryServerUnavailable,
            "the trust server cannot be asked, and what is remembered is not complete",
        ))
    }

    fn failed(&self, file: &File, error: &FetchError) -> Halt {
        let gun = &self.input.gun;
        let (code, detail) = match error {
            FetchError::NotFound => (
                Code::NotaryTrustDataMissing,
                format!(
                    "the trust server {} has no {file} for {gun}",
                    self.servers()
                ),
            ),
            FetchError::TooLarge { .. } if matches!(file, File::ByHash(..)) => (
                Code::NotaryHashMismatch,
                format!("{file} of {gun} is longer than what is listed for it"),
            ),
            FetchError::TooLarge { limit } => (
                Code::NotaryTooLarge,
                format!("{file} of {gun} is longer than {limit} bytes"),
            ),
            FetchError::Unauthorized { .. } => (
                Code::NotaryServerUnauthorized,
                format!("{file} of {gun}: {error}"),
            ),
            FetchError::Insecure { .. } => (Code::TransportInsecure, error.to_string()),
            FetchError::DigestMismatch { .. } | FetchError::Malformed { .. } => (
                Code::NotaryServerMalformed,
                format!("{file} of {gun}: {error}"),
            ),
            // Also what no fetcher here can have, and whatever errors there may be later: nothing was said about the
            // image.
            _ => (
                Code::NotaryServerUnavailable,
                format!("{file} of {gun}: {error}"),
            ),
        };
        Halt::End(Rejection::new(code, detail))
    }

    fn servers(&self) -> String {
        self.input.servers.join(", ")
    }

    /// Every check, as far as they were made.
    fn checks(&self) -> Vec<Check> {
        let noted = |check, passed| Check {
            check,
            action: Action::Log,
            outcome: if passed { Outcome::Pass } else { Outcome::Fail },
        };
        let known = self.input.remembered.as_ref().map(Remembered::origin);
        let mut checks = vec![noted("remembered-trust", known.is_some())];
        for (stage, name) in Stage::ALL {
            if stage > self.stage {
                break;
            }
            checks.push(Check::enforced(name, stage < self.stage));
        }
        let confirmed = self.set.as_ref().and_then(TrustedSet::confirmed);
        if confirmed == Some(RootOrigin::FirstUse) {
            checks.push(noted("pinned-root", false));
        }
        if self.input.max_staleness > 0 && self.stage > Stage::Timestamp {
            checks.push(noted("fresh", self.asked));
        }
        checks
    }

    fn step(&mut self, answers: Vec<Answer>, meter: &mut Meter) -> Result<Accepted, Halt> {
        if !self.started {
            self.started = true;
            return Err(Halt::Fetch(self.start()?));
        }
        if answers.len() != self.pending.len() {
            return Err(out_of_step());
        }
        for (file, answer) in std::mem::take(&mut self.pending).into_iter().zip(answers) {
            self.take(file, answer, meter)?;
        }
        self.proceed(meter)
    }
}

fn out_of_step() -> Halt {
    Halt::End(Rejection::new(
        Code::InternalError,
        "the session was not given the answers it asked for",
    ))
}

impl Session for NotarySession {
    fn scheme(&self) -> Scheme {
        Scheme::NOTARY
    }

    fn advance(&mut self, answers: Vec<Answer>, meter: &mut Meter) -> Step {
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

    fn expiries(&self) -> Vec<Expiry> {
        self.set.as_ref().map_or_else(Vec::new, |set| {
            let statuses = set.statuses().into_iter();
            statuses
                .map(|status| Expiry::new(status.role.to_string(), status.expires))
                .collect()
        })
    }
}
