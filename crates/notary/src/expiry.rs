//! What every role's file says about itself.

use doorward_core::Timestamp;

use crate::members::Members;
use crate::{Error, RoleName};

/// The members common to all roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// At least 1.
    pub(crate) version: u64,
    /// The first second in which the file no longer counts.
    pub(crate) expires: Timestamp,
}

impl Header {
    /// Reads `_type`, `version` and `expires` (TUF 4.3, but without `spec_version`, which Notary v1 has not).
    pub(crate) fn read(members: &Members<'_>, role: &RoleName) -> Result<Self, Error> {
        if members.text("_type")? != role.kind() {
            let detail = format!("says that it is of another type than {}", role.kind());
            return Err(members.malformed(&detail));
        }
        Ok(Self {
            version: members.number("version", 1)?,
            expires: members.time("expires")?,
        })
    }

    /// Checks that the file still counts at `now`: its expiry must be higher (TUF 5.3.10, 5.4.4, 5.5.6, 5.6.5).
    pub(crate) fn check(&self, role: &RoleName, now: Timestamp) -> Result<(), Error> {
        if now < self.expires {
            return Ok(());
        }
        Err(Error::Expired {
            role: role.clone(),
            expires: self.expires,
        })
    }
}
