//! Keys against values that Python's `hashlib` and OpenSSL gave, and signatures against ring.

use doorward_core::Digest;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};

use super::secret::Secret;
use super::{NotaryKey, RootAuthority, RootCertificate, RootCertificateFlaw, SignatureMethod};
use crate::KeyKind;

const MESSAGE: &[u8] = b"what is signed";
const GUN: &str = "registry.example/team/app";

fn now() -> doorward_core::Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn verifies(
    key: &NotaryKey,
    algorithm: &'static dyn VerificationAlgorithm,
    signature: &[u8],
) -> bool {
    UnparsedPublicKey::new(algorithm, key.secret().bare_public())
        .verify(MESSAGE, signature)
        .is_ok()
}

#[test]
fn key_ids_are_the_hashes_of_the_canonical_keys() {
    for (kind, id) in [
        (
            KeyKind::Ed25519,
            "d7f778f1457515d3c54f715a2a7a4a58eb1c65e73fdef4176a8f8df0aecce106",
        ),
        (
            KeyKind::P256,
            "17b0026e3334005fc9ed6a449f98815c6ed4678129d595e3ea4d81bea20404d1",
        ),
        (
            KeyKind::P384,
            "b3b3089b450b3ac26bc0ae9e582438da7933f986436e1029733dbb9d3f9e4e9d",
        ),
        (
            KeyKind::P521,
            "d96c7e8288554abd37369ce307ad8a9185c8029c3c00e7c9587184696c5d4c81",
        ),
        (
            KeyKind::Rsa2048,
            "34b179b497824068b30fde277840823320d6f36cd9d1a8438e2d8f9f0afc2b01",
        ),
        (
            KeyKind::Rsa4096,
            "d7f5f9808d5ba16d2a767946f606bf76bf0b3d9998e09aa08899e1dea556c69e",
        ),
    ] {
        assert_eq!(NotaryKey::new(kind).id(), id, "{kind:?}");
    }
    let certified = RootCertificate::new(GUN, now()).self_signed(&NotaryKey::new(KeyKind::P256));
    assert_eq!(
        certified.id(),
        "335fcee43366980413f96bf020bece4cb1fd932516dc2f71dd0958699d1a4fce"
    );
    let bare = NotaryKey::new(KeyKind::P256).presented_as("ecdsa", b"any bytes");
    assert_eq!(
        bare.id(),
        Digest::sha256(br#"{"keytype":"ecdsa","keyval":{"private":null,"public":"YW55IGJ5dGVz"}}"#)
            .hex()
    );
}

#[test]
fn p256_signs_with_r_and_s_side_by_side() {
    let key = NotaryKey::new(KeyKind::P256);
    let made = key.sign(MESSAGE);
    assert_eq!(made.len(), 64);
    assert!(verifies(&key, &ECDSA_P256_SHA256_FIXED, &made));
}

#[test]
fn p384_signs_the_shorter_hash() {
    let key = NotaryKey::new(KeyKind::P384);
    assert_eq!(key.sign(MESSAGE).len(), 96);
    let der = key.secret().sign_der(MESSAGE).unwrap();
    assert!(verifies(&key, &ECDSA_P384_SHA256_ASN1, &der));
}

#[test]
fn rsa_signs_by_either_method_with_every_size() {
    for kind in [KeyKind::Rsa2048, KeyKind::Rsa3072, KeyKind::Rsa4096] {
        let key = NotaryKey::new(kind);
        let pss = key.sign(MESSAGE);
        let older = key.with_method(SignatureMethod::RsaPkcs1v15).sign(MESSAGE);
        assert!(verifies(&key, &RSA_PSS_2048_8192_SHA256, &pss), "{kind:?}");
        assert!(
            verifies(&key, &RSA_PKCS1_2048_8192_SHA256, &older),
            "{kind:?}"
        );
        assert!(!verifies(&key, &RSA_PSS_2048_8192_SHA256, &older));
    }
}

#[test]
fn ed25519_signs_the_message_itself() {
    let key = NotaryKey::new(KeyKind::Ed25519);
    assert_eq!(key.public().len(), 32);
    assert!(verifies(&key, &ED25519, &key.sign(MESSAGE)));
}

#[test]
fn equal_seeds_give_equal_keys_and_signatures_and_others_do_not() {
    for kind in KeyKind::ALL {
        let (one, same, other) = (
            NotaryKey::seeded(kind, 4),
            NotaryKey::seeded(kind, 4),
            NotaryKey::seeded(kind, 5),
        );
        assert_eq!(one.id(), same.id());
        assert_eq!(one.sign(MESSAGE), same.sign(MESSAGE));
        assert_ne!(one.id(), other.id());
        assert_ne!(one.sign(MESSAGE), other.sign(MESSAGE));
    }
}

#[test]
fn a_key_from_elsewhere_is_recognised_by_its_algorithm() {
    // Made by rcgen and ring, not by what signs here.
    for (algorithm, key_type) in [
        (&rcgen::PKCS_ECDSA_P256_SHA256, "ecdsa"),
        (&rcgen::PKCS_ECDSA_P384_SHA384, "ecdsa"),
        (&rcgen::PKCS_ED25519, "ed25519"),
    ] {
        let pair = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let key = NotaryKey::from_pkcs8_pem(&pair.serialize_pem());
        assert_eq!(key.key_type(), key_type);
        assert_eq!(key.secret().bare_public(), pair.public_key_raw());
    }
}

#[test]
#[should_panic(expected = "PKCS #8 key in PEM")]
fn a_public_key_is_no_key_to_sign_with() {
    let public = NotaryKey::new(KeyKind::P256).public_pem();
    let _ = NotaryKey::from_pkcs8_pem(&public);
}

#[test]
#[should_panic(expected = "no certificates for Ed25519")]
fn an_ed25519_key_has_no_certificate() {
    let _ = NotaryKey::new(KeyKind::Ed25519).in_certificates("-----BEGIN CERTIFICATE-----\n");
}

#[test]
fn the_secret_does_not_show_in_debug_output() {
    let key = NotaryKey::new(KeyKind::P256);
    let Secret::P256(secret) = key.secret() else {
        panic!("a P-256 key")
    };
    let shown = format!("{key:?}");
    assert!(shown.contains(&key.id()));
    for byte_list in [
        format!("{:?}", secret.to_bytes()),
        format!("{:x}", secret.to_bytes()),
    ] {
        assert!(!shown.contains(&byte_list));
    }
}

#[test]
fn a_chained_key_presents_the_leaf_and_the_intermediate_certificate() {
    let authority = RootAuthority::new(now());
    let key = NotaryKey::new(KeyKind::P384);
    let chained = RootCertificate::new(GUN, now()).issued_by(&authority, &key);
    assert_eq!(chained.key_type(), "ecdsa-x509");
    let bundle = chained.public_pem();
    assert!(bundle.ends_with(authority.intermediate_pem()));
    assert!(!bundle.contains(authority.ca_pem()));
    assert_ne!(RootAuthority::seeded(now(), 1).ca_pem(), authority.ca_pem());
}

#[test]
fn flawed_root_keys_differ_from_each_other_and_from_the_honest_one() {
    let honest =
        RootCertificate::new(GUN, now()).self_signed(&NotaryKey::seeded(KeyKind::P256, 0xbad));
    let mut ids: Vec<_> = RootCertificateFlaw::ALL
        .iter()
        .map(|flaw| flaw.root_key(GUN, now()).id())
        .chain([honest.id()])
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), RootCertificateFlaw::ALL.len() + 1);
}
