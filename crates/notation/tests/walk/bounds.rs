use std::sync::Arc;

use doorward_core::{Budget, Code, Meter};
use doorward_notation::{
    Artifact, Envelope, KnownSignatures, Level, RevocationAnswers, SignatureChecks, Walk, codes,
};
use doorward_testkit::{CertificateBuilder, ListBuilder};

use super::made::{Signer, begin, go, image, now, statement};

fn signer() -> CertificateBuilder {
    CertificateBuilder::code_signer("signer")
}

#[test]
fn an_answer_beyond_its_bound_is_none() {
    let signer = Signer::of_leaf(&signer().ocsp(&["http://a.example/"]));
    let walk = begin(
        &signer.envelope(None),
        statement(Level::Strict),
        &signer.stores(),
        now(),
    );
    let (_, outcome) = go(walk.expect("a walk"), &|request| {
        Ok(vec![0x30; request.max_bytes() + 1])
    });
    let rejection = outcome.expect_err("not known");
    assert!(
        rejection.detail().contains("larger than 20480 bytes"),
        "{rejection}"
    );
}

#[test]
fn a_short_question_fits_an_address_and_a_long_one_is_a_body() {
    let long = format!("http://a.example/{}", "x".repeat(100));
    let signer = Signer::of_leaf(&signer().ocsp(&[&long]).lists(&["http://c.example/l"]));
    let mut walk = begin(
        &signer.envelope(None),
        statement(Level::Strict),
        &signer.stores(),
        now(),
    )
    .expect("a walk");
    let mut answers = RevocationAnswers::new();
    let mut meter = Meter::new(Budget::default());
    let mut known = KnownSignatures::new();
    let mut checks = SignatureChecks::new(&mut meter, &mut known);
    let wanted = walk
        .wants(&answers, &mut checks)
        .expect("within the budget");
    assert!(wanted[0].body().is_some());
    let get = wanted[0].get_address().expect("short");
    assert!(get.starts_with(&long), "{get}");
    answers.insert(wanted[0].clone(), Err("out".to_owned()));
    let wanted = walk
        .wants(&answers, &mut checks)
        .expect("within the budget");
    assert_eq!(wanted[0].body(), None);
    assert_eq!(wanted[0].get_address(), Some("http://c.example/l"));
}

#[test]
fn another_artifact_asks_nobody() {
    let signer = Signer::of_leaf(&signer().ocsp(&["http://a.example/"]));
    let envelope = Envelope::parse("application/jose+json", &signer.envelope(None));
    let mut meter = Meter::new(Budget::default());
    let mut known = KnownSignatures::new();
    let mut checks = SignatureChecks::new(&mut meter, &mut known);
    let signed = envelope
        .expect("an envelope")
        .verify(None, &mut checks)
        .expect("a signature");
    let mut other = image();
    other.size += 1;
    let statement = Arc::new(statement(Level::Audit).build().expect("a statement"));
    let artifact = Artifact::Manifest(&other);
    let walk = Walk::begin(
        signed,
        &artifact,
        &statement,
        &signer.stores(),
        now(),
        &mut checks,
    );
    assert_eq!(walk.expect_err("another").code(), codes::WRONG_ARTIFACT);
}

#[test]
fn every_signature_is_counted_before_it_is_made() {
    let signer = Signer::of_leaf(&signer().lists(&["http://c.example/l"]));
    let envelope = Envelope::parse("application/jose+json", &signer.envelope(None));
    let envelope = envelope.expect("an envelope");
    let meter = |signatures| {
        let mut budget = Budget::default();
        budget.signatures = signatures;
        Meter::new(budget)
    };
    // Three certificates and the envelope.
    let (mut few, mut known) = (meter(3), KnownSignatures::new());
    let short = envelope.verify(None, &mut SignatureChecks::new(&mut few, &mut known));
    assert_eq!(short.expect_err("too few").code(), Code::BUDGET_EXCEEDED);
    let (mut enough, mut known) = (meter(4), KnownSignatures::new());
    let mut checks = SignatureChecks::new(&mut enough, &mut known);
    let signed = envelope.verify(None, &mut checks).expect("a signature");
    let statement = Arc::new(statement(Level::Strict).build().expect("a statement"));
    let image = image();
    let artifact = Artifact::Manifest(&image);
    let mut walk = Walk::begin(
        signed,
        &artifact,
        &statement,
        &signer.stores(),
        now(),
        &mut checks,
    )
    .expect("a walk");
    let mut answers = RevocationAnswers::new();
    let wanted = walk
        .wants(&answers, &mut checks)
        .expect("nothing to check yet");
    answers.insert(
        wanted[0].clone(),
        Ok(ListBuilder::new(&signer.between, now()).build().into()),
    );
    assert!(walk.wants(&answers, &mut checks).is_err());
}
