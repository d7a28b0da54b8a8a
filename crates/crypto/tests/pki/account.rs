//! What attempts of somebody without a key cost, and what is verified once.

use std::sync::Arc;

use doorward_core::{Budget, Meter};
use doorward_crypto::{
    Certificate, KnownSignatures, OrderedChainError, OrderedRule, Profile, SignatureChecks,
    TimestampError, VerifiedSignatures, verify_ordered, verify_timestamp,
};
use doorward_testkit::{CertificateBuilder, Certified, StampBuilder};

use super::read;

fn authority(name: &str, number: u64) -> CertificateBuilder {
    CertificateBuilder::authority(name).key(doorward_testkit::KeyKind::P256, number)
}

/// A chain of ten that ends at `root`, which signed none of it: the leaf first.
fn below(root: &Certified, number: u64) -> Vec<Certificate> {
    // Another root of the same name and another key issues what is below.
    let forged = authority("root", 100).self_signed();
    let mut issuer = authority("a", number).issued_by(&forged);
    let mut chain = vec![read(&issuer)];
    for name in ["b", "c", "d", "e", "f", "g", "h"] {
        issuer = authority(name, number).issued_by(&issuer);
        chain.insert(0, read(&issuer));
    }
    let leaf = CertificateBuilder::code_signer("leaf").issued_by(&issuer);
    chain.insert(0, read(&leaf));
    chain.push(read(root));
    chain
}

fn cost(
    chain: &[Certificate],
    trusted: Option<usize>,
    known: &mut KnownSignatures,
) -> (Result<(), OrderedChainError>, usize) {
    let mut meter = Meter::new(Budget::default());
    let mut checks = SignatureChecks::new(&mut meter, known);
    let verified = verify_ordered(chain, Profile::CodeSigning, trusted, &mut checks);
    (
        verified.expect("within the budget").map(drop),
        meter.signatures(),
    )
}

#[test]
fn a_long_chain_under_a_borrowed_root_costs_one_operation() {
    let root = authority("root", 1).self_signed();
    let chain = below(&root, 7);
    assert_eq!(chain.len(), 10);
    for trusted in [None, Some(9)] {
        let (verified, cost) = cost(&chain, trusted, &mut KnownSignatures::new());
        assert!(
            matches!(
                verified,
                Err(OrderedChainError::Certificate { ref at, rule: OrderedRule::Signature(_) }) if at.position() == 8
            ),
            "{verified:?}"
        );
        assert_eq!(cost, 1);
    }
}

#[test]
fn a_forged_root_above_a_borrowed_authority_costs_one_operation() {
    let root = authority("root", 1).self_signed();
    let between = authority("between", 2).issued_by(&root);
    let leaf = CertificateBuilder::code_signer("leaf").issued_by(&between);
    let good: Vec<_> = [&leaf, &between, &root].map(read).into();
    let mut known = KnownSignatures::new();
    assert_eq!(cost(&good, Some(1), &mut known), (Ok(()), 3));
    for number in 10..20 {
        let forged = authority("root", number).self_signed();
        let chain: Vec<_> = [&leaf, &between, &forged].map(read).into();
        let (verified, cost) = cost(&chain, Some(1), &mut known);
        assert!(verified.is_err());
        assert_eq!(cost, 1);
    }
    // What is good was verified before.
    assert_eq!(cost(&good, Some(1), &mut known), (Ok(()), 0));
}

#[test]
fn what_another_decision_verified_counts_and_is_not_verified_again() {
    let root = authority("root", 1).self_signed();
    let leaf = CertificateBuilder::code_signer("leaf").issued_by(&root);
    let chain: Vec<_> = [&leaf, &root].map(read).into();
    let shared = Arc::new(VerifiedSignatures::new());
    for _ in 0..3 {
        let mut known = KnownSignatures::sharing(Some(Arc::clone(&shared)));
        let mut meter = Meter::new(Budget::default());
        let mut checks = SignatureChecks::new(&mut meter, &mut known);
        let verified = verify_ordered(&chain, Profile::CodeSigning, None, &mut checks);
        let verified = verified.expect("within the budget").expect("a chain");
        known.share(&verified);
        assert_eq!(meter.signatures(), 2);
        assert_eq!(shared.count(), 2);
    }
}

#[test]
fn what_was_not_verified_here_is_not_shared() {
    let root = authority("root", 1).self_signed();
    let leaf = CertificateBuilder::code_signer("leaf").issued_by(&root);
    let chain: Vec<_> = [&leaf, &root].map(read).into();
    let verified =
        super::counted(|checks| verify_ordered(&chain, Profile::CodeSigning, None, checks));
    let shared = Arc::new(VerifiedSignatures::new());
    KnownSignatures::sharing(Some(Arc::clone(&shared))).share(&verified.expect("a chain"));
    assert_eq!(shared.count(), 0);
}

#[test]
fn a_signature_that_is_known_for_one_certificate_says_nothing_of_a_changed_one() {
    let root = authority("root", 1).self_signed();
    let leaf = CertificateBuilder::code_signer("leaf").issued_by(&root);
    let shared = Arc::new(VerifiedSignatures::new());
    let mut known = KnownSignatures::sharing(Some(Arc::clone(&shared)));
    let good: Vec<_> = [&leaf, &root].map(read).into();
    assert_eq!(cost(&good, None, &mut known), (Ok(()), 2));
    let mut changed = 0;
    for place in 0..leaf.der().len() {
        let mut der = leaf.der().to_vec();
        der[place] ^= 1;
        let Ok(other) = Certificate::from_der(&der) else {
            continue;
        };
        changed += 1;
        let (verified, _) = cost(&[other, read(&root)], None, &mut known);
        assert!(verified.is_err(), "byte {place}");
    }
    assert!(changed > 100, "{changed}");
}

#[test]
fn a_budget_that_ends_within_a_chain_is_no_verdict_on_it() {
    let root = authority("root", 1).self_signed();
    let between = authority("between", 2).issued_by(&root);
    let leaf = CertificateBuilder::code_signer("leaf").issued_by(&between);
    let chain: Vec<_> = [&leaf, &between, &root].map(read).into();
    for enough in 0..4 {
        let mut budget = Budget::default();
        budget.signatures = enough;
        let (mut meter, mut known) = (Meter::new(budget), KnownSignatures::new());
        let mut checks = SignatureChecks::new(&mut meter, &mut known);
        let verified = verify_ordered(&chain, Profile::CodeSigning, None, &mut checks);
        assert_eq!(verified.is_ok(), enough == 3, "{enough}");
    }
}

#[test]
fn a_token_filled_with_authorities_of_the_same_name_costs_a_handful_of_operations() {
    let root = authority("TSA root", 1).self_signed();
    let forged: Vec<_> = (10..15)
        .map(|number| authority("TSA", number).issued_by(&authority("TSA root", 60).self_signed()))
        .collect();
    let signer = CertificateBuilder::time_stamper("stamper").issued_by(&forged[0]);
    let mut certificates = vec![&signer];
    certificates.extend(&forged);
    let token = StampBuilder::new(&signer, b"message", "20240601000000Z")
        .certificates(&certificates)
        .build();
    let (mut meter, mut known) = (Meter::new(Budget::default()), KnownSignatures::new());
    let mut checks = SignatureChecks::new(&mut meter, &mut known);
    let stamped = verify_timestamp(&token, b"message", &[read(&root)], &mut checks);
    let refused = stamped.expect("within the budget").expect_err("forged");
    assert!(
        matches!(refused, TimestampError::TooMany { limit: 2, .. }),
        "{refused:?}"
    );
    assert_eq!(meter.signatures(), 2);
}
