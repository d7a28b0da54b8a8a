use crate::codes;
use std::sync::Arc;

use doorward_core::{Budget, Class, Digest, Outcome, Witness};

use super::*;

macro_rules! vector {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/vectors/", $name)).as_slice()
    };
}

const NOW: &str = "2026-11-21T00:00:00Z";

fn trust(key: &[u8]) -> Requirement {
    Requirement::SignedBy {
        keyring: Arc::new(Keyring::parse([key]).expect("valid")),
        identity: SignedIdentity::default(),
    }
}

fn rsa() -> Requirement {
    trust(vector!("keys/rsa2048.gpg"))
}

fn stranger() -> Requirement {
    trust(vector!("keys/stranger.gpg"))
}

fn subject(image: &str) -> Subject {
    let digest = Digest::sha256(vector!("images/oci.manifest.json"));
    Subject::new(image.parse().expect("valid"), digest)
}

fn app() -> Subject {
    subject("registry.example.com/ns/app:1.0")
}

fn blobs(list: &[&[u8]]) -> Vec<SignatureBlob> {
    list.iter()
        .enumerate()
        .map(|(index, bytes)| SignatureBlob::new(*bytes, format!("signature-{}", index + 1)))
        .collect()
}

fn ask(
    requirements: &[Requirement],
    subject: &Subject,
    signatures: &[&[u8]],
) -> Result<Accepted, Rejection> {
    let now = NOW.parse().expect("valid");
    evaluate(
        requirements,
        subject,
        &blobs(signatures),
        now,
        &mut Meter::new(Budget::default()),
    )
}

const RSA: &[u8] = vector!("signatures/ok-rsa2048.sig");
const STRANGER: &[u8] = vector!("signatures/ok-stranger.sig");

#[test]
fn an_empty_list_of_requirements_accepts_nothing() {
    let rejection = ask(&[], &app(), &[RSA]).expect_err("must be refused");
    assert_eq!(rejection.code(), Code::POLICY_INVALID);
}

#[test]
fn every_requirement_must_be_met_and_different_signatures_may_meet_them() {
    let both = [rsa(), stranger()];
    let accepted = ask(&both, &app(), &[STRANGER, RSA]).expect("accepted");
    assert_eq!(accepted.claims().len(), 2);
    assert_eq!(accepted.evidence().len(), 2);
    for signatures in [&[RSA][..], &[STRANGER], &[]] {
        assert!(ask(&both, &app(), signatures).is_err());
    }
}

#[test]
fn reject_wins_over_everything_beside_it() {
    for requirements in [
        vec![Requirement::Reject],
        vec![rsa(), Requirement::Reject],
        vec![Requirement::InsecureAcceptAnything, Requirement::Reject],
    ] {
        let rejection = ask(&requirements, &app(), &[RSA]).expect_err("must be refused");
        assert_eq!(rejection.code(), codes::REJECTED_BY_POLICY);
    }
}

#[test]
fn what_is_not_supported_or_has_no_keys_is_never_met() {
    for (requirement, code) in [
        (
            Requirement::Unsupported { what: "x".into() },
            codes::UNSUPPORTED_REQUIREMENT,
        ),
        (
            Requirement::KeysUnusable { why: "x".into() },
            codes::KEYRING_INVALID,
        ),
    ] {
        let rejection = ask(&[requirement], &app(), &[RSA]).expect_err("must be refused");
        assert_eq!(rejection.code(), code);
        assert_eq!(rejection.class(), Class::Configuration);
    }
}

#[test]
fn accepting_anything_needs_no_signature_and_leaves_no_evidence() {
    let accepted = ask(&[Requirement::InsecureAcceptAnything], &app(), &[]).expect("accepted");
    assert!(accepted.evidence().is_empty());
    assert_eq!(accepted.checks().len(), 1);
    assert_eq!(accepted.valid_until(), None);
}

#[test]
fn a_reference_by_another_digest_is_refused_whatever_is_signed() {
    let digest = Digest::sha256(b"another");
    let subject = subject(&format!("registry.example.com/ns/app@{digest}"));
    for requirement in [rsa(), Requirement::InsecureAcceptAnything] {
        let rejection = ask(&[requirement], &subject, &[RSA]).expect_err("must be refused");
        assert_eq!(rejection.code(), Code::CONFLICTING_DIGESTS);
    }
}

#[test]
fn a_reference_with_tag_and_digest_is_decided_by_the_digest() {
    let digest = Digest::sha256(vector!("images/oci.manifest.json"));
    let subject = subject(&format!("registry.example.com/ns/app:other@{digest}"));
    assert_eq!(subject.image().tag(), None);
    assert!(ask(&[rsa()], &subject, &[RSA]).is_ok());
}

#[test]
fn a_digest_that_is_not_sha256_is_refused() {
    let digest = Digest::compute(Algorithm::Sha512, vector!("images/oci.manifest.json"));
    let subject = Subject::new(
        "registry.example.com/ns/app:1.0".parse().expect("valid"),
        digest,
    );
    let rejection = ask(&[rsa()], &subject, &[RSA]).expect_err("must be refused");
    assert_eq!(rejection.code(), codes::DIGEST_MISMATCH);
}

#[test]
fn the_only_refusal_stands_for_itself() {
    let rejection = ask(&[stranger()], &app(), &[RSA]).expect_err("must be refused");
    assert_eq!(rejection.code(), codes::UNKNOWN_KEY);
    assert!(
        rejection
            .detail()
            .contains("5FC6D3A3A8F0DF741E1FC391887BFE36F2005A7F")
    );
    assert!(rejection.detail().contains("stranger@lab.example"));
}

#[test]
fn of_several_refusals_the_one_that_came_furthest_is_first() {
    let far = vector!("signatures/json-ref-other-tag.sig");
    let rejection = ask(&[rsa()], &app(), &[STRANGER, far, STRANGER]).expect_err("must be refused");
    assert_eq!(rejection.code(), codes::NO_ACCEPTED_SIGNATURE);
    let codes: Vec<_> = rejection.causes().iter().map(Rejection::code).collect();
    assert_eq!(
        codes,
        [
            codes::IDENTITY_MISMATCH,
            codes::UNKNOWN_KEY,
            codes::UNKNOWN_KEY
        ]
    );
    let closest = &rejection.causes()[0];
    assert!(closest.detail().contains("signature-2"), "{closest}");
    assert!(
        closest
            .source_of_signature()
            .is_some_and(|source| source.ends_with("signature-2")),
        "{closest:?}"
    );
    assert!(
        closest
            .detail()
            .contains("expected registry.example.com/ns/app:1.0"),
        "{closest}"
    );
}

#[test]
fn a_refusal_says_which_checks_had_passed() {
    let rejection = ask(
        &[rsa()],
        &app(),
        &[vector!("signatures/tampered-payload.sig")],
    )
    .expect_err("refused");
    let checks: Vec<_> = rejection
        .checks()
        .iter()
        .map(|c| (c.check, c.outcome))
        .collect();
    assert_eq!(
        checks,
        [
            ("message", Outcome::Pass),
            ("key", Outcome::Pass),
            ("algorithm", Outcome::Pass),
            ("signature", Outcome::Fail)
        ]
    );
}

#[test]
fn signatures_beyond_the_budget_are_refused_and_not_left_out() {
    let far = vector!("signatures/json-ref-other-tag.sig");
    let mut signatures = vec![far; 256];
    signatures.push(RSA);
    let rejection = ask(&[rsa()], &app(), &signatures).expect_err("must be refused");
    assert_eq!(rejection.code(), Code::BUDGET_EXCEEDED);
    signatures.remove(0);
    assert!(ask(&[rsa()], &app(), &signatures).is_ok());
}

#[test]
fn strangers_signatures_cost_no_arithmetic() {
    let mut meter = Meter::new(Budget::default());
    let now = NOW.parse().expect("valid");
    let mut signatures = vec![STRANGER; 100];
    signatures.push(RSA);
    assert!(evaluate(&[rsa()], &app(), &blobs(&signatures), now, &mut meter).is_ok());
    assert_eq!(meter.signatures(), 1);
}

#[test]
fn a_proof_ends_with_the_key_or_the_signature() {
    let accepted =
        ask(&[rsa()], &app(), &[vector!("signatures/unexpired-sig.sig")]).expect("accepted");
    // The signature ends at 12:00:00, so it is good until the second before.
    assert_eq!(
        accepted.valid_until().map(|t| t.to_string()).as_deref(),
        Some("2074-05-20T11:59:59Z")
    );
    let at = "2024-02-01T00:00:00Z".parse().expect("valid");
    let key = trust(vector!("keys/expired.gpg"));
    let signature = blobs(&[vector!("signatures/ok-expired.sig")]);
    let mut meter = Meter::new(Budget::default());
    let accepted = evaluate(&[key], &app(), &signature, at, &mut meter).expect("accepted");
    assert_eq!(
        accepted.valid_until().map(|t| t.to_string()).as_deref(),
        Some("2024-03-01T00:00:00Z")
    );
}

#[test]
fn the_verdict_is_the_same_at_the_end_of_validity_and_another_one_second_later() {
    let key = trust(vector!("keys/expired.gpg"));
    let signature = blobs(&[vector!("signatures/ok-expired.sig")]);
    let mut meter = Meter::new(Budget::default());
    let end: Timestamp = "2024-03-01T00:00:00Z".parse().expect("valid");
    let requirements = [key];
    assert!(evaluate(&requirements, &app(), &signature, end, &mut meter).is_ok());
    let rejection =
        evaluate(&requirements, &app(), &signature, end.plus(1), &mut meter).expect_err("expired");
    assert_eq!(rejection.code(), codes::KEY_EXPIRED);

    let signature = blobs(&[vector!("signatures/expired-sig.sig")]);
    let end: Timestamp = "2024-06-11T12:00:00Z".parse().expect("valid");
    let requirements = [rsa()];
    assert!(evaluate(&requirements, &app(), &signature, end.plus(-1), &mut meter).is_ok());
    let rejection =
        evaluate(&requirements, &app(), &signature, end, &mut meter).expect_err("expired");
    assert_eq!(rejection.code(), codes::SIGNATURE_EXPIRED);
}

#[test]
fn a_signature_may_be_dated_a_minute_ahead_and_no_more() {
    let made: Timestamp = "2024-06-01T12:00:00Z".parse().expect("valid");
    let mut meter = Meter::new(Budget::default());
    let mut at = |now| evaluate(&[rsa()], &app(), &blobs(&[RSA]), now, &mut meter);
    assert!(at(made.plus(-60)).is_ok());
    let rejection = at(made.plus(-61)).expect_err("from the future");
    assert_eq!(rejection.code(), codes::SIGNATURE_IN_FUTURE);
}

/// A compressed packet that holds so many zeros: stored blocks of DEFLATE, so that it is as long as what it holds.
fn unpacks_to(bytes: usize) -> Vec<u8> {
    // Of indeterminate length, ZIP.
    let mut packet = vec![0xa3, 1];
    let mut left = bytes;
    while left > 0 {
        let block = u16::try_from(left.min(65_535)).expect("bounded");
        left -= usize::from(block);
        packet.push(u8::from(left == 0));
        packet.extend(block.to_le_bytes());
        packet.extend((!block).to_le_bytes());
        packet.resize(packet.len() + usize::from(block), 0);
    }
    packet
}

#[test]
fn each_signature_is_read_once_for_all_requirements() {
    let heavy = unpacks_to(1 << 20);
    let mut signatures = vec![heavy.as_slice(); 10];
    signatures.extend([RSA, STRANGER]);
    // Read for each, they would unpack to 40 MiB.
    let requirements = [rsa(), stranger(), rsa(), stranger()];
    let accepted = ask(&requirements, &app(), &signatures).expect("accepted");
    assert_eq!(accepted.claims().len(), 4);
}

#[test]
fn a_store_full_of_signatures_that_unpack_to_much_exceeds_the_budget() {
    let heavy = unpacks_to(1 << 20);
    for one in [
        heavy.as_slice(),
        vector!("signatures/bomb-64MiB-compressed.sig"),
    ] {
        let mut signatures = vec![one; 17];
        signatures.push(RSA);
        let rejection = ask(&[rsa()], &app(), &signatures).expect_err("must be refused");
        assert_eq!(rejection.code(), Code::BUDGET_EXCEEDED);
        assert!(
            rejection.to_string().contains("unpacked bytes"),
            "{rejection}"
        );
    }
    // What is damaged costs what it held.
    let damaged = heavy.get(..100).expect("long enough");
    let mut signatures = vec![damaged; 100];
    signatures.push(RSA);
    assert!(ask(&[rsa()], &app(), &signatures).is_ok());
}

#[test]
fn a_requirement_that_stands_there_again_costs_nothing_and_is_listed_again() {
    let mut meter = Meter::new(Budget::default());
    let now = NOW.parse().expect("valid");
    let same = vec![rsa(); 64];
    let accepted = evaluate(&same, &app(), &blobs(&[RSA]), now, &mut meter).expect("accepted");
    assert_eq!((meter.signatures(), accepted.claims().len()), (1, 64));
    let exact = Requirement::SignedBy {
        keyring: Arc::new(Keyring::parse([vector!("keys/rsa2048.gpg")]).expect("valid")),
        identity: SignedIdentity::exact_repository("r.example/other").expect("valid"),
    };
    let both = [rsa(), exact];
    assert!(evaluate(&both, &app(), &blobs(&[RSA]), now, &mut meter).is_err());
}
