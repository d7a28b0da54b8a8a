//! What is asked for about an image.

use doorward_core::{Digest, Repository, Resource, Selector, Tag};

pub(super) fn manifest(repository: &Repository, selector: Selector) -> Resource {
    Resource::Manifest {
        repository: repository.clone(),
        selector,
    }
}

/// What the registry lists as what refers to the image.
pub(super) fn referrers(repository: &Repository, image: &Digest) -> Resource {
    Resource::Referrers {
        repository: repository.clone(),
        digest: image.clone(),
    }
}

/// What clients list so, under a tag.
pub(super) fn referrers_tag(repository: &Repository, image: &Digest) -> Resource {
    manifest(repository, Selector::Tag(Tag::of_referrers(image)))
}
