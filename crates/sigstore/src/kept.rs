//! Where signatures and statements of an image are kept, and how they are asked for.

use doorward_core::{
    Digest, Fetch, Pinned, Repository, Resource, Selector, SignatureRepository, Tag,
};

use crate::discovery::tag_of;

/// The largest manifest of an image, the largest list of referrers and the largest manifest with signatures, in bytes (OCI
/// distribution specification, "Pushing Manifests"). As other signatures are looked for, so that lists are fetched once.
pub(crate) const LIST_BYTES: usize = 4 << 20;
/// The largest manifest that refers to an image, in bytes. A usual one has one KiB, one with signature layers of keyless
/// signers eight KiB for each.
pub(crate) const MANIFEST_BYTES: usize = 1 << 20;

/// The place for what is kept beside an image: its own repository, unless a policy names another one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept<'a> {
    pinned: &'a Pinned,
    elsewhere: Option<&'a SignatureRepository>,
}

impl<'a> Kept<'a> {
    pub(crate) const fn of(pinned: &'a Pinned, elsewhere: Option<&'a SignatureRepository>) -> Self {
        Self { pinned, elsewhere }
    }

    pub(crate) fn repository(&self) -> &'a Repository {
        let named = self.elsewhere.map(|elsewhere| &elsewhere.repository);
        named.unwrap_or_else(|| self.pinned.repository())
    }

    /// The request for something there, which is opened as that is.
    pub(crate) fn fetch(&self, resource: Resource, max_bytes: usize) -> Fetch {
        match self.elsewhere {
            Some(elsewhere) => elsewhere.fetch(resource, max_bytes),
            None => Fetch::new(resource, max_bytes),
        }
    }

    /// The image itself, which is where the reference says.
    pub(crate) fn image(&self) -> Resource {
        Resource::Manifest {
            repository: self.pinned.repository().clone(),
            selector: Selector::Digest(self.pinned.digest().clone()),
        }
    }

    /// The list of what refers to the image.
    pub(crate) fn list(&self) -> Resource {
        Resource::Referrers {
            repository: self.repository().clone(),
            digest: self.pinned.digest().clone(),
        }
    }

    /// The list that clients write where a registry has none.
    pub(crate) fn list_of_tag(&self) -> Resource {
        self.manifest(Selector::Tag(Tag::of_referrers(self.pinned.digest())))
    }

    /// The manifest whose layers are signatures (`sig`) or attestations (`att`), if the digest is short enough to have one.
    pub(crate) fn tagged(&self, kind: &str) -> Option<Resource> {
        let tag = tag_of(self.pinned.digest(), kind)?;
        Some(self.manifest(Selector::Tag(tag)))
    }

    pub(crate) fn manifest(&self, selector: Selector) -> Resource {
        Resource::Manifest {
            repository: self.repository().clone(),
            selector,
        }
    }

    pub(crate) fn blob(&self, digest: &Digest) -> Resource {
        Resource::Blob {
            repository: self.repository().clone(),
            digest: digest.clone(),
        }
    }
}
