//! From the root down, as far as what is there allows.

use bytes::Bytes;
use doorward_core::{Meter, Rejection};

use super::Update;
use crate::limits::{ROOT_BYTES, ROOT_STEPS_AT_ONCE};
use crate::session::halt::Halt;
use crate::{Error, File, RoleName, codes};

impl Update {
    /// Follows a chain of roots if there is one to follow (TUF 5.3.2 to 5.3.9), and confirms where it ends (5.3.10).
    pub(in crate::session) fn reach_root(&mut self, meter: &mut Meter) -> Result<(), Halt> {
        if let Some((bytes, to, error)) = self.distant.take() {
            let next = self.set()?.root_version() + 1;
            if next < to {
                let last = to.min(next + ROOT_STEPS_AT_ONCE);
                self.distant = Some((bytes, to, error));
                let wanted = (next..last).map(|version| (File::Root(version), ROOT_BYTES));
                return Err(Halt::Wants(wanted.collect()));
            }
            match self.set_mut()?.update_root(bytes.clone(), meter) {
                Err(error @ Error::RootRotation { .. }) => {
                    self.begin_pinned(bytes, error, meter)?;
                }
                other => {
                    other?;
                }
            }
        }
        let pins = self.input.pins.clone();
        let set = self.set_mut()?;
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
    fn ask_root_or(&mut self, error: Error) -> Halt {
        if self.asked_root {
            return error.into();
        }
        self.asked_root = true;
        Halt::Wants(vec![(File::Current(RoleName::Root), ROOT_BYTES)])
    }

    /// Takes the timestamp that was answered (TUF 5.4).
    pub(in crate::session) fn reach_timestamp(&mut self, meter: &mut Meter) -> Result<(), Halt> {
        if self.set()?.has_timestamp() {
            return Ok(());
        }
        let bytes = self.timestamp.clone().ok_or_else(Rejection::out_of_step)?;
        match self.set_mut()?.update_timestamp(bytes, meter) {
            Err(error @ (Error::Threshold { .. } | Error::UnsupportedKey { .. })) => {
                Err(self.ask_root_or(error))
            }
            Err(error @ Error::SameVersion { .. }) => {
                // The signer of the timestamp signed twice. What was first stays current (TUF 5.4.3.1).
                let known = self.remembered_timestamp().ok_or(Halt::from(error))?;
                Ok(self.set_mut()?.update_timestamp(known, meter)?)
            }
            other => Ok(other?),
        }
    }

    /// Takes the snapshot that the timestamp lists (TUF 5.5).
    pub(in crate::session) fn reach_snapshot(&mut self, meter: &mut Meter) -> Result<(), Halt> {
        if self.set()?.has_snapshot() {
            return Ok(());
        }
        let (file, limit) = self
            .set()?
            .snapshot_file()
            .ok_or_else(Rejection::out_of_step)?;
        let bytes = self.content(file, limit)?;
        match self.set_mut()?.update_snapshot(bytes, meter) {
            Err(error @ (Error::Threshold { .. } | Error::UnsupportedKey { .. })) => {
                Err(self.ask_root_or(error))
            }
            other => Ok(other?),
        }
    }

    /// Follows the snapshot to the root that it lists, which TUF does not have.
    pub(in crate::session) fn reach_listed_root(&mut self) -> Result<(), Halt> {
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

    /// The content of a file, or that it must be fetched.
    fn content(&self, file: File, limit: usize) -> Result<Bytes, Halt> {
        match self.known(&file) {
            Some(bytes) => Ok(bytes),
            None => Err(self.wanting(vec![(file, limit)])),
        }
    }

    /// A file that was fetched or remembered.
    pub(super) fn known(&self, file: &File) -> Option<Bytes> {
        match file {
            File::ByHash(_, digest) => self.files.get(digest).cloned(),
            File::Current(_) | File::Root(_) => None,
        }
    }

    /// Asks for files, unless memory stands in for a server: that cannot be asked then.
    pub(in crate::session) fn wanting(&self, wanted: Vec<(File, usize)>) -> Halt {
        if self.asked {
            return Halt::Wants(wanted);
        }
        let rejection = Rejection::new(
            codes::SERVER_UNAVAILABLE,
            "the trust server cannot be asked, and what is remembered is not complete",
        );
        match &self.stood_in_for {
            Some(error) => rejection.because_of(error),
            None => rejection,
        }
        .into()
    }
}
