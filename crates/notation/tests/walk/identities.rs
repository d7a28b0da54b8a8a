use doorward_core::Code;
use doorward_notation::{
    Level, Statement, StoreType, TrustStore, TrustStoreError, TrustStores, TrustedIdentities, codes,
};
use doorward_testkit::{CertificateBuilder, asn1};

use super::made::{Signer, begin, now};

const C: &str = "2.5.4.6";
const ST: &str = "2.5.4.8";
const O: &str = "2.5.4.10";
const OU: &str = "2.5.4.11";
const CN: &str = "2.5.4.3";
const EMAIL: &str = "1.2.840.113549.1.9.1";
const ALTERNATIVE_NAMES: &str = "2.5.29.17";

/// What comes of a signer under these identities.
fn code(signer: &Signer, identities: TrustedIdentities) -> Option<Code> {
    let statement = Statement::builder("p", Level::Strict)
        .trust_store("ca:x".parse().expect("a store"))
        .identities(identities);
    let walk = begin(&signer.envelope(None), statement, &signer.stores(), now());
    walk.err().map(|rejection| rejection.code())
}

fn compatible(signer: &Signer, entry: &str) -> Option<Code> {
    code(
        signer,
        TrustedIdentities::compatible(&[entry]).expect("identities"),
    )
}

fn wider(signer: &Signer, entry: &str) -> Option<Code> {
    code(
        signer,
        TrustedIdentities::wider(&[entry]).expect("identities"),
    )
}

fn subject(attributes: &[(&str, &str)]) -> Signer {
    Signer::of_leaf(&CertificateBuilder::code_signer("signer").subject(attributes))
}

const UNTRUSTED: Option<Code> = Some(codes::UNTRUSTED_IDENTITY);

#[test]
fn subjects_that_files_cannot_name_are_named_attribute_by_attribute() {
    let with_mail = subject(&[(C, "US"), (ST, "WA"), (O, "x"), (EMAIL, "ci@x.example")]);
    let two_units = subject(&[(C, "US"), (ST, "WA"), (O, "x"), (OU, "a"), (OU, "b")]);
    let bare = subject(&[(CN, "ci")]);
    let name = "x509.subject: C=US, ST=WA, O=x";
    for signer in [&with_mail, &two_units, &bare] {
        assert_eq!(compatible(signer, "*"), None);
        assert_eq!(compatible(signer, name), UNTRUSTED);
    }
    assert_eq!(wider(&with_mail, name), None);
    assert_eq!(wider(&with_mail, "x509.subject: EMAIL=ci@x.example"), None);
    assert_eq!(
        wider(
            &with_mail,
            "x509.subject: 1.2.840.113549.1.9.1=ci@x.example"
        ),
        None
    );
    assert_eq!(wider(&two_units, name), None);
    assert_eq!(wider(&bare, "x509.subject: cn=ci"), None);
}

#[test]
fn a_wider_name_accepts_no_value_that_it_does_not_name() {
    let signer = subject(&[(C, "US"), (ST, "WA"), (O, "x"), (OU, "a"), (OU, "b")]);
    for entry in [
        // Which of the two is meant?
        "x509.subject: OU=a",
        "x509.subject: OU=b",
        "x509.subject: O=X",
        "x509.subject: O=x , CN=signer",
        "x509.subject: O=x\\ ",
    ] {
        assert_eq!(wider(&signer, entry), UNTRUSTED, "{entry}");
    }
}

#[test]
fn the_name_of_an_issuer_is_not_that_of_the_signer() {
    let between = CertificateBuilder::authority("between").subject(&[(O, "trusted")]);
    let signer = Signer::new(
        &between,
        &CertificateBuilder::code_signer("signer").subject(&[(O, "other")]),
    );
    assert_eq!(wider(&signer, "x509.subject: O=trusted"), UNTRUSTED);
    assert_eq!(wider(&signer, "x509.subject: O=other"), None);
}

#[test]
fn alternative_names_are_compared_whole() {
    let names = [
        asn1(0x81, &[b"ci@x.example"]),
        asn1(0x82, &[b"CI.x.example"]),
        asn1(0x82, &[b"*.y.example"]),
        asn1(0x86, &[b"https://x.example/ci"]),
    ];
    let value = asn1(0x30, &[&names.concat()]);
    let leaf =
        CertificateBuilder::code_signer("signer").extension(ALTERNATIVE_NAMES, false, &value);
    let signer = Signer::of_leaf(&leaf);
    for entry in [
        "uri:https://x.example/ci",
        "dns:ci.x.example",
        "dns:*.y.example",
        "email:ci@x.example",
    ] {
        assert_eq!(
            wider(&signer, &format!("x509.san:{entry}")),
            None,
            "{entry}"
        );
    }
    for entry in [
        "uri:https://x.example/",
        "uri:https://x.example/ci/more",
        "dns:x.example",
        "dns:a.y.example",
        "email:CI@x.example",
        "dns:https://x.example/ci",
        "email:signer",
    ] {
        assert_eq!(
            wider(&signer, &format!("x509.san:{entry}")),
            UNTRUSTED,
            "{entry}"
        );
    }
}

#[test]
fn a_certificate_without_alternative_names_has_none_of_them() {
    let signer = subject(&[(CN, "x.example")]);
    assert_eq!(wider(&signer, "x509.san: dns:x.example"), UNTRUSTED);
}

#[test]
fn one_store_that_cannot_be_used_is_not_made_good_by_another() {
    let signer = subject(&[(CN, "x")]);
    let good = || TrustStore::read(StoreType::Ca, [signer.root.der()]);
    let other = CertificateBuilder::authority("other").self_signed();
    let other = || TrustStore::read(StoreType::Ca, [other.der()]);
    for (second, expected) in [
        (good(), None),
        (other(), None),
        (
            Err(TrustStoreError::Missing),
            Some(codes::TRUST_STORE_INVALID),
        ),
        (
            Err(TrustStoreError::Empty),
            Some(codes::TRUST_STORE_INVALID),
        ),
    ] {
        let stores = TrustStores::new()
            .with("ca:a".parse().expect("a store"), good())
            .with("ca:b".parse().expect("a store"), second);
        let statement = Statement::builder("p", Level::Strict)
            .trust_store("ca:a".parse().expect("a store"))
            .trust_store("ca:b".parse().expect("a store"))
            .identities(TrustedIdentities::any());
        let walk = begin(&signer.envelope(None), statement, &stores, now());
        assert_eq!(walk.err().map(|rejection| rejection.code()), expected);
    }
}

#[test]
fn a_pinned_authority_or_signer_is_enough_and_a_name_alone_is_not() {
    let signer = subject(&[(CN, "x")]);
    let namesake = CertificateBuilder::authority("root")
        .serial(99)
        .self_signed();
    for (trusted, expected) in [
        (&signer.between, None),
        (&namesake, Some(codes::UNTRUSTED_ROOT)),
        // The certificate of a signer that is issued by another one belongs into no store.
        (&signer.leaf, Some(codes::TRUST_STORE_INVALID)),
    ] {
        let store = TrustStore::read(StoreType::Ca, [trusted.der()]);
        let stores = TrustStores::new().with("ca:x".parse().expect("a store"), store);
        let statement = Statement::builder("p", Level::Strict)
            .trust_store("ca:x".parse().expect("a store"))
            .identities(TrustedIdentities::any());
        let walk = begin(&signer.envelope(None), statement, &stores, now());
        assert_eq!(walk.err().map(|rejection| rejection.code()), expected);
    }
}
