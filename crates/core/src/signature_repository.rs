//! A repository of its own for signatures.

use crate::{Access, Fetch, Repository, Resource};

/// A repository that a policy says signatures are in, because they are not beside the image.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SignatureRepository {
    /// The repository.
    pub repository: Repository,
    /// What opens it, in the place of the credentials that the image is pulled with. Without it, those of them count that
    /// are for this repository.
    pub access: Option<Access>,
}

impl SignatureRepository {
    /// A repository that is opened as the caller opens repositories.
    #[must_use]
    pub const fn new(repository: Repository) -> Self {
        Self {
            repository,
            access: None,
        }
    }

    /// The same, opened with this alone.
    #[must_use]
    pub fn opened_by(mut self, access: Option<Access>) -> Self {
        self.access = access;
        self
    }

    /// The request for something in it, of at most `max_bytes` bytes.
    #[must_use]
    pub fn fetch(&self, resource: Resource, max_bytes: usize) -> Fetch {
        Fetch::new(resource, max_bytes).opened_by(self.access.clone())
    }
}
