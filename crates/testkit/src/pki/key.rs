//! Signing as certificates, time stamps and envelopes have it.

use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use ring::digest::{SHA256, SHA384, SHA512, digest};
use rsa::{Pkcs1v15Sign, Pss};
use sha2::{Sha256, Sha384, Sha512};

use super::asn1::{dotted_oid, sequence};
use crate::key::KeyKind;
use crate::notary::Secret;

const NULL: [u8; 2] = [0x05, 0x00];

/// A private key, and what it signs with: the hash that goes with its kind and size.
pub(super) struct Key {
    kind: KeyKind,
    secret: Secret,
}

impl Key {
    pub(super) fn seeded(kind: KeyKind, seed: u64) -> Self {
        let secret = Secret::seeded(kind, seed);
        Self { kind, secret }
    }

    #[cfg(feature = "notation")]
    pub(super) const fn kind(&self) -> KeyKind {
        self.kind
    }

    pub(super) fn spki(&self) -> Vec<u8> {
        self.secret.spki()
    }

    /// The bits of the public key without its algorithm.
    pub(super) fn public_bits(&self) -> Vec<u8> {
        self.secret.bare_public()
    }

    /// The object identifier of the hash.
    pub(super) fn hash_oid(&self) -> Vec<u8> {
        dotted_oid(match self.kind {
            KeyKind::P384 | KeyKind::Rsa3072 => "2.16.840.1.101.3.4.2.2",
            KeyKind::P521 | KeyKind::Rsa4096 => "2.16.840.1.101.3.4.2.3",
            _ => "2.16.840.1.101.3.4.2.1",
        })
    }

    /// The hash of a message.
    pub(super) fn hash(&self, message: &[u8]) -> Vec<u8> {
        let algorithm = match self.kind {
            KeyKind::P384 | KeyKind::Rsa3072 => &SHA384,
            KeyKind::P521 | KeyKind::Rsa4096 => &SHA512,
            _ => &SHA256,
        };
        digest(algorithm, message).as_ref().to_vec()
    }

    /// The `AlgorithmIdentifier` of [`Self::sign`].
    pub(super) fn identifier(&self) -> Vec<u8> {
        let (oid, parameters): (_, &[u8]) = match self.kind {
            KeyKind::Ed25519 => ("1.3.101.112", &[]),
            KeyKind::P256 => ("1.2.840.10045.4.3.2", &[]),
            KeyKind::P384 => ("1.2.840.10045.4.3.3", &[]),
            KeyKind::P521 => ("1.2.840.10045.4.3.4", &[]),
            KeyKind::Rsa2048 => ("1.2.840.113549.1.1.11", &NULL),
            KeyKind::Rsa3072 => ("1.2.840.113549.1.1.12", &NULL),
            KeyKind::Rsa4096 => ("1.2.840.113549.1.1.13", &NULL),
        };
        sequence(&[&dotted_oid(oid), parameters])
    }

    /// A signature as X.509 has it: ECDSA in DER, Ed25519, or RSA PKCS #1 v1.5.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let hash = self.hash(message);
        match &self.secret {
            Secret::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Secret::P256(key) => p256_signature(key, &hash).to_der().as_bytes().to_vec(),
            Secret::P384(key) => p384_signature(key, &hash).to_der().as_bytes().to_vec(),
            Secret::P521(key) => {
                let signature = crate::notary::p521_signature(key, &hash);
                signature.to_der().as_bytes().to_vec()
            }
            Secret::Rsa(key) => {
                let padding = match self.kind {
                    KeyKind::Rsa3072 => Pkcs1v15Sign::new::<Sha384>(),
                    KeyKind::Rsa4096 => Pkcs1v15Sign::new::<Sha512>(),
                    _ => Pkcs1v15Sign::new::<Sha256>(),
                };
                key.sign(padding, &hash)
                    .expect("an RSA key can sign a hash")
            }
        }
    }

    /// A signature as envelopes have it (RFC 7518, section 3): ECDSA as two integers of fixed length, or RSA-PSS with a
    /// salt as long as the hash.
    pub(super) fn sign_envelope(&self, message: &[u8]) -> Vec<u8> {
        let hash = self.hash(message);
        match &self.secret {
            Secret::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Secret::P256(key) => p256_signature(key, &hash).to_vec(),
            Secret::P384(key) => p384_signature(key, &hash).to_vec(),
            Secret::P521(key) => crate::notary::p521_signature(key, &hash).to_vec(),
            Secret::Rsa(key) => {
                let mut seed = [0; 32];
                seed.copy_from_slice(&hash[..32]);
                let padding = match self.kind {
                    KeyKind::Rsa3072 => Pss::new_with_salt::<Sha384>(48),
                    KeyKind::Rsa4096 => Pss::new_with_salt::<Sha512>(64),
                    _ => Pss::new_with_salt::<Sha256>(32),
                };
                key.sign_with_rng(&mut ChaCha20Rng::from_seed(seed), padding, &hash)
                    .expect("an RSA key can sign a hash")
            }
        }
    }
}

fn p256_signature(key: &p256::SecretKey, hash: &[u8]) -> p256::ecdsa::Signature {
    p256::ecdsa::SigningKey::from(key)
        .sign_prehash(hash)
        .expect("a hash of 32 bytes can be signed")
}

fn p384_signature(key: &p384::SecretKey, hash: &[u8]) -> p384::ecdsa::Signature {
    p384::ecdsa::SigningKey::from(key)
        .sign_prehash(hash)
        .expect("a hash of 32 bytes or more can be signed")
}
