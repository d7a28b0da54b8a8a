//! Private keys and what they sign. Equal inputs give equal signatures.

use p256::ecdsa::signature::hazmat::{PrehashSigner as _, RandomizedPrehashSigner as _};
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use p256::pkcs8::{DecodePrivateKey as _, EncodePublicKey as _};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, digest};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use rsa::pkcs1::EncodeRsaPublicKey as _;
use rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use sha2::Sha256;

use crate::key::{self, KeyKind};

/// What stands before an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410, section 4).
const ED25519_SPKI: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];
/// What stands before a SHA-1 hash in a PKCS #1 signature (RFC 8017, section 9.2, note 1).
const SHA1_INFO: [u8; 15] = [
    0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14,
];
/// Salt of RSA-PSS in bytes, as long as the hash.
const SALT: usize = 32;
/// Bytes of a P-521 scalar.
const P521_BYTES: usize = 66;

/// How a signature of Notary v1 is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureMethod {
    /// ECDSA over the SHA-256 hash whatever the curve, as `r` and `s` side by side.
    Ecdsa,
    /// Ed25519.
    EdDsa,
    /// RSA PKCS #1 v1.5 with SHA-256.
    RsaPkcs1v15,
    /// RSA-PSS with SHA-256 and a salt of 32 bytes.
    RsaPss,
}

impl SignatureMethod {
    /// The value of the member `method` of a signature.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ecdsa => "ecdsa",
            Self::EdDsa => "eddsa",
            Self::RsaPkcs1v15 => "rsapkcs1v15",
            Self::RsaPss => "rsapss",
        }
    }
}

/// A private key.
pub(crate) enum Secret {
    Ed25519(Box<Ed25519KeyPair>),
    P256(p256::SecretKey),
    P384(p384::SecretKey),
    P521(p521::SecretKey),
    Rsa(Box<RsaPrivateKey>),
}

impl Secret {
    pub(crate) fn seeded(kind: KeyKind, seed: u64) -> Self {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        match kind {
            KeyKind::Ed25519 => {
                let mut bytes = [0; 32];
                random.fill_bytes(&mut bytes);
                let pair = Ed25519KeyPair::from_seed_unchecked(&bytes)
                    .expect("every seed of 32 bytes is an Ed25519 key");
                Self::Ed25519(Box::new(pair))
            }
            KeyKind::P256 => Self::P256(p256::SecretKey::random(&mut random)),
            KeyKind::P384 => Self::P384(p384::SecretKey::random(&mut random)),
            KeyKind::P521 => Self::P521(p521::SecretKey::random(&mut random)),
            KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => {
                let key = key::rsa(kind, seed).expect("the keys shipped with this crate are RSA");
                Self::Rsa(Box::new(key))
            }
        }
    }

    /// An RSA key of any size, which takes the longer the larger it is.
    pub(crate) fn generated_rsa(bits: usize, seed: u64) -> Self {
        let key = RsaPrivateKey::new(&mut ChaCha20Rng::seed_from_u64(seed), bits)
            .expect("an RSA key of a usual size can be generated");
        Self::Rsa(Box::new(key))
    }

    pub(crate) fn from_pkcs8_pem(text: &str) -> Option<Self> {
        let document = PrivatePkcs8KeyDer::from_pem_slice(text.as_bytes()).ok()?;
        let der = document.secret_pkcs8_der();
        let p256 = || p256::SecretKey::from_pkcs8_der(der).ok().map(Self::P256);
        let p384 = || p384::SecretKey::from_pkcs8_der(der).ok().map(Self::P384);
        let p521 = || p521::SecretKey::from_pkcs8_der(der).ok().map(Self::P521);
        let ed25519 = || {
            let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok()?;
            Some(Self::Ed25519(Box::new(pair)))
        };
        let rsa = || {
            let key = RsaPrivateKey::from_pkcs8_der(der).ok()?;
            Some(Self::Rsa(Box::new(key)))
        };
        p256()
            .or_else(p384)
            .or_else(p521)
            .or_else(ed25519)
            .or_else(rsa)
    }

    /// The key type of the key when it stands alone.
    pub(crate) const fn key_type(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "ed25519",
            Self::P256(_) | Self::P384(_) | Self::P521(_) => "ecdsa",
            Self::Rsa(_) => "rsa",
        }
    }

    /// The method that the key signs with unless told otherwise.
    pub(crate) const fn method(&self) -> SignatureMethod {
        match self {
            Self::Ed25519(_) => SignatureMethod::EdDsa,
            Self::P256(_) | Self::P384(_) | Self::P521(_) => SignatureMethod::Ecdsa,
            Self::Rsa(_) => SignatureMethod::RsaPss,
        }
    }

    /// The public key without a frame: a point, an RSAPublicKey, or the bytes of an Ed25519 key.
    pub(crate) fn bare_public(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
            Self::P256(key) => key.public_key().to_encoded_point(false).as_bytes().to_vec(),
            Self::P384(key) => key.public_key().to_encoded_point(false).as_bytes().to_vec(),
            Self::P521(key) => key.public_key().to_encoded_point(false).as_bytes().to_vec(),
            Self::Rsa(key) => key
                .to_public_key()
                .to_pkcs1_der()
                .expect("an RSA key can be encoded")
                .into_vec(),
        }
    }

    /// The public key as a SubjectPublicKeyInfo in DER.
    pub(crate) fn spki(&self) -> Vec<u8> {
        let document = match self {
            Self::Ed25519(_) => return [&ED25519_SPKI[..], &self.bare_public()].concat(),
            Self::P256(key) => key.public_key().to_public_key_der(),
            Self::P384(key) => key.public_key().to_public_key_der(),
            Self::P521(key) => key.public_key().to_public_key_der(),
            Self::Rsa(key) => key.to_public_key().to_public_key_der(),
        };
        document.expect("a public key can be encoded").into_vec()
    }

    /// A signature over `message` as Notary v1 has it.
    pub(crate) fn sign(&self, message: &[u8], method: SignatureMethod) -> Vec<u8> {
        let hash = digest(&SHA256, message);
        match self {
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::P256(key) => p256_signature(key, hash.as_ref()).to_vec(),
            Self::P384(key) => p384_signature(key, hash.as_ref()).to_vec(),
            Self::P521(key) => p521_signature(key, hash.as_ref()).to_vec(),
            Self::Rsa(key) if method == SignatureMethod::RsaPkcs1v15 => key
                .sign(Pkcs1v15Sign::new::<Sha256>(), hash.as_ref())
                .expect("an RSA key can sign a hash"),
            Self::Rsa(key) => {
                let mut seed = [0; 32];
                seed.copy_from_slice(hash.as_ref());
                let mut salt = ChaCha20Rng::from_seed(seed);
                key.sign_with_rng(&mut salt, Pss::new_with_salt::<Sha256>(SALT), hash.as_ref())
                    .expect("an RSA key can sign a hash")
            }
        }
    }

    /// An ECDSA signature as an ASN.1 sequence, which Notary v1 does not take. Other keys have no such form.
    pub(crate) fn sign_der(&self, message: &[u8]) -> Option<Vec<u8>> {
        let hash = digest(&SHA256, message);
        match self {
            Self::Ed25519(_) | Self::Rsa(_) => None,
            Self::P256(key) => Some(
                p256_signature(key, hash.as_ref())
                    .to_der()
                    .as_bytes()
                    .to_vec(),
            ),
            Self::P384(key) => Some(
                p384_signature(key, hash.as_ref())
                    .to_der()
                    .as_bytes()
                    .to_vec(),
            ),
            Self::P521(key) => Some(
                p521_signature(key, hash.as_ref())
                    .to_der()
                    .as_bytes()
                    .to_vec(),
            ),
        }
    }

    /// A signature over a certificate: ECDSA with the hash that belongs to the curve, Ed25519, or PKCS #1 v1.5 with
    /// SHA-256.
    pub(crate) fn sign_certificate(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::P384(key) => {
                let hash = digest(&SHA384, message);
                p384_signature(key, hash.as_ref())
                    .to_der()
                    .as_bytes()
                    .to_vec()
            }
            _ => self
                .sign_der(message)
                .unwrap_or_else(|| self.sign(message, SignatureMethod::RsaPkcs1v15)),
        }
    }

    /// An RSA signature over the SHA-1 hash, for certificates of another age.
    pub(crate) fn sign_sha1(&self, message: &[u8]) -> Option<Vec<u8>> {
        let Self::Rsa(key) = self else {
            return None;
        };
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, message);
        let info = [&SHA1_INFO[..], hash.as_ref()].concat();
        key.sign(Pkcs1v15Sign::new_unprefixed(), &info).ok()
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

pub(crate) fn p521_signature(key: &p521::SecretKey, hash: &[u8]) -> p521::ecdsa::Signature {
    // A hash shorter than half the order is refused. Zeros in front do not change the number it stands for.
    let mut padded = [0; P521_BYTES];
    padded[P521_BYTES - hash.len()..].copy_from_slice(hash);
    // The nonce has to be the same each time and known to nobody, as RFC 6979 has it for the other curves.
    let secret = key.to_bytes();
    let mut seed = [0; 32];
    seed.copy_from_slice(digest(&SHA256, &[&secret[..], hash].concat()).as_ref());
    p521::ecdsa::SigningKey::from_bytes(&secret)
        .expect("a secret scalar is a signing key")
        .sign_prehash_with_rng(&mut ChaCha20Rng::from_seed(seed), &padded)
        .expect("a padded hash can be signed")
}
