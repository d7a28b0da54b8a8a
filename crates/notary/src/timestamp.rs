//! `timestamp.json`: which snapshot is current.

use crate::envelope::Envelope;
use crate::expiry::Header;
use crate::limits::TIMESTAMP_BYTES;
use crate::members::Members;
use crate::meta::{FileMeta, Meta};
use crate::{Error, RoleName};

/// What a timestamp says, once it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TimestampRole {
    pub(crate) header: Header,
    pub(crate) snapshot: FileMeta,
}

impl TimestampRole {
    pub(crate) fn parse(bytes: &[u8]) -> Result<(Self, Envelope), Error> {
        let role = RoleName::Timestamp;
        let (signed, envelope) = Envelope::parse(&role, bytes, TIMESTAMP_BYTES)?;
        let known = ["_type", "version", "expires", "meta"];
        let members = Members::of(&signed, &known, &role, "the file")?;
        let read = Self {
            header: Header::read(&members, &role)?,
            snapshot: Meta::read(&members, &role)?.require(&RoleName::Snapshot)?,
        };
        Ok((read, envelope))
    }
}
