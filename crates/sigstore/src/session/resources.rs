//! What a session asks for.

use doorward_core::{
    Digest, Fact, Fetch, FetchError, Rejection, Repository, Resource, Selector, Tag,
};

use super::SigstoreSession;
use crate::codes;
use crate::discovery::{Form, Located, tag_of};

/// The largest manifest of an image, the largest list of referrers and the largest manifest with signatures, in bytes (OCI
/// distribution specification, "Pushing Manifests"). As other signatures are looked for, so that lists are fetched once.
pub(crate) const LIST_BYTES: usize = 4 << 20;
/// The largest manifest that refers to an image, in bytes. A usual one has one KiB, one with signature layers of keyless
/// signers eight KiB for each.
pub(super) const MANIFEST_BYTES: usize = 1 << 20;
/// The largest claim, in bytes: what is read of one.
const CLAIM_BYTES: usize = crate::limits::CLAIM_BYTES;
/// The largest bundle with a signature, in bytes. It has 4 to 10 KiB, and annotations add to it; those with documents are
/// larger, and not looked at for signatures. As many of them as are tried fit into what a decision may fetch.
pub(crate) const BUNDLE_BYTES: usize = 256 << 10;

impl SigstoreSession {
    /// Where signatures are looked for.
    pub(super) fn repository(&self) -> &Repository {
        let pinned = &self.input.pinned;
        let kept_in = self.input.repository.as_ref();
        kept_in.map_or_else(|| pinned.repository(), |kept_in| &kept_in.repository)
    }

    /// The request for something where signatures are looked for.
    pub(super) fn fetch(&self, resource: Resource, max_bytes: usize) -> Fetch {
        match &self.input.repository {
            Some(kept_in) => kept_in.fetch(resource, max_bytes),
            None => Fetch::new(resource, max_bytes),
        }
    }

    /// The image itself, which is where the reference says.
    pub(super) fn image(&self) -> Resource {
        Resource::Manifest {
            repository: self.input.pinned.repository().clone(),
            selector: Selector::Digest(self.input.pinned.digest().clone()),
        }
    }

    pub(super) fn list(&self) -> Resource {
        Resource::Referrers {
            repository: self.repository().clone(),
            digest: self.input.pinned.digest().clone(),
        }
    }

    pub(super) fn list_of_tag(&self) -> Resource {
        self.manifest(Selector::Tag(Tag::of_referrers(self.input.pinned.digest())))
    }

    /// The manifest whose layers are signatures, if the digest is short enough to have one.
    pub(super) fn signatures(&self) -> Option<Resource> {
        let tag = tag_of(self.input.pinned.digest(), "sig")?;
        Some(self.manifest(Selector::Tag(tag)))
    }

    pub(super) fn manifest(&self, selector: Selector) -> Resource {
        Resource::Manifest {
            repository: self.repository().clone(),
            selector,
        }
    }

    /// The fetch of something that may be a signature.
    ///
    /// # Errors
    /// A rejection, if it is larger than is read.
    pub(super) fn blob(&self, located: &Located) -> Result<Fetch, Rejection> {
        let most = match located.form {
            Form::Bundle | Form::Attestation => BUNDLE_BYTES,
            Form::Layer => CLAIM_BYTES,
        };
        let digest = located.blob.digest.clone();
        // Content of another size than the announced one has another digest.
        match usize::try_from(located.blob.size) {
            Ok(size) if size <= most => {
                let repository = self.repository().clone();
                Ok(self.fetch(Resource::Blob { repository, digest }, size))
            }
            _ => {
                let what = located.form.as_str();
                let detail = format!(
                    "the {what} {digest} is larger than {most} bytes, which no signature is"
                );
                // It can never count, so it leaves nothing open.
                Err(Rejection::new(codes::BUNDLE_MALFORMED, detail))
            }
        }
    }

    /// That a part of a signature could not be had. Where the registry does not have what is listed, the list is wrong; the
    /// image may well be there.
    pub(super) fn lost(&self, resource: &Resource, error: &FetchError) -> Rejection {
        match error {
            FetchError::NotFound | FetchError::NotInLayout { .. } => {
                let detail = format!("{resource}: it is listed, and the registry does not have it");
                Rejection::new(codes::BUNDLE_MALFORMED, detail).with_fact(Fact::resource(resource))
            }
            FetchError::TooLarge { limit } => {
                let detail =
                    format!("{resource}: it is larger than {limit} bytes, and is not read");
                Rejection::new(codes::TOO_MANY, detail).with_fact(Fact::resource(resource))
            }
            _ => Rejection::from_fetch(resource, error),
        }
    }

    /// What a refusal is about.
    pub(super) fn source_of(what: &str, digest: &Digest) -> Fact {
        Fact::Source(format!("{what} {digest}"))
    }
}
