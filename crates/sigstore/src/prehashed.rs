//! ECDSA over a hash that was made elsewhere (FIPS 186-5, section 6.4.2), for signatures over content that is known by its
//! digest only.

use p256::ecdsa::signature::hazmat::PrehashVerifier;

/// Whether the signature, in DER, is by the key of this uncompressed point on P-256.
pub(crate) fn p256(point: &[u8], hash: &[u8], signature: &[u8]) -> bool {
    use p256::ecdsa::{Signature, VerifyingKey};
    let (Ok(key), Ok(signature)) = (
        VerifyingKey::from_sec1_bytes(point),
        Signature::from_der(signature),
    ) else {
        return false;
    };
    key.verify_prehash(hash, &signature).is_ok()
}

/// Whether the signature, in DER, is by the key of this uncompressed point on P-384.
pub(crate) fn p384(point: &[u8], hash: &[u8], signature: &[u8]) -> bool {
    use p384::ecdsa::{Signature, VerifyingKey};
    let (Ok(key), Ok(signature)) = (
        VerifyingKey::from_sec1_bytes(point),
        Signature::from_der(signature),
    ) else {
        return false;
    };
    key.verify_prehash(hash, &signature).is_ok()
}
