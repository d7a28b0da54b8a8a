//! Keys and signatures of kinds that the vectors do not have, made with `pgp` itself.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops at what it does not expect"
)]

use doorward_simple_signing::codes;
use std::sync::Arc;

use doorward_core::{Budget, Digest, Meter, Rejection, Timestamp};
use doorward_simple_signing::{
    Accepted, Keyring, KeyringError, Requirement, SignatureBlob, SignedIdentity, Subject, evaluate,
};
use pgp::composed::{
    EncryptionCaps, KeyType, MessageBuilder, SecretKeyParamsBuilder, SignedPublicKey,
    SignedSecretKey, SubkeyParamsBuilder,
};
use pgp::crypto::ecc_curve::ECCCurve;
use pgp::crypto::hash::HashAlgorithm;
use pgp::ser::Serialize;
use pgp::types::{CompressionAlgorithm, KeyVersion, Password, SigningKey};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

const MANIFEST: &[u8] = b"{\"schemaVersion\":2}";

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([7; 32])
}

fn now() -> Timestamp {
    Timestamp::from_unix(i64::from(pgp::types::Timestamp::now().as_secs()) + 1)
}

fn claim() -> String {
    let digest = Digest::sha256(MANIFEST);
    // Line ends, so that text signatures have something to change.
    format!(
        "{{\"critical\":{{\"type\":\"atomic container signature\",\n\"image\":{{\"docker-manifest-digest\":\"{digest}\"}},\r\n\"identity\":{{\"docker-reference\":\"r.example/a:1\"}}}},\n\"optional\":{{}}}}\n"
    )
}

fn key(kind: KeyType, version: KeyVersion) -> SignedSecretKey {
    let mut builder = SecretKeyParamsBuilder::default();
    builder
        .version(version)
        .key_type(kind)
        .can_sign(true)
        .can_certify(true)
        .primary_user_id("signer <signer@example.com>".into());
    builder
        .build()
        .expect("parameters")
        .generate(rng())
        .expect("a key")
}

fn public(key: &SignedSecretKey) -> Vec<u8> {
    SignedPublicKey::from(key.clone())
        .to_bytes()
        .expect("a public key")
}

fn message(key: &dyn SigningKey, hash: HashAlgorithm, text: bool) -> Vec<u8> {
    let mut builder = MessageBuilder::from_bytes("", claim());
    if text {
        builder.sign_text();
    }
    builder.compression(CompressionAlgorithm::ZIP);
    builder.sign(key, Password::empty(), hash);
    builder.to_vec(rng()).expect("a message")
}

fn ask(public: &[u8], message: Vec<u8>) -> Result<Accepted, Rejection> {
    let requirement = Requirement::SignedBy {
        keyring: Arc::new(Keyring::parse([public]).expect("a ring")),
        identity: SignedIdentity::default(),
    };
    let subject = Subject::new(
        "r.example/a:1".parse().expect("a reference"),
        Digest::sha256(MANIFEST),
    );
    let mut meter = Meter::new(Budget::default());
    evaluate(
        &[requirement],
        &subject,
        &[SignatureBlob::new(message, "s")],
        now(),
        &mut meter,
    )
}

const SOUND: [HashAlgorithm; 5] = [
    HashAlgorithm::Sha256,
    HashAlgorithm::Sha384,
    HashAlgorithm::Sha512,
    HashAlgorithm::Sha3_256,
    HashAlgorithm::Sha3_512,
];

#[test]
fn every_kind_of_key_verifies_with_every_hash_that_is_long_enough_for_it() {
    for (kind, version, least) in [
        (KeyType::Ed25519Legacy, KeyVersion::V4, 32),
        (KeyType::Ed25519, KeyVersion::V4, 32),
        (KeyType::Ed25519, KeyVersion::V6, 32),
        (KeyType::ECDSA(ECCCurve::P256), KeyVersion::V4, 32),
        (KeyType::ECDSA(ECCCurve::P384), KeyVersion::V4, 48),
        (KeyType::ECDSA(ECCCurve::P384), KeyVersion::V6, 48),
        (KeyType::ECDSA(ECCCurve::P521), KeyVersion::V4, 64),
    ] {
        let key = key(kind.clone(), version);
        let public = public(&key);
        for hash in SOUND
            .into_iter()
            .filter(|hash| hash.digest_size() >= Some(least))
        {
            for text in [false, true] {
                let accepted = ask(&public, message(&key.primary_key, hash, text));
                let accepted = accepted.unwrap_or_else(|refusal| {
                    panic!("{kind:?} {version:?} {hash} {text}: {refusal}")
                });
                assert_eq!(
                    accepted.claims()[0].user_id(),
                    Some("signer <signer@example.com>")
                );
            }
        }
    }
}

#[test]
fn a_flipped_bit_in_the_content_of_a_version_6_message_is_refused() {
    let key = key(KeyType::Ed25519, KeyVersion::V6);
    let public = public(&key);
    let mut builder = MessageBuilder::from_bytes("", claim());
    builder.sign(&key.primary_key, Password::empty(), HashAlgorithm::Sha512);
    let good = builder.to_vec(rng()).expect("a message");
    assert!(ask(&public, good.clone()).is_ok());
    let at = good
        .windows(10)
        .position(|w| w == b"\"critical\"")
        .expect("the claim");
    for offset in 0..claim().len() {
        let mut bad = good.clone();
        bad[at + offset] ^= 1;
        assert!(ask(&public, bad).is_err(), "{offset}");
    }
}

#[test]
fn a_signature_by_another_key_of_the_same_kind_is_refused() {
    let mine = key(KeyType::Ed25519, KeyVersion::V6);
    let mut builder = SecretKeyParamsBuilder::default();
    builder
        .version(KeyVersion::V6)
        .key_type(KeyType::Ed25519)
        .can_sign(true)
        .can_certify(true);
    let other = builder
        .build()
        .expect("parameters")
        .generate(ChaCha20Rng::from_seed([8; 32]))
        .expect("a key");
    let refusal = ask(
        &public(&mine),
        message(&other.primary_key, HashAlgorithm::Sha256, false),
    );
    assert_eq!(refusal.expect_err("refused").code(), codes::UNKNOWN_KEY);
}

#[test]
fn a_signing_subkey_of_a_key_that_only_certifies_is_accepted_and_an_encryption_subkey_is_not() {
    for (can_sign, flag) in [(true, EncryptionCaps::None), (false, EncryptionCaps::None)] {
        let mut subkey = SubkeyParamsBuilder::default();
        subkey
            .key_type(KeyType::ECDSA(ECCCurve::P256))
            .can_sign(can_sign)
            .can_authenticate(!can_sign)
            .can_encrypt(flag);
        let mut builder = SecretKeyParamsBuilder::default();
        builder
            .key_type(KeyType::Ed25519Legacy)
            .can_sign(true)
            .can_certify(true)
            .primary_user_id("signer".into())
            .subkey(subkey.build().expect("parameters"));
        let key = builder
            .build()
            .expect("parameters")
            .generate(rng())
            .expect("a key");
        let message = message(&key.secret_subkeys[0].key, HashAlgorithm::Sha256, false);
        let outcome = ask(&public(&key), message);
        if can_sign {
            let accepted = outcome.expect("accepted");
            let ring = Keyring::parse([public(&key).as_slice()]).expect("a ring");
            assert_eq!(
                Some(accepted.claims()[0].fingerprint()),
                ring.fingerprints().next()
            );
        } else {
            assert_eq!(outcome.expect_err("refused").code(), codes::KEY_UNUSABLE);
        }
    }
}

#[test]
fn kinds_of_keys_that_are_not_on_the_list_are_refused() {
    for (kind, version) in [
        (KeyType::Ed448, KeyVersion::V6),
        (KeyType::ECDSA(ECCCurve::Secp256k1), KeyVersion::V4),
    ] {
        let key = key(kind, version);
        assert!(matches!(
            Keyring::parse([public(&key).as_slice()]),
            Err(KeyringError::NoUsableKey { .. })
        ));
    }
}

#[test]
fn a_private_key_is_refused_as_a_trusted_key() {
    let key = key(KeyType::Ed25519, KeyVersion::V4);
    let binary = key.to_bytes().expect("a key");
    assert_eq!(
        Keyring::parse([binary.as_slice()]).err(),
        Some(KeyringError::SecretKey)
    );
    let armored = key.to_armored_bytes(None.into()).expect("a key");
    assert_eq!(
        Keyring::parse([armored.as_slice()]).err(),
        Some(KeyringError::SecretKey)
    );
}

#[test]
fn a_key_from_the_future_signs_nothing_yet() {
    let mut builder = SecretKeyParamsBuilder::default();
    let later = pgp::types::Timestamp::from_secs(pgp::types::Timestamp::now().as_secs() + 86_400);
    builder
        .key_type(KeyType::Ed25519)
        .created_at(later)
        .can_sign(true)
        .can_certify(true)
        .primary_user_id("signer".into());
    let key = builder
        .build()
        .expect("parameters")
        .generate(rng())
        .expect("a key");
    // `pgp` makes the self-signature now, before the key, so it says nothing for it.
    assert!(matches!(
        Keyring::parse([public(&key).as_slice()]),
        Err(KeyringError::NoUsableKey { .. })
    ));
}
