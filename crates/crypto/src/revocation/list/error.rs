//! Why a revocation list says nothing.

use doorward_core::Timestamp;

use crate::SignatureError;
use crate::checks::Stop;

/// Why a revocation list says nothing about a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// A list or an entry has a critical extension that is not understood (RFC 5280, sections 5.2 and 5.3).
    #[error("the revocation list has a critical extension that is not understood")]
    CriticalExtension,
    /// The list of changes does not go with the complete one (RFC 5280, section 5.2.4).
    #[error("the delta list does not go with the complete one: {detail}")]
    Delta {
        /// Why not.
        detail: &'static str,
    },
    /// The list is one of changes, and no complete one.
    #[error("the revocation list is not complete")]
    DeltaAlone,
    /// A newer list should be there (RFC 5280, section 5.1.2.5).
    #[error("the revocation list expired at {next_update}")]
    Expired {
        /// The last second for which it was made.
        next_update: Timestamp,
    },
    /// The issuer of the list is not that of the certificate: an indirect list, which is not taken, or another's.
    #[error("the revocation list is not that of the certificate's issuer")]
    Issuer,
    /// The certificate of the issuer is not for signing lists (RFC 5280, section 4.2.1.3).
    #[error("the issuer's key is not for revocation lists")]
    IssuerKeyUsage,
    /// The bytes are no revocation list.
    #[error("not a revocation list")]
    Malformed,
    /// The list of changes is missing that the complete list, or the certificate, names.
    #[error("the delta list is missing")]
    NoDelta,
    /// The list does not say how long it holds.
    #[error("the revocation list does not say how long it holds")]
    NoNextUpdate,
    /// The list is of the future.
    #[error("the revocation list is not valid before {this_update}")]
    NotYet {
        /// The first second for which it was made.
        this_update: Timestamp,
    },
    /// The list does not cover the certificate (RFC 5280, section 5.2.5).
    #[error("the revocation list does not cover the certificate: {detail}")]
    Scope {
        /// Why not.
        detail: &'static str,
    },
    /// The signature does not hold.
    #[error("the signature of the revocation list: {0}")]
    Signature(SignatureError),
    /// The list is larger than is read.
    #[error("the revocation list is larger than {limit} bytes")]
    TooLarge {
        /// The bound in bytes.
        limit: usize,
    },
}

impl From<ListError> for Stop<ListError> {
    fn from(error: ListError) -> Self {
        Self::Refused(error)
    }
}

impl From<crate::der::Malformed> for ListError {
    fn from(_: crate::der::Malformed) -> Self {
        Self::Malformed
    }
}
