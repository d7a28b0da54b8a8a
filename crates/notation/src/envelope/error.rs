//! Why bytes are not an envelope, or an envelope is not good.

use doorward_core::json::JsonError;
use doorward_core::{Code, Rejection};
use doorward_crypto::{CertificateError, KeyAlgorithm, KeyError, OrderedChainError};

use crate::codes;

/// Why an envelope is refused before any policy is asked: its integrity does not hold (Trust Store and Trust Policy
/// Specification, "Signature Verification", step *integrity*).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The header names an algorithm that no signing key makes.
    #[error("{name} is no algorithm of signatures")]
    Algorithm {
        /// The name or number, shown as one line.
        name: String,
    },
    /// The header names another algorithm than the signing key makes.
    #[error("the header names {named}, but a signature by a key {key} is {expected}")]
    AlgorithmMismatch {
        /// What the header says.
        named: &'static str,
        /// The key of the signing certificate.
        key: KeyAlgorithm,
        /// What the key makes.
        expected: &'static str,
    },
    /// The signature does not match.
    #[error("the signature does not match what it covers")]
    BadSignature,
    /// Text is not base64 in the one form that the format has.
    #[error("`{part}` is not in base64 as the format has it")]
    Base64 {
        /// Whose text.
        part: &'static str,
    },
    /// The CBOR is not of the form that is read.
    #[error("not a COSE_Sign1 envelope: {problem}")]
    Cbor {
        /// What is wrong.
        problem: &'static str,
    },
    /// A certificate cannot be read.
    #[error("certificate {position} of the chain is {error}")]
    Certificate {
        /// Its place, counted from 1 for the signing certificate.
        position: usize,
        /// What is wrong.
        error: CertificateError,
    },
    /// The certificates are no chain of code signing.
    #[error(transparent)]
    Chain(#[from] OrderedChainError),
    /// The content type is not that of a payload.
    #[error("the content type is {found:?}, not `application/vnd.cncf.notary.payload.v1+json`")]
    ContentType {
        /// What it is, as one line.
        found: String,
    },
    /// A header is declared critical and is not there, or is none that may be.
    #[error("{name} is declared critical, but it is not there, or must not be declared so")]
    CriticalAbsent {
        /// Which.
        name: String,
    },
    /// A header is declared critical more than once.
    #[error("{name} is declared critical more than once")]
    CriticalTwice {
        /// Which.
        name: String,
    },
    /// The expiry is not later than the time of signing.
    #[error("the signature would expire before or when it was made")]
    ExpiresTooEarly,
    /// A value is not of the form that it must have.
    #[error("`{name}` is not {expected}")]
    Form {
        /// Which.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The JSON is malformed.
    #[error("{part} is not JSON as it is read: {error}")]
    Json {
        /// Which part.
        part: &'static str,
        /// What is wrong.
        error: JsonError,
    },
    /// The signing key is not on the allow-list.
    #[error("the signing key cannot be used: {0}")]
    Key(KeyError),
    /// Keys of this kind or length sign no envelopes.
    #[error("a key {key} signs no envelopes")]
    KeyAlgorithm {
        /// The key of the signing certificate.
        key: KeyAlgorithm,
    },
    /// The media type is not that of an envelope.
    #[error("{media_type} is no media type of an envelope")]
    MediaType {
        /// What it is, as one line.
        media_type: String,
    },
    /// Something required is missing.
    #[error("there is no `{name}`")]
    Missing {
        /// What.
        name: &'static str,
    },
    /// A header must be declared critical and is not.
    #[error("`{name}` is not declared critical")]
    NotCritical {
        /// Which.
        name: &'static str,
    },
    /// The payload is not of the form that it must have.
    #[error(transparent)]
    Payload(#[from] super::PayloadError),
    /// The signing scheme is not known.
    #[error("the signing scheme {found:?} is not known")]
    Scheme {
        /// What it is, as one line.
        found: String,
    },
    /// Something is larger than its bound.
    #[error("{part} is larger than {limit} bytes")]
    TooLarge {
        /// What.
        part: &'static str,
        /// The bound.
        limit: usize,
    },
    /// There are more of something than are read.
    #[error("there are more than {limit} {what}")]
    TooMany {
        /// What is counted.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// Two chains of certificates that differ.
    #[error("the signed and the unsigned header have different certificates")]
    TwoChains,
    /// A name that is not known where no other may be, or that some programs take for a known one.
    #[error("{name} stands where it must not")]
    UnexpectedMember {
        /// The name, as one line.
        name: String,
    },
    /// A header that only the other signing scheme has.
    #[error("`{name}` does not belong to the signing scheme")]
    WrongScheme {
        /// Which.
        name: &'static str,
    },
}

impl EnvelopeError {
    /// The reason code that it is refused with.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::AlgorithmMismatch { .. }
            | Self::BadSignature
            | Self::Key(_)
            | Self::KeyAlgorithm { .. } => codes::BAD_SIGNATURE,
            Self::Certificate { .. } | Self::Chain(_) => codes::CHAIN_INVALID,
            Self::Payload(_) => codes::PAYLOAD_INVALID,
            _ => codes::ENVELOPE_MALFORMED,
        }
    }
}

impl From<EnvelopeError> for Rejection {
    fn from(error: EnvelopeError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
