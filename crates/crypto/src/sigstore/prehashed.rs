//! ECDSA over a hash that was made elsewhere (FIPS 186-5, section 6.4.2), for signatures over content that is known by its
//! digest only.

use p256::ecdsa::signature::hazmat::PrehashVerifier;

/// Whether the signature, in DER, is by the key of this uncompressed point on P-256.
#[must_use]
pub fn p256(point: &[u8], hash: &[u8], signature: &[u8]) -> bool {
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
#[must_use]
pub fn p384(point: &[u8], hash: &[u8], signature: &[u8]) -> bool {
    use p384::ecdsa::{Signature, VerifyingKey};
    let (Ok(key), Ok(signature)) = (
        VerifyingKey::from_sec1_bytes(point),
        Signature::from_der(signature),
    ) else {
        return false;
    };
    key.verify_prehash(hash, &signature).is_ok()
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, KeyPair as _,
    };
    use ring::{digest, digest::Algorithm};

    type Verify = fn(&[u8], &[u8], &[u8]) -> bool;

    #[test]
    fn what_was_signed_as_a_message_holds_by_its_hash_and_nothing_else_does() {
        let random = SystemRandom::new();
        let curves: [(&'static EcdsaSigningAlgorithm, &'static Algorithm, Verify); 2] = [
            (
                &ECDSA_P256_SHA256_ASN1_SIGNING,
                &digest::SHA256,
                super::p256,
            ),
            (
                &ECDSA_P384_SHA384_ASN1_SIGNING,
                &digest::SHA384,
                super::p384,
            ),
        ];
        for (curve, function, verify) in curves {
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(curve, &random).unwrap();
            let pair = EcdsaKeyPair::from_pkcs8(curve, pkcs8.as_ref(), &random).unwrap();
            let point = pair.public_key().as_ref();
            let signature = pair.sign(&random, b"message").unwrap();
            let signature = signature.as_ref();
            let hash = digest::digest(function, b"message");
            assert!(verify(point, hash.as_ref(), signature));
            let other = digest::digest(function, b"another");
            assert!(!verify(point, other.as_ref(), signature));
            assert!(!verify(&point[1..], hash.as_ref(), signature));
            assert!(!verify(
                point,
                hash.as_ref(),
                &signature[..signature.len() - 1]
            ));
            assert!(!verify(point, &[], signature));
            for bit in (0..signature.len() * 8).step_by(7) {
                let mut flipped = signature.to_vec();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert!(!verify(point, hash.as_ref(), &flipped), "bit {bit}");
            }
        }
    }
}
