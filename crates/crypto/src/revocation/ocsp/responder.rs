//! Who may answer for an issuer.

use doorward_core::{BudgetExceeded, Timestamp};

use super::OcspError;
use super::identifier::sha1;
use super::response::{BasicResponse, ResponderId};
use crate::checks::Stop;
use crate::{Certificate, KeyUse, Purpose, SignatureChecks};

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
    checks: &mut SignatureChecks<'_>,
) -> Result<Responder, Stop<OcspError>> {
    let mut reason = OcspError::Responder {
        detail: "its certificate is not there",
    };
    // A delegate may have the name of its issuer, but hardly its key.
    if response.responder.is(issuer) {
        match signed_by(response, issuer, checks)? {
            Ok(()) => return Ok(Responder::Issuer),
            // The response says that it is the issuer's: then its signature is what is wrong.
            Err(error) => reason = error,
        }
    }
    for der in &response.certificates {
        let Ok(certificate) = Certificate::from_der(der) else {
            continue;
        };
        if !response.responder.is(&certificate) {
            continue;
        }
        let outcome = match delegated(&certificate, issuer, now, checks)? {
            Ok(()) => signed_by(response, &certificate, checks)?,
            refused => refused,
        };
        match outcome {
            Ok(()) => return Ok(Responder::Delegate(Box::new(certificate))),
            Err(_) if response.responder.is(issuer) => {}
            Err(error) => reason = error,
        }
    }
    Err(reason.into())
}

fn signed_by(
    response: &BasicResponse<'_>,
    signer: &Certificate,
    checks: &mut SignatureChecks<'_>,
) -> Result<Result<(), OcspError>, BudgetExceeded> {
    let BasicResponse {
        scheme,
        signed,
        signature,
        ..
    } = response;
    let verified = scheme.verify(signer.key(), signed, signature, checks)?;
    Ok(verified.map_err(OcspError::Signature))
}

/// Whether the issuer itself certified a delegate for this purpose, and not only for any (RFC 6960, section 4.2.2.2),
/// and the certificate is valid now.
fn delegated(
    certificate: &Certificate,
    issuer: &Certificate,
    now: Timestamp,
    checks: &mut SignatureChecks<'_>,
) -> Result<Result<(), OcspError>, BudgetExceeded> {
    const STRANGER: &str = "the issuer did not issue its certificate";
    let detail = if certificate.issuer_der() != issuer.subject_der() {
        STRANGER
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
    } else if certificate.check_signed_by(issuer, checks)?.is_err() {
        STRANGER
    } else {
        return Ok(Ok(()));
    };
    Ok(Err(OcspError::Responder { detail }))
}
