//! From the root down, as far as what is there allows.

use crate::codes;
use bytes::Bytes;
use doorward_core::{Meter, Rejection};

use super::NotarySession;
use super::stage::{Halt, Stage};
use crate::limits::{DELEGATIONS, ROOT_BYTES, ROOT_STEPS_AT_ONCE};
use crate::lookup::{lookup, needed};
use crate::{Accepted, Error, File, RoleName, TrustedSet};

impl NotarySession {
    /// Verifies as far as what is there allows: TUF 5.3 to 5.7, in that order.
    pub(super) fn proceed(&mut self, meter: &mut Meter) -> Result<Accepted, Halt> {
        self.reach_root(meter)?;
        self.reach_timestamp(meter)?;
        self.reach_snapshot(meter)?;
        self.reach_listed_root()?;
        self.reach_targets(meter)?;
        self.conclude()
    }

    pub(super) fn set(&mut self) -> Result<&mut TrustedSet, Halt> {
        self.set
            .as_mut()
            .ok_or_else(|| Rejection::out_of_step().into())
    }

    /// Follows a chain of roots if there is one to follow (TUF 5.3.2 to 5.3.9), and confirms where it ends (5.3.10).
    pub(super) fn reach_root(&mut self, meter: &mut Meter) -> Result<(), Halt> {
        self.stage = Stage::Root;
        if let Some((bytes, to, error)) = self.distant.take() {
            let next = self.set()?.root_version() + 1;
            if next < to {
                let last = to.min(next + ROOT_STEPS_AT_ONCE);
                self.distant = Some((bytes, to, error));
                let wanted = (next..last).map(|version| (File::Root(version), ROOT_BYTES));
                return Err(Halt::Fetch(wanted.collect()));
            }
            match self.set()?.update_root(bytes.clone(), meter) {
                Err(error @ Error::RootRotation { .. }) => {
                    self.begin_pinned(bytes, error, meter)?;
                }
                other => {
                    other?;
                }
            }
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
                | Error::PinThreshold { .. }
                | Error::RootCertificate { .. }),
            ) => Err(self.ask_root_or(error)),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks once for the newest root, in case it mends `error`. Laxer than TUF 5.3.3, which asks at every update,
    /// because the snapshot lists the root: one that is listed is current.
    pub(super) fn ask_root_or(&mut self, error: Error) -> Halt {
        if self.asked_root {
            return error.into();
        }
        self.asked_root = true;
        Halt::Fetch(vec![(File::Current(RoleName::Root), ROOT_BYTES)])
    }

    /// TUF 5.4.
    pub(super) fn reach_timestamp(&mut self, meter: &mut Meter) -> Result<(), Halt> {
        self.stage = Stage::Timestamp;
        if self.set()?.has_timestamp() {
            return Ok(());
        }
        let bytes = self.timestamp.clone().ok_or_else(Rejection::out_of_step)?;
        match self.set()?.update_timestamp(bytes, meter) {
            Err(error @ (Error::Threshold { .. } | Error::UnsupportedKey { .. })) => {
                Err(self.ask_root_or(error))
            }
            Err(error @ Error::SameVersion { .. }) => {
                // The signer of the timestamp signed twice. What was first stays current (TUF 5.4.3.1).
                let known = self.remembered_timestamp().ok_or(Halt::from(error))?;
                Ok(self.set()?.update_timestamp(known, meter)?)
            }
            other => Ok(other?),
        }
    }

    /// TUF 5.5.
    pub(super) fn reach_snapshot(&mut self, meter: &mut Meter) -> Result<(), Halt> {
        self.stage = Stage::Snapshot;
        if self.set()?.has_snapshot() {
            return Ok(());
        }
        let (file, limit) = self
            .set()?
            .snapshot_file()
            .ok_or_else(Rejection::out_of_step)?;
        let bytes = self.content(file, limit)?;
        match self.set()?.update_snapshot(bytes, meter) {
            Err(error @ (Error::Threshold { .. } | Error::UnsupportedKey { .. })) => {
                Err(self.ask_root_or(error))
            }
            other => Ok(other?),
        }
    }

    /// Follows the snapshot to the root that it lists, which TUF does not have.
    pub(super) fn reach_listed_root(&mut self) -> Result<(), Halt> {
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

    /// Takes `targets` and every delegation that is needed (TUF 5.6). Those that are missing are asked for together.
    pub(super) fn reach_targets(&mut self, meter: &mut Meter) -> Result<(), Halt> {
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
    pub(super) fn roles(&self) -> Result<Vec<RoleName>, Halt> {
        let set = self.set.as_ref().ok_or_else(Rejection::out_of_step)?;
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
        let left = DELEGATIONS.saturating_sub(taken.len() + passed.len());
        let next = taken.iter().flat_map(|role| set.delegations(role));
        Ok(next
            .filter(|role| !taken.contains(role) && !passed.iter().any(|(known, _)| known == role))
            .take(left)
            .collect())
    }

    /// In a survey, notes that a delegation cannot be verified; else that is the end.
    pub(super) fn pass_over(&mut self, role: RoleName, error: Error) -> Result<(), Halt> {
        match &mut self.survey {
            Some(passed) if role != RoleName::Targets => {
                passed.push((role, error));
                Ok(())
            }
            _ => Err(error.into()),
        }
    }

    /// Answers the question (TUF 5.7).
    pub(super) fn conclude(&mut self) -> Result<Accepted, Halt> {
        self.stage = Stage::Released;
        let set = self.set.as_ref().ok_or_else(Rejection::out_of_step)?;
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
    pub(super) fn content(&self, file: File, limit: usize) -> Result<Bytes, Halt> {
        match self.known(&file) {
            Some(bytes) => Ok(bytes),
            None => Err(self.wanting(vec![(file, limit)])),
        }
    }

    pub(super) fn known(&self, file: &File) -> Option<Bytes> {
        match file {
            File::ByHash(_, digest) => self.files.get(digest).cloned(),
            File::Current(_) | File::Root(_) => None,
        }
    }

    /// Asks for files, unless memory stands in for a server: that cannot be asked then.
    pub(super) fn wanting(&self, wanted: Vec<(File, usize)>) -> Halt {
        if self.asked {
            return Halt::Fetch(wanted);
        }
        let rejection = Rejection::new(
            codes::SERVER_UNAVAILABLE,
            "the trust server cannot be asked, and what is remembered is not complete",
        );
        Halt::End(match &self.stood_in_for {
            Some(error) => rejection.because_of(error),
            None => rejection,
        })
    }
}
