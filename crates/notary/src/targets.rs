//! `targets.json` and the files of delegations: which tag is which digest.

use std::collections::BTreeMap;

use doorward_core::json::Value;
use doorward_core::{Algorithm, Digest};

use crate::delegation::Delegation;
use crate::envelope::Envelope;
use crate::expiry::Header;
use crate::limits::LISTED_BYTES;
use crate::members::{Members, take};
use crate::meta::digest;
use crate::{Error, RoleName};

/// A signed tag.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target {
    /// The digest of the manifest.
    pub digest: Digest,
    /// The length of the manifest in bytes.
    pub length: u64,
}

/// What a role that signs tags says, once it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Targets {
    pub(crate) header: Header,
    pub(crate) delegations: Vec<Delegation>,
    role: RoleName,
    entries: BTreeMap<String, Value>,
}

impl Targets {
    pub(crate) fn parse(role: &RoleName, bytes: &[u8]) -> Result<(Self, Envelope), Error> {
        let (signed, envelope) = Envelope::parse(role, bytes, LISTED_BYTES)?;
        let known = ["_type", "version", "expires", "targets", "delegations"];
        let members = Members::of(&signed, &known, role, "the file")?;
        if members.optional("targets").is_some() {
            members.object("targets")?;
        }
        let header = Header::read(&members, role)?;
        let delegations = match members.optional("delegations") {
            None => Vec::new(),
            Some(value) => Delegation::read_all(value, role)?,
        };
        let entries = match take(signed, "targets") {
            Some(Value::Object(entries)) => entries.into_iter().collect(),
            _ => BTreeMap::new(),
        };
        let read = Self {
            header,
            delegations,
            role: role.clone(),
            entries,
        };
        Ok((read, envelope))
    }

    /// The delegation to `role`, if there is one.
    pub(crate) fn delegation(&self, role: &RoleName) -> Option<&Delegation> {
        self.delegations.iter().find(|known| known.role == *role)
    }

    /// The tags that are listed, whether or not the role may sign them.
    pub(crate) fn tags(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// The entry of a tag. Returns `None` if there is none.
    pub(crate) fn find(&self, tag: &str) -> Result<Option<Target>, Error> {
        self.entries
            .get(tag)
            .map(|value| self.read(tag, value))
            .transpose()
    }

    /// Reads an entry (TUF 4.5, `TARGETS`) when it is wanted, so that one that nobody needs cannot spoil the others.
    fn read(&self, tag: &str, value: &Value) -> Result<Target, Error> {
        let invalid = |detail| Error::TargetInvalid {
            role: self.role.clone(),
            tag: tag.to_owned(),
            detail,
        };
        let members = Members::of(value, &["length", "hashes"], &self.role, "an entry")
            .map_err(|_| invalid("another form than an entry"))?;
        let length = members
            .number("length", 0)
            .map_err(|_| invalid("no usable length"))?;
        let hashes = members
            .required("hashes")
            .and_then(|value| Members::of(value, &["sha256", "sha512"], &self.role, "an entry"))
            .map_err(|_| invalid("no hashes"))?;
        let digest = digest(&hashes, Algorithm::Sha256)
            .ok()
            .flatten()
            .ok_or_else(|| invalid("no usable sha256"))?;
        Ok(Target { digest, length })
    }
}
