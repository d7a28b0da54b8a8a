//! Who may answer for an issuer.

use doorward_core::Timestamp;

use super::OcspError;
use super::identifier::sha1;
use super::response::{BasicResponse, ResponderId};
use crate::{Certificate, KeyUse, Purpose};

/// Who signed a response.
pub(super) enum Responder {
    /// Somebody to whom the issuer delegated it.
    Delegate(Box<Certificate>),
    /// The issuer.
    Issuer,
}

impl ResponderId<'_> {
    fn is(self, certificate: &Certificate) -> bool {
        match self {
            Self::Key(hash) => sha1(certificate.key_bits()) == hash,
            Self::Name(name) => certificate.subject_der() == name,
        }
    }
}

/// Checks that a response is signed by the issuer, or by a delegate of it (RFC 6960, section 4.2.2.2). Who signed is
/// found by the identifier in the response; the certificate of a delegate must be in the response too.
pub(super) fn verify(
    response: &BasicResponse<'_>,
    issuer: &Certificate,
    now: Timestamp,
) -> Result<Responder, OcspError> {
    let signed_by = |signer: &Certificate| {
        response
            .scheme
            .verify(signer.key(), response.signed, response.signature)
            .map_err(OcspError::Signature)
    };
    // A delegate may have the name of its issuer, but hardly its key.
    if response.responder.is(issuer) && signed_by(issuer).is_ok() {
        return Ok(Responder::Issuer);
    }
    let mut reason = OcspError::Responder {
        detail: "its certificate is not there",
    };
    for der in &response.certificates {
        let Ok(certificate) = Certificate::from_der(der) else {
            continue;
        };
        if !response.responder.is(&certificate) {
            continue;
        }
        match delegated(&certificate, issuer, now).and_then(|()| signed_by(&certificate)) {
            Ok(()) => return Ok(Responder::Delegate(Box::new(certificate))),
            Err(error) => reason = error,
        }
    }
    // The response says that it is the issuer's: then its signature is what is wrong.
    if response.responder.is(issuer) {
        signed_by(issuer)?;
    }
    Err(reason)
}

/// Whether the issuer itself certified a delegate for this purpose, and not only for any (RFC 6960, section 4.2.2.2),
/// and the certificate is valid now.
fn delegated(
    certificate: &Certificate,
    issuer: &Certificate,
    now: Timestamp,
) -> Result<(), OcspError> {
    let detail = if certificate.issuer_der() != issuer.subject_der()
        || certificate.verify_signed_by(issuer).is_err()
    {
        "the issuer did not issue its certificate"
    } else if !certificate
        .extended_key_usage()
        .is_some_and(|purposes| purposes.contains(Purpose::OcspSigning))
    {
        "its certificate is not for OCSP"
    } else if certificate
        .key_usage()
        .is_some_and(|usage| !usage.contains(KeyUse::DigitalSignature))
    {
        "its key is not for signatures"
    } else if certificate.has_unknown_critical_extension() {
        "its certificate has a critical extension that is not understood"
    } else if !certificate.is_valid_at(now) {
        "its certificate is not valid now"
    } else {
        return Ok(());
    };
    Err(OcspError::Responder { detail })
}
