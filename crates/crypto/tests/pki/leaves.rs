use doorward_crypto::{KeyUse, OrderedChainError, OrderedRule, Profile, Purpose};
use doorward_testkit::{CertificateBuilder, asn1};

use super::ordered::{KEY_USAGE, authority, check, leaf, purposes, refused, signing};

const PURPOSES: &str = "2.5.29.37";

#[test]
fn a_signer_signs_and_does_nothing_else_with_its_key() {
    let root = authority("root").self_signed();
    let with = |critical, bits: &[u8]| {
        let usage = asn1(0x03, &[bits]);
        let leaf = leaf()
            .extension(KEY_USAGE, critical, &usage)
            .issued_by(&root);
        check(&[&leaf, &root], Profile::CodeSigning).map_err(|error| match error {
            OrderedChainError::Certificate { at, rule } if at.position() == 0 => rule,
            other => panic!("{other}"),
        })
    };
    assert_eq!(with(true, &[7, 0x80]), Ok(()));
    assert_eq!(
        with(true, &[6, 0xc0]),
        Ok(()),
        "non-repudiation is harmless"
    );
    assert_eq!(
        with(false, &[7, 0x80]),
        Err(OrderedRule::KeyUsageNotCritical)
    );
    let missing = OrderedRule::MissingUse(KeyUse::DigitalSignature);
    assert_eq!(with(true, &[6, 0x40]), Err(missing.clone()));
    assert_eq!(with(true, &[0]), Err(missing));
    for (bits, usage) in [
        (&[5, 0xa0][..], KeyUse::KeyEncipherment),
        (&[4, 0x90], KeyUse::DataEncipherment),
        (&[3, 0x88], KeyUse::KeyAgreement),
        (&[2, 0x84], KeyUse::KeyCertSign),
        (&[1, 0x82], KeyUse::CrlSign),
        (&[0, 0x81], KeyUse::EncipherOnly),
        (&[7, 0x80, 0x80], KeyUse::DecipherOnly),
    ] {
        assert_eq!(with(true, bits), Err(OrderedRule::ForbiddenUse(usage)));
    }
    let without = leaf().without(KEY_USAGE).issued_by(&root);
    assert_eq!(signing(&[&without, &root]), (0, OrderedRule::NoKeyUsage));
}

#[test]
fn a_signer_of_software_has_no_purpose_of_others() {
    const SIGNING: &str = "1.3.6.1.5.5.7.3.3";
    let root = authority("root").self_signed();
    let none = leaf().without(PURPOSES).issued_by(&root);
    assert_eq!(check(&[&none, &root], Profile::CodeSigning), Ok(()));
    let unknown = leaf().extension(PURPOSES, true, &purposes(&["1.2.3.4"]));
    assert_eq!(
        check(&[&unknown.issued_by(&root), &root], Profile::CodeSigning),
        Ok(())
    );
    for (oid, purpose) in [
        ("2.5.29.37.0", Purpose::Any),
        ("1.3.6.1.5.5.7.3.1", Purpose::ServerAuth),
        ("1.3.6.1.5.5.7.3.2", Purpose::ClientAuth),
        ("1.3.6.1.5.5.7.3.4", Purpose::EmailProtection),
        ("1.3.6.1.5.5.7.3.8", Purpose::TimeStamping),
        ("1.3.6.1.5.5.7.3.9", Purpose::OcspSigning),
    ] {
        for of in [&[oid][..], &[SIGNING, oid]] {
            let leaf = leaf()
                .extension(PURPOSES, false, &purposes(of))
                .issued_by(&root);
            let forbidden = OrderedRule::ForbiddenPurpose(purpose);
            assert_eq!(signing(&[&leaf, &root]), (0, forbidden));
        }
    }
}

#[test]
fn a_signer_of_time_stamps_is_for_nothing_else_and_says_so() {
    const STAMPING: &str = "1.3.6.1.5.5.7.3.8";
    let root = authority("root").self_signed();
    let stamper = || CertificateBuilder::time_stamper("tsa");
    let stamping = |made: CertificateBuilder| {
        let leaf = made.issued_by(&root);
        check(&[&leaf, &root], Profile::TimeStamping)
    };
    let one = purposes(&[STAMPING]);
    assert_eq!(stamping(stamper()), Ok(()));
    let lax = stamper().extension(KEY_USAGE, false, &[0x03, 0x02, 0x07, 0x80]);
    assert_eq!(stamping(lax), Ok(()), "here the usage need not be critical");
    for made in [
        stamper().extension(PURPOSES, false, &one),
        stamper().without(PURPOSES),
        stamper().extension(PURPOSES, true, &purposes(&[STAMPING, "1.3.6.1.5.5.7.3.3"])),
        stamper().extension(PURPOSES, true, &purposes(&[STAMPING, "1.2.3.4"])),
        stamper().extension(PURPOSES, true, &purposes(&["2.5.29.37.0"])),
        leaf(),
    ] {
        let leaf = made.issued_by(&root);
        let refused = refused(&[&leaf, &root], Profile::TimeStamping);
        assert_eq!(refused, (0, OrderedRule::NotForTimeStampsAlone));
    }
    let forbidden = stamper().extension(KEY_USAGE, true, &[0x03, 0x02, 0x05, 0xa0]);
    assert!(stamping(forbidden).is_err());
}
