//! Why a time stamp proves nothing.

use crate::checks::Stop;
use crate::{ChainPosition, NotValidAt, OrderedChainError, SignatureError};

/// Why a time stamp proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimestampError {
    /// A signed attribute is missing, there twice, or about something else (RFC 5652, section 11; RFC 5816, section 2).
    #[error("the signed attribute {name} is missing or wrong")]
    Attribute {
        /// The name that the RFC gives it.
        name: &'static str,
    },
    /// The certificates from the signer to a trusted one break a rule.
    #[error("the chain of the time stamp is refused: {0}")]
    Chain(OrderedChainError),
    /// The signed hash of the content is not its hash (RFC 5652, section 11.2).
    #[error("the signed digest is not that of the content")]
    ContentDigest,
    /// A certificate of the authority has a critical extension that is not understood (RFC 5280, section 4.2).
    #[error("{at} has a critical extension that is not understood")]
    CriticalExtension {
        /// Which one.
        at: ChainPosition,
    },
    /// The content has a critical extension; none is known (RFC 3161, section 2.4.2).
    #[error("the time stamp has a critical extension that is not understood")]
    Extension,
    /// A hash is SHA-1 or another that is not accepted.
    #[error("the hash algorithm of {of} is not accepted")]
    Hash {
        /// What is hashed.
        of: &'static str,
    },
    /// The time stamp is for another message (RFC 3161, section 2.4.2).
    #[error("the time stamp is for another message")]
    Imprint,
    /// The bytes are no token.
    #[error("not a time-stamp token")]
    Malformed,
    /// No certificate that is trusted is the end of a chain from the signer.
    #[error("no trusted certificate issued that of the time stamp")]
    NoAnchor,
    /// There is no signer.
    #[error("the time stamp is not signed")]
    NoSigner,
    /// A certificate of the authority was not valid at the time of the token.
    #[error("the chain of the time stamp did not hold at its time: {0}")]
    NotValid(NotValidAt),
    /// The signature over the attributes does not hold.
    #[error("the signature of the time stamp: {0}")]
    Signature(SignatureError),
    /// The signer's certificate is not in the token.
    #[error("the time stamp does not bring the certificate of its signer")]
    SignerUnknown,
    /// The signed attributes are about another certificate (RFC 5816, section 2.2.1).
    #[error("the time stamp names another certificate as that of its signer")]
    SigningCertificate,
    /// The signed time of signing is not within the validity of the chain.
    #[error("the chain of the time stamp did not hold when it says that it was signed: {0}")]
    SigningTime(NotValidAt),
    /// The token is larger than is read.
    #[error("the time stamp is larger than {limit} bytes")]
    TooLarge {
        /// The bound in bytes.
        limit: usize,
    },
    /// The token has more of something than is read.
    #[error("the time stamp has more than {limit} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// A structure has another version than is known.
    #[error("the time stamp has another version of {of}")]
    Version {
        /// The structure.
        of: &'static str,
    },
}

impl From<TimestampError> for Stop<TimestampError> {
    fn from(error: TimestampError) -> Self {
        Self::Refused(error)
    }
}

impl From<crate::der::Malformed> for TimestampError {
    fn from(_: crate::der::Malformed) -> Self {
        Self::Malformed
    }
}
