//! The order in which files are asked for.
//!
//! A session is two things in a row: an [`Update`] of the trusted files, and the [`Question`] that is asked of them.
//! The update goes down to the snapshot by itself. Below that the question says which roles it needs, and the update
//! takes them.

mod halt;
mod question;
mod stage;
mod update;

use bytes::Bytes;
use doorward_core::{
    Check, CheckedAnswer, Expiry, Fetch, Meter, Proof, Rejection, Repository, Scheme, Session,
    Step, Timestamp,
};

use self::halt::Halt;
use self::question::Question;
use self::stage::Stage;
use self::update::targets::Taken;
use self::update::{Update, UpdateInput};
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
    update: Update,
    question: Question,
    /// The files that were asked for last, in order.
    pending: Vec<File>,
    started: bool,
    stage: Stage,
}

impl NotarySession {
    /// A session at its beginning. The repository counts in its canonical spelling.
    #[must_use]
    pub fn new(input: SessionInput) -> Self {
        Self {
            question: Question::new(input.wanted, input.signers),
            update: Update::new(UpdateInput {
                gun: input.gun.canonical(),
                servers: input.servers,
                pins: input.pins,
                max_staleness: input.max_staleness,
                remembered: input.remembered,
                now: input.now,
            }),
            pending: Vec::new(),
            started: false,
            stage: Stage::Root,
        }
    }

    /// Reads every delegation, not only those that can decide, and passes over what cannot be verified: for showing
    /// what there is. The outcome is no decision.
    #[must_use]
    pub fn surveying(mut self) -> Self {
        self.question.survey();
        self
    }

    /// What was verified so far.
    #[must_use]
    pub const fn trusted_set(&self) -> Option<&TrustedSet> {
        self.update.trusted_set()
    }

    /// Delegations that a [survey](Self::surveying) could not verify, and why.
    #[must_use]
    pub fn unverified(&self) -> &[(RoleName, Error)] {
        self.question.unverified()
    }

    /// What the caller should remember from now on: the trusted set as far as it was verified. Nothing, before there
    /// is a root that holds, and at the first contact not before a snapshot lists it.
    #[must_use]
    pub fn memory(&self) -> Option<Remembered> {
        self.update.memory()
    }

    fn step(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Result<Accepted, Halt> {
        if !self.started {
            self.started = true;
            return Err(Halt::Wants(self.update.start()?));
        }
        if answers.len() != self.pending.len() {
            return Err(Rejection::out_of_step().into());
        }
        for (file, answer) in std::mem::take(&mut self.pending).into_iter().zip(answers) {
            self.update.take(file, answer, meter)?;
        }
        self.proceed(meter)
    }

    /// Verifies as far as what is there allows: TUF 5.3 to 5.7, in that order.
    fn proceed(&mut self, meter: &mut Meter) -> Result<Accepted, Halt> {
        self.stage = Stage::Root;
        self.update.reach_root(meter)?;
        self.stage = Stage::Timestamp;
        self.update.reach_timestamp(meter)?;
        self.stage = Stage::Snapshot;
        self.update.reach_snapshot(meter)?;
        self.update.reach_listed_root()?;
        self.stage = Stage::Targets;
        self.reach_targets(meter)?;
        self.stage = Stage::Released;
        self.conclude()
    }

    /// Takes `targets` and every delegation that is needed (TUF 5.6). Those that are missing are asked for together.
    fn reach_targets(&mut self, meter: &mut Meter) -> Result<(), Halt> {
        loop {
            let roles = self.question.roles(self.update.set()?)?;
            if roles.is_empty() {
                return Ok(());
            }
            let mut wanted = Vec::new();
            for role in roles {
                match self.update.take_targets(&role, meter)? {
                    Taken::Verified => {}
                    Taken::Missing(file, limit) => wanted.push((file, limit)),
                    Taken::Refused(error) => self.question.pass_over(role, error)?,
                }
            }
            if !wanted.is_empty() {
                return Err(self.update.wanting(wanted));
            }
        }
    }

    /// Answers the question (TUF 5.7).
    fn conclude(&mut self) -> Result<Accepted, Halt> {
        let set = self.update.set()?;
        let released = self.question.answer(set)?;
        let roles = set.statuses();
        self.stage = Stage::Done;
        Ok(Accepted {
            gun: self.update.gun(),
            released,
            roles,
            checks: self.checks(),
            source: self.update.source().to_owned(),
        })
    }

    /// Every check, as far as they were made.
    fn checks(&self) -> Vec<Check> {
        let mut checks = vec![Check::observed("remembered-trust", self.update.goes_on())];
        checks.extend(self.stage.checks());
        let confirmed = self.trusted_set().and_then(TrustedSet::confirmed);
        if confirmed == Some(RootOrigin::FirstUse) {
            checks.push(Check::observed("pinned-root", false));
        }
        if self.update.may_stand_in() && self.stage > Stage::Timestamp {
            checks.push(Check::observed("fresh", self.update.is_fresh()));
        }
        checks
    }
}

impl Session for NotarySession {
    fn scheme(&self) -> Scheme {
        Scheme::NOTARY
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Step {
        match self.step(answers, meter) {
            Ok(accepted) => Step::Done(Ok(Proof::of(&accepted))),
            Err(Halt::Refused(rejection)) => Step::Done(Err(rejection
                .in_scheme(Scheme::NOTARY)
                .with_checks(self.checks()))),
            Err(Halt::Wants(wanted)) => {
                let (files, fetches) = wanted
                    .into_iter()
                    .map(|(file, limit)| {
                        let resource = self.update.resource(&file);
                        (file, Fetch::new(resource, limit))
                    })
                    .unzip();
                self.pending = files;
                Step::Fetch(fetches)
            }
        }
    }

    fn remembers(&self) -> Option<Bytes> {
        self.update.news()
    }

    fn notes(&self) -> Vec<String> {
        self.update.notes()
    }

    fn expiries(&self) -> Vec<Expiry> {
        self.trusted_set().map_or_else(Vec::new, |set| {
            let statuses = set.statuses().into_iter();
            statuses
                .map(|status| Expiry::new(status.role.to_string(), status.expires))
                .collect()
        })
    }
}
