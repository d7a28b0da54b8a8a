//! What a refusal of the engine means in our codes.

use doorward_core::{Code, Rejection, text};
use sigstore_verify::{CertificateError, Error, TimestampError, TransparencyLogError};

use crate::codes;

/// The rejection that an error of the engine is. Its text is for people, and bounded: parts of it are a stranger's.
pub(super) fn rejection(error: &Error) -> Rejection {
    Rejection::new(code(error), text::one_line(&error.to_string(), 300))
}

fn code(error: &Error) -> Code {
    match error {
        Error::SignatureInvalid(_) | Error::Crypto(_) => codes::BAD_SIGNATURE,
        Error::ArtifactMismatch(_) => codes::DIGEST_MISMATCH,
        Error::Certificate(error) => certificate(error),
        Error::TransparencyLog(error) => log(error),
        Error::Timestamp(TimestampError::NoVerifiedTimestamp(_)) => codes::TIMESTAMP_MISSING,
        Error::Timestamp(_) => codes::TIMESTAMP_INVALID,
        Error::IdentityMismatch { .. } => codes::UNTRUSTED_IDENTITY,
        Error::IssuerMismatch { .. } => codes::UNTRUSTED_ISSUER,
        Error::InvalidTrustRoot(_) | Error::TrustRoot(_) | Error::TrustedCertificate(_) => {
            codes::TRUST_ROOT_INVALID
        }
        // Everything else is about the form of the bundle.
        _ => codes::BUNDLE_MALFORMED,
    }
}

fn certificate(error: &CertificateError) -> Code {
    match error {
        CertificateError::NotYetValid { .. } | CertificateError::Expired { .. } => {
            codes::CERTIFICATE_EXPIRED
        }
        CertificateError::Sct(_) => codes::SCT_INVALID,
        CertificateError::Malformed(_) => codes::BUNDLE_MALFORMED,
        _ => codes::CERTIFICATE_UNTRUSTED,
    }
}

fn log(error: &TransparencyLogError) -> Code {
    match error {
        TransparencyLogError::EntryMismatch(_) => codes::LOG_MISMATCH,
        TransparencyLogError::IntegratedTime(_) => codes::CERTIFICATE_EXPIRED,
        TransparencyLogError::MalformedEntry(_) => codes::BUNDLE_MALFORMED,
        _ => codes::LOG_UNTRUSTED,
    }
}
