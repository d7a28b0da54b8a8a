//! What a session is opened with.

use std::sync::Arc;

use doorward_core::{Descriptor, Pinned, Timestamp};
use doorward_crypto::VerifiedSignatures;

use crate::{Statement, TrustStores};

/// What a session decides about, and with what.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SessionInput {
    /// The image.
    pub pinned: Pinned,
    /// The descriptor of its manifest, if it is known. Else the session fetches the manifest.
    pub manifest: Option<Descriptor>,
    /// Whom to trust and what to check.
    pub statement: Arc<Statement>,
    /// The trust stores that the statement names.
    pub stores: Arc<TrustStores>,
    /// The time of the decision.
    pub now: Timestamp,
    /// The most signatures that are tried; [`Self::MAX_SIGNATURES`] unless somebody wants fewer.
    pub max_signatures: usize,
    /// Signatures on certificates that other decisions have verified. They decide nothing but how long this takes.
    pub verified: Option<Arc<VerifiedSignatures>>,
    /// Whether the signature counts that was made last. Else the first that holds does.
    pub wants_latest: bool,
}

impl SessionInput {
    /// The most signatures of one image that are tried, as for the reference.
    pub const MAX_SIGNATURES: usize = 100;

    /// About an image whose manifest is not known.
    #[must_use]
    pub const fn new(
        pinned: Pinned,
        statement: Arc<Statement>,
        stores: Arc<TrustStores>,
        now: Timestamp,
    ) -> Self {
        Self {
            pinned,
            manifest: None,
            statement,
            stores,
            now,
            max_signatures: Self::MAX_SIGNATURES,
            verified: None,
            wants_latest: false,
        }
    }

    /// With what other decisions have verified.
    #[must_use]
    pub fn sharing(mut self, verified: Option<Arc<VerifiedSignatures>>) -> Self {
        self.verified = verified;
        self
    }

    /// Has every signature tried, and takes the one that was made last: where the time of signing decides something. Then
    /// no signature may be left out, so the session is refused if one could not be had or not be judged.
    #[must_use]
    pub const fn latest(mut self, wants_latest: bool) -> Self {
        self.wants_latest = wants_latest;
        self
    }

    /// With the descriptor of the manifest, which then need not be fetched.
    #[must_use]
    pub fn described(mut self, manifest: Option<Descriptor>) -> Self {
        self.manifest = manifest;
        self
    }
}
