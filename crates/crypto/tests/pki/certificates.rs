use doorward_crypto::{AttributeValue, Certificate, CertificateError, SignatureError};
use doorward_testkit::{CertificateBuilder, KeyKind, asn1, dotted_oid};

use super::read;

#[test]
fn a_subject_is_read_attribute_by_attribute() {
    let attributes = [
        ("2.5.4.6", "US"),
        ("2.5.4.10", "Acme"),
        ("2.5.4.11", "one"),
        ("2.5.4.11", "two"),
        ("0.9.2342.19200300.100.1.1", "Zoë"),
    ];
    let made = CertificateBuilder::code_signer("leaf").subject(&attributes);
    let subject = read(&made.self_signed()).subject().expect("a name");
    let read: Vec<_> = subject
        .iter()
        .flat_map(|set| set.attributes())
        .map(|attribute| match attribute.value() {
            AttributeValue::Text(text) => (attribute.oid(), text.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(read, attributes);
    assert!(subject.iter().all(|set| set.attributes().len() == 1));
}

#[test]
fn a_subject_with_too_many_attributes_is_malformed_when_it_is_asked_for() {
    for (count, good) in [(64, true), (65, false)] {
        let attributes = vec![("2.5.4.11", "unit"); count];
        let made = CertificateBuilder::code_signer("leaf").subject(&attributes);
        let subject = read(&made.self_signed()).subject();
        assert_eq!(subject.is_ok(), good, "{count}");
    }
}

#[test]
fn alternative_names_are_told_apart_by_their_kind() {
    let names = asn1(
        0x30,
        &[
            &asn1(0x86, &[b"spiffe://acme/build"]),
            &asn1(0x82, &[b"acme.example"]),
            &asn1(0x81, &[b"build@acme.example"]),
            &asn1(0x87, &[&[127, 0, 0, 1]]),
        ],
    );
    let with = |value: &[u8]| {
        let made = CertificateBuilder::code_signer("leaf").extension("2.5.29.17", false, value);
        read(&made.self_signed()).alternative_names()
    };
    let read = with(&names).expect("names");
    assert_eq!(read.uris(), ["spiffe://acme/build"]);
    assert_eq!(read.dns(), ["acme.example"]);
    assert_eq!(read.emails(), ["build@acme.example"]);
    let beyond_ascii = asn1(0x30, &[&asn1(0x82, &["bücher.example".as_bytes()])]);
    assert_eq!(with(&beyond_ascii), Err(CertificateError::Malformed));
    let too_many = asn1(0x30, &[&asn1(0x82, &[b"a"]).repeat(257)]);
    assert_eq!(with(&too_many), Err(CertificateError::Malformed));
    assert_eq!(with(&[0x05, 0x00]), Err(CertificateError::Malformed));
}

#[test]
fn addresses_of_revocation_are_bounded() {
    let of = |count: usize| {
        let addresses = vec!["http://ca.example/x"; count];
        let made = CertificateBuilder::code_signer("leaf")
            .ocsp(&addresses)
            .lists(&addresses);
        let certificate = read(&made.self_signed());
        (certificate.ocsp_addresses(), certificate.list_addresses())
    };
    let (ocsp, lists) = of(8);
    assert_eq!(
        (ocsp.map(|it| it.len()), lists.map(|it| it.len())),
        (Ok(8), Ok(8))
    );
    let malformed = Err(CertificateError::Malformed);
    assert_eq!(of(9), (malformed.clone(), malformed));
    let long = format!("http://ca.example/{}", "x".repeat(2048));
    let made = CertificateBuilder::code_signer("leaf").ocsp(&[&long]);
    let refused = read(&made.self_signed()).ocsp_addresses();
    assert_eq!(refused, Err(CertificateError::Malformed));
}

#[test]
fn a_distribution_point_for_some_reasons_or_of_another_issuer_is_none() {
    let name = asn1(
        0xa0,
        &[&asn1(0xa0, &[&asn1(0x86, &[b"http://ca.example/x"])])],
    );
    let reasons = asn1(0x81, &[&[0x06, 0x40]]);
    let issuer = asn1(0xa2, &[&asn1(0x82, &[b"other.example"])]);
    for (further, count) in [(&[][..], 1), (&reasons, 0), (&issuer, 0)] {
        let points = asn1(0x30, &[&asn1(0x30, &[&name, further])]);
        let made = CertificateBuilder::code_signer("leaf").extension("2.5.29.31", false, &points);
        let certificate = read(&made.self_signed());
        assert_eq!(certificate.list_addresses().map(|it| it.len()), Ok(count));
        assert!(certificate.has_distribution_points());
    }
}

#[test]
fn extensions_are_bounded() {
    let with = |count: u64| {
        let mut made = CertificateBuilder::code_signer("leaf");
        for number in 2..count {
            made = made.extension(&format!("1.2.3.{number}"), false, &[0x05, 0x00]);
        }
        Certificate::from_der(made.self_signed().der()).map(|_| ())
    };
    assert_eq!(with(64), Ok(()));
    assert_eq!(with(65), Err(CertificateError::Malformed));
}

#[test]
fn certificates_of_every_kind_of_key_are_verified_with_their_issuer_alone() {
    for kind in KeyKind::ALL {
        if kind == KeyKind::P521 && cfg!(not(feature = "p521")) {
            continue;
        }
        let root = CertificateBuilder::authority("root")
            .key(kind, 0)
            .self_signed();
        let other = CertificateBuilder::authority("root")
            .key(kind, 1)
            .self_signed();
        let leaf = read(&CertificateBuilder::code_signer("leaf").issued_by(&root));
        assert_eq!(leaf.verify_signed_by(&read(&root)), Ok(()), "{kind:?}");
        let refused = leaf.verify_signed_by(&read(&other));
        assert_eq!(refused, Err(SignatureError::Bad), "{kind:?}");
    }
}

#[test]
fn an_algorithm_that_is_not_that_of_the_key_is_not_verified() {
    let root = CertificateBuilder::authority("root").self_signed();
    let null = [0x05, 0x00];
    for (oid, parameters, expected) in [
        // SHA-1 and MD5.
        ("1.2.840.10045.4.1", &[][..], SignatureError::Weak),
        ("1.2.840.113549.1.1.4", &null, SignatureError::Weak),
        // SHA-512, which the backend does not have with this curve.
        (
            "1.2.840.10045.4.3.4",
            &[],
            SignatureError::Mismatch {
                key: doorward_crypto::KeyAlgorithm::EcP256,
            },
        ),
        (
            "1.2.840.113549.1.1.11",
            &null,
            SignatureError::Mismatch {
                key: doorward_crypto::KeyAlgorithm::EcP256,
            },
        ),
        ("1.2.840.10045.4.3.2", &null, SignatureError::Unsupported),
        ("1.2.3.4", &[], SignatureError::Unsupported),
        ("1.2.840.10045.4.3.3", &[], SignatureError::Bad),
    ] {
        let identifier = asn1(0x30, &[&dotted_oid(oid), parameters]);
        let made = CertificateBuilder::code_signer("leaf").claimed_algorithm(&identifier);
        let leaf = read(&made.issued_by(&root));
        assert_eq!(leaf.verify_signed_by(&read(&root)), Err(expected), "{oid}");
    }
}
