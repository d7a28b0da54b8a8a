use std::io::Read as _;

use doorward_core::{Digest, Timestamp};
use pgp::composed::{Deserializable as _, Message, SignedPublicKey};

use super::{Claim, Compression, Hash, KeyKind, OpenPgpSigner, SignOptions};

fn certificate(signer: &OpenPgpSigner) -> SignedPublicKey {
    SignedPublicKey::from_bytes(&signer.public_key_binary()[..]).unwrap()
}

/// Decompresses and reads a message to the end, and returns its payload with the outcome of the verification with
/// the primary key or, where there is one, its subkey.
fn open(signer: &OpenPgpSigner, blob: &[u8]) -> (Vec<u8>, bool) {
    let mut message = Message::from_bytes(blob).unwrap();
    while message.is_compressed() {
        message = message.decompress().unwrap();
    }
    let mut payload = Vec::new();
    message.read_to_end(&mut payload).unwrap();
    let certificate = certificate(signer);
    let verified = match certificate.public_subkeys.first() {
        Some(subkey) => message.verify(subkey).is_ok(),
        None => message.verify(&certificate).is_ok(),
    };
    (payload, verified)
}

#[test]
fn every_kind_of_key_signs_what_its_certificate_verifies() {
    for kind in KeyKind::ALL {
        let signer = OpenPgpSigner::new(kind);
        certificate(&signer).verify_bindings().unwrap();
        let claim = Claim::new("registry.example/app:1", &Digest::sha256(b"m"));
        let blob = signer.sign_claim(&claim, &SignOptions::new());
        let (payload, verified) = open(&signer, &blob);
        assert!(verified, "{kind:?}");
        assert_eq!(payload, claim.to_json().as_bytes());
    }
}

#[test]
fn the_first_packet_is_compressed_data_of_indeterminate_length_as_gnupg_writes_it() {
    let signer = OpenPgpSigner::new(KeyKind::Ed25519);
    let digest = Digest::sha256(b"m");
    assert_eq!(signer.sign("r.example/app:1", &digest)[..2], [0xa3, 0x01]);
    let sign =
        |compression| signer.sign_bytes(b"payload", &SignOptions::new().compression(compression));
    assert_eq!(sign(Compression::Zlib)[..2], [0xa3, 0x02]);
    assert_eq!(sign(Compression::None)[..2], [0x90, 0x0d]);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_another_key() {
    for kind in [KeyKind::Ed25519, KeyKind::P256, KeyKind::Rsa2048] {
        let one = OpenPgpSigner::new(kind);
        let same = OpenPgpSigner::new(kind);
        let other = OpenPgpSigner::builder(kind).seed(1).build();
        let digest = Digest::sha256(b"m");
        assert_eq!(one.public_key_binary(), same.public_key_binary());
        assert_eq!(one.sign("r/a:1", &digest), same.sign("r/a:1", &digest));
        assert_ne!(one.fingerprint(), other.fingerprint());
        assert!(!open(&other, &one.sign("r/a:1", &digest)).1);
    }
}

#[test]
fn a_signing_subkey_is_bound_both_ways() {
    let signer = OpenPgpSigner::builder(KeyKind::Rsa2048)
        .signing_subkey(KeyKind::Ed25519)
        .build();
    certificate(&signer).verify_bindings().unwrap();
    assert_ne!(signer.fingerprint(), signer.signing_fingerprint());
    assert!(open(&signer, &signer.sign("r/a:1", &Digest::sha256(b"m"))).1);
}

#[test]
fn text_signatures_partial_lengths_and_every_hash_verify() {
    let signer = OpenPgpSigner::new(KeyKind::Rsa2048);
    let long = "long enough for several pieces ".repeat(100);
    for options in [
        SignOptions::new().text(),
        SignOptions::new().partial_lengths(),
        SignOptions::new()
            .partial_lengths()
            .compression(Compression::None),
        SignOptions::new().hash(Hash::Sha512),
        SignOptions::new().hash(Hash::Sha1),
        SignOptions::new().expires_after(60),
    ] {
        let (payload, verified) = open(&signer, &signer.sign_bytes(long.as_bytes(), &options));
        assert!(verified, "{options:?}");
        assert_eq!(payload, long.as_bytes());
    }
}

#[test]
fn claims_are_written_as_the_reference_writes_them() {
    let digest = Digest::sha256(b"");
    let claim = Claim::new("r.example/a:1", &digest)
        .creator(Some("atomic 5.39.1"))
        .timestamp(Some(Timestamp::from_unix(1_700_000_000)));
    assert_eq!(
        claim.to_json(),
        format!(
            "{{\"critical\":{{\"identity\":{{\"docker-reference\":\"r.example/a:1\"}},\
             \"image\":{{\"docker-manifest-digest\":\"{digest}\"}},\
             \"type\":\"atomic container signature\"}},\
             \"optional\":{{\"creator\":\"atomic 5.39.1\",\"timestamp\":1700000000}}}}"
        )
    );
    let bare = claim.creator(None).timestamp(None).to_json();
    assert!(bare.ends_with(r#""optional":{}}"#), "{bare}");
}
