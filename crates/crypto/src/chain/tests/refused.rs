//! Reasons that need certificates with something wrong in them.

use rcgen::{CustomExtension, GeneralSubtree, NameConstraints, SanType};

use super::*;

fn code_signing() -> CertificateParams {
    let mut parameters = parameters("leaf", false, &(2020..=2040));
    parameters.extended_key_usages = CODE_SIGNING.to_vec();
    parameters
}

fn refusal(leaf: &Certificate, anchor: &Made) -> ChainError {
    chain(leaf, &[], &[anchor], 2030).expect_err("no path")
}

/// The certificate with `old` replaced in up to `times` places.
fn altered(certificate: &Certificate, old: &[u8], new: &[u8], times: usize) -> Certificate {
    let mut der = certificate.der().to_vec();
    let places: Vec<_> = der
        .windows(old.len())
        .enumerate()
        .filter(|(_, bytes)| *bytes == old)
        .map(|(place, _)| place)
        .take(times)
        .collect();
    assert_eq!(places.len(), times);
    for place in places {
        der[place..place + new.len()].copy_from_slice(new);
    }
    Certificate::from_der(&der).expect("still a certificate")
}

const ECDSA_WITH_SHA224: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x01];
const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

#[test]
fn an_algorithm_that_is_not_allowed_is_named_as_the_reason() {
    let root = Made::root("root", 2020..=2040);
    let leaf = root.leaf(2020..=2040, &CODE_SIGNING);
    let weak = altered(&leaf, ECDSA_WITH_SHA256, ECDSA_WITH_SHA224, 2);
    assert_eq!(refusal(&weak, &root), ChainError::Algorithm);
}

#[test]
fn a_certificate_that_names_two_algorithms_is_refused() {
    let root = Made::root("root", 2020..=2040);
    let leaf = root.leaf(2020..=2040, &CODE_SIGNING);
    let torn = altered(&leaf, ECDSA_WITH_SHA256, ECDSA_WITH_SHA224, 1);
    assert_eq!(refusal(&torn, &root), ChainError::Algorithm);
}

#[test]
fn a_certificate_that_was_changed_is_not_signed() {
    let root = Made::root("root", 2020..=2040);
    let leaf = root.leaf(2020..=2040, &CODE_SIGNING);
    let changed = altered(&leaf, b"leaf", b"lead", 1);
    assert_eq!(refusal(&changed, &root), ChainError::Signature);
}

#[test]
fn a_critical_extension_that_is_not_understood_is_refused_and_another_is_not() {
    let root = Made::root("root", 2020..=2040);
    for (critical, expected) in [(true, Err(ChainError::CriticalExtension)), (false, Ok(()))] {
        let mut parameters = code_signing();
        let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        extension.set_criticality(critical);
        parameters.custom_extensions = vec![extension];
        let leaf = Made::new(Some(&root), parameters).certificate;
        assert_eq!(check(&leaf, &[], &[&root], 2030), expected);
    }
}

#[test]
fn a_name_that_the_issuer_may_not_certify_is_refused() {
    let mut constrained = parameters("root", true, &(2020..=2040));
    constrained.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("a.example".to_owned())],
        excluded_subtrees: Vec::new(),
    });
    let root = Made::new(None, constrained);
    for (name, expected) in [
        ("x.a.example", Ok(())),
        ("x.b.example", Err(ChainError::NameConstraint)),
    ] {
        let mut parameters = code_signing();
        let name = name.try_into().expect("a name");
        parameters.subject_alt_names = vec![SanType::DnsName(name)];
        let leaf = Made::new(Some(&root), parameters).certificate;
        assert_eq!(check(&leaf, &[], &[&root], 2030), expected);
    }
}

#[test]
fn a_path_over_more_than_six_intermediates_is_too_much_work() {
    let mut made = vec![Made::root("root", 2020..=2040)];
    for number in 1..=7 {
        let next = made[number - 1].authority(&number.to_string(), 2020..=2040);
        made.push(next);
    }
    for (number, expected) in [(6, Ok(())), (7, Err(ChainError::TooMuchWork))] {
        let leaf = made[number].leaf(2020..=2040, &CODE_SIGNING);
        let between: Vec<_> = made[1..=number].iter().collect();
        assert_eq!(check(&leaf, &between, &[&made[0]], 2030), expected);
    }
}

#[test]
fn many_authorities_of_one_name_are_too_much_work() {
    let root = Made::root("root", 2020..=2040);
    let namesakes: Vec<_> = (0..120)
        .map(|_| root.authority("between", 2020..=2040))
        .collect();
    let stranger = Made::root("between", 2020..=2040);
    let leaf = stranger.leaf(2020..=2040, &CODE_SIGNING);
    let between: Vec<_> = namesakes.iter().collect();
    assert_eq!(
        check(&leaf, &between, &[&root], 2030),
        Err(ChainError::TooMuchWork)
    );
}

#[test]
fn a_reason_is_one_fragment() {
    let root = Made::root("root", 2020..=2040);
    let expired = root.leaf(2020..=2025, &CODE_SIGNING);
    assert_eq!(
        refusal(&expired, &root).to_string(),
        "a certificate on the path expired at 2025-12-31T00:00:00Z"
    );
    let malformed = ChainError::from(webpki::Error::BadDerTime);
    let detail = "bad der time".to_owned();
    assert_eq!(malformed, ChainError::Malformed { detail });
    // A kind that finding a path does not end with.
    let other = ChainError::from(webpki::Error::CertRevoked);
    assert_eq!(other.to_string(), "no certification path: cert revoked");
}
