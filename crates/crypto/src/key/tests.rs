use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair};

use super::*;

const P256_PEM: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYQXLtFpgfB4kKB3vDDSVbKkVNyGp
gJcDFDpuE7nTOQRTvTJzZvxHgLyB0E2pOD8HGfRfHFpDR/OBhAR1wOXsPw==
-----END PUBLIC KEY-----
";

fn modulus(bits: usize) -> Vec<u8> {
    let mut bytes = vec![0xff; bits / 8];
    if let Some(last) = bytes.last_mut() {
        *last = 0xfd;
    }
    bytes
}

#[test]
fn a_short_rsa_modulus_is_refused() {
    for bits in [8, 512, 1024, 2040] {
        assert_eq!(
            PublicKey::rsa(&modulus(bits), &[1, 0, 1]),
            Err(KeyError::RsaModulus { bits })
        );
    }
    assert!(PublicKey::rsa(&modulus(2048), &[1, 0, 1]).is_ok());
}

#[test]
fn leading_zeros_do_not_make_a_short_modulus_long() {
    let mut padded = vec![0; 200];
    padded.extend(modulus(1024));
    assert_eq!(
        PublicKey::rsa(&padded, &[1, 0, 1]),
        Err(KeyError::RsaModulus { bits: 1024 })
    );
}

#[test]
fn a_modulus_beyond_8192_bits_is_refused() {
    assert!(PublicKey::rsa(&modulus(8192), &[3]).is_ok());
    assert!(matches!(
        PublicKey::rsa(&modulus(8200), &[3]),
        Err(KeyError::RsaModulus { bits: 8200 })
    ));
}

#[test]
fn an_even_modulus_is_refused() {
    let mut even = modulus(2048);
    if let Some(last) = even.last_mut() {
        *last = 0xfe;
    }
    assert!(PublicKey::rsa(&even, &[3]).is_err());
}

#[test]
fn exponents_of_zero_one_or_two_and_even_or_huge_ones_are_refused() {
    for exponent in [
        &[][..],
        &[0],
        &[1],
        &[2],
        &[1, 0, 0],
        &[2, 0, 0, 0, 1],
        &[1, 0, 0, 0, 0, 1],
    ] {
        assert_eq!(
            PublicKey::rsa(&modulus(2048), exponent),
            Err(KeyError::RsaExponent),
            "{exponent:?}"
        );
    }
}

#[test]
fn compressed_truncated_and_infinite_points_are_refused() {
    let mut compressed = [0; 65];
    compressed[0] = 2;
    for point in [&[][..], &[0], &compressed[..33], &compressed] {
        assert_eq!(PublicKey::p256(point), Err(KeyError::MalformedPoint));
        assert_eq!(PublicKey::p384(point), Err(KeyError::MalformedPoint));
    }
    assert_eq!(PublicKey::ed25519(&[0; 31]), Err(KeyError::MalformedPoint));
}

#[test]
fn a_point_off_the_curve_verifies_nothing() {
    let mut point = [1; 65];
    point[0] = 4;
    let key = PublicKey::p256(&point).expect("the form is right");
    assert_eq!(
        key.verify(SignatureAlgorithm::EcdsaP256Sha256Fixed, b"m", &[1; 64]),
        Err(VerifyError::BadSignature)
    );
}

#[test]
fn no_algorithm_accepts_a_key_of_another_kind() {
    let keys = [
        PublicKey::rsa(&modulus(2048), &[1, 0, 1]).expect("valid"),
        PublicKey::ed25519(&[9; 32]).expect("valid"),
        PublicKey::p256(&[4; 65]).expect("valid"),
        PublicKey::p384(&[4; 97]).expect("valid"),
    ];
    for key in &keys {
        for algorithm in SignatureAlgorithm::ALL {
            let outcome = key.verify(*algorithm, b"m", b"s");
            let mismatch = matches!(outcome, Err(VerifyError::AlgorithmMismatch { .. }));
            assert_eq!(
                mismatch,
                !algorithm.fits(key.algorithm()),
                "{key:?} {algorithm}"
            );
            assert!(outcome.is_err());
        }
    }
}

#[test]
fn the_two_encodings_of_an_ecdsa_signature_are_not_interchangeable() {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, &random)
        .expect("key");
    let pair = EcdsaKeyPair::from_pkcs8(
        &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        pkcs8.as_ref(),
        &random,
    )
    .expect("key");
    let key = PublicKey::p256(pair.public_key().as_ref()).expect("valid");
    let made = pair.sign(&random, b"m").expect("signed");
    assert_eq!(
        key.verify(SignatureAlgorithm::EcdsaP256Sha256, b"m", made.as_ref()),
        Ok(())
    );
    for algorithm in [
        SignatureAlgorithm::EcdsaP256Sha256Fixed,
        SignatureAlgorithm::EcdsaP256Sha384,
    ] {
        assert_eq!(
            key.verify(algorithm, b"m", made.as_ref()),
            Err(VerifyError::BadSignature)
        );
    }
}

#[test]
fn a_changed_message_signature_or_key_is_refused() {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("key");
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("key");
    let key = PublicKey::ed25519(pair.public_key().as_ref()).expect("valid");
    let made = pair.sign(b"m");
    let verify =
        |message: &[u8], bytes: &[u8]| key.verify(SignatureAlgorithm::Ed25519, message, bytes);
    assert_eq!(verify(b"m", made.as_ref()), Ok(()));
    assert_eq!(verify(b"n", made.as_ref()), Err(VerifyError::BadSignature));
    assert_eq!(
        verify(b"m", &made.as_ref()[1..]),
        Err(VerifyError::BadSignature)
    );
    assert_eq!(verify(b"m", &[]), Err(VerifyError::BadSignature));
    let other = PublicKey::ed25519(&[7; 32]).expect("form");
    assert!(
        other
            .verify(SignatureAlgorithm::Ed25519, b"m", made.as_ref())
            .is_err()
    );
}

#[test]
fn a_public_key_in_pem_is_read() {
    let key = PublicKey::from_pem(P256_PEM.as_bytes()).expect("valid");
    assert_eq!(key.algorithm(), KeyAlgorithm::EcP256);
}

#[test]
fn pem_with_no_key_two_keys_or_another_label_is_refused() {
    let twice = [P256_PEM, P256_PEM].concat();
    let private = P256_PEM.replace("PUBLIC KEY", "PRIVATE KEY");
    let certificate = P256_PEM.replace("PUBLIC KEY", "CERTIFICATE");
    for text in ["", "no key here", &twice, &private, &certificate] {
        assert!(
            matches!(
                PublicKey::from_pem(text.as_bytes()),
                Err(KeyError::Malformed { .. })
            ),
            "{text}"
        );
    }
}

#[test]
fn der_with_trailing_bytes_or_cut_short_is_refused() {
    use rustls_pki_types::pem::PemObject;
    let der = rustls_pki_types::SubjectPublicKeyInfoDer::from_pem_slice(P256_PEM.as_bytes())
        .expect("valid");
    let mut long = der.to_vec();
    long.push(0);
    assert!(PublicKey::from_spki_der(&der).is_ok());
    assert!(PublicKey::from_spki_der(&long).is_err());
    for cut in 0..der.len() {
        assert!(PublicKey::from_spki_der(&der[..cut]).is_err());
    }
}

#[test]
fn a_curve_that_is_not_on_the_list_is_named() {
    // A SubjectPublicKeyInfo for secp256k1 (1.3.132.0.10) with a point of the right length.
    let mut der = vec![
        0x30, 0x56, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05,
        0x2b, 0x81, 0x04, 0x00, 0x0a, 0x03, 0x42, 0x00,
    ];
    der.extend([4; 65]);
    assert_eq!(
        PublicKey::from_spki_der(&der),
        Err(KeyError::Unsupported {
            name: "elliptic curve 1.3.132.0.10".into()
        })
    );
}

#[test]
fn debug_output_names_the_algorithm_only() {
    assert_eq!(
        format!("{:?}", PublicKey::ed25519(&[7; 32]).expect("form")),
        "PublicKey(Ed25519)"
    );
}

const MESSAGE: &[u8] = b"signed with SHA-256";

/// Made by openssl, as is the signature over [`MESSAGE`].
const P384_PEM: &str = "-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEGGrKdA5wPacpB3HtNuR9UHk0d5eGt2AL
JpdNjKqStx1wr/9nq1T14DYz+dhjNa5J8oY5zBFTQhQYYTeqivxObpDiZkoVeRV6
gYHDJperCxS9qdOL2GjWztVGW9/o758S
-----END PUBLIC KEY-----
";
const P384_SIGNATURE: &str = "\
    ce0851952eb13cc9ec127ae2c30abb290cd5dd766ebe4179020b2ff8eedf935f1c1f533aa6a30d85b67bb563d3c40415\
    ff3ad636535ff3461477d0e100a7f3c9fbe896b9a2047f13f3ea000d7e6448d12a22a473d84593ea31d8e4ad595b9fb3";

/// Made by openssl, as is the signature over [`MESSAGE`].
const P521_PEM: &str = "-----BEGIN PUBLIC KEY-----
MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAv4NAykT+Q4kqiEaOp8E4s9if9iby
wHiFphdD5smi42P1+D0Er7ikh6WpqglxznJBqaBa1OR3B9IJs3lrEvaQcCsBowfz
z5aqJnS1cY7UWG9yJnhzbonJ0FmdqpxZXpuRBYxZq6C+9xZNZtRzawrZjv4vaWKi
rgGO8AI2BY/bpj/O2FY=
-----END PUBLIC KEY-----
";

/// That a signature of fixed length holds, and nothing near it does.
fn only_the_signature_holds(key: &PublicKey, algorithm: SignatureAlgorithm, signature: &[u8]) {
    let verify = |message: &[u8], bytes: &[u8]| key.verify(algorithm, message, bytes);
    const BAD: Result<(), VerifyError> = Err(VerifyError::BadSignature);
    assert_eq!(verify(MESSAGE, signature), Ok(()));
    assert_eq!(verify(b"signed with SHA-384", signature), BAD);
    for byte in 0..signature.len() {
        let mut changed = signature.to_vec();
        changed[byte] ^= 1;
        assert_eq!(verify(MESSAGE, &changed), BAD, "{byte}");
    }
    let (r, s) = signature.split_at(signature.len() / 2);
    let zero = vec![0; r.len()];
    for other in [
        &[][..],
        &signature[1..],
        &[signature, &[0]].concat(),
        &[&[0], signature].concat(),
        &[s, r].concat(),
        &[&zero, s].concat(),
        &[r, &zero].concat(),
        &[&zero[..], &zero].concat(),
        &vec![0xff; signature.len()],
    ] {
        assert_eq!(verify(MESSAGE, other), BAD, "{}", hex::encode(other));
    }
}

#[test]
fn a_signature_of_p384_over_sha256_is_verified() {
    let key = PublicKey::from_pem(P384_PEM.as_bytes()).expect("valid");
    let signature = hex::decode(P384_SIGNATURE).expect("hexadecimal");
    only_the_signature_holds(&key, SignatureAlgorithm::EcdsaP384Sha256Fixed, &signature);
    for other in [
        SignatureAlgorithm::EcdsaP384Sha384,
        SignatureAlgorithm::EcdsaP384Sha384Fixed,
    ] {
        assert_eq!(
            key.verify(other, MESSAGE, &signature),
            Err(VerifyError::BadSignature)
        );
    }
}

#[cfg(feature = "p521")]
#[test]
fn a_signature_of_p521_over_sha256_is_verified() {
    const SIGNATURE: &str = "\
        00cb2a3eb1d4ed0e18eade799b944ddc041fcce7c036f77319df667280baaeee5adc35e7de7d6999c6c5d3aa21993ce4\
        b969cb04192e712d527c5c9e6b30c3641f52016f57af893b4204002a16f1ba8ae48d554780a9424b7655dd1e1b3b07c0\
        50cea7dfa0a16e1c653ec6b950daa7b9588d57ef33c6767f4e20eb95b995cbcafd9e02cf";
    let key = PublicKey::from_pem(P521_PEM.as_bytes()).expect("valid");
    assert_eq!(key.algorithm(), KeyAlgorithm::EcP521);
    let signature = hex::decode(SIGNATURE).expect("hexadecimal");
    only_the_signature_holds(&key, SignatureAlgorithm::EcdsaP521Sha256Fixed, &signature);
}

#[cfg(feature = "p521")]
#[test]
fn a_p521_point_in_another_form_or_off_the_curve_verifies_nothing() {
    for point in [&[][..], &[4; 132], &[2; 133], &[4; 134]] {
        assert_eq!(PublicKey::p521(point), Err(KeyError::MalformedPoint));
    }
    let key = PublicKey::p521(&[4; 133]).expect("the form is right");
    assert_eq!(
        key.verify(SignatureAlgorithm::EcdsaP521Sha256Fixed, MESSAGE, &[1; 132]),
        Err(VerifyError::BadSignature)
    );
}

#[cfg(not(feature = "p521"))]
#[test]
fn a_p521_key_without_the_feature_is_refused_by_the_name_of_its_curve() {
    let refused = PublicKey::from_pem(P521_PEM.as_bytes()).expect_err("it is not supported");
    assert!(matches!(refused, KeyError::Unsupported { .. }));
    let text = refused.to_string();
    assert!(text.contains("P-521") && text.contains("`p521`"), "{text}");
}

#[test]
fn a_key_has_one_fingerprint_and_other_keys_have_others() {
    let keys = [
        PublicKey::rsa(&modulus(2048), &[1, 0, 1]).expect("valid"),
        PublicKey::rsa(&modulus(2048), &[3]).expect("valid"),
        PublicKey::rsa(&modulus(2056), &[1, 0, 1]).expect("valid"),
        PublicKey::ed25519(&[4; 32]).expect("valid"),
        PublicKey::ed25519(&[5; 32]).expect("valid"),
        PublicKey::p256(&[4; 65]).expect("valid"),
        PublicKey::p384(&[4; 97]).expect("valid"),
        PublicKey::from_pem(P256_PEM.as_bytes()).expect("valid"),
        PublicKey::from_pem(P384_PEM.as_bytes()).expect("valid"),
    ];
    for (index, key) in keys.iter().enumerate() {
        assert_eq!(key.fingerprint(), key.clone().fingerprint());
        for other in &keys[..index] {
            assert_ne!(key.fingerprint(), other.fingerprint(), "{key:?} {other:?}");
        }
    }
    let mut padded = vec![0; 3];
    padded.extend(modulus(2048));
    let again = PublicKey::rsa(&padded, &[0, 1, 0, 1]).expect("valid");
    assert_eq!(again.fingerprint(), keys[0].fingerprint());
}
