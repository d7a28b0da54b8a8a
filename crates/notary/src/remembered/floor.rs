//! The highest version of a role.

use doorward_core::Digest;

use crate::signature::RoleKeys;

/// The highest version of a role, and the keys under which it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Floor {
    pub(crate) version: u64,
    pub(crate) sha256: Digest,
    /// What tells the role's keys apart, however they are written down.
    pub(super) keys: Vec<String>,
}

impl Floor {
    pub(crate) fn new(version: u64, sha256: Digest, keys: &RoleKeys) -> Self {
        Self {
            version,
            sha256,
            keys: marks(keys),
        }
    }

    /// Whether a key that could sign what was seen may still sign now.
    pub(crate) fn binds(&self, keys: &RoleKeys) -> bool {
        marks(keys).iter().any(|mark| self.keys.contains(mark))
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        self.keys.iter().any(|mark| other.keys.contains(mark))
    }
}

fn marks(keys: &RoleKeys) -> Vec<String> {
    keys.keys
        .iter()
        .map(|key| match key.usable() {
            Ok(public) => public.fingerprint().hex().to_owned(),
            Err(_) => key.id().as_str().to_owned(),
        })
        .collect()
}
