//! Building a path: from a leaf and a heap of certificates, in whatever order, to an anchor.

use std::time::Duration;

use doorward_core::Timestamp;
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage, VerifiedPath, anchor_from_trusted_cert};

use super::{ChainError, Purpose, VerifiedChain};
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

/// Finds a path from `leaf` over some of `intermediates` to one of `anchors`, every certificate on it valid at `at` and
/// good for one of `purposes`, the first that has a path (RFC 5280, section 6). A certificate that says nothing of
/// purposes is good for all. An anchor that is not valid at `at` anchors nothing.
///
/// `at` need not be now: it may be the time in a time stamp, once that was verified. A time that only the signer
/// claims makes expired certificates valid.
///
/// Names are not looked at. The work is bounded by the path builder: at most six intermediates on a path, and a fixed
/// number of signatures tried.
///
/// # Errors
/// [`ChainError`] if there is none. Of the reasons for several purposes it gives one that is not about the purpose, if
/// there is one: it holds for all of them.
pub fn verify_chain(
    leaf: &Certificate,
    intermediates: &[Certificate],
    anchors: &[Certificate],
    purposes: &[Purpose],
    at: Timestamp,
) -> Result<VerifiedChain, ChainError> {
    let seconds = u64::try_from(at.unix()).map_err(|_| ChainError::BeforeEpoch)?;
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let valid: Vec<_> = anchors
        .iter()
        .filter(|anchor| anchor.is_valid_at(at))
        .map(|anchor| (anchor, CertificateDer::from(anchor.der())))
        .collect();
    // Two lists of the same order: the certificates, and what the path builder makes of them.
    let (valid, trusted): (Vec<_>, Vec<_>) = valid
        .iter()
        .filter_map(|(anchor, der)| Some((*anchor, anchor_from_trusted_cert(der).ok()?)))
        .unzip();
    if trusted.is_empty() {
        return Err(ChainError::NoAnchor);
    }
    let der = CertificateDer::from(leaf.der());
    let end = EndEntityCert::try_from(&der)?;
    // The path builder looks at whether it is an authority, and not at what its key is for.
    let between: Vec<_> = intermediates
        .iter()
        .filter(|one| !one.is_authority() || one.issues_certificates())
        .map(|certificate| CertificateDer::from(certificate.der()))
        .collect();
    let mut reason = ChainError::Purpose;
    for &purpose in purposes {
        let usage = KeyUsage::required_if_present(purpose.oid());
        match end.verify_for_usage(ALGORITHMS, &trusted, &between, time, usage, None, None) {
            Ok(path) => {
                let used = used(&path, intermediates)?;
                let anchor = trusted
                    .iter()
                    .position(|trusted| std::ptr::eq(trusted, path.anchor()))
                    .and_then(|position| valid.get(position))
                    .ok_or(ChainError::NoAnchor)?;
                let anchor = Certificate::clone(anchor);
                return Ok(VerifiedChain::new(leaf.clone(), used, anchor, purpose, at));
            }
            Err(error) if reason == ChainError::Purpose => reason = error.into(),
            Err(_) => {}
        }
    }
    Err(reason)
}

/// Those of the intermediates that are on the path, in its order.
fn used(
    path: &VerifiedPath<'_>,
    intermediates: &[Certificate],
) -> Result<Vec<Certificate>, ChainError> {
    path.intermediate_certificates()
        .map(|used| {
            let der = used.der();
            intermediates
                .iter()
                .find(|certificate| certificate.der() == &*der)
                .cloned()
                // The path builder takes no certificate from anywhere else.
                .ok_or(ChainError::UnknownIssuer)
        })
        .collect()
}
