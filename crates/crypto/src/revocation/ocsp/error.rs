//! Why an OCSP response says nothing.

use doorward_core::Timestamp;

use crate::SignatureError;
use crate::checks::Stop;

/// Why an OCSP response says nothing about a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OcspError {
    /// The response has a critical extension; none is known (RFC 6960, section 4.4).
    #[error("the OCSP response has a critical extension that is not understood")]
    CriticalExtension,
    /// A newer response should be there (RFC 6960, section 4.2.2.1).
    #[error("the OCSP response expired at {next_update}")]
    Expired {
        /// The last second for which it was made.
        next_update: Timestamp,
    },
    /// The bytes are no basic OCSP response.
    #[error("not an OCSP response")]
    Malformed,
    /// The response does not say how long it holds. Stricter than RFC 6960, section 4.2.2.1, because it could be
    /// replayed for ever.
    #[error("the OCSP response does not say how long it holds")]
    NoNextUpdate,
    /// The response is not about this certificate, or twice about it.
    #[error("the OCSP response is not about this certificate")]
    NotAboutIt,
    /// The response is of the future.
    #[error("the OCSP response is not valid before {from}")]
    NotYet {
        /// The first second for which it was made.
        from: Timestamp,
    },
    /// The responder is neither the issuer, nor did the issuer delegate this to it (RFC 6960, section 4.2.2.2).
    #[error("the OCSP response is signed by somebody whom the issuer did not authorise: {detail}")]
    Responder {
        /// What is wrong with the responder.
        detail: &'static str,
    },
    /// The responder was revoked.
    #[error("the certificate of the OCSP responder is revoked")]
    ResponderRevoked,
    /// The responder's own certificate must be asked about and could not be.
    #[error("whether the certificate of the OCSP responder is revoked is not known")]
    ResponderUnknown,
    /// The signature does not hold.
    #[error("the signature of the OCSP response: {0}")]
    Signature(SignatureError),
    /// The response is larger than is read.
    #[error("the OCSP response is larger than {limit} bytes")]
    TooLarge {
        /// The bound in bytes.
        limit: usize,
    },
    /// The responder has no answer (RFC 6960, section 4.2.1).
    #[error("the OCSP responder has no answer: {status}")]
    Unsuccessful {
        /// What it says instead, by the name of the RFC.
        status: &'static str,
    },
}

impl From<OcspError> for Stop<OcspError> {
    fn from(error: OcspError) -> Self {
        Self::Refused(error)
    }
}

impl From<crate::der::Malformed> for OcspError {
    fn from(_: crate::der::Malformed) -> Self {
        Self::Malformed
    }
}
