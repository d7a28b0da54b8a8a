//! Signature envelopes: what is signed, by which certificates, with which headers.

mod cbor;
mod cose;
mod error;
mod headers;
mod jws;
mod payload;
mod signed;
#[cfg(test)]
mod tests;

use std::fmt;

use doorward_core::text::one_line;
use doorward_core::{Algorithm, Rejection};
use doorward_crypto::{Certificate, Profile, PublicKey, SignatureChecks, verify_ordered};

use crate::algorithm::EnvelopeAlgorithm;
use crate::limits;
use headers::RawHeaders;

pub use error::EnvelopeError;
pub(crate) use headers::CONTENT_TYPE;
pub use headers::SigningScheme;
pub use payload::{Payload, PayloadError};
pub use signed::SignedPayload;

/// The formats of envelopes (Signature Specification, "Signature Envelope").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EnvelopeFormat {
    /// COSE_Sign1.
    Cose,
    /// JWS in the flattened JSON serialisation.
    Jws,
}

impl EnvelopeFormat {
    /// The format of a media type, which is compared exactly: parameters make it another one. Returns `None` for every
    /// other media type.
    #[must_use]
    pub fn of(media_type: &str) -> Option<Self> {
        [Self::Cose, Self::Jws]
            .into_iter()
            .find(|format| format.media_type() == media_type)
    }

    /// The name for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cose => "COSE",
            Self::Jws => "JWS",
        }
    }

    /// The media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Cose => "application/cose",
            Self::Jws => "application/jose+json",
        }
    }
}

/// What an envelope of either format has.
#[derive(Clone, PartialEq, Eq)]
struct Parts {
    headers: RawHeaders,
    chain: Vec<Vec<u8>>,
    timestamp: Option<Vec<u8>>,
    agent: Option<String>,
    payload: Vec<u8>,
    signature: Vec<u8>,
    /// The bytes that the signature is over.
    signed: Vec<u8>,
}

/// An envelope that could be read. Nothing in it is verified: what it says is only shown by methods that have
/// `unverified` in their names, and otherwise by the [`SignedPayload`] that [`Envelope::verify`] gives.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    format: EnvelopeFormat,
    parts: Parts,
    certificates: Vec<Certificate>,
}

impl Envelope {
    /// The largest envelope that is read, in bytes.
    pub const MAX_BYTES: usize = limits::ENVELOPE_BYTES;

    /// Reads an envelope of at most [`Self::MAX_BYTES`] bytes, with at most 10 certificates.
    ///
    /// # Errors
    /// An [`EnvelopeError`] if it does not have the form of its media type.
    pub fn parse(media_type: &str, bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let format = EnvelopeFormat::of(media_type).ok_or_else(|| EnvelopeError::MediaType {
            media_type: one_line(media_type, 100),
        })?;
        if bytes.len() > limits::ENVELOPE_BYTES {
            return Err(EnvelopeError::TooLarge {
                part: "the envelope",
                limit: limits::ENVELOPE_BYTES,
            });
        }
        let parts = match format {
            EnvelopeFormat::Cose => cose::parse(bytes)?,
            EnvelopeFormat::Jws => jws::parse(bytes)?,
        };
        if parts.chain.is_empty() {
            let name = match format {
                EnvelopeFormat::Cose => "x5chain",
                EnvelopeFormat::Jws => "x5c",
            };
            return Err(EnvelopeError::Missing { name });
        }
        let token = parts.timestamp.as_ref().map_or(0, Vec::len);
        if token > limits::TIMESTAMP_BYTES {
            return Err(EnvelopeError::TooLarge {
                part: "the countersignature",
                limit: limits::TIMESTAMP_BYTES,
            });
        }
        let certificates = (1..).zip(&parts.chain).map(|(position, der)| {
            Certificate::from_der(der)
                .map_err(|error| EnvelopeError::Certificate { position, error })
        });
        Ok(Self {
            format,
            certificates: certificates.collect::<Result<_, _>>()?,
            parts,
        })
    }

    /// Verifies that the envelope is whole: its certificates are a chain of code signing in order (whom it ends at is
    /// not asked, nor when it is valid), the signature is by the first of them with the algorithm of its key and over
    /// the bytes as they were received, and headers and payload keep the rules of the specification (Trust Store and
    /// Trust Policy Specification, "Signature Verification", step *integrity*).
    ///
    /// What costs nothing comes first, then the signatures on the certificates, then that on the payload, each counted
    /// before it is verified, until the first that does not hold. `trusted` is where among the certificates one stands
    /// that the caller trusts, if it knows that: see [`verify_ordered`].
    ///
    /// # Errors
    /// The code of an [`EnvelopeError`], or `budget-exceeded`.
    pub fn verify(
        &self,
        trusted: Option<usize>,
        checks: &mut SignatureChecks<'_>,
    ) -> Result<SignedPayload, Rejection> {
        let chain = verify_ordered(&self.certificates, Profile::CodeSigning, trusted, checks)?
            .map_err(EnvelopeError::from)?;
        let key = chain.leaf().key().map_err(EnvelopeError::Key)?;
        let expected = self.algorithm_of(key)?;
        let holds = checks.verify(
            key,
            expected.signature(),
            &self.parts.signed,
            &self.parts.signature,
        )?;
        holds.map_err(|_| EnvelopeError::BadSignature)?;
        let headers = self.parts.headers.check()?;
        let payload = Payload::parse(&self.parts.payload).map_err(EnvelopeError::from)?;
        Ok(SignedPayload {
            algorithm: expected,
            payload,
            headers,
            chain,
            timestamp: self.parts.timestamp.clone(),
            agent: self.parts.agent.clone(),
            signature: self.parts.signature.clone(),
        })
    }

    /// The algorithm that a key signs with, which the envelope must name.
    fn algorithm_of(&self, key: &PublicKey) -> Result<EnvelopeAlgorithm, EnvelopeError> {
        let expected = EnvelopeAlgorithm::of_key(key.algorithm()).ok_or_else(|| {
            EnvelopeError::KeyAlgorithm {
                key: key.algorithm(),
            }
        })?;
        let named = self.parts.headers.algorithm;
        if named != expected {
            return Err(EnvelopeError::AlgorithmMismatch {
                named: named.name(),
                key: key.algorithm(),
                expected: expected.name(),
            });
        }
        Ok(expected)
    }

    /// The format.
    #[must_use]
    pub const fn format(&self) -> EnvelopeFormat {
        self.format
    }

    /// By which algorithm a file must be hashed for this signature to be about it. Nothing is believed by that: an
    /// envelope that names another algorithm than its key has is refused when it is verified.
    #[must_use]
    pub const fn blob_algorithm(&self) -> Algorithm {
        self.parts.headers.algorithm.digest()
    }

    /// What the payload says. Nobody vouches for it.
    ///
    /// # Errors
    /// [`PayloadError`].
    pub fn unverified_payload(&self) -> Result<Payload, PayloadError> {
        Payload::parse(&self.parts.payload)
    }

    /// The certificates that are in it, in its order, whatever they are.
    #[must_use]
    pub fn unverified_certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The signing scheme that it names.
    #[must_use]
    pub fn unverified_scheme(&self) -> Option<&str> {
        self.parts.headers.scheme.as_deref()
    }

    /// The time of signing that it names, of whichever scheme.
    #[must_use]
    pub fn unverified_signing_time(&self) -> Option<crate::HeaderTime> {
        let headers = &self.parts.headers;
        headers.authentic_signing_time.or(headers.signing_time)
    }

    /// When it says that it expires.
    #[must_use]
    pub const fn unverified_expiry(&self) -> Option<crate::HeaderTime> {
        self.parts.headers.expiry
    }

    /// The name of the algorithm that it names.
    #[must_use]
    pub const fn unverified_algorithm(&self) -> &'static str {
        self.parts.headers.algorithm.name()
    }

    /// The program that it says made it.
    #[must_use]
    pub fn unverified_agent(&self) -> Option<&str> {
        self.parts.agent.as_deref()
    }

    /// The countersignature of a time-stamping authority, as it is.
    #[must_use]
    pub fn unverified_timestamp(&self) -> Option<&[u8]> {
        self.parts.timestamp.as_deref()
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("format", &self.format)
            .field("certificates", &self.certificates)
            .finish_non_exhaustive()
    }
}
