//! Lists of files: their lengths and hashes.

use std::collections::BTreeMap;

use doorward_core::json::Value;
use doorward_core::{Algorithm, Digest};

use crate::limits::LISTED_BYTES;
use crate::members::{Members, base64};
use crate::{Error, RoleName};

/// What is listed for one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileMeta {
    pub(crate) length: usize,
    pub(crate) sha256: Digest,
    pub(crate) sha512: Option<Digest>,
}

impl FileMeta {
    fn read(value: &Value, list: &RoleName, name: &str) -> Result<Self, Error> {
        let what = format!("the entry {name}");
        let members = Members::of(value, &["length", "hashes"], list, &what)?;
        let hashes = Members::of(
            members.required("hashes")?,
            &["sha256", "sha512"],
            list,
            &what,
        )?;
        let sha256 = digest(&hashes, Algorithm::Sha256)?
            .ok_or_else(|| members.malformed("has no sha256"))?;
        let length = members.number("length", 0)?;
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= LISTED_BYTES)
            .ok_or_else(|| Error::TooLarge {
                what: format!("{list} lists {name} with {length} bytes"),
                limit: LISTED_BYTES,
            })?;
        Ok(Self {
            length,
            sha256,
            sha512: digest(&hashes, Algorithm::Sha512)?,
        })
    }

    /// Checks that `bytes` are the file that is listed: its exact length and every hash that is known here (TUF 5.5.2,
    /// 5.6.2). Stricter than the clauses, where the length is an upper bound, because a list that is wrong about one
    /// may be wrong about the other.
    pub(crate) fn check(&self, role: &RoleName, bytes: &[u8]) -> Result<(), Error> {
        let wrong = |what| Error::HashMismatch {
            role: role.clone(),
            what,
        };
        if bytes.len() != self.length {
            return Err(wrong("length"));
        }
        if !self.sha256.matches(bytes) {
            return Err(wrong("sha256"));
        }
        match &self.sha512 {
            Some(sha512) if !sha512.matches(bytes) => Err(wrong("sha512")),
            _ => Ok(()),
        }
    }
}

/// A hash in base64. Returns `None` if it is not listed.
pub(crate) fn digest(hashes: &Members<'_>, algorithm: Algorithm) -> Result<Option<Digest>, Error> {
    let name = algorithm.as_str();
    if hashes.optional(name).is_none() {
        return Ok(None);
    }
    let bytes = base64(hashes.text(name)?)
        .filter(|bytes| bytes.len() * 2 == algorithm.hex_len())
        .ok_or_else(|| hashes.malformed(&format!("has a {name} that is none")))?;
    format!("{name}:{}", hex::encode(bytes))
        .parse()
        .map(Some)
        .map_err(|_| hashes.malformed(&format!("has a {name} that is none")))
}

/// The `meta` of a list: what is listed for each role, read when it is wanted, so that an entry that nobody needs
/// cannot spoil the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    list: RoleName,
    entries: BTreeMap<String, Value>,
}

impl Meta {
    pub(crate) fn read(members: &Members<'_>, list: &RoleName) -> Result<Self, Error> {
        Ok(Self {
            list: list.clone(),
            entries: members.object("meta")?.iter().cloned().collect(),
        })
    }

    /// What is listed for `role`. Returns `None` if it is not in the list.
    pub(crate) fn find(&self, role: &RoleName) -> Result<Option<FileMeta>, Error> {
        let name = role.to_string();
        self.entries
            .get(&name)
            .filter(|value| **value != Value::Null)
            .map(|value| FileMeta::read(value, &self.list, &name))
            .transpose()
    }

    /// What is listed for a `role` that must be there.
    pub(crate) fn require(&self, role: &RoleName) -> Result<FileMeta, Error> {
        self.find(role)?.ok_or_else(|| Error::Missing {
            list: self.list.clone(),
            role: role.clone(),
        })
    }
}
