use doorward_core::{Action, Class, Outcome, Witness};
use doorward_notation::{InvalidityDate, Level, RevocationRequest, ValidationKind, codes};
use doorward_testkit::{
    CertificateBuilder, Certified, ListBuilder, ListedCertificate, OcspBuilder, OcspSays,
};

use super::made::{Signer, at, begin, go, now, statement};

fn signer() -> CertificateBuilder {
    CertificateBuilder::code_signer("signer")
}

fn down(_: &RevocationRequest) -> Result<Vec<u8>, String> {
    Err("connection refused".to_owned())
}

fn list(issuer: &Certified) -> ListBuilder {
    ListBuilder::new(issuer, now())
}

fn entry(reason: Option<u8>) -> ListedCertificate {
    ListedCertificate {
        serial: 77,
        time: at("2025-01-01T00:00:00Z"),
        reason,
        invalid_since: None,
    }
}

#[test]
fn one_source_is_asked_after_the_other_until_one_decides() {
    let leaf = signer()
        .ocsp(&["http://a.example/", "http://b.example/"])
        .lists(&["http://c.example/l", "http://d.example/l"]);
    let signer = Signer::of_leaf(&leaf);
    let walk = begin(
        &signer.envelope(None),
        statement(Level::Strict),
        &signer.stores(),
        now(),
    );
    let (asked, outcome) = go(walk.expect("a walk"), &|request| match request.address() {
        "http://c.example/l" => Ok(list(&signer.between).build()),
        _ => down(request),
    });
    assert_eq!(
        asked,
        [
            ["http://a.example/"],
            ["http://b.example/"],
            ["http://c.example/l"]
        ]
    );
    // As long as the list holds, and not as long as the certificates.
    let accepted = outcome.expect("accepted");
    assert_eq!(accepted.valid_until(), Some(now().plus(365 * 86_400)));
}

#[test]
fn a_responder_that_knows_the_certificate_decides() {
    let signer = Signer::of_leaf(
        &signer()
            .ocsp(&["http://a.example/"])
            .lists(&["http://c.example/l"]),
    );
    for (says, code) in [
        (OcspSays::Good, None),
        (
            OcspSays::Revoked(now(), Some(1), None),
            Some(codes::REVOKED),
        ),
    ] {
        let walk = begin(
            &signer.envelope(None),
            statement(Level::Strict),
            &signer.stores(),
            now(),
        );
        let response = OcspBuilder::new(&signer.leaf, &signer.between, says, now()).build();
        let (asked, outcome) = go(walk.expect("a walk"), &|_| Ok(response.clone()));
        assert_eq!(asked, [["http://a.example/"]]);
        assert_eq!(outcome.err().map(|rejection| rejection.code()), code);
    }
}

#[test]
fn certificates_are_asked_about_at_the_same_time_and_roots_never() {
    let between = CertificateBuilder::authority("between").lists(&["http://root.example/l"]);
    let signer = Signer::new(&between, &signer().lists(&["http://between.example/l"]));
    let walk = begin(
        &signer.envelope(None),
        statement(Level::Strict),
        &signer.stores(),
        now(),
    );
    let (asked, outcome) = go(walk.expect("a walk"), &|request| match request.address() {
        "http://root.example/l" => Ok(list(&signer.root).build()),
        _ => Ok(list(&signer.between).build()),
    });
    assert_eq!(
        asked,
        [["http://between.example/l", "http://root.example/l"]]
    );
    assert!(outcome.is_ok());
}

#[test]
fn once_a_certificate_is_revoked_nothing_more_is_asked() {
    let between = CertificateBuilder::authority("between")
        .lists(&["http://root.example/1", "http://root.example/2"]);
    let signer = Signer::new(
        &between,
        &signer().serial(77).lists(&["http://between.example/l"]),
    );
    let walk = begin(
        &signer.envelope(None),
        statement(Level::Strict),
        &signer.stores(),
        now(),
    );
    let (asked, outcome) = go(walk.expect("a walk"), &|request| match request.address() {
        "http://between.example/l" => Ok(list(&signer.between).entry(entry(Some(1))).build()),
        _ => down(request),
    });
    assert_eq!(asked.len(), 1);
    assert_eq!(outcome.expect_err("revoked").code(), codes::REVOKED);
}

#[test]
fn an_authority_that_is_out_is_no_outage_of_the_image() {
    let signer = Signer::of_leaf(&signer().ocsp(&["http://a.example/"]));
    let walk = begin(
        &signer.envelope(None),
        statement(Level::Strict),
        &signer.stores(),
        now(),
    );
    let (_, outcome) = go(walk.expect("a walk"), &down);
    let rejection = outcome.expect_err("not known");
    assert_eq!(rejection.code(), codes::REVOCATION_UNKNOWN);
    assert_eq!(rejection.class(), Class::Untrusted);
    assert_eq!(rejection.outage(), None);
    assert!(
        rejection.detail().contains("connection refused"),
        "{rejection}"
    );
}

#[test]
fn what_was_never_answered_has_failed() {
    let signer = Signer::of_leaf(&signer().ocsp(&["http://a.example/"]));
    let walk = begin(
        &signer.envelope(None),
        statement(Level::Strict),
        &signer.stores(),
        now(),
    );
    let outcome = walk.expect("a walk").finish();
    assert_eq!(
        outcome.expect_err("not known").code(),
        codes::REVOCATION_UNKNOWN
    );
}

#[test]
fn a_level_that_logs_asks_and_reports_and_one_that_skips_does_neither() {
    let signer = Signer::of_leaf(&signer().serial(77).lists(&["http://between.example/l"]));
    let revoked = list(&signer.between).entry(entry(None)).build();
    let envelope = signer.envelope(None);
    let revocation = ValidationKind::Revocation;
    for (statement, rounds, outcome) in [
        (statement(Level::Permissive), 1, Outcome::Fail),
        (
            statement(Level::Strict).overriding(revocation, Action::Skip),
            0,
            Outcome::Skipped,
        ),
    ] {
        let walk = begin(&envelope, statement, &signer.stores(), now()).expect("a walk");
        let (asked, accepted) = go(walk, &|_| Ok(revoked.clone()));
        assert_eq!(asked.len(), rounds);
        let checks = accepted.expect("accepted").checks();
        let check = checks.last().expect("a check");
        assert_eq!((check.check, check.outcome), ("revocation", outcome));
        assert_eq!(check.reason().is_some(), outcome == Outcome::Fail);
    }
}

#[test]
fn a_list_that_names_changes_needs_them_unless_it_revokes_by_itself() {
    let signer = Signer::of_leaf(&signer().serial(77).lists(&["http://between.example/l"]));
    let base = || list(&signer.between).changes_at("http://between.example/d");
    let delta = list(&signer.between).number(Some(2)).changes_to(1);
    let mut seen = Vec::new();
    for (base, delta, code) in [
        (base(), Some(delta.clone()), None),
        (base(), None, Some(codes::REVOCATION_UNKNOWN)),
        (
            base(),
            Some(delta.clone().entry(entry(Some(1)))),
            Some(codes::REVOKED),
        ),
        (
            base().entry(entry(Some(6))),
            Some(delta.clone().entry(entry(Some(8)))),
            None,
        ),
        (base().entry(entry(Some(1))), None, Some(codes::REVOKED)),
    ] {
        let walk = begin(
            &signer.envelope(None),
            statement(Level::Strict),
            &signer.stores(),
            now(),
        );
        let (asked, outcome) = go(walk.expect("a walk"), &|request| {
            if request.address().ends_with('l') {
                return Ok(base.build());
            }
            delta
                .as_ref()
                .map(ListBuilder::build)
                .ok_or_else(|| "404".to_owned())
        });
        seen.push(asked.len());
        assert_eq!(outcome.err().map(|rejection| rejection.code()), code);
    }
    assert_eq!(seen, [2, 2, 2, 2, 1]);
}

#[test]
fn a_delegated_responder_that_can_be_revoked_is_asked_about_first() {
    let signer = Signer::of_leaf(&signer().ocsp(&["http://a.example/"]));
    let delegate = CertificateBuilder::ocsp_responder("delegate")
        .without("1.3.6.1.5.5.7.48.1.5")
        .serial(77)
        .lists(&["http://between.example/l"])
        .issued_by(&signer.between);
    let response = OcspBuilder::new(&signer.leaf, &signer.between, OcspSays::Good, now())
        .signed_by(&delegate)
        .build();
    for (list, code) in [
        (list(&signer.between), None),
        (
            list(&signer.between).entry(entry(None)),
            Some(codes::REVOCATION_UNKNOWN),
        ),
    ] {
        let walk = begin(
            &signer.envelope(None),
            statement(Level::Strict),
            &signer.stores(),
            now(),
        );
        let (asked, outcome) = go(walk.expect("a walk"), &|request| match request.address() {
            "http://a.example/" => Ok(response.clone()),
            _ => Ok(list.build()),
        });
        assert_eq!(asked, [["http://a.example/"], ["http://between.example/l"]]);
        assert_eq!(outcome.err().map(|rejection| rejection.code()), code);
    }
}

#[test]
fn a_revocation_since_a_later_time_spares_what_a_signing_authority_dated() {
    let signer = Signer::of_leaf(&signer().serial(77).lists(&["http://between.example/l"]));
    let since = |text| {
        let entry = ListedCertificate {
            invalid_since: Some(at(text)),
            ..entry(Some(1))
        };
        list(&signer.between).entry(entry).build()
    };
    let (before, later) = ("2024-01-01T00:00:00Z", "2024-06-01T00:00:01Z");
    let (by_signer, by_authority) = (signer.envelope(None), signer.envelope_of_authority());
    for (envelope, honoured, since, accepted) in [
        (
            &by_authority,
            InvalidityDate::OfSigningAuthority,
            since(later),
            true,
        ),
        (
            &by_authority,
            InvalidityDate::OfAnyVerifiedTime,
            since(later),
            true,
        ),
        (&by_authority, InvalidityDate::Ignored, since(later), false),
        (
            &by_authority,
            InvalidityDate::OfSigningAuthority,
            since(before),
            false,
        ),
        // The word of the signer is none.
        (
            &by_signer,
            InvalidityDate::OfAnyVerifiedTime,
            since(later),
            false,
        ),
    ] {
        let statement = statement(Level::Strict).invalidity_date(honoured);
        let walk = begin(envelope, statement, &signer.stores(), now()).expect("a walk");
        let (_, outcome) = go(walk, &|_| Ok(since.clone()));
        assert_eq!(outcome.is_ok(), accepted, "{honoured:?}");
    }
}
