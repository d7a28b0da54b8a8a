//! One test per check that stands between a matching signature and trust, named after the attack it stops. Every
//! signature here satisfies the arithmetic of `pgp`, or is one that other readers have accepted.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test stops at what it does not expect"
)]

#[path = "attacks/keys.rs"]
mod keys;

use doorward_simple_signing::codes;
use std::sync::{Arc, LazyLock};

use doorward_core::{Budget, Code, Digest, Meter, Rejection};
use doorward_simple_signing::{
    Accepted, FramingError, Keyring, KeyringError, Requirement, SignatureBlob, SignedIdentity,
    Subject, evaluate,
};
use doorward_testkit::Cases;

/// A file of the vectors, packed or not.
fn vector(name: &str) -> &'static [u8] {
    static VECTORS: LazyLock<Cases> =
        LazyLock::new(|| Cases::open(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors")));
    VECTORS.read(name).expect("the file is there")
}

const NOW: &str = "2026-11-21T00:00:00Z";
/// A key of nobody in these tests, so that a ring is not refused as a whole for the one key that is attacked with.
const BESIDE: &[u8] = include_bytes!("vectors/keys/nistp256.gpg");

fn ask(keys: &[&[u8]], message: &[u8], now: &str) -> Result<Accepted, Rejection> {
    let sources = keys.iter().copied().chain([BESIDE]);
    let requirement = Requirement::SignedBy {
        keyring: Arc::new(Keyring::parse(sources).expect("a ring")),
        identity: SignedIdentity::default(),
    };
    let image = "registry.example.com/ns/app:1.0"
        .parse()
        .expect("a reference");
    let subject = Subject::new(image, Digest::sha256(vector("images/oci.manifest.json")));
    evaluate(
        &[requirement],
        &subject,
        &[SignatureBlob::new(message, "signature-1")],
        now.parse().expect("a time"),
        &mut Meter::new(Budget::default()),
    )
}

fn refused(key: &[u8], message: &[u8]) -> Code {
    ask(&[key], message, NOW)
        .expect_err("must be refused")
        .code()
}

const RSA: &[u8] = include_bytes!("vectors/keys/rsa2048.gpg");

// 1. Framing.

#[test]
fn a_clear_signed_text_cannot_pose_as_a_stored_signature() {
    for blob in [
        vector("signatures/clearsigned.sig"),
        vector("signatures/armored.sig"),
    ] {
        assert_eq!(
            SignatureBlob::from_lookaside(blob, "s"),
            Err(FramingError::Unrecognised { first: b'-' })
        );
        assert_eq!(refused(RSA, blob), codes::MALFORMED_MESSAGE);
    }
}

// 2. Size and depth.

#[test]
fn a_small_file_that_unpacks_to_a_huge_one_is_refused() {
    assert_eq!(
        refused(RSA, vector("signatures/bomb-64MiB-compressed.sig")),
        codes::MALFORMED_MESSAGE
    );
    assert_eq!(
        refused(RSA, vector("signatures/large-5MiB-compressed.sig")),
        codes::MALFORMED_MESSAGE
    );
}

#[test]
fn packets_packed_into_packets_are_refused() {
    assert_eq!(
        refused(RSA, vector("signatures/compressed-40.sig")),
        codes::MALFORMED_MESSAGE
    );
}

// 3. Exactly one signature of the right type over exactly one literal.

#[test]
fn a_second_literal_cannot_ride_on_a_good_signature() {
    for message in [
        vector("signatures/trailing-literal.sig"),
        vector("signatures/two-literals-in-ops.sig"),
        vector("signatures/two-literals-in-ops-evil-first.sig"),
        vector("signatures/compressed-inner.sig"),
    ] {
        assert_eq!(refused(RSA, message), codes::MALFORMED_MESSAGE);
    }
}

#[test]
fn a_second_message_cannot_follow_a_good_one() {
    for message in [
        vector("signatures/concat-same.sig"),
        vector("signatures/concat-stranger-second.sig"),
        vector("signatures/concat-ed25519-second.sig"),
        vector("signatures/trailing-garbage.sig"),
        vector("signatures/trailing-zero.sig"),
    ] {
        assert_eq!(refused(RSA, message), codes::MALFORMED_MESSAGE);
    }
}

#[test]
fn a_message_of_two_signers_is_not_taken_for_one_of_the_trusted_signer() {
    let keys = [RSA, vector("keys/ed25519.gpg")];
    let refusal =
        ask(&keys, vector("signatures/two-signers.sig"), NOW).expect_err("must be refused");
    assert_eq!(refusal.code(), codes::MALFORMED_MESSAGE);
}

#[test]
fn a_certification_of_a_user_id_cannot_be_replayed_as_a_claim() {
    assert_eq!(
        refused(RSA, vector("signatures/type-confusion-cert.sig")),
        codes::MALFORMED_MESSAGE
    );
}

#[test]
fn the_announced_hash_and_type_must_be_those_of_the_signature() {
    for message in [
        vector("signatures/ops-hash-mismatch.sig"),
        vector("signatures/ops-type-mismatch.sig"),
    ] {
        assert_eq!(refused(RSA, message), codes::MALFORMED_MESSAGE);
    }
}

#[test]
fn an_unsigned_or_detached_message_is_refused() {
    for message in [
        vector("signatures/ops-without-signature.sig"),
        vector("signatures/detached.sig"),
    ] {
        assert_eq!(refused(RSA, message), codes::MALFORMED_MESSAGE);
    }
}

// 4. Hashes.

#[test]
fn a_claim_protected_by_a_broken_hash_is_refused() {
    for message in [
        vector("signatures/rsa-md5.sig"),
        vector("signatures/rsa-sha1.sig"),
        vector("signatures/rsa-ripemd160.sig"),
    ] {
        assert_eq!(refused(RSA, message), codes::WEAK_ALGORITHM);
    }
}

#[test]
fn a_sound_hash_that_the_fast_backend_lacks_is_verified_all_the_same() {
    assert!(ask(&[RSA], vector("signatures/rsa-sha224.sig"), NOW).is_ok());
    assert!(
        ask(
            &[vector("keys/nistp521.gpg")],
            vector("signatures/ok-nistp521.sig"),
            NOW
        )
        .is_ok()
    );
}

// 5. Notations and dates.

#[test]
fn a_critical_notation_that_restricts_the_signature_is_not_overlooked() {
    assert_eq!(
        refused(RSA, vector("signatures/notation-critical.sig")),
        codes::MALFORMED_MESSAGE
    );
    assert!(ask(&[RSA], vector("signatures/notation.sig"), NOW).is_ok());
}

#[test]
fn an_expired_signature_is_refused() {
    assert_eq!(
        refused(RSA, vector("signatures/expired-sig.sig")),
        codes::SIGNATURE_EXPIRED
    );
}

#[test]
fn a_signature_cannot_be_dated_ahead_to_outlive_its_key() {
    assert_eq!(
        refused(RSA, vector("signatures/future-sig.sig")),
        codes::SIGNATURE_IN_FUTURE
    );
}

#[test]
fn a_signature_cannot_be_older_than_its_key() {
    assert_eq!(
        refused(RSA, vector("signatures/before-key-creation.sig")),
        codes::SIGNATURE_IN_FUTURE
    );
}

// 6. The right key.

#[test]
fn a_strangers_signature_is_refused_although_it_matches() {
    assert_eq!(
        refused(RSA, vector("signatures/ok-stranger.sig")),
        codes::UNKNOWN_KEY
    );
}

#[test]
fn a_changed_claim_or_signature_is_refused() {
    for message in [
        vector("signatures/tampered-payload.sig"),
        vector("signatures/tampered-digest.sig"),
        vector("signatures/corrupt-mpi.sig"),
    ] {
        assert_eq!(refused(RSA, message), codes::BAD_SIGNATURE);
    }
}
