//! Certification paths (RFC 5280, section 6).

use std::time::Duration;

use doorward_core::Timestamp;
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use crate::Certificate;

/// The signature algorithms a certificate on a path may have: the allow-list, as the path builder calls it.
const ALGORITHMS: &[&dyn rustls_pki_types::SignatureVerificationAlgorithm] = &[
    webpki::ring::ECDSA_P256_SHA256,
    webpki::ring::ECDSA_P256_SHA384,
    webpki::ring::ECDSA_P384_SHA256,
    webpki::ring::ECDSA_P384_SHA384,
    webpki::ring::ED25519,
    webpki::ring::RSA_PKCS1_2048_8192_SHA256,
    webpki::ring::RSA_PKCS1_2048_8192_SHA384,
    webpki::ring::RSA_PKCS1_2048_8192_SHA512,
    webpki::ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    webpki::ring::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    webpki::ring::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
];

/// A purpose of a certified key (extended key usage, RFC 5280, section 4.2.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// `anyExtendedKeyUsage`: any purpose.
    Any,
    /// `id-kp-codeSigning`: signing software.
    CodeSigning,
    /// `id-kp-serverAuth`: being a TLS server.
    ServerAuth,
}

impl Purpose {
    /// The content of the DER object identifier.
    const fn oid(self) -> &'static [u8] {
        match self {
            Self::Any => &[0x55, 0x1d, 0x25, 0x00],
            Self::CodeSigning => &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03],
            Self::ServerAuth => &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01],
        }
    }
}

/// Why there is no path. Which of the reasons of RFC 5280 it was is for people; nothing is decided by it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no certification path: {reason}")]
pub struct ChainError {
    /// The reason, a lowercase fragment.
    pub reason: String,
}

/// Whether a path leads from `leaf` over some of `intermediates` to one of `anchors`, every certificate on it valid
/// at `now` and good for one of `purposes` or for all. An anchor that is not valid at `now` anchors nothing.
///
/// Names are not looked at. The work is bounded by the path builder: at most six intermediates on a path, and a fixed
/// number of signatures tried.
///
/// # Errors
/// [`ChainError`] if there is none.
pub fn verify_chain(
    leaf: &Certificate,
    intermediates: &[Certificate],
    anchors: &[Certificate],
    purposes: &[Purpose],
    now: Timestamp,
) -> Result<(), ChainError> {
    let refused = |reason: String| ChainError { reason };
    let seconds =
        u64::try_from(now.unix()).map_err(|_| refused("the time is before 1970".into()))?;
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let valid: Vec<CertificateDer<'_>> = anchors
        .iter()
        .filter(|anchor| anchor.is_valid_at(now))
        .map(|anchor| CertificateDer::from(anchor.der()))
        .collect();
    let anchors: Vec<_> = valid
        .iter()
        .filter_map(|anchor| anchor_from_trusted_cert(anchor).ok())
        .collect();
    if anchors.is_empty() {
        return Err(refused("no certification authority is valid now".into()));
    }
    let der = CertificateDer::from(leaf.der());
    let end = EndEntityCert::try_from(&der).map_err(|error| refused(text(&error)))?;
    let between: Vec<_> = intermediates
        .iter()
        .map(|certificate| CertificateDer::from(certificate.der()))
        .collect();
    // Of several reasons the one that is not about the purpose says more: it holds for every purpose.
    let mut reason: Option<webpki::Error> = None;
    for purpose in purposes {
        let usage = KeyUsage::required_if_present(purpose.oid());
        match end.verify_for_usage(ALGORITHMS, &anchors, &between, time, usage, None, None) {
            Ok(_) => return Ok(()),
            Err(error) => {
                if reason.as_ref().is_none_or(is_about_purpose) {
                    reason = Some(error);
                }
            }
        }
    }
    Err(refused(
        reason
            .as_ref()
            .map_or_else(|| "no purpose is allowed".to_owned(), text),
    ))
}

const fn is_about_purpose(error: &webpki::Error) -> bool {
    matches!(error, webpki::Error::RequiredEkuNotFoundContext(_))
}

/// The path builder's reason as a fragment: `UnknownIssuer` is `unknown issuer`.
fn text(error: &webpki::Error) -> String {
    let mut text = String::new();
    for c in error
        .to_string()
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric())
    {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests;
