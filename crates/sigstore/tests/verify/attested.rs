//! Statements about an image.

use doorward_core::Witness;
use doorward_sigstore::{COSIGN_SIGNATURE, codes};
use serde_json::Value;

use super::code;
use super::support::{Found, Kind, World, attest, sign};

const KEY: &str = "keys/key1.pub";
const SPDX: &str = "https://spdx.dev/Document";
const VULNERABILITIES: &str = "https://cosign.sigstore.dev/attestation/vuln/v1";
const CYCLONEDX: &str = "https://cyclonedx.org/bom";

/// What is beside an image that states something of a type.
fn stating(world: &World, set: &str, image: &str, kind: &str) -> Found {
    let digest = world.image(set, image);
    let found = world.found(set, &digest).into_iter();
    let mut stating = found.filter(|found| {
        let candidate = found.candidate().unwrap();
        candidate.unverified_predicate_type() == Some(kind)
    });
    stating.next().expect("a statement")
}

#[test]
fn a_statement_is_given_as_it_was_signed() {
    let world = World::open();
    for (set, image, kind, predicate) in [
        ("static-fallback", "attest-bundle", SPDX, "sbom.spdx.json"),
        (
            "static-fallback",
            "attest-legacy",
            CYCLONEDX,
            "sbom.cdx.json",
        ),
    ] {
        let digest = world.image(set, image);
        let candidate = stating(&world, set, image, kind).candidate().unwrap();
        let authority = world.by_key(KEY, false, &[]);
        let attested = attest(&candidate, &digest, &authority, kind).unwrap();
        assert_eq!(attested.digest(), &digest);
        assert_eq!(attested.predicate_type(), kind);
        assert_eq!(attested.key(), Some(&world.key(KEY).fingerprint()));
        let predicate_of: Value = serde_json::from_slice(attested.predicate()).unwrap();
        assert!(predicate_of.is_object(), "{predicate}");
        let statement = attested.statement().expect("a statement");
        let statement: Value = serde_json::from_slice(&statement).unwrap();
        assert_eq!(statement["predicate"], predicate_of);
        assert_eq!(statement["predicateType"], kind);
        assert_eq!(statement["subject"][0]["digest"]["sha256"], digest.hex());
    }
}

#[test]
fn a_statement_of_another_type_is_none_of_this_one() {
    let world = World::open();
    let digest = world.image("keyless", "attest-v1");
    let authority = world.by_key(KEY, false, &[]);
    for kind in [SPDX, VULNERABILITIES] {
        let candidate = stating(&world, "keyless", "attest-v1", kind)
            .candidate()
            .unwrap();
        for other in [CYCLONEDX, COSIGN_SIGNATURE, "", "https://spdx.dev/document"] {
            let outcome = attest(&candidate, &digest, &authority, other);
            assert_eq!(code(outcome), codes::WRONG_PREDICATE, "{kind} {other}");
        }
    }
}

#[test]
fn an_attestation_does_not_say_that_the_image_is_signed() {
    let world = World::open();
    for (set, image) in [
        ("static-referrers", "attest-only"),
        ("static-fallback", "attest-bundle"),
        ("static-fallback", "attest-legacy"),
    ] {
        let digest = world.image(set, image);
        let found = world.found(set, &digest);
        assert!(!found.is_empty());
        for found in found {
            let candidate = found.candidate().unwrap();
            let outcome = sign(&candidate, &digest, &world.by_key(KEY, false, &[]));
            assert_eq!(code(outcome), codes::WRONG_PREDICATE, "{set}/{image}");
        }
    }
}

#[test]
fn the_envelope_of_a_signature_is_none_where_attestations_are_kept() {
    let world = World::open();
    let (digest, found) = world.only("static-fallback", "bundle-key");
    let envelope = Found {
        kind: Kind::Attestation,
        bytes: found.json()["dsseEnvelope"].to_string().into(),
        annotations: std::collections::BTreeMap::new(),
    };
    let candidate = envelope.candidate().unwrap();
    let authority = world.by_key(KEY, false, &[]);
    assert_eq!(
        code(sign(&candidate, &digest, &authority)),
        codes::WRONG_PREDICATE
    );
    attest(&candidate, &digest, &authority, COSIGN_SIGNATURE).unwrap();
}

#[test]
fn a_claim_states_nothing() {
    let world = World::open();
    let (digest, found) = world.only("static-fallback", "legacy-key");
    let candidate = found.candidate().unwrap();
    let outcome = attest(
        &candidate,
        &digest,
        &world.by_key(KEY, false, &[]),
        COSIGN_SIGNATURE,
    );
    assert_eq!(code(outcome), codes::WRONG_PREDICATE);
}

#[test]
fn a_statement_by_somebody_else_or_about_something_else_does_not_count() {
    let world = World::open();
    let digest = world.image("static-fallback", "attest-bundle");
    let other = world.image("static-fallback", "attest-legacy");
    let found = stating(&world, "static-fallback", "attest-bundle", SPDX);
    let candidate = found.candidate().unwrap();
    let stranger = world.by_key("keys/key2.pub", false, &[]);
    let outcome = attest(&candidate, &digest, &stranger, SPDX);
    assert_eq!(code(outcome), codes::UNKNOWN_KEY);
    let authority = world.by_key(KEY, false, &[]);
    let outcome = attest(&candidate, &other, &authority, SPDX);
    assert_eq!(code(outcome), codes::DIGEST_MISMATCH);
    let annotated = world.by_key(KEY, false, &[("env", "prod")]);
    let outcome = attest(&candidate, &digest, &annotated, SPDX);
    assert_eq!(code(outcome), codes::ANNOTATION_MISMATCH);
    let outcome = attest(&candidate, &digest, &world.by_developer(), SPDX);
    assert_eq!(code(outcome), codes::CERTIFICATE_UNTRUSTED);
}

#[test]
fn a_payload_of_another_type_is_no_statement_however_it_is_signed() {
    let world = World::open();
    let found = stating(&world, "static-fallback", "attest-bundle", SPDX);
    let digest = world.image("static-fallback", "attest-bundle");
    let mut json = found.json();
    json["dsseEnvelope"]["payloadType"] = "text/plain".into();
    let candidate = found.with_json(&json).candidate().unwrap();
    assert_eq!(candidate.unverified_predicate_type(), None);
    let authority = world.by_key(KEY, false, &[]);
    let outcome = attest(&candidate, &digest, &authority, SPDX);
    assert_eq!(code(outcome), codes::CLAIM_MALFORMED);
    assert_eq!(
        code(sign(&candidate, &digest, &authority)),
        codes::CLAIM_MALFORMED
    );
}
