//! Keys as `cosign generate-key-pair` makes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

/// What stands before the point in a key on P-256 as DER `SubjectPublicKeyInfo` (RFC 5480, section 2).
const PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A key on P-256, the kind that cosign makes.
#[derive(Debug)]
pub struct CosignKey(EcdsaKeyPair);

impl CosignKey {
    /// A new key.
    ///
    /// # Panics
    /// If the machine has no randomness.
    #[must_use]
    pub fn generate() -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random)
            .expect("the machine has randomness");
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &random);
        Self(pair.expect("a key that was just made can be read"))
    }

    fn spki(&self) -> Vec<u8> {
        [&PREFIX, self.0.public_key().as_ref()].concat()
    }

    /// The public key as `cosign.pub` has it.
    #[must_use]
    pub fn public_pem(&self) -> String {
        let base64 = STANDARD.encode(self.spki());
        let (first, second) = base64.split_at(64);
        format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
    }

    /// How bundles hint at the key.
    pub(super) fn hint(&self) -> String {
        STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, &self.spki()))
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature = self.0.sign(&SystemRandom::new(), message);
        signature
            .expect("the machine has randomness")
            .as_ref()
            .to_vec()
    }
}
