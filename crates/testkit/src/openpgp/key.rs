//! Secret keys for OpenPGP: generated from a seed, or shipped where generating takes long.

use std::io::Cursor;

use doorward_core::Timestamp;
use pgp::composed::{Deserializable as _, KeyType, SignedSecretKey};
use pgp::crypto::ecc_curve::ECCCurve;
use pgp::packet::{self, PubKeyInner};
use pgp::types::{KeyDetails as _, KeyVersion, PublicParams, SecretParams};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::key::{KeyKind, armored};

/// When keys are made unless said otherwise: 2024-01-01T00:00:00Z.
pub(super) const CREATED: Timestamp = Timestamp::from_unix(1_704_067_200);

impl KeyKind {
    /// A secret key of this kind. The same seed gives the same key. There are two RSA keys of each size, and the
    /// last bit of the seed chooses.
    pub(super) fn secret_key(self, seed: u64, created: Timestamp) -> packet::SecretKey {
        let (public, secret) = match self {
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => shipped(self, seed),
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

/// A time as OpenPGP writes it.
pub(super) fn pgp_time(time: Timestamp) -> pgp::types::Timestamp {
    let seconds = u32::try_from(time.unix()).expect("OpenPGP times lie between 1970 and 2106");
    pgp::types::Timestamp::from_secs(seconds)
}

fn generated(kind: &KeyType, seed: u64) -> (PublicParams, SecretParams) {
    kind.generate(ChaCha20Rng::seed_from_u64(seed))
        .expect("a supported kind of key can be generated")
}

fn shipped(kind: KeyKind, seed: u64) -> (PublicParams, SecretParams) {
    let text = armored(kind, seed).expect("an RSA key of every size is shipped");
    let (key, _) = SignedSecretKey::from_armor_single(Cursor::new(text))
        .expect("the keys shipped with this crate can be read");
    let public = key.primary_key.public_params().clone();
    (public, key.primary_key.secret_params().clone())
}
