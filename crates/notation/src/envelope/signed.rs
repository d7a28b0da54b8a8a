//! An envelope whose integrity was verified.

use doorward_core::Algorithm;
use doorward_crypto::{Certificate, OrderedChain};

use super::headers::Headers;
use super::{Payload, SigningScheme};
use crate::HeaderTime;
use crate::algorithm::EnvelopeAlgorithm;
use crate::attribute::ExtendedAttribute;

/// That a payload was signed by the holder of a certificate: [`Envelope::verify`](super::Envelope::verify) makes it,
/// and nothing else. Whether the certificate is trusted, was valid and is not revoked is for a [`Walk`](crate::Walk).
#[derive(Clone, Debug)]
pub struct SignedPayload {
    pub(super) algorithm: EnvelopeAlgorithm,
    pub(super) payload: Payload,
    pub(super) headers: Headers,
    pub(super) chain: OrderedChain,
    pub(super) timestamp: Option<Vec<u8>>,
    pub(super) agent: Option<String>,
    pub(super) signature: Vec<u8>,
}

impl SignedPayload {
    /// What was signed.
    #[must_use]
    pub const fn payload(&self) -> &Payload {
        &self.payload
    }

    /// How it was established who signed when.
    #[must_use]
    pub const fn scheme(&self) -> SigningScheme {
        self.headers.scheme
    }

    /// When it was signed: the word of the signing authority under [`SigningScheme::SigningAuthority`], and a bare
    /// claim under [`SigningScheme::X509`].
    #[must_use]
    pub const fn signing_time(&self) -> HeaderTime {
        self.headers.signing_time
    }

    /// From when on the signature counts for nothing, by the signer's own word.
    #[must_use]
    pub const fn expiry(&self) -> Option<HeaderTime> {
        self.headers.expiry
    }

    /// What the signer added to the signed headers.
    #[must_use]
    pub fn extended_attributes(&self) -> &[ExtendedAttribute] {
        &self.headers.extended
    }

    /// The signing certificate.
    #[must_use]
    pub fn leaf(&self) -> &Certificate {
        self.chain.leaf()
    }

    /// The certificates from the signing one to the root, in order.
    pub const fn chain(&self) -> &OrderedChain {
        &self.chain
    }

    /// The countersignature of a time-stamping authority, not verified.
    #[must_use]
    pub fn unverified_timestamp(&self) -> Option<&[u8]> {
        self.timestamp.as_deref()
    }

    /// The program that made the envelope. Nobody signed this, and nothing is decided by it.
    #[must_use]
    pub fn unverified_agent(&self) -> Option<&str> {
        self.agent.as_deref()
    }

    /// The signature itself, which a time-stamping authority countersigns.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The algorithm by which a file is hashed that was signed: it follows the signing key (Signature Specification,
    /// "Signature Algorithm Requirements").
    #[must_use]
    pub const fn blob_algorithm(&self) -> Algorithm {
        self.algorithm.digest()
    }
}
