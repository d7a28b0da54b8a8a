//! What was found beside an image and may be a signature.

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_core::Rejection;

use crate::codes;

/// Why something that was found is neither a signature nor an attestation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CandidateError {
    /// It does not have its form.
    #[error("{what}: {reason}")]
    Malformed {
        /// What it should be.
        what: &'static str,
        /// Why it is not, in one line.
        reason: String,
    },
    /// It is longer than is read.
    #[error("{what} is longer than {limit} bytes")]
    TooLarge {
        /// What it should be.
        what: &'static str,
        /// The bound, in bytes.
        limit: usize,
    },
    /// It has more of something than is read.
    #[error("there are more than {limit} {what}")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
}

impl From<CandidateError> for Rejection {
    fn from(error: CandidateError) -> Self {
        Self::new(codes::BUNDLE_MALFORMED, error.to_string())
    }
}

/// In which form something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CandidateForm {
    /// A layer of an attestation manifest: an envelope, with what vouches for it in annotations.
    Attestation,
    /// A bundle, which holds everything.
    Bundle,
    /// A layer of a signature manifest: a claim, with signature and what vouches for it in annotations.
    Layer,
}

/// One thing that was found beside an image and may be a signature or an attestation. That it could be read says nothing
/// about whether it is to be trusted.
#[derive(Clone, Debug)]
pub struct Candidate {
    form: CandidateForm,
    source: Option<String>,
}

impl Candidate {
    /// A layer of a signature manifest (`.sig`): the claim, at most 64 KiB, and the annotations of the layer.
    ///
    /// # Errors
    /// Any [`CandidateError`].
    pub fn layer(
        payload: Bytes,
        annotations: &BTreeMap<String, String>,
    ) -> Result<Self, CandidateError> {
        let _ = (payload, annotations);
        Ok(Self {
            form: CandidateForm::Layer,
            source: None,
        })
    }

    /// A layer of an attestation manifest (`.att`): the envelope, at most 12 MiB, and the annotations of the layer.
    ///
    /// # Errors
    /// Any [`CandidateError`].
    pub fn attestation(
        envelope: Bytes,
        annotations: &BTreeMap<String, String>,
    ) -> Result<Self, CandidateError> {
        let _ = (envelope, annotations);
        Ok(Self {
            form: CandidateForm::Attestation,
            source: None,
        })
    }

    /// A bundle of version 0.1 to 0.3, at most 12 MiB.
    ///
    /// # Errors
    /// Any [`CandidateError`].
    pub fn bundle(bytes: Bytes) -> Result<Self, CandidateError> {
        let _ = bytes;
        Ok(Self {
            form: CandidateForm::Bundle,
            source: None,
        })
    }

    /// Says where it was found.
    #[must_use]
    pub fn found_at(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// In which form it was found.
    #[must_use]
    pub const fn form(&self) -> CandidateForm {
        self.form
    }

    /// The type of the predicate that its statement says it has, if it holds a statement. Nobody has verified it.
    #[must_use]
    pub fn unverified_predicate_type(&self) -> Option<&str> {
        None
    }

    /// The digest of the image that it says it is for: that of the claim, or the first of the statement. Nobody has verified
    /// it.
    #[must_use]
    pub fn unverified_digest(&self) -> Option<&str> {
        None
    }

    /// Who its certificate says signed, and who vouched for that: identity and issuer. Nobody has verified either. Returns
    /// `None` if it has no certificate that can be read.
    #[must_use]
    pub fn unverified_signer(&self) -> Option<(String, Option<String>)> {
        None
    }
}
