//! Certificates of one's own authority.

use std::sync::Arc;

use doorward_core::{Digest, Rejection, Timestamp, Witness};
use doorward_crypto::Certificate;
use doorward_sigstore::{
    Accepted, Authority, AuthorityError, CertificateDemand, CertificateIdentity, Demands,
    LogDemand, Subject, TimestampDemand, codes, verify,
};

use super::code;
use super::support::{DEVELOPER, World, meter, now};

fn certificates(world: &World, path: &str) -> Vec<Certificate> {
    Certificate::from_pem(world.files.read(path).unwrap()).unwrap()
}

fn email(text: &str) -> CertificateIdentity {
    CertificateIdentity::Email(Subject::exact(text))
}

/// The authority that issued the certificates of the cases, as one's own.
fn demand(world: &World, identity: CertificateIdentity) -> CertificateDemand {
    CertificateDemand {
        roots: certificates(world, "trust/fulcio-root.pem"),
        intermediates: certificates(world, "trust/fulcio-int.pem"),
        identity,
        timestamp_roots: Vec::new(),
    }
}

/// When `v1-notsa` was signed.
fn signed(world: &World) -> Timestamp {
    let (_, found) = world.only("keyless", "v1-notsa");
    let time = found.json()["verificationMaterial"]["tlogEntries"][0]["integratedTime"].clone();
    Timestamp::from_unix(time.as_str().unwrap().parse().unwrap())
}

fn logged(world: &World) -> Demands {
    let mut demands = Demands::default();
    demands.log = LogDemand::Required;
    demands.trusted_root = Some(Arc::clone(&world.root));
    demands
}

fn judge(
    world: &World,
    image: &str,
    authority: &Authority,
    at: Timestamp,
) -> (Digest, Result<Accepted, Rejection>) {
    let (digest, found) = world.only("keyless", image);
    let candidate = found.candidate().unwrap();
    let outcome = verify(&candidate, &digest, authority, at, &mut meter());
    (digest, outcome)
}

#[test]
fn a_signature_counts_by_the_time_that_a_log_vouches_for() {
    let world = World::open();
    let authority = Authority::certificate(demand(&world, email(DEVELOPER)), logged(&world));
    let authority = authority.unwrap();
    for image in ["v1-notsa", "legacy-email", "legacy-c2-email"] {
        let (digest, outcome) = judge(&world, image, &authority, now());
        let accepted = outcome.unwrap_or_else(|refused| panic!("{image}: {refused}"));
        assert_eq!(accepted.digest(), &digest);
        assert_eq!(accepted.identity(), Some(DEVELOPER));
        assert!(accepted.signed_at().is_some() && accepted.log_index().is_some());
        assert_eq!(accepted.valid_until(), None);
    }
}

#[test]
fn without_a_time_the_certificate_must_be_valid_now() {
    let world = World::open();
    let authority =
        Authority::certificate(demand(&world, email(DEVELOPER)), Demands::default()).unwrap();
    let (_, outcome) = judge(&world, "v1-notsa", &authority, now());
    assert_eq!(code(outcome), codes::CERTIFICATE_EXPIRED);
    let signed = signed(&world);
    let (_, outcome) = judge(&world, "v1-notsa", &authority, signed);
    let accepted = outcome.unwrap();
    assert_eq!(accepted.signed_at(), None);
    let until = accepted.valid_until().expect("an end");
    assert!((0..=600).contains(&until.since(signed)), "{until}");
    let (_, outcome) = judge(&world, "v1-notsa", &authority, until);
    assert!(outcome.is_ok());
    let (_, outcome) = judge(&world, "v1-notsa", &authority, until.plus(1));
    assert_eq!(code(outcome), codes::CERTIFICATE_EXPIRED);
}

#[test]
fn a_time_stamp_of_an_authority_that_the_policy_names_proves_the_time() {
    let world = World::open();
    let mut own = demand(&world, email(DEVELOPER));
    own.timestamp_roots = certificates(&world, "trust/tsa-chain.pem");
    let mut demands = Demands::default();
    demands.timestamp = TimestampDemand::Required;
    let authority = Authority::certificate(own, demands.clone()).unwrap();
    for image in ["v1-email", "v2-email", "legacy-tsa"] {
        let (_, outcome) = judge(&world, image, &authority, now());
        let accepted = outcome.unwrap_or_else(|refused| panic!("{image}: {refused}"));
        assert!(accepted.signed_at().is_some());
        assert_eq!(
            accepted.log_index(),
            None,
            "what is not demanded is not looked at"
        );
    }
    let (_, outcome) = judge(&world, "v1-notsa", &authority, now());
    assert_eq!(code(outcome), codes::TIMESTAMP_MISSING);
    // One that does not sign time stamps vouches for none.
    let mut own = demand(&world, email(DEVELOPER));
    own.timestamp_roots = certificates(&world, "trust/fulcio-root.pem");
    let authority = Authority::certificate(own, demands).unwrap();
    let (_, outcome) = judge(&world, "v1-email", &authority, now());
    assert_eq!(code(outcome), codes::TIMESTAMP_INVALID);
}

#[test]
fn another_authority_is_not_ones_own() {
    let world = World::open();
    for (demands, at) in [
        (logged(&world), now()),
        (Demands::default(), signed(&world)),
    ] {
        let mut own = demand(&world, email(DEVELOPER));
        own.roots = certificates(&world, "trust/tsa-root.pem");
        let authority = Authority::certificate(own, demands).unwrap();
        let (_, outcome) = judge(&world, "v1-notsa", &authority, at);
        assert_eq!(code(outcome), codes::CERTIFICATE_UNTRUSTED);
    }
}

#[test]
fn an_identity_is_of_its_kind() {
    let world = World::open();
    for identity in [
        CertificateIdentity::Dns(Subject::exact(DEVELOPER)),
        CertificateIdentity::Uri(Subject::exact(DEVELOPER)),
        CertificateIdentity::Uri(Subject::pattern(".*").unwrap()),
        email("ops@fixtures.test"),
        CertificateIdentity::Email(Subject::pattern("dev").unwrap()),
    ] {
        let authority = Authority::certificate(demand(&world, identity), logged(&world)).unwrap();
        let (_, outcome) = judge(&world, "v1-notsa", &authority, now());
        assert_eq!(code(outcome), codes::UNTRUSTED_IDENTITY);
    }
}

#[test]
fn a_signature_for_another_image_or_without_a_certificate_is_none() {
    let world = World::open();
    let authority =
        Authority::certificate(demand(&world, email(DEVELOPER)), logged(&world)).unwrap();
    let (_, found) = world.only("keyless", "v1-notsa");
    let other = world.image("keyless", "v1-email");
    let candidate = found.candidate().unwrap();
    let outcome = verify(&candidate, &other, &authority, now(), &mut meter());
    assert_eq!(code(outcome), codes::DIGEST_MISMATCH);
    let (_, outcome) = judge(&world, "key-rekor1-bundle", &authority, now());
    assert_eq!(code(outcome), codes::CERTIFICATE_UNTRUSTED);
}

#[test]
fn an_authority_without_roots_is_none() {
    let world = World::open();
    let mut own = demand(&world, email(DEVELOPER));
    own.roots.clear();
    let error = Authority::certificate(own, Demands::default()).unwrap_err();
    assert!(matches!(error, AuthorityError::NoneOf { .. }), "{error}");
    let mut demands = Demands::default();
    demands.log = LogDemand::Required;
    let error = Authority::certificate(demand(&world, email(DEVELOPER)), demands).unwrap_err();
    assert_eq!(error, AuthorityError::NoLog);
}
