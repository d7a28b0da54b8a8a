use super::*;

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = vec![tag, u8::try_from(content.len()).expect("short")];
    out.extend(content);
    out
}

fn identifier(oid: &[u8]) -> Vec<u8> {
    tlv(0x30, &[&tlv(0x06, &[oid])])
}

fn scheme(oid: &[u8], parameters: &[u8]) -> Result<SignatureScheme, Malformed> {
    let name = tlv(0x06, &[oid]);
    SignatureScheme::read(Reader::new(&[&name[..], parameters].concat()))
}

/// RSA-PSS of a hash, a mask and a salt.
fn pss_parameters(hash: &[u8], mask: &[u8], salt: u8) -> Vec<u8> {
    let mask = tlv(0x30, &[&tlv(0x06, &[oid::MGF1]), &identifier(mask)]);
    let salt = tlv(0x02, &[&[salt]]);
    let parts = [
        tlv(0xa0, &[&identifier(hash)]),
        tlv(0xa1, &[&mask]),
        tlv(0xa2, &[&salt]),
    ];
    tlv(0x30, &[&parts.concat()])
}

#[test]
fn pss_is_read_with_one_hash_and_a_salt_as_long() {
    for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
        let salt = u8::try_from(hash.len()).expect("short");
        let parameters = pss_parameters(hash.oid(), hash.oid(), salt);
        assert_eq!(
            scheme(oid::RSA_PSS, &parameters),
            Ok(SignatureScheme::Pss(hash))
        );
    }
}

#[test]
fn pss_with_anything_else_is_not_verified() {
    let unsupported = Ok(SignatureScheme::Unsupported);
    let (sha256, sha384) = (oid::SHA256, oid::SHA384);
    for (hash, mask, salt) in [
        (sha256, sha384, 32),
        (sha256, oid::SHA1, 32),
        (sha256, sha256, 20),
        (sha256, sha256, 0),
        (&[0x2a, 0x03][..], &[0x2a, 0x03][..], 32),
    ] {
        let parameters = pss_parameters(hash, mask, salt);
        assert_eq!(scheme(oid::RSA_PSS, &parameters), unsupported);
    }
    let weak = Ok(SignatureScheme::Weak);
    // The defaults are SHA-1.
    assert_eq!(scheme(oid::RSA_PSS, &[]), weak);
    assert_eq!(scheme(oid::RSA_PSS, &[0x30, 0x00]), weak);
    assert_eq!(
        scheme(oid::RSA_PSS, &pss_parameters(oid::SHA1, oid::SHA1, 20)),
        weak
    );
}

#[test]
fn parameters_where_none_belong_are_not_verified() {
    const NULL: [u8; 2] = [0x05, 0x00];
    for name in [oid::ECDSA_WITH_SHA256, oid::ED25519] {
        assert_eq!(scheme(name, &NULL), Ok(SignatureScheme::Unsupported));
    }
    let other = tlv(0x04, &[b"something"]);
    let rsa = |parameters: &[u8]| scheme(oid::SHA256_WITH_RSA, parameters);
    assert_eq!(rsa(&NULL), Ok(SignatureScheme::Pkcs1(Hash::Sha256)));
    assert_eq!(rsa(&[]), Ok(SignatureScheme::Pkcs1(Hash::Sha256)));
    assert_eq!(rsa(&other), Ok(SignatureScheme::Unsupported));
    assert_eq!(rsa(&[NULL, NULL].concat()), Err(Malformed));
}

#[test]
fn weak_hashes_are_weak_whatever_stands_behind() {
    for name in WEAK {
        assert_eq!(scheme(name, &[0x05, 0x00]), Ok(SignatureScheme::Weak));
        assert_eq!(scheme(name, &[]), Ok(SignatureScheme::Weak));
        let nonsense = [0x05, 0x00, 0x05, 0x00, 0xff];
        assert_eq!(scheme(name, &nonsense), Ok(SignatureScheme::Weak));
    }
}

#[test]
fn a_scheme_is_verified_with_keys_of_its_kind_alone() {
    let kinds = [
        KeyAlgorithm::EcP256,
        KeyAlgorithm::EcP384,
        KeyAlgorithm::EcP521,
        KeyAlgorithm::Ed25519,
        KeyAlgorithm::Rsa { bits: 2048 },
    ];
    let hashes = [Hash::Sha256, Hash::Sha384, Hash::Sha512];
    let mut accepted = 0;
    let schemes = hashes
        .into_iter()
        .flat_map(|hash| {
            [
                SignatureScheme::Ecdsa(hash),
                SignatureScheme::Pkcs1(hash),
                SignatureScheme::Pss(hash),
            ]
        })
        .chain([
            SignatureScheme::Ed25519,
            SignatureScheme::Weak,
            SignatureScheme::Unsupported,
        ]);
    for scheme in schemes {
        for key in kinds {
            if let Ok(algorithm) = scheme.with(key) {
                assert!(algorithm.fits(key), "{algorithm} with {key}");
                accepted += 1;
            }
        }
    }
    assert_eq!(accepted, 6 + 1 + 6);
}
