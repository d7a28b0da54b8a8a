//! Key material: generated from a seed, or shipped where generating takes long.

use std::io::Cursor;

use doorward_core::Timestamp;
use pgp::composed::{Deserializable as _, KeyType, SignedSecretKey};
use pgp::crypto::ecc_curve::ECCCurve;
use pgp::packet::{self, PubKeyInner};
use pgp::types::{KeyDetails as _, KeyVersion, PlainSecretParams, PublicParams, SecretParams};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use rsa::traits::PublicKeyParts as _;

/// When keys are made unless said otherwise: 2024-01-01T00:00:00Z.
pub(super) const CREATED: Timestamp = Timestamp::from_unix(1_704_067_200);

/// Two keys of each size. They are public knowledge: see the file beside them.
const RSA_2048: [&str; 2] = [
    include_str!("keys/TEST-ONLY-rsa2048-0.asc"),
    include_str!("keys/TEST-ONLY-rsa2048-1.asc"),
];
const RSA_3072: [&str; 2] = [
    include_str!("keys/TEST-ONLY-rsa3072-0.asc"),
    include_str!("keys/TEST-ONLY-rsa3072-1.asc"),
];
const RSA_4096: [&str; 2] = [
    include_str!("keys/TEST-ONLY-rsa4096-0.asc"),
    include_str!("keys/TEST-ONLY-rsa4096-1.asc"),
];

/// The algorithm and size of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// Ed25519; as an OpenPGP key in the form that GnuPG 2 writes.
    Ed25519,
    /// ECDSA over NIST P-256.
    P256,
    /// ECDSA over NIST P-384.
    P384,
    /// ECDSA over NIST P-521.
    P521,
    /// RSA with 2048 bits.
    Rsa2048,
    /// RSA with 3072 bits.
    Rsa3072,
    /// RSA with 4096 bits.
    Rsa4096,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Ed25519,
        Self::P256,
        Self::P384,
        Self::P521,
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
    ];

    /// A secret key of this kind. The same seed gives the same key. There are two RSA keys of each size, and the
    /// last bit of the seed chooses.
    pub(super) fn secret_key(self, seed: u64, created: Timestamp) -> packet::SecretKey {
        let (public, secret) = match self {
            Self::Rsa2048 => shipped(RSA_2048, seed),
            Self::Rsa3072 => shipped(RSA_3072, seed),
            Self::Rsa4096 => shipped(RSA_4096, seed),
            Self::Ed25519 => generated(&KeyType::Ed25519Legacy, seed),
            Self::P256 => generated(&KeyType::ECDSA(ECCCurve::P256), seed),
            Self::P384 => generated(&KeyType::ECDSA(ECCCurve::P384), seed),
            Self::P521 => generated(&KeyType::ECDSA(ECCCurve::P521), seed),
        };
        let algorithm = match self {
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => KeyType::Rsa(0).to_alg(),
            Self::Ed25519 => KeyType::Ed25519Legacy.to_alg(),
            Self::P256 | Self::P384 | Self::P521 => KeyType::ECDSA(ECCCurve::P256).to_alg(),
        };
        PubKeyInner::new(KeyVersion::V4, algorithm, pgp_time(created), None, public)
            .and_then(packet::PublicKey::from_inner)
            .and_then(|public| packet::SecretKey::new(public, secret))
            .expect("a generated key makes a key packet")
    }
}

/// The private key of a shipped RSA key, for signers of other formats. `None` for kinds that are not RSA.
pub(crate) fn shipped_rsa(kind: KeyKind, seed: u64) -> Option<rsa::RsaPrivateKey> {
    let keys = match kind {
        KeyKind::Rsa2048 => RSA_2048,
        KeyKind::Rsa3072 => RSA_3072,
        KeyKind::Rsa4096 => RSA_4096,
        KeyKind::Ed25519 | KeyKind::P256 | KeyKind::P384 | KeyKind::P521 => return None,
    };
    let (PublicParams::RSA(public), SecretParams::Plain(PlainSecretParams::RSA(ref secret))) =
        shipped(keys, seed)
    else {
        return None;
    };
    let number = |bytes: &[u8]| rsa::BigUint::from_bytes_be(bytes);
    let (d, p, q, _) = secret.to_bytes();
    let (n, e) = (public.key.n().clone(), public.key.e().clone());
    rsa::RsaPrivateKey::from_components(n, e, number(&d), vec![number(&p), number(&q)]).ok()
}

/// A time as OpenPGP writes it.
pub(super) fn pgp_time(time: Timestamp) -> pgp::types::Timestamp {
    let seconds = u32::try_from(time.unix()).expect("OpenPGP times lie between 1970 and 2106");
    pgp::types::Timestamp::from_secs(seconds)
}

fn generated(kind: &KeyType, seed: u64) -> (PublicParams, SecretParams) {
    kind.generate(ChaCha20Rng::seed_from_u64(seed))
        .expect("a supported kind of key can be generated")
}

fn shipped(keys: [&str; 2], seed: u64) -> (PublicParams, SecretParams) {
    let text = if seed.is_multiple_of(2) {
        keys[0]
    } else {
        keys[1]
    };
    let (key, _) = SignedSecretKey::from_armor_single(Cursor::new(text))
        .expect("the keys shipped with this crate can be read");
    let public = key.primary_key.public_params().clone();
    (public, key.primary_key.secret_params().clone())
}
