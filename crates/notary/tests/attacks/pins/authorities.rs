//! Authorities as pins: who certified a root key.

use super::*;

/// A collection whose root key an authority has certified for these usages.
fn certified(authority: &RootAuthority, usages: &[ExtendedUsage]) -> Collection {
    let root = RootCertificate::new(GUN, now())
        .usages(usages)
        .issued_by(authority, &key(1));
    released(builder().root_keys(&[root]))
}

#[test]
fn a_root_that_another_authority_certified_is_refused() {
    let authority = RootAuthority::new(now());
    let publication = certified(&authority, &[ExtendedUsage::CodeSigning]).publish();
    with(by_authority(authority.ca_pem())).accepts(&publication, "1.0");
    with(by_authority(authority.intermediate_pem())).accepts(&publication, "1.0");
    let other = RootAuthority::seeded(now(), 1);
    with(by_authority(other.ca_pem())).refuses(&publication, codes::PIN_MISMATCH);
    with(by_authority(authority.ca_pem())).refuses(&stranger(), codes::PIN_MISMATCH);
}

#[test]
fn a_certificate_for_another_purpose_is_refused() {
    let authority = RootAuthority::new(now());
    for (usages, good) in [
        (&[][..], true),
        (&[ExtendedUsage::CodeSigning], true),
        (&[ExtendedUsage::ServerAuth], true),
        (&[ExtendedUsage::Any], true),
        (&[ExtendedUsage::ClientAuth], false),
    ] {
        let publication = certified(&authority, usages).publish();
        let code = with(by_authority(authority.ca_pem()))
            .sees(&publication)
            .code();
        let expected = (!good).then_some(codes::PIN_MISMATCH);
        assert_eq!(code, expected, "{usages:?}");
    }
}

#[test]
fn a_root_without_the_certificates_between_it_and_the_authority_is_refused() {
    let authority = RootAuthority::new(now());
    let leaf = RootCertificate::new(GUN, now()).pem_issued_by(&authority, &key(1));
    let root = key(1).in_certificates(&leaf);
    let publication = released(builder().root_keys(&[root])).publish();
    with(by_authority(authority.ca_pem())).refuses(&publication, codes::PIN_MISMATCH);
}

#[test]
fn an_authority_that_has_expired_vouches_for_nothing() {
    let authority = RootAuthority::new(now().plus(-21 * 365 * DAY));
    let root = RootCertificate::new(GUN, now().plus(-DAY)).pem_issued_by(&authority, &key(1));
    let root = key(1).in_certificates(&root);
    let publication = released(builder().root_keys(&[root])).publish();
    for pem in [authority.ca_pem(), authority.intermediate_pem()] {
        with(by_authority(pem)).refuses(&publication, codes::PIN_MISMATCH);
    }
}

#[test]
fn where_keys_are_pinned_authorities_do_not_count() {
    let authority = RootAuthority::new(now());
    let mut publisher = certified(&authority, &[]);
    let id = root_key(2).id();
    let pins = Pins::new([id.as_str()], [], [authority.ca_pem().as_bytes()], true).expect("pins");
    with(pins).refuses(&publisher.publish(), codes::PIN_MISMATCH);
}

#[test]
fn where_an_authority_is_pinned_the_first_root_is_not_believed() {
    let authority = RootAuthority::new(now());
    let pins = Pins::new([], [], [authority.ca_pem().as_bytes()], true).expect("pins");
    with(pins).refuses(&collection().publish(), codes::PIN_MISMATCH);
}
