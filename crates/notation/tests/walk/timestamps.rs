use doorward_core::{Action, Outcome, Witness};
use doorward_notation::{
    InvalidityDate, Level, StatementBuilder, ValidationKind, VerifyTimestamp, codes,
};
use doorward_testkit::{CertificateBuilder, ListBuilder, ListedCertificate};

use super::made::{SIGNED, Signer, Stamper, at, begin, go, now, statement};

fn stamped(level: Level) -> StatementBuilder {
    statement(level).trust_store("tsa:x".parse().expect("a store"))
}

/// A signer whose certificate has expired.
fn expired() -> Signer {
    let leaf = CertificateBuilder::code_signer("signer");
    Signer::of_leaf(&leaf.valid(at("2024-01-01T00:00:00Z"), at("2025-01-01T00:00:00Z")))
}

fn stamper() -> Stamper {
    Stamper::new(&CertificateBuilder::time_stamper("stamper"))
}

#[test]
fn a_stamp_from_the_time_of_validity_lets_an_expired_certificate_count() {
    let (signer, stamper) = (expired(), stamper());
    let stores = stamper.in_stores(signer.stores());
    let code = |time| {
        let envelope = signer.envelope(Some(&stamper.at(time)));
        let walk = begin(&envelope, stamped(Level::Strict), &stores, now());
        walk.err().map(|rejection| rejection.code())
    };
    assert_eq!(code("20240601000000Z"), None);
    for outside in ["20231231235959Z", "20250101000001Z"] {
        assert_eq!(
            code(outside),
            Some(codes::CERTIFICATE_VALIDITY),
            "{outside}"
        );
    }
    let envelope = signer.envelope(None);
    let walk = begin(&envelope, statement(Level::Strict), &signer.stores(), now());
    assert_eq!(
        walk.expect_err("expired").code(),
        codes::CERTIFICATE_VALIDITY
    );
}

#[test]
fn what_was_signed_is_dated_by_the_stamp_and_not_by_the_signer() {
    let (signer, stamper) = (expired(), stamper());
    let stores = stamper.in_stores(signer.stores());
    let envelope = signer.envelope(Some(&stamper.at("20240701000000Z")));
    let walk = begin(&envelope, stamped(Level::Strict), &stores, now()).expect("a walk");
    let (asked, accepted) = go(walk, &|_| panic!("nothing is asked"));
    assert!(asked.is_empty());
    let accepted = accepted.expect("accepted");
    assert_eq!(accepted.signed_at(), at("2024-07-01T00:00:00Z"));
    // The certificates count as they were then, for ever.
    assert_eq!(accepted.valid_until(), None);
}

#[test]
fn a_stamp_that_is_demanded_is_not_replaced_by_valid_certificates() {
    let signer = Signer::of_leaf(&CertificateBuilder::code_signer("signer"));
    let (stamper, other) = (stamper(), stamper_of_others());
    let stores = stamper.in_stores(signer.stores());
    let code = |envelope: &[u8], statement| {
        let walk = begin(envelope, statement, &stores, now());
        walk.err().map(|rejection| rejection.code())
    };
    let bare = signer.envelope(None);
    let foreign = signer.envelope(Some(&other.at("20240601000000Z")));
    let elsewhere = signer.envelope(Some(&|_: &[u8]| stamper.at("20240601000000Z")(b"other")));
    let always = || stamped(Level::Strict);
    assert_eq!(code(&bare, always()), Some(codes::TIMESTAMP_MISSING));
    assert_eq!(code(&foreign, always()), Some(codes::TIMESTAMP_INVALID));
    assert_eq!(code(&elsewhere, always()), Some(codes::TIMESTAMP_INVALID));
    let after = || stamped(Level::Strict).verify_timestamp(VerifyTimestamp::AfterCertExpiry);
    for envelope in [&bare, &foreign, &elsewhere] {
        assert_eq!(code(envelope, after()), None);
        assert_eq!(code(envelope, stamped(Level::Permissive)), None);
    }
}

fn stamper_of_others() -> Stamper {
    let leaf = CertificateBuilder::time_stamper("other").key(doorward_testkit::KeyKind::P384, 9);
    let root = CertificateBuilder::authority("another TSA root").self_signed();
    let leaf = leaf.issued_by(&root);
    Stamper { root, leaf }
}

#[test]
fn a_store_that_is_missing_fails_the_countersignature() {
    let (signer, stamper) = (expired(), stamper());
    let envelope = signer.envelope(Some(&stamper.at("20240601000000Z")));
    let walk = begin(&envelope, stamped(Level::Strict), &signer.stores(), now());
    assert_eq!(
        walk.expect_err("no store").code(),
        codes::TRUST_STORE_INVALID
    );
}

#[test]
fn revocation_of_the_authority_is_enforced_logged_or_skipped() {
    let signer = expired();
    let leaf = CertificateBuilder::time_stamper("stamper");
    let stamper = Stamper::new(&leaf.serial(77).lists(&["http://tsa.example/l"]));
    let stores = stamper.in_stores(signer.stores());
    let envelope = signer.envelope(Some(&stamper.at("20240601000000Z")));
    let revoked = ListBuilder::new(&stamper.root, now())
        .entry(ListedCertificate {
            serial: 77,
            time: at("2025-01-01T00:00:00Z"),
            reason: Some(1),
            // Not even a later date spares a stamp, which would vouch for itself.
            invalid_since: Some(at("2025-01-01T00:00:00Z")),
        })
        .build();
    let enforced = stamped(Level::Strict).invalidity_date(InvalidityDate::OfAnyVerifiedTime);
    let walk = begin(&envelope, enforced, &stores, now()).expect("a walk");
    let (_, outcome) = go(walk, &|_| Ok(revoked.clone()));
    let refusal = outcome.expect_err("revoked");
    assert_eq!(refusal.code(), codes::TIMESTAMP_REVOKED);
    let logged = ValidationKind::AuthenticTimestamp;
    for (statement, rounds, outcome) in [
        (
            stamped(Level::Strict).tsa_revocation(Action::Log),
            1,
            Outcome::Fail,
        ),
        (
            stamped(Level::Strict).tsa_revocation(Action::Skip),
            0,
            Outcome::Skipped,
        ),
        (
            stamped(Level::Strict).overriding(logged, Action::Log),
            1,
            Outcome::Fail,
        ),
    ] {
        let walk = begin(&envelope, statement, &stores, now()).expect("a walk");
        let (asked, accepted) = go(walk, &|_| Ok(revoked.clone()));
        assert_eq!(asked.len(), rounds);
        let checks = accepted.expect("accepted").checks();
        let check = checks.last().expect("a check");
        assert_eq!(
            (check.check, check.outcome),
            ("timestamp-revocation", outcome)
        );
    }
}

#[test]
fn a_verified_stamp_counts_against_the_date_of_a_revocation_only_where_the_statement_says_so() {
    let leaf = CertificateBuilder::code_signer("signer")
        .serial(77)
        .lists(&["http://b.example/l"]);
    let (signer, stamper) = (Signer::of_leaf(&leaf), stamper());
    let stores = stamper.in_stores(signer.stores());
    let envelope = signer.envelope(Some(&stamper.at("20240601000000Z")));
    let revoked = ListBuilder::new(&signer.between, now())
        .entry(ListedCertificate {
            serial: 77,
            time: at("2025-01-01T00:00:00Z"),
            reason: Some(1),
            invalid_since: Some(at("2024-07-01T00:00:00Z")),
        })
        .build();
    for (honoured, accepted) in [
        (InvalidityDate::OfAnyVerifiedTime, true),
        (InvalidityDate::OfSigningAuthority, false),
        (InvalidityDate::Ignored, false),
    ] {
        let statement = stamped(Level::Strict).invalidity_date(honoured);
        let walk = begin(&envelope, statement, &stores, now()).expect("a walk");
        let (_, outcome) = go(walk, &|_| Ok(revoked.clone()));
        assert_eq!(outcome.is_ok(), accepted, "{honoured:?}");
    }
}

#[test]
fn a_signing_authority_dates_what_it_signs() {
    let signer = expired();
    let envelope = signer.envelope_of_authority();
    let walk = begin(&envelope, statement(Level::Strict), &signer.stores(), now());
    let (_, accepted) = go(walk.expect("a walk"), &|_| panic!("nothing is asked"));
    let accepted = accepted.expect("accepted");
    assert_eq!(
        (accepted.signed_at(), accepted.valid_until()),
        (at(SIGNED), None)
    );
}

#[test]
fn valid_certificates_count_until_the_first_one_expires() {
    let until = at("2027-01-01T00:00:00Z");
    let leaf = CertificateBuilder::code_signer("signer").valid(at(SIGNED), until);
    let signer = Signer::of_leaf(&leaf);
    let envelope = signer.envelope(None);
    let code = |time| {
        let walk = begin(&envelope, statement(Level::Strict), &signer.stores(), time);
        walk.and_then(doorward_notation::Walk::finish)
            .map(|accepted| accepted.valid_until())
            .map_err(|rejection| rejection.code())
    };
    assert_eq!(code(now()), Ok(Some(until)));
    assert_eq!(code(until), Ok(Some(until)));
    assert_eq!(code(until.plus(1)), Err(codes::CERTIFICATE_VALIDITY));
    assert_eq!(
        code(at("2024-05-31T23:59:59Z")),
        Err(codes::CERTIFICATE_VALIDITY)
    );
}
