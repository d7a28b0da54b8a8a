//! `root.json`: which keys speak for the four roles.

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_core::json::Value;

use crate::envelope::Envelope;
use crate::expiry::Header;
use crate::limits::ROOT_BYTES;
use crate::members::Members;
use crate::signature::RoleKeys;
use crate::{Error, RoleName};

/// What a root says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Root {
    pub(crate) header: Header,
    pub(crate) root: RoleKeys,
    pub(crate) snapshot: RoleKeys,
    pub(crate) targets: RoleKeys,
    pub(crate) timestamp: RoleKeys,
}

/// A root with its signatures and the bytes that it was read from. Nothing in it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RootFile {
    pub(crate) content: Root,
    pub(crate) envelope: Envelope,
    pub(crate) bytes: Bytes,
}

impl RootFile {
    pub(crate) fn parse(bytes: Bytes) -> Result<Self, Error> {
        let (content, envelope) = Root::parse(&bytes)?;
        Ok(Self {
            content,
            envelope,
            bytes,
        })
    }

    pub(crate) const fn version(&self) -> u64 {
        self.content.header.version
    }

    /// Whether the other one says the same, no matter who signed it once more.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        self.envelope.message == other.envelope.message
    }
}

impl Root {
    /// Reads a root (TUF 4.3). All four roles must be there, no matter who signed it; other roles are ignored, as are
    /// keys that no role names: certificates of former roots stay in the file.
    fn parse(bytes: &[u8]) -> Result<(Self, Envelope), Error> {
        let file = RoleName::Root;
        let (signed, envelope) = Envelope::parse(&file, bytes, ROOT_BYTES)?;
        let known = ["_type", "version", "expires", "keys", "roles"];
        let members = Members::of(&signed, &known, &file, "the file")?;
        let keys: BTreeMap<&str, &Value> = members
            .object("keys")?
            .iter()
            .map(|(id, key)| (id.as_str(), key))
            .collect();
        let names = ["root", "snapshot", "targets", "timestamp"];
        let roles = Members::of(
            members.required("roles")?,
            &names,
            &file,
            "the list of roles",
        )?;
        let role = |name: &str| {
            let what = format!("the role {name}");
            let role = Members::of(
                roles.required(name)?,
                &["keyids", "threshold"],
                &file,
                &what,
            )?;
            RoleKeys::read(&role, &keys, &file)
        };
        let read = Self {
            header: Header::read(&members, &file)?,
            root: role("root")?,
            snapshot: role("snapshot")?,
            targets: role("targets")?,
            timestamp: role("timestamp")?,
        };
        Ok((read, envelope))
    }
}
