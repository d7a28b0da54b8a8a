//! The files of roles that sign tags, which are taken as the question needs them.

use doorward_core::Meter;

use super::Update;
use crate::session::halt::Halt;
use crate::{Error, File, RoleName};

/// What became of the file of a role that signs tags.
pub(in crate::session) enum Taken {
    /// It is in the trusted set.
    Verified,
    /// It must be fetched, and has so many bytes at most.
    Missing(File, usize),
    /// It cannot be verified.
    Refused(Error),
}

impl Update {
    /// Takes the file of a role that signs tags (TUF 5.6), if it is there.
    pub(in crate::session) fn take_targets(
        &mut self,
        role: &RoleName,
        meter: &mut Meter,
    ) -> Result<Taken, Halt> {
        let (file, limit) = match self.set()?.targets_file(role) {
            Ok(Some(listed)) => listed,
            Ok(None) => {
                let role = role.clone();
                return Ok(Taken::Refused(Error::DelegationMissing { role }));
            }
            Err(error) => return Ok(Taken::Refused(error)),
        };
        let Some(bytes) = self.known(&file) else {
            return Ok(Taken::Missing(file, limit));
        };
        Ok(match self.set_mut()?.update_targets(role, bytes, meter) {
            Ok(()) => Taken::Verified,
            Err(error) => Taken::Refused(error),
        })
    }
}
