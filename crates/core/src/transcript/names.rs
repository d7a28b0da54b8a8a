//! What the names of repositories stood for.

use serde::{Serialize, Serializer};

use super::TranscriptError;
use super::form::Shown;
use super::read::Members;
use crate::json::Value;
use crate::{Authority, Repository};

/// Where a repository was kept, and what its registry was called.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NameRecord {
    /// The repository.
    pub repository: Repository,
    /// Where it was kept.
    pub located: Repository,
    /// The name that its registry went by, if that was another one.
    pub other_name: Option<Authority>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Form<'a> {
    repository: Shown<&'a Repository>,
    located: Shown<&'a Repository>,
    other_name: Option<Shown<&'a Authority>>,
}

impl Serialize for NameRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Form {
            repository: Shown(&self.repository),
            located: Shown(&self.located),
            other_name: self.other_name.as_ref().map(Shown),
        }
        .serialize(serializer)
    }
}

impl NameRecord {
    /// Whether it is about this repository as it is written: spellings of one are equal, and may stand for different
    /// things.
    pub(super) fn is_of(&self, repository: &Repository) -> bool {
        let known = &self.repository;
        known.registry() == repository.registry() && known.path() == repository.path()
    }

    pub(super) fn read(value: &Value) -> Result<Self, TranscriptError> {
        let mut members = Members::of(value, "names")?;
        let record = Self {
            repository: members.parsed("repository")?,
            located: members.parsed("located")?,
            other_name: match members.optional("otherName")? {
                None => None,
                Some(name) => Some(name.parse().map_err(|_| super::read::shape("otherName"))?),
            },
        };
        members.end()?;
        Ok(record)
    }
}
