//! `snapshot.json`: which files of all other roles are current.

use crate::envelope::Envelope;
use crate::expiry::Header;
use crate::limits::LISTED_BYTES;
use crate::members::Members;
use crate::meta::{FileMeta, Meta};
use crate::{Error, RoleName};

/// What a snapshot says, once it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SnapshotRole {
    pub(crate) header: Header,
    pub(crate) root: FileMeta,
    pub(crate) targets: FileMeta,
    /// All entries. Delegations are listed once they are published.
    pub(crate) meta: Meta,
}

impl SnapshotRole {
    pub(crate) fn parse(bytes: &[u8]) -> Result<(Self, Envelope), Error> {
        let role = RoleName::Snapshot;
        let (signed, envelope) = Envelope::parse(&role, bytes, LISTED_BYTES)?;
        let known = ["_type", "version", "expires", "meta"];
        let members = Members::of(&signed, &known, &role, "the file")?;
        let meta = Meta::read(&members, &role)?;
        let read = Self {
            header: Header::read(&members, &role)?,
            root: meta.require(&RoleName::Root)?,
            targets: meta.require(&RoleName::Targets)?,
            meta,
        };
        Ok((read, envelope))
    }
}
