use doorward_crypto::{
    ListError, ListStatus, OcspError, OcspStatus, Revocation, RevocationError, RevocationSources,
    RevocationStatus, fold_revocation,
};
use doorward_testkit::{CertificateBuilder, asn1, dotted_oid};

use super::{at, read};

const ADDRESS: &str = "http://ca.example/x";

fn sources(made: &CertificateBuilder) -> RevocationSources {
    RevocationSources::of(&read(&made.self_signed())).expect("sources")
}

fn leaf() -> CertificateBuilder {
    CertificateBuilder::code_signer("leaf")
}

fn both() -> RevocationSources {
    sources(&leaf().ocsp(&[ADDRESS, ADDRESS]).lists(&[ADDRESS, ADDRESS]))
}

fn revocation(since: Option<&str>) -> Revocation {
    Revocation {
        time: at("2025-01-01T00:00:00Z"),
        reason: None,
        invalid_since: since.map(at),
    }
}

type Ocsp = Result<OcspStatus, RevocationError>;
type List = Result<ListStatus, RevocationError>;

fn fold(ocsp: &[Ocsp], lists: &[List]) -> RevocationStatus {
    fold_revocation(&both(), ocsp, lists, None)
}

fn ocsp_failed() -> Ocsp {
    Err(OcspError::Malformed.into())
}

fn list_failed() -> List {
    Err(ListError::Malformed.into())
}

fn revoked() -> RevocationStatus {
    RevocationStatus::Revoked(revocation(None))
}

#[test]
fn a_certificate_without_sources_cannot_be_revoked() {
    let none = sources(&leaf());
    assert!(!none.are_declared());
    let status = fold_revocation(&none, &[], &[], None);
    assert_eq!(status, RevocationStatus::NotRevocable);
}

#[test]
fn a_certificate_whose_sources_are_not_asked_is_unknown() {
    for address in [
        "https://ca.example/x",
        "ldap://ca.example/x",
        "http:///x",
        "http://user@ca.example/x",
        "http://ca.example/x y",
        "ca.example",
        "",
    ] {
        for made in [leaf().ocsp(&[address]), leaf().lists(&[address])] {
            let none = sources(&made);
            assert!(none.are_declared() && none.ocsp().is_empty() && none.lists().is_empty());
            let status = fold_revocation(&none, &[], &[], None);
            let reasons = vec![RevocationError::NoSource];
            assert_eq!(status, RevocationStatus::Unknown { reasons }, "{address}");
        }
    }
    // A responder that is named by something else than an address.
    let directory = asn1(0xa4, &[&asn1(0x30, &[])]);
    let access = asn1(0x30, &[&dotted_oid("1.3.6.1.5.5.7.48.1"), &directory]);
    let made = leaf().extension("1.3.6.1.5.5.7.1.1", false, &asn1(0x30, &[&access]));
    assert!(sources(&made).are_declared());
    // Where the issuer's certificate is says nothing of revocation.
    let issuers = asn1(0x86, &[ADDRESS.as_bytes()]);
    let access = asn1(0x30, &[&dotted_oid("1.3.6.1.5.5.7.48.2"), &issuers]);
    let made = leaf().extension("1.3.6.1.5.5.7.1.1", false, &asn1(0x30, &[&access]));
    assert!(!sources(&made).are_declared());
}

#[test]
fn sources_that_cannot_be_read_are_no_sources() {
    let made = leaf().extension("2.5.29.31", false, &[0x05, 0x00]);
    assert!(RevocationSources::of(&read(&made.self_signed())).is_err());
}

#[test]
fn the_first_responder_that_knows_decides() {
    let bad = || Ok(OcspStatus::Revoked(revocation(None)));
    assert_eq!(
        fold(&[Ok(OcspStatus::Good), bad()], &[]),
        RevocationStatus::Good
    );
    assert_eq!(
        fold(&[bad(), Ok(OcspStatus::Good)], &[Ok(ListStatus::Good)]),
        revoked()
    );
    assert_eq!(fold(&[ocsp_failed(), bad()], &[]), revoked());
    assert_eq!(fold(&[Ok(OcspStatus::Unknown), bad()], &[]), revoked());
}

#[test]
fn lists_decide_where_no_responder_does() {
    let bad = || Ok(ListStatus::Revoked(revocation(None)));
    for ocsp in [ocsp_failed(), Ok(OcspStatus::Unknown)] {
        let ocsp = [ocsp];
        let good = RevocationStatus::Good;
        assert_eq!(fold(&ocsp, &[Ok(ListStatus::Good)]), good);
        assert_eq!(fold(&ocsp, &[list_failed(), Ok(ListStatus::Good)]), good);
        assert_eq!(fold(&ocsp, &[bad()]), revoked());
        assert_eq!(fold(&ocsp, &[Ok(ListStatus::Good), bad()]), revoked());
        assert_eq!(fold(&ocsp, &[bad(), Ok(ListStatus::Good)]), revoked());
    }
}

#[test]
fn where_nobody_could_say_every_reason_is_given() {
    let unavailable = || RevocationError::Unavailable {
        source_address: ADDRESS.to_owned(),
        detail: "timed out".to_owned(),
    };
    let ocsp = [Ok(OcspStatus::Unknown), Err(unavailable())];
    assert_eq!(
        fold(&ocsp, &[list_failed()]),
        RevocationStatus::Unknown {
            reasons: vec![
                RevocationError::UnknownToResponder,
                unavailable(),
                ListError::Malformed.into(),
            ],
        }
    );
    let reasons = Vec::new();
    assert_eq!(fold(&[], &[]), RevocationStatus::Unknown { reasons });
}

#[test]
fn a_signature_from_before_the_certificate_was_invalid_stands() {
    let since = "2024-06-01T00:00:00Z";
    let at_time = |time: Option<&str>, since: Option<&str>| {
        let ocsp = Ok(OcspStatus::Revoked(revocation(since)));
        let list = Ok(ListStatus::Revoked(revocation(since)));
        let time = time.map(at);
        let by_ocsp = fold_revocation(&both(), &[ocsp], &[], time);
        let by_list = fold_revocation(&both(), &[], &[list], time);
        assert_eq!(by_ocsp, by_list);
        by_ocsp == RevocationStatus::Good
    };
    assert!(at_time(Some("2024-05-31T23:59:59Z"), Some(since)));
    assert!(!at_time(Some(since), Some(since)));
    assert!(!at_time(Some("2024-06-02T00:00:00Z"), Some(since)));
    assert!(!at_time(None, Some(since)), "no time was verified");
    assert!(!at_time(Some("2020-01-01T00:00:00Z"), None));
}
