//! What a session is opened with.

use std::sync::Arc;

use doorward_core::{Descriptor, Pinned, SignatureRepository, Timestamp};

use crate::{Authority, GivenBundles};

/// What a session decides about, and with what.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SessionInput {
    /// The image.
    pub pinned: Pinned,
    /// The descriptor of its manifest, if it is known. Else the session fetches the manifest.
    pub manifest: Option<Descriptor>,
    /// The repository with the signatures, if that is not the one of the image.
    pub repository: Option<SignatureRepository>,
    /// Bundles beside what the repository has, in the order in which they are tried.
    pub given: Vec<Arc<GivenBundles>>,
    /// Whose signatures count: a signature that one of them accepts is accepted. Never empty.
    pub authorities: Arc<[Authority]>,
    /// The time of the decision.
    pub now: Timestamp,
    /// The most signatures that are tried, and the most manifests that are looked at; [`Self::MAX_SIGNATURES`] unless
    /// somebody wants fewer.
    pub max_signatures: usize,
    /// Whether the signature counts that was made last. Else the first that is accepted does.
    pub wants_latest: bool,
}

impl SessionInput {
    /// The most signatures of one image that are tried, and the most manifests that are looked at: as many as for signatures
    /// of the Notary Project. Images have one or two.
    pub const MAX_SIGNATURES: usize = 100;

    /// About an image whose manifest is not known, with signatures beside it.
    #[must_use]
    pub const fn new(pinned: Pinned, authorities: Arc<[Authority]>, now: Timestamp) -> Self {
        Self {
            pinned,
            manifest: None,
            repository: None,
            given: Vec::new(),
            authorities,
            now,
            max_signatures: Self::MAX_SIGNATURES,
            wants_latest: false,
        }
    }

    /// With the descriptor of the manifest, which then need not be fetched.
    #[must_use]
    pub fn described(mut self, manifest: Option<Descriptor>) -> Self {
        self.manifest = manifest;
        self
    }

    /// With signatures that are in another repository.
    #[must_use]
    pub fn kept_in(mut self, repository: Option<SignatureRepository>) -> Self {
        self.repository = repository;
        self
    }

    /// With bundles beside what the repository has. Those that name the image are tried, and of all forms whatever an authority
    /// accepts counts.
    #[must_use]
    pub fn beside(mut self, given: Vec<Arc<GivenBundles>>) -> Self {
        self.given = given;
        self
    }

    /// Has every signature tried, and takes the one that was made last: where the time of signing decides something. Then
    /// no signature may be left out, so the session is refused if one could not be had or not be judged.
    #[must_use]
    pub const fn latest(mut self, wants_latest: bool) -> Self {
        self.wants_latest = wants_latest;
        self
    }
}
