mod proof;
mod refused;

use std::ops::RangeInclusive;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};

use doorward_core::Timestamp;

use super::*;
use crate::Certificate;

/// The years in which a certificate is valid, first to last.
type Years = RangeInclusive<i32>;

/// A certificate, and what issues further ones with it.
struct Made {
    certificate: Certificate,
    parameters: CertificateParams,
    key: KeyPair,
}

fn parameters(name: &str, authority: bool, years: &Years) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.not_before = rcgen::date_time_ymd(*years.start(), 1, 1);
    parameters.not_after = rcgen::date_time_ymd(*years.end(), 12, 31);
    parameters.is_ca = if authority {
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        IsCa::Ca(BasicConstraints::Unconstrained)
    } else {
        IsCa::ExplicitNoCa
    };
    parameters
}

impl Made {
    fn new(issuer: Option<&Self>, parameters: CertificateParams) -> Self {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key");
        let der = match issuer {
            None => parameters.self_signed(&key),
            Some(issuer) => {
                let issuer = Issuer::from_params(&issuer.parameters, &issuer.key);
                parameters.signed_by(&key, &issuer)
            }
        }
        .expect("a certificate");
        Self {
            certificate: Certificate::from_der(der.der()).expect("it is one"),
            parameters,
            key,
        }
    }

    fn root(name: &str, years: Years) -> Self {
        Self::new(None, parameters(name, true, &years))
    }

    fn authority(&self, name: &str, years: Years) -> Self {
        Self::new(Some(self), parameters(name, true, &years))
    }

    fn leaf(&self, years: Years, purposes: &[ExtendedKeyUsagePurpose]) -> Certificate {
        let mut parameters = parameters("leaf", false, &years);
        parameters.extended_key_usages = purposes.to_vec();
        Self::new(Some(self), parameters).certificate
    }
}

/// The middle of the year.
fn year(year: i32) -> Timestamp {
    format!("{year}-07-01T00:00:00Z").parse().expect("a time")
}

/// For signing software: the path, if there is one.
fn chain(
    leaf: &Certificate,
    between: &[&Made],
    anchors: &[&Made],
    at: i32,
) -> Result<VerifiedChain, ChainError> {
    let of = |made: &[&Made]| -> Vec<Certificate> {
        made.iter().map(|made| made.certificate.clone()).collect()
    };
    let purposes = [Purpose::CodeSigning];
    verify_chain(leaf, &of(between), &of(anchors), &purposes, year(at))
}

/// For signing software: whether there is a path.
fn check(
    leaf: &Certificate,
    between: &[&Made],
    anchors: &[&Made],
    at: i32,
) -> Result<(), ChainError> {
    chain(leaf, between, anchors, at).map(|_| ())
}

/// When a certificate of these years ends.
fn end_of(year: i32) -> Timestamp {
    format!("{year}-12-31T00:00:00Z").parse().expect("a time")
}

/// When a certificate of these years begins.
fn start_of(year: i32) -> Timestamp {
    format!("{year}-01-01T00:00:00Z").parse().expect("a time")
}

const CODE_SIGNING: [ExtendedKeyUsagePurpose; 1] = [ExtendedKeyUsagePurpose::CodeSigning];

#[test]
fn a_path_leads_to_an_anchor_directly_or_over_intermediates() {
    let root = Made::root("root", 2020..=2040);
    let outer = root.authority("outer", 2020..=2040);
    let inner = outer.authority("inner", 2020..=2040);
    let stranger = Made::root("stranger", 2020..=2040);
    let direct = root.leaf(2020..=2040, &CODE_SIGNING);
    let far = inner.leaf(2020..=2040, &CODE_SIGNING);
    assert_eq!(check(&direct, &[], &[&root], 2030), Ok(()));
    assert_eq!(check(&far, &[&inner, &outer], &[&root], 2030), Ok(()));
    // The order does not count, nor do certificates beside the path.
    let mixed = [&stranger, &outer, &inner];
    assert_eq!(check(&far, &mixed, &[&stranger, &root], 2030), Ok(()));
    // An intermediate may be the anchor.
    assert_eq!(check(&far, &[], &[&inner], 2030), Ok(()));
}

#[test]
fn a_path_with_a_gap_is_none() {
    let root = Made::root("root", 2020..=2040);
    let outer = root.authority("outer", 2020..=2040);
    let inner = outer.authority("inner", 2020..=2040);
    let leaf = inner.leaf(2020..=2040, &CODE_SIGNING);
    for between in [&[][..], &[&inner], &[&outer]] {
        assert_eq!(
            check(&leaf, between, &[&root], 2030),
            Err(ChainError::UnknownIssuer)
        );
    }
}

#[test]
fn another_anchor_of_the_same_name_is_another() {
    let root = Made::root("root", 2020..=2040);
    let namesake = Made::root("root", 2020..=2040);
    let leaf = root.leaf(2020..=2040, &CODE_SIGNING);
    let refused = Err(ChainError::Signature);
    assert_eq!(check(&leaf, &[], &[&namesake], 2030), refused);
    // An attacker may bring the real one along; only anchors anchor.
    assert_eq!(check(&leaf, &[&root], &[&namesake], 2030), refused);
}

#[test]
fn a_leaf_is_not_good_before_or_after_its_time() {
    let root = Made::root("root", 2020..=2040);
    let leaf = root.leaf(2025..=2029, &CODE_SIGNING);
    let at = |at| check(&leaf, &[], &[&root], at);
    assert_eq!(
        at(2024),
        Err(ChainError::NotYetValid {
            not_before: start_of(2025)
        })
    );
    assert_eq!(at(2025), Ok(()));
    assert_eq!(at(2029), Ok(()));
    assert_eq!(
        at(2030),
        Err(ChainError::Expired {
            not_after: end_of(2029)
        })
    );
}

#[test]
fn an_intermediate_is_not_good_before_or_after_its_time() {
    let root = Made::root("root", 2020..=2040);
    let between = root.authority("between", 2025..=2029);
    let leaf = between.leaf(2020..=2040, &CODE_SIGNING);
    let at = |at| check(&leaf, &[&between], &[&root], at);
    assert_eq!(
        at(2024),
        Err(ChainError::NotYetValid {
            not_before: start_of(2025)
        })
    );
    assert_eq!(at(2027), Ok(()));
    assert_eq!(
        at(2030),
        Err(ChainError::Expired {
            not_after: end_of(2029)
        })
    );
}

#[test]
fn an_anchor_anchors_nothing_before_or_after_its_time() {
    let root = Made::root("root", 2025..=2029);
    let leaf = root.leaf(2020..=2040, &CODE_SIGNING);
    let at = |at| check(&leaf, &[], &[&root], at);
    assert_eq!(at(2024), Err(ChainError::NoAnchor));
    assert_eq!(at(2027), Ok(()));
    assert_eq!(at(2030), Err(ChainError::NoAnchor));
    // One that is valid beside it does not help.
    let other = Made::root("other", 2020..=2040);
    assert_eq!(
        check(&leaf, &[], &[&root, &other], 2030),
        Err(ChainError::UnknownIssuer)
    );
}

#[test]
fn a_certificate_that_is_no_authority_issues_nothing() {
    let root = Made::root("root", 2020..=2040);
    let between = Made::new(Some(&root), parameters("between", false, &(2020..=2040)));
    let leaf = between.leaf(2020..=2040, &CODE_SIGNING);
    assert_eq!(
        check(&leaf, &[&between], &[&root], 2030),
        Err(ChainError::NotAnAuthority)
    );
}

#[test]
fn a_path_is_not_longer_than_an_authority_allows() {
    let mut short = parameters("root", true, &(2020..=2040));
    short.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let root = Made::root("anchor", 2020..=2040);
    let outer = Made::new(Some(&root), short);
    let inner = outer.authority("inner", 2020..=2040);
    let direct = outer.leaf(2020..=2040, &CODE_SIGNING);
    let far = inner.leaf(2020..=2040, &CODE_SIGNING);
    assert_eq!(check(&direct, &[&outer], &[&root], 2030), Ok(()));
    assert_eq!(
        check(&far, &[&inner, &outer], &[&root], 2030),
        Err(ChainError::PathLength)
    );
}

#[test]
fn an_authority_is_not_taken_for_a_leaf() {
    let root = Made::root("root", 2020..=2040);
    let between = root.authority("between", 2020..=2040);
    assert_eq!(
        check(&between.certificate, &[], &[&root], 2030),
        Err(ChainError::AuthorityAsLeaf)
    );
}

#[test]
fn a_leaf_must_be_for_one_of_the_purposes_or_say_nothing_of_them() {
    use ExtendedKeyUsagePurpose as Usage;
    let root = Made::root("root", 2020..=2040);
    let anchors = [root.certificate.clone()];
    let purposes = [Purpose::CodeSigning, Purpose::ServerAuth, Purpose::Any];
    for (usages, good) in [
        (&[][..], true),
        (&[Usage::CodeSigning], true),
        (&[Usage::ServerAuth], true),
        (&[Usage::Any], true),
        (&[Usage::ClientAuth, Usage::CodeSigning], true),
        (&[Usage::ClientAuth], false),
        (&[Usage::EmailProtection, Usage::TimeStamping], false),
    ] {
        let leaf = root.leaf(2020..=2040, usages);
        let outcome = verify_chain(&leaf, &[], &anchors, &purposes, year(2030));
        assert_eq!(outcome.is_ok(), good, "{usages:?} {outcome:?}");
    }
}

#[test]
fn of_several_reasons_the_one_that_is_not_about_the_purpose_is_given() {
    let (root, other) = (
        Made::root("root", 2020..=2040),
        Made::root("other", 2020..=2040),
    );
    let purposes = [Purpose::CodeSigning, Purpose::ServerAuth, Purpose::Any];
    let reason = |leaf: &Certificate, anchor: &Made| {
        verify_chain(
            leaf,
            &[],
            std::slice::from_ref(&anchor.certificate),
            &purposes,
            year(2030),
        )
        .expect_err("no path")
    };
    let signing = root.leaf(2020..=2040, &CODE_SIGNING);
    assert_eq!(reason(&signing, &other), ChainError::UnknownIssuer);
    let expired = root.leaf(2020..=2025, &CODE_SIGNING);
    let not_after = end_of(2025);
    assert_eq!(reason(&expired, &root), ChainError::Expired { not_after });
    let client = root.leaf(2020..=2040, &[ExtendedKeyUsagePurpose::ClientAuth]);
    assert_eq!(reason(&client, &root), ChainError::Purpose);
}

#[test]
fn a_purpose_that_was_not_asked_for_does_not_count() {
    let root = Made::root("root", 2020..=2040);
    let leaf = root.leaf(2020..=2040, &CODE_SIGNING);
    let silent = root.leaf(2020..=2040, &[]);
    let anchors = [root.certificate.clone()];
    let check = |leaf, purposes: &[Purpose]| {
        verify_chain(leaf, &[], &anchors, purposes, year(2030)).is_ok()
    };
    assert!(check(&leaf, &[Purpose::CodeSigning]));
    assert!(!check(&leaf, &[Purpose::ServerAuth]));
    assert!(!check(&leaf, &[Purpose::ServerAuth, Purpose::Any]));
    assert!(check(&silent, &[Purpose::ServerAuth]));
    assert!(!check(&silent, &[]), "no purpose at all");
}

#[test]
fn without_anchors_nothing_is_anchored() {
    let root = Made::root("root", 2020..=2040);
    let leaf = root.leaf(2020..=2040, &CODE_SIGNING);
    assert_eq!(check(&leaf, &[&root], &[], 2030), Err(ChainError::NoAnchor));
}

#[test]
fn a_time_before_1970_is_refused() {
    let root = Made::root("root", 1970..=2040);
    let leaf = root.leaf(1970..=2040, &CODE_SIGNING);
    let anchors = [root.certificate.clone()];
    let at = |seconds| {
        let at = Timestamp::from_unix(seconds);
        verify_chain(&leaf, &[], &anchors, &[Purpose::CodeSigning], at)
    };
    for seconds in [-1, i64::MIN] {
        assert_eq!(at(seconds), Err(ChainError::BeforeEpoch));
    }
    assert!(at(0).is_ok());
}

#[test]
fn an_authority_whose_key_is_not_for_certificates_issues_none() {
    let root = Made::root("root", 2020..=2040);
    let with = |usages: Vec<KeyUsagePurpose>| {
        let mut parameters = parameters("between", true, &(2020..=2040));
        parameters.key_usages = usages;
        let between = Made::new(Some(&root), parameters);
        let leaf = between.leaf(2020..=2040, &CODE_SIGNING);
        let at = "2026-01-01T00:00:00Z".parse().expect("a time");
        let roots = [root.certificate.clone()];
        let purposes = [Purpose::CodeSigning];
        verify_chain(&leaf, &[between.certificate], &roots, &purposes, at).map(drop)
    };
    assert_eq!(with(vec![KeyUsagePurpose::KeyCertSign]), Ok(()));
    assert_eq!(with(Vec::new()), Ok(()));
    for usage in [KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::CrlSign] {
        assert_eq!(with(vec![usage]), Err(ChainError::UnknownIssuer));
    }
}
