//! Signatures by keys.

use doorward_core::{Budget, Meter, Witness};
use doorward_crypto::KeyError;
use doorward_sigstore::{Authority, AuthorityError, Demands, VerificationKey, codes, verify};

use super::code;
use super::support::{Found, World, now, sign};

const KEY: &str = "keys/key1.pub";

fn layer(world: &World, image: &str) -> (doorward_core::Digest, Found) {
    world.only("static-fallback", image)
}

#[test]
fn a_key_of_each_kind_verifies_what_cosign_made_with_it() {
    let world = World::open();
    for (image, key) in [
        ("legacy-key", KEY),
        ("bundle-key", KEY),
        ("legacy-rsa", "keys/rsa.pub"),
        ("legacy-p384", "keys/p384.pub"),
        ("legacy-ed25519", "keys/ed25519.pub"),
    ] {
        let (digest, found) = layer(&world, image);
        let authority = world.by_key(key, false, &[]);
        let accepted = sign(&found.candidate().unwrap(), &digest, &authority)
            .unwrap_or_else(|rejection| panic!("{image}: {rejection}"));
        assert_eq!(accepted.digest(), &digest);
        assert_eq!(
            accepted.key(),
            Some(&world.key(key).fingerprint()),
            "{image}"
        );
        assert_eq!(accepted.identity(), None);
        assert_eq!(accepted.signed_at(), None, "nobody vouches for a time");
    }
}

#[test]
fn another_key_of_the_same_kind_does_not_verify_it() {
    let world = World::open();
    for image in ["legacy-key", "legacy-key-annot"] {
        let (digest, found) = layer(&world, image);
        for key in [
            "keys/key2.pub",
            "keys/rsa.pub",
            "keys/p384.pub",
            "keys/ed25519.pub",
        ] {
            let authority = world.by_key(key, false, &[]);
            let outcome = sign(&found.candidate().unwrap(), &digest, &authority);
            assert_eq!(code(outcome), codes::UNKNOWN_KEY, "{image} {key}");
        }
    }
}

#[test]
fn one_of_several_keys_is_enough() {
    let world = World::open();
    let (digest, found) = layer(&world, "legacy-key");
    let keys = ["keys/rsa.pub", "keys/key2.pub", KEY].map(|key| world.key(key));
    let authority = Authority::keys(keys.to_vec(), Demands::default()).unwrap();
    let accepted = sign(&found.candidate().unwrap(), &digest, &authority).unwrap();
    assert_eq!(accepted.key(), Some(&world.key(KEY).fingerprint()));
}

#[test]
fn a_hint_at_a_trusted_key_makes_a_broken_signature_more_than_an_unknown_one() {
    let world = World::open();
    let (digest, found) = layer(&world, "bundle-key");
    let (_, other) = layer(&world, "bundle-key-annot");
    let mut json = found.json();
    json["dsseEnvelope"]["signatures"] = other.json()["dsseEnvelope"]["signatures"].clone();
    let authority = world.by_key(KEY, false, &[]);
    let candidate = found.with_json(&json).candidate().unwrap();
    assert_eq!(
        code(sign(&candidate, &digest, &authority)),
        codes::BAD_SIGNATURE
    );
    json["verificationMaterial"]["publicKey"]["hint"] = "another".into();
    let candidate = found.with_json(&json).candidate().unwrap();
    assert_eq!(
        code(sign(&candidate, &digest, &authority)),
        codes::UNKNOWN_KEY
    );
}

#[test]
fn a_hint_decides_nothing() {
    let world = World::open();
    let (digest, found) = layer(&world, "bundle-key");
    let mut json = found.json();
    json["verificationMaterial"]["publicKey"]["hint"] = world.key("keys/key2.pub").hint().into();
    let candidate = found.with_json(&json).candidate().unwrap();
    sign(&candidate, &digest, &world.by_key(KEY, false, &[])).unwrap();
    let outcome = sign(
        &candidate,
        &digest,
        &world.by_key("keys/key2.pub", false, &[]),
    );
    assert_eq!(code(outcome), codes::BAD_SIGNATURE);
}

#[test]
fn a_claim_for_another_image_is_none_for_this_one() {
    let world = World::open();
    let (_, found) = layer(&world, "legacy-key");
    let (other, _) = layer(&world, "legacy-rsa");
    let outcome = sign(
        &found.candidate().unwrap(),
        &other,
        &world.by_key(KEY, false, &[]),
    );
    let rejection = outcome.unwrap_err();
    assert_eq!(rejection.code(), codes::DIGEST_MISMATCH);
    let (expected, actual) = rejection.digests().expect("both digests");
    assert_eq!(expected, &other);
    assert_ne!(actual, &other);
}

#[test]
fn annotations_are_those_that_were_signed() {
    let world = World::open();
    let by = |annotations: &[(&str, &str)]| world.by_key(KEY, false, annotations);
    for image in ["legacy-key-annot", "bundle-key-annot"] {
        let (digest, mut found) = layer(&world, image);
        let signed = sign(
            &found.candidate().unwrap(),
            &digest,
            &by(&[("env", "prod")]),
        );
        assert!(signed.is_ok(), "{image}: {signed:?}");
        for demanded in [
            &[("env", "dev")][..],
            &[("env", "")],
            &[("ENV", "prod")],
            &[("env", "prod"), ("team", "a")],
            &[("team", "a")],
        ] {
            let outcome = sign(&found.candidate().unwrap(), &digest, &by(demanded));
            assert_eq!(
                code(outcome),
                codes::ANNOTATION_MISMATCH,
                "{image} {demanded:?}"
            );
        }
        // What stands in the manifest of a registry is nobody's word.
        found.annotations.insert("team".into(), "a".into());
        let outcome = sign(&found.candidate().unwrap(), &digest, &by(&[("team", "a")]));
        assert_eq!(code(outcome), codes::ANNOTATION_MISMATCH, "{image}");
    }
}

#[test]
fn a_key_is_one_public_key_and_nothing_else() {
    let world = World::open();
    let pem = world.files.read(KEY).unwrap();
    assert!(VerificationKey::from_pem(pem).is_ok());
    let twice = [&pem[..], &pem[..]].concat();
    let private = String::from_utf8(pem.to_vec())
        .unwrap()
        .replace("PUBLIC", "PRIVATE");
    for bad in [&b""[..], b"key", &twice, private.as_bytes()] {
        let error = VerificationKey::from_pem(bad).unwrap_err();
        assert!(matches!(error, KeyError::Malformed { .. }), "{error}");
    }
}

#[test]
fn an_authority_has_something_to_trust() {
    let world = World::open();
    let none = Authority::keys(Vec::new(), Demands::default()).unwrap_err();
    assert_eq!(none, AuthorityError::NoneOf { what: "key" });
    let many = Authority::keys(vec![world.key(KEY); 33], Demands::default()).unwrap_err();
    assert!(matches!(many, AuthorityError::TooMany { .. }));
    let mut demands = Demands::default();
    demands.log = doorward_sigstore::LogDemand::Required;
    let no_log = Authority::keys(vec![world.key(KEY)], demands).unwrap_err();
    assert_eq!(no_log, AuthorityError::NoLog);
    let mut demands = Demands::default();
    demands.timestamp = doorward_sigstore::TimestampDemand::Required;
    let no_authority = Authority::keys(vec![world.key(KEY)], demands).unwrap_err();
    assert_eq!(no_authority, AuthorityError::NoTimestampAuthority);
}

#[test]
fn the_key_that_a_bundle_hints_at_is_tried_first() {
    let world = World::open();
    let (digest, found) = layer(&world, "bundle-key");
    let candidate = found.candidate().unwrap();
    let ours = world.key(KEY);
    assert_eq!(candidate.unverified_key_hint(), Some(ours.hint().as_str()));
    let keys = vec![
        world.key("keys/rsa.pub"),
        world.key("keys/p384.pub"),
        world.key("keys/ed25519.pub"),
        ours.clone(),
    ];
    let authority = Authority::keys(keys, Demands::default()).unwrap();
    let mut budget = Budget::default();
    budget.signatures = 1;
    let mut meter = Meter::new(budget);
    let accepted = verify(&candidate, &digest, &authority, now(), &mut meter).unwrap();
    assert_eq!(accepted.key(), Some(&ours.fingerprint()));
}
