use doorward_core::Timestamp;
use doorward_crypto::{
    ListError, ListStatus, OcspError, OcspMade, OcspRequest, OcspResponse, OcspStatus, Revocation,
    RevocationReason, SignatureError, check_ocsp,
};
use doorward_testkit::{CertificateBuilder, Certified, KeyKind, OcspBuilder, OcspSays, flip_bit};

use super::{at, counted, read};

struct Pair {
    issuer: Certified,
    leaf: Certified,
}

fn pair() -> Pair {
    let issuer = CertificateBuilder::authority("root").self_signed();
    let leaf = CertificateBuilder::code_signer("leaf").issued_by(&issuer);
    Pair { issuer, leaf }
}

fn now() -> Timestamp {
    at("2026-06-01T00:00:00Z")
}

impl Pair {
    fn says(&self, says: OcspSays) -> OcspBuilder {
        OcspBuilder::new(&self.leaf, &self.issuer, says, now())
    }

    fn good(&self) -> OcspBuilder {
        self.says(OcspSays::Good)
    }

    fn check(&self, response: &[u8], at: Timestamp) -> Result<OcspResponse, OcspError> {
        let (leaf, issuer) = (read(&self.leaf), read(&self.issuer));
        counted(|checks| check_ocsp(response, &leaf, &issuer, at, checks))
    }

    fn now(&self, response: &OcspBuilder) -> Result<OcspResponse, OcspError> {
        self.check(&response.build(), now())
    }
}

fn confirmed(status: OcspStatus) -> Result<OcspResponse, OcspError> {
    // The builder has it hold for a year.
    let next_update = now().plus(365 * 86_400);
    Ok(OcspResponse::Confirmed {
        status,
        next_update,
        made: OcspMade {
            this_update: now(),
            produced: now(),
        },
    })
}

#[test]
fn the_issuer_says_what_a_certificate_is() {
    let pair = pair();
    assert_eq!(pair.now(&pair.good()), confirmed(OcspStatus::Good));
    assert_eq!(
        pair.now(&pair.good().by_name()),
        confirmed(OcspStatus::Good)
    );
    let unknown = pair.says(OcspSays::Unknown);
    assert_eq!(pair.now(&unknown), confirmed(OcspStatus::Unknown));
    let (time, since) = (at("2025-01-01T00:00:00Z"), at("2024-01-01T00:00:00Z"));
    let revoked = pair.says(OcspSays::Revoked(time, Some(1), Some(since)));
    let revocation = Revocation {
        time,
        reason: Some(RevocationReason::KeyCompromise),
        invalid_since: Some(since),
    };
    assert_eq!(
        pair.now(&revoked),
        confirmed(OcspStatus::Revoked(revocation))
    );
    let silent = pair.says(OcspSays::Revoked(time, None, None));
    assert!(matches!(
        pair.now(&silent),
        Ok(OcspResponse::Confirmed {
            status: OcspStatus::Revoked(Revocation { reason: None, .. }),
            ..
        })
    ));
}

#[test]
fn a_response_holds_from_five_minutes_before_its_time_to_its_end() {
    let pair = pair();
    let until = now().plus(3600);
    let response = pair.good().holds(now(), Some(until)).build();
    assert!(pair.check(&response, until).is_ok());
    assert!(pair.check(&response, now().plus(-300)).is_ok());
    let expired = OcspError::Expired { next_update: until };
    assert_eq!(pair.check(&response, until.plus(1)), Err(expired));
    let early = OcspError::NotYet { from: now() };
    assert_eq!(pair.check(&response, now().plus(-301)), Err(early));
    let tomorrow = now().plus(86_400);
    let produced = pair.good().produced(tomorrow);
    assert_eq!(
        pair.now(&produced),
        Err(OcspError::NotYet { from: tomorrow })
    );
    let endless = pair.good().holds(now(), None);
    assert_eq!(pair.now(&endless), Err(OcspError::NoNextUpdate));
}

#[test]
fn a_response_about_another_certificate_says_nothing() {
    let pair = pair();
    let other = CertificateBuilder::code_signer("other").issued_by(&pair.issuer);
    let about_other = OcspBuilder::new(&other, &pair.issuer, OcspSays::Good, now());
    assert_eq!(pair.now(&about_other), Err(OcspError::NotAboutIt));
    // The same serial number of an issuer with another key, or another name.
    for namesake in [
        CertificateBuilder::authority("root").key(KeyKind::P256, 9),
        CertificateBuilder::authority("other root"),
    ] {
        let namesake = namesake.self_signed();
        let about = OcspBuilder::new(&pair.leaf, &namesake, OcspSays::Good, now());
        let refused = pair.now(&about);
        assert!(refused.is_err(), "{refused:?}");
        let delegate = CertificateBuilder::ocsp_responder("ocsp").issued_by(&pair.issuer);
        let refused = pair.now(&about.signed_by(&delegate));
        assert_eq!(refused, Err(OcspError::NotAboutIt));
    }
    let twice = pair.good().copies(2);
    assert_eq!(pair.now(&twice), Err(OcspError::NotAboutIt));
    let none = pair.good().copies(0);
    assert_eq!(pair.now(&none), Err(OcspError::NotAboutIt));
}

#[test]
fn a_delegate_answers_for_the_issuer_that_certified_it_for_this() {
    let pair = pair();
    let delegate = CertificateBuilder::ocsp_responder("ocsp").issued_by(&pair.issuer);
    let response = pair.good().signed_by(&delegate);
    assert_eq!(pair.now(&response), confirmed(OcspStatus::Good));
    assert_eq!(
        pair.now(&response.clone().by_name()),
        confirmed(OcspStatus::Good)
    );
    // Its certificate has to be there.
    assert!(matches!(
        pair.now(&response.without_certificates()),
        Err(OcspError::Responder { .. })
    ));
}

#[test]
fn nobody_else_answers_for_the_issuer() {
    const PURPOSES: &str = "2.5.29.37";
    let pair = pair();
    let responder = || CertificateBuilder::ocsp_responder("ocsp");
    let past = (at("2020-01-01T00:00:00Z"), at("2026-05-31T00:00:00Z"));
    let stranger = CertificateBuilder::authority("stranger").self_signed();
    let namesake = CertificateBuilder::authority("root")
        .key(KeyKind::P256, 9)
        .self_signed();
    let between = CertificateBuilder::authority("between").issued_by(&pair.issuer);
    let any = [0x30, 0x06, 0x06, 0x04, 0x55, 0x1d, 0x25, 0x00];
    for (signer, expected) in [
        (
            CertificateBuilder::code_signer("signer").issued_by(&pair.issuer),
            "its certificate is not for OCSP",
        ),
        (
            responder().without(PURPOSES).issued_by(&pair.issuer),
            "its certificate is not for OCSP",
        ),
        (
            responder()
                .extension(PURPOSES, false, &any)
                .issued_by(&pair.issuer),
            "its certificate is not for OCSP",
        ),
        (
            responder().valid(past.0, past.1).issued_by(&pair.issuer),
            "its certificate is not valid now",
        ),
        (
            responder()
                .extension("2.5.29.15", true, &[0x03, 0x02, 0x05, 0x20])
                .issued_by(&pair.issuer),
            "its key is not for signatures",
        ),
        (
            responder()
                .extension("1.2.3.4", true, &[0x05, 0x00])
                .issued_by(&pair.issuer),
            "its certificate has a critical extension that is not understood",
        ),
        (
            responder().issued_by(&stranger),
            "the issuer did not issue its certificate",
        ),
        (
            responder().issued_by(&namesake),
            "the issuer did not issue its certificate",
        ),
        // The issuer's issuee is not the issuer.
        (
            responder().issued_by(&between),
            "the issuer did not issue its certificate",
        ),
        (
            responder().self_signed(),
            "the issuer did not issue its certificate",
        ),
    ] {
        let refused = pair.now(&pair.good().signed_by(&signer));
        assert_eq!(refused, Err(OcspError::Responder { detail: expected }));
    }
    // The certificate asked about does not answer for itself.
    let itself = pair.good().signed_by(&pair.leaf);
    assert!(matches!(
        pair.now(&itself),
        Err(OcspError::Responder { .. })
    ));
}

#[test]
fn a_delegate_that_can_be_revoked_is_confirmed_by_a_list() {
    let pair = pair();
    let delegate = CertificateBuilder::ocsp_responder("ocsp")
        .without("1.3.6.1.5.5.7.48.1.5")
        .issued_by(&pair.issuer);
    let unconfirmed = || match pair.now(&pair.good().signed_by(&delegate)) {
        Ok(OcspResponse::Unconfirmed(unconfirmed)) => unconfirmed,
        other => panic!("{other:?}"),
    };
    assert_eq!(unconfirmed().responder(), &read(&delegate));
    let good = || Ok(ListStatus::Good);
    let revoked = || {
        Ok(ListStatus::Revoked(Revocation {
            time: now(),
            reason: None,
            invalid_since: None,
        }))
    };
    let failed = || Err(ListError::Malformed.into());
    for (lists, expected) in [
        (vec![good()], Ok(OcspStatus::Good)),
        (vec![failed(), good()], Ok(OcspStatus::Good)),
        (vec![revoked()], Err(OcspError::ResponderRevoked)),
        (vec![good(), revoked()], Err(OcspError::ResponderRevoked)),
        (vec![failed()], Err(OcspError::ResponderUnknown)),
        (vec![], Err(OcspError::ResponderUnknown)),
    ] {
        assert_eq!(unconfirmed().confirm(&lists), expected, "{lists:?}");
    }
}

#[test]
fn no_bit_of_a_response_can_be_changed_to_another_meaning() {
    let pair = pair();
    let delegate = CertificateBuilder::ocsp_responder("ocsp").issued_by(&pair.issuer);
    let revoked = OcspSays::Revoked(now(), Some(1), None);
    for response in [
        pair.says(revoked.clone()).build(),
        pair.says(revoked).signed_by(&delegate).build(),
    ] {
        let original = pair.check(&response, now());
        for bit in 0..response.len() * 8 {
            let changed = pair.check(&flip_bit(&response, bit), now());
            assert!(changed.is_err() || changed == original, "bit {bit}");
        }
    }
}

#[test]
fn a_response_without_an_answer_says_so() {
    let pair = pair();
    for (number, status) in [
        (1, "malformedRequest"),
        (2, "internalError"),
        (3, "tryLater"),
        (5, "sigRequired"),
        (6, "unauthorized"),
    ] {
        let refused = pair.check(&OcspBuilder::unsuccessful(number), now());
        assert_eq!(refused, Err(OcspError::Unsuccessful { status }));
    }
    for number in [0, 4, 7] {
        let refused = pair.check(&OcspBuilder::unsuccessful(number), now());
        assert_eq!(refused, Err(OcspError::Malformed));
    }
}

#[test]
fn critical_extensions_sizes_and_nonsense_are_refused() {
    let pair = pair();
    let critical = pair.good().extension("1.2.3.4", true, &[0x05, 0x00]);
    assert_eq!(pair.now(&critical), Err(OcspError::CriticalExtension));
    let harmless = pair.good().extension("1.2.3.4", false, &[0x05, 0x00]);
    assert_eq!(pair.now(&harmless), confirmed(OcspStatus::Good));
    let limit = 20_480;
    let refused = pair.check(&vec![0x30; limit + 1], now());
    assert_eq!(refused, Err(OcspError::TooLarge { limit }));
    let good = pair.good().build();
    let trailing = [&good[..], &[0]].concat();
    for bytes in [&[][..], b"<html>", &good[1..], &trailing] {
        assert_eq!(pair.check(bytes, now()), Err(OcspError::Malformed));
    }
}

#[test]
fn a_response_of_the_issuers_name_with_a_bad_signature_says_that() {
    let pair = pair();
    let namesake = CertificateBuilder::authority("root")
        .key(KeyKind::P256, 9)
        .self_signed();
    let forged = pair
        .good()
        .signed_by(&namesake)
        .by_name()
        .without_certificates();
    let bad = OcspError::Signature(SignatureError::Bad);
    assert_eq!(pair.now(&forged), Err(bad));
}

#[test]
fn a_request_is_short_enough_for_an_address_or_a_body() {
    let pair = pair();
    let request = OcspRequest::new(&read(&pair.leaf), &read(&pair.issuer));
    let address = request
        .get_address("http://ocsp.example/x/")
        .expect("short");
    let path = address
        .strip_prefix("http://ocsp.example/x/")
        .expect("below it");
    assert!(
        path.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'%')
    );
    // Five sequences, the hash, two hashes of 20 bytes, the serial number.
    assert_eq!(
        request.der()[..2],
        [0x30, u8::try_from(request.der().len() - 2).expect("short")]
    );
}
