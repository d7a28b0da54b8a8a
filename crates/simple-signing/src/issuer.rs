//! Whom a signature names as its maker, and which trusted keys that may be.

use crate::Keyring;
use crate::keyring::hex;
use crate::limits::CANDIDATES;
use crate::openpgp::component::Component;
use crate::openpgp::signature::Signature;

/// The fingerprint, or else the key ID, that `signature` names, in upper-case hexadecimal.
pub(crate) fn named(signature: &Signature) -> Option<String> {
    let fingerprint = signature.issuer_fingerprints().next();
    fingerprint
        .or_else(|| signature.issuer_ids().next())
        .map(hex)
}

/// The keys of `keyring` that may have made `signature`: those it names, or all if it names nobody. Whom it names is
/// a hint that anybody could have changed; only the mathematics decides.
pub(crate) fn candidates<'a>(
    keyring: &'a Keyring,
    signature: &Signature,
) -> impl Iterator<Item = &'a Component> {
    let length = match signature.version() {
        // A signature of one version is made by a key of the same (RFC 9580, section 10.1.1).
        6 => 32,
        _ => 20,
    };
    let fingerprints: Vec<&[u8]> = signature.issuer_fingerprints().collect();
    let ids: Vec<&[u8]> = signature.issuer_ids().collect();
    keyring
        .components()
        .iter()
        .filter(move |component| {
            component.fingerprint.len() == length
                && if fingerprints.is_empty() {
                    ids.is_empty() || ids.contains(&component.key_id.as_slice())
                } else {
                    fingerprints.contains(&component.fingerprint.as_slice())
                }
        })
        .take(CANDIDATES)
}
