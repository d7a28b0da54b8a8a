//! Whom a signature names as its maker, and which trusted keys that may be.

use pgp::packet::{Signature, SignatureVersion};

use crate::Keyring;
use crate::keyring::hex;
use crate::limits::CANDIDATES;
use crate::openpgp::component::Component;

/// The fingerprint, or else the key ID, that `signature` names, in upper-case hexadecimal.
pub(crate) fn named(signature: &Signature) -> Option<String> {
    match signature.issuer_fingerprint().first() {
        Some(fingerprint) => Some(hex(fingerprint.as_bytes())),
        None => signature.issuer_key_id().first().map(|id| hex(id.as_ref())),
    }
}

/// The keys of `keyring` that may have made `signature`: those it names, or all if it names nobody. Whom it names is
/// a hint that anybody could have changed; only the mathematics decides.
pub(crate) fn candidates<'a>(
    keyring: &'a Keyring,
    signature: &Signature,
) -> impl Iterator<Item = &'a Component> {
    let length = match signature.version() {
        // A signature of one version is made by a key of the same (RFC 9580, section 10.1.1).
        SignatureVersion::V6 => 32,
        _ => 20,
    };
    let fingerprints: Vec<Vec<u8>> = signature
        .issuer_fingerprint()
        .iter()
        .map(|fingerprint| fingerprint.as_bytes().to_vec())
        .collect();
    let ids: Vec<[u8; 8]> = signature
        .issuer_key_id()
        .iter()
        .filter_map(|id| id.as_ref().try_into().ok())
        .collect();
    keyring
        .components()
        .iter()
        .filter(move |component| {
            component.fingerprint.len() == length
                && if fingerprints.is_empty() {
                    ids.is_empty() || ids.contains(&component.key_id)
                } else {
                    fingerprints.contains(&component.fingerprint)
                }
        })
        .take(CANDIDATES)
}
