use std::io::Read as _;

use doorward_core::{Digest, Timestamp};
use pgp::composed::{Deserializable as _, Message, SignedPublicKey};

use super::{Attack, CertificateFlaw, Claim, Compression, Hash, OpenPgpSigner, SignOptions};
use crate::{KeyKind, flip_bit};

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

#[test]
fn forged_messages_differ_from_each_other_and_are_made_the_same_every_time() {
    let signer = OpenPgpSigner::new(KeyKind::Ed25519);
    let claim = Claim::new("r.example/app:1", &Digest::sha256(b"m"));
    let good = signer.sign_claim(&claim, &SignOptions::new());
    let mut seen = std::collections::HashSet::from([good]);
    for attack in Attack::ALL {
        let blob = attack.forge(&signer, &claim);
        if attack != Attack::CompressionBomb {
            assert_eq!(blob, attack.forge(&signer, &claim), "{attack:?}");
        }
        assert!(seen.insert(blob), "{attack:?}");
    }
}

#[test]
fn what_an_attack_tampers_with_is_the_only_thing_wrong_with_it() {
    let claim = Claim::new("r.example/app:1", &Digest::sha256(b"m"));
    for signer in [
        OpenPgpSigner::new(KeyKind::P256),
        OpenPgpSigner::new(KeyKind::Rsa2048),
        OpenPgpSigner::builder(KeyKind::Rsa2048)
            .signing_subkey(KeyKind::Rsa2048)
            .build(),
    ] {
        // The arithmetic is right, so only a check of what was signed can refuse these.
        for attack in [
            Attack::CertificationType,
            Attack::CriticalNotation,
            Attack::NoCreationTime,
        ] {
            let (payload, verified) = open(&signer, &attack.forge(&signer, &claim));
            assert!(verified, "{attack:?}");
            assert_eq!(payload, claim.to_json().as_bytes());
        }
        // The arithmetic is wrong although the claim is the right one.
        for attack in [Attack::ForgedIssuer, Attack::SwappedClaim] {
            let (payload, verified) = open(&signer, &attack.forge(&signer, &claim));
            assert!(!verified, "{attack:?}");
            assert_eq!(payload, claim.to_json().as_bytes());
        }
    }
}

#[test]
fn a_compression_bomb_is_small_until_it_is_opened() {
    let signer = OpenPgpSigner::new(KeyKind::Ed25519);
    let claim = Claim::new("r.example/app:1", &Digest::sha256(b"m"));
    let bomb = Attack::CompressionBomb.forge(&signer, &claim);
    assert!(bomb.len() < 64 << 10, "{}", bomb.len());
}

#[test]
fn one_bit_is_flipped_and_no_other() {
    let bytes = [0x00, 0xff, 0x0f];
    for bit in 0..24 {
        let flipped = flip_bit(&bytes, bit);
        let differing: u32 = bytes
            .iter()
            .zip(&flipped)
            .map(|(a, b)| (a ^ b).count_ones())
            .sum();
        assert_eq!(differing, 1);
    }
    assert_eq!(flip_bit(&bytes, 24), bytes);
}

#[test]
fn flawed_certificates_differ_from_the_sound_one() {
    for kind in [KeyKind::Ed25519, KeyKind::Rsa2048] {
        let sound = OpenPgpSigner::new(kind);
        let mut seen = std::collections::HashSet::from([sound.public_key_binary()]);
        for flaw in CertificateFlaw::ALL {
            let flawed = OpenPgpSigner::builder(kind).flaw(flaw).build();
            assert!(seen.insert(flawed.public_key_binary()), "{flaw:?}");
        }
    }
}

#[test]
fn secret_keys_are_exported_as_secret_keys_and_never_shown() {
    let signer = OpenPgpSigner::new(KeyKind::Ed25519);
    assert!(
        signer
            .secret_key_armored()
            .starts_with("-----BEGIN PGP PRIVATE KEY BLOCK-----")
    );
    assert_eq!(
        format!("{signer:?}"),
        format!(
            "OpenPgpSigner {{ fingerprint: {:?}, .. }}",
            signer.fingerprint()
        )
    );
}
