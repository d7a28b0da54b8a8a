//! A reference that can no longer move.

use std::fmt;

use crate::{Digest, Reference, Repository, Tag};

/// A repository and the digest in it: the only form in which an image is ever admitted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pinned {
    repository: Repository,
    digest: Digest,
}

impl Pinned {
    /// Pins `repository` to `digest`.
    #[must_use]
    pub const fn new(repository: Repository, digest: Digest) -> Self {
        Self { repository, digest }
    }

    /// The repository.
    #[must_use]
    pub const fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The digest of the manifest or index.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// As an image is named by it, with this tag beside the digest if there is one. Clients pull by the digest either way.
    #[must_use]
    pub fn named(&self, tag: Option<&Tag>) -> String {
        match tag {
            Some(tag) => format!("{}:{tag}@{}", self.repository, self.digest),
            None => self.to_string(),
        }
    }
}

impl fmt::Display for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.repository, self.digest)
    }
}

impl From<Pinned> for Reference {
    fn from(pinned: Pinned) -> Self {
        Self::new(pinned.repository, None, Some(pinned.digest))
    }
}
