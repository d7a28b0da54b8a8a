//! A statement in an envelope, as it was found.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use doorward_core::{Descriptor, Digest, MediaType, Repository};

/// A blob that may hold a statement about the image: an envelope with its own signature, or a bundle with one (in-toto
/// attestation framework, DSSE). Nobody has read it yet.
///
/// Unlike a document that is attached as an artifact, it is not signed by a signature of its digest: who signed it, and
/// about what, is within it. So the demands for its signers are not about the blob but about the image, and are met by a
/// scheme that [reads it](crate::Demand::stated).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Envelope {
    /// The repository that holds it, or that of the image if it is given.
    pub repository: Repository,
    /// The blob. Its annotations belong to it: they hold what vouches for an envelope that is a layer.
    pub blob: Descriptor,
    /// The types of which the statement must be one, exactly.
    pub predicate_types: Vec<String>,
    /// The content, if it was given beside what registries have. Nobody fetches it then.
    pub given: Option<Arc<GivenEnvelope>>,
}

/// An envelope that was given, in a file or in a `ConfigMap`, beside what registries have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GivenEnvelope {
    /// Where it is.
    pub name: String,
    /// Of which media type it is.
    pub media_type: MediaType,
    /// What it is.
    pub bytes: Bytes,
    /// The digest of that.
    pub digest: Digest,
    /// What tells those that were given together from others: an authority may have some of its own.
    pub origin: Digest,
    /// The type that its statement says it is of, if that can be read.
    pub predicate_type: Option<String>,
}

/// Envelopes that are given beside what registries have.
pub(crate) trait GivenEnvelopes: fmt::Debug + Send + Sync {
    /// Those that may be about an image, and of a predicate type that is meant.
    fn about(&self, image: &Digest, is_meant: &dyn Fn(Option<&str>) -> bool) -> Vec<GivenEnvelope>;

    /// Which of them are none, in a sentence.
    fn unreadable(&self) -> Option<String>;
}

impl Envelope {
    /// The largest envelope or bundle that is read, in bytes: 12 MiB. A document has at most 8 MiB, and base64 makes a third
    /// more of it.
    pub const MAX_BYTES: usize = 12 << 20;

    /// The blob in this repository, which must hold a statement of one of these types.
    #[must_use]
    pub const fn new(
        repository: Repository,
        blob: Descriptor,
        predicate_types: Vec<String>,
    ) -> Self {
        Self {
            repository,
            blob,
            predicate_types,
            given: None,
        }
    }

    /// With this content, which was given.
    #[must_use]
    pub fn given(mut self, given: Option<Arc<GivenEnvelope>>) -> Self {
        self.given = given;
        self
    }

    /// Where it is, as people find it.
    #[must_use]
    pub fn source(&self) -> String {
        match &self.given {
            Some(given) => given.name.clone(),
            None => format!("{}@{}", self.repository, self.blob.digest),
        }
    }
}
