//! Questions to a signature's subpackets. Only the hashed area is asked: the other is not protected.

use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{Signature, SubpacketData};

/// Whether the signature demands something that is not understood here (RFC 9580, section 5.2.3.7). No notation is.
pub(crate) fn demands_unknown(signature: &Signature) -> bool {
    signature.config().is_none_or(|config| {
        config.hashed_subpackets().any(|subpacket| {
            subpacket.is_critical
                && matches!(
                    subpacket.data,
                    SubpacketData::Notation(_)
                        | SubpacketData::Experimental(..)
                        | SubpacketData::Other(..)
                )
        })
    })
}

/// When the signature was made, in seconds since 1970.
pub(crate) fn created(signature: &Signature) -> Option<i64> {
    signature.created().map(|t| i64::from(t.as_secs()))
}

/// When the signature itself ends, in seconds since 1970.
pub(crate) fn expires(signature: &Signature) -> Option<i64> {
    let lifetime = i64::from(signature.signature_expiration_time()?.as_secs());
    (lifetime != 0).then_some(created(signature)?.saturating_add(lifetime))
}

/// The lifetime that the signature gives the key it binds, in seconds; `None` if it does not end.
pub(crate) fn key_lifetime(signature: &Signature) -> Option<i64> {
    let lifetime = i64::from(signature.key_expiration_time()?.as_secs());
    (lifetime != 0).then_some(lifetime)
}

/// Whether the signature lets the key it binds sign; `None` if it does not say.
pub(crate) fn may_sign(signature: &Signature) -> Option<bool> {
    signature
        .config()?
        .hashed_subpackets()
        .find_map(|subpacket| match &subpacket.data {
            SubpacketData::KeyFlags(flags) => Some(flags.sign()),
            _ => None,
        })
}

/// The fingerprints of the keys that may revoke the key that made this signature on itself.
pub(crate) fn designated_revokers(signature: &Signature) -> Vec<Vec<u8>> {
    signature
        .config()
        .into_iter()
        .flat_map(|config| config.hashed_subpackets())
        .filter_map(|subpacket| match &subpacket.data {
            SubpacketData::RevocationKey(revoker) => Some(revoker.fingerprint.to_vec()),
            _ => None,
        })
        .collect()
}

/// The back signatures in a subkey's binding. They protect themselves, so they may stand in either area.
pub(crate) fn back_signatures(binding: &Signature) -> Vec<&Signature> {
    binding
        .config()
        .into_iter()
        .flat_map(|config| {
            config
                .hashed_subpackets()
                .chain(config.unhashed_subpackets())
        })
        .filter_map(|subpacket| match &subpacket.data {
            SubpacketData::EmbeddedSignature(signature) => Some(&**signature),
            _ => None,
        })
        .collect()
}

/// The hashes that may protect a claim: no collision can be made for them.
pub(crate) const fn protects_data(hash: HashAlgorithm) -> bool {
    matches!(
        hash,
        HashAlgorithm::Sha224
            | HashAlgorithm::Sha256
            | HashAlgorithm::Sha384
            | HashAlgorithm::Sha512
            | HashAlgorithm::Sha3_256
            | HashAlgorithm::Sha3_512
    )
}

/// The hashes that may bind the parts of a certificate. Many old certificates are bound with SHA-1; what is hashed
/// was made by the key's owner, so a collision helps nobody else, and known collisions are detected by `pgp`.
pub(crate) const fn protects_binding(hash: HashAlgorithm) -> bool {
    protects_data(hash) || matches!(hash, HashAlgorithm::Sha1)
}
