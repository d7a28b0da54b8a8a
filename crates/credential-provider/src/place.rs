//! What a provider is asked for.

use doorward_core::Repository;

/// An image that a provider is asked for, in the spelling that the kubelet gives it: a repository without tag and digest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) image: String,
    pub(crate) registry: String,
}

impl Place {
    pub(crate) fn of(repository: &Repository) -> Self {
        let canonical = repository.canonical();
        Self {
            image: canonical.to_string(),
            registry: canonical.registry().to_owned(),
        }
    }
}
