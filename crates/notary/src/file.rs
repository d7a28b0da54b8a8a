//! Names of files on a trust server.

use std::fmt;

use doorward_core::Digest;

use crate::RoleName;

/// A file of a collection, as it is asked for. Its path is below `_trust/tuf/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum File {
    /// The file of a role with this SHA-256: `<role>.<hex>.json`.
    ByHash(RoleName, Digest),
    /// The current file of a role: `<role>.json`.
    Current(RoleName),
    /// A former root: `<version>.root.json`.
    Root(u64),
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByHash(role, digest) => write!(f, "{role}.{}.json", digest.hex()),
            Self::Current(role) => write!(f, "{role}.json"),
            Self::Root(version) => write!(f, "{version}.root.json"),
        }
    }
}
