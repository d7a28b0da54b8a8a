use super::*;

const ROOT: &[u8] = include_bytes!("../../tests/vectors/certs/root.crt");
const TSA_ROOT: &[u8] = include_bytes!("../../tests/vectors/certs/tsa-root.crt");

fn der(pem: &[u8]) -> Vec<u8> {
    Certificate::from_pem(pem).expect("a certificate")[0]
        .der()
        .to_vec()
}

#[test]
fn files_hold_pem_or_der_one_certificate_or_several() {
    for file in [
        ROOT.to_vec(),
        [ROOT, TSA_ROOT].concat(),
        der(ROOT),
        [der(ROOT), der(TSA_ROOT)].concat(),
    ] {
        let store = TrustStore::read(StoreType::Ca, [&file]).expect("a store");
        assert_eq!(store.certificates()[0].der(), der(ROOT));
    }
    let store = TrustStore::read(StoreType::Tsa, [ROOT.to_vec(), der(TSA_ROOT)]);
    assert_eq!(store.expect("a store").certificates().len(), 2);
}

#[test]
fn one_file_that_is_not_good_makes_the_store_none() {
    for bad in [
        b"garbage".to_vec(),
        b"-----BEGIN PUBLIC KEY-----\nMA==\n-----END PUBLIC KEY-----\n".to_vec(),
        der(ROOT)[1..].to_vec(),
        der(ROOT)[..100].to_vec(),
        [der(ROOT), vec![0]].concat(),
        vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
    ] {
        let store = TrustStore::read(StoreType::Ca, [ROOT.to_vec(), bad.clone()]);
        assert!(
            matches!(store, Err(TrustStoreError::Malformed(_))),
            "{bad:x?}"
        );
    }
}

#[test]
fn a_store_without_a_certificate_is_empty() {
    let nothing: [&[u8]; 0] = [];
    assert_eq!(
        TrustStore::read(StoreType::Ca, nothing),
        Err(TrustStoreError::Empty)
    );
    assert_eq!(
        TrustStore::read(StoreType::Ca, [b""]),
        Err(TrustStoreError::Empty)
    );
}

#[test]
fn bytes_and_certificates_are_bounded() {
    let many = der(TSA_ROOT).repeat(limits::STORE_CERTIFICATES + 1);
    assert_eq!(
        TrustStore::read(StoreType::Ca, [many]),
        Err(TrustStoreError::TooMany {
            limit: limits::STORE_CERTIFICATES
        })
    );
    assert_eq!(
        TrustStore::read(StoreType::Ca, [vec![b' '; limits::STORE_BYTES + 1]]),
        Err(TrustStoreError::TooLarge {
            limit: limits::STORE_BYTES
        })
    );
}

#[test]
fn a_store_that_was_not_given_is_missing_and_one_that_was_not_readable_stays_so() {
    let broken: StoreReference = "ca:broken".parse().expect("a store");
    let error = TrustStoreError::Unreadable {
        detail: "a link".to_owned(),
    };
    let stores = TrustStores::new().with(broken.clone(), Err(error.clone()));
    assert_eq!(stores.get(&broken), Err(error));
    // The type is a part of what it is called.
    let other = StoreReference {
        kind: StoreType::Tsa,
        ..broken
    };
    assert_eq!(stores.get(&other), Err(TrustStoreError::Missing));
}

#[test]
fn a_name_is_no_path() {
    for good in ["acme", "a.b-c_D9", "...", "-"] {
        assert!(good.parse::<StoreName>().is_ok(), "{good}");
    }
    for bad in [
        "",
        ".",
        "..",
        "a/b",
        "a\\b",
        "a b",
        "ä",
        "a:b",
        &"x".repeat(256),
    ] {
        assert_eq!(bad.parse::<StoreName>(), Err(StoreNameError), "{bad}");
    }
}

#[test]
fn a_store_is_given_by_a_known_type_and_a_name() {
    let store: StoreReference = "signingAuthority:x".parse().expect("a store");
    assert_eq!(store.to_string(), "signingAuthority:x");
    for (text, error) in [
        ("acme", StoreReferenceError::NoColon),
        ("CA:acme", StoreReferenceError::Type),
        (":acme", StoreReferenceError::Type),
        ("ca:", StoreReferenceError::Name(StoreNameError)),
        ("ca:..", StoreReferenceError::Name(StoreNameError)),
    ] {
        assert_eq!(text.parse::<StoreReference>(), Err(error), "{text}");
    }
}
