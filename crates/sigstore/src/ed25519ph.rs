//! Ed25519ph (RFC 8032, section 5.1): Ed25519 over the SHA-512 of a message, without a context.

use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha512};

/// Whether the signature is by the key. Keys and signatures of small order are none.
pub(crate) fn verify(key: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (
        VerifyingKey::from_bytes(key),
        Signature::from_slice(signature),
    ) else {
        return false;
    };
    let hash = Sha512::new_with_prefix(message);
    key.verify_prehashed_strict(hash, None, &signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 8032, section 7.3.
    const KEY: &str = "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf";
    const SIGNATURE: &str = "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41\
                             31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406";

    #[test]
    fn the_example_of_the_specification_holds_and_its_neighbours_do_not() {
        let key: [u8; 32] = hex::decode(KEY).unwrap().try_into().unwrap();
        let signature = hex::decode(SIGNATURE).unwrap();
        assert!(verify(&key, b"abc", &signature));
        assert!(!verify(&key, b"abc ", &signature));
        assert!(!verify(&key, b"abc", &signature[1..]));
        for bit in (0..512).step_by(7) {
            let mut flipped = signature.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!verify(&key, b"abc", &flipped), "bit {bit}");
        }
    }
}
