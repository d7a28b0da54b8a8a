//! `SubjectPublicKeyInfo` in DER and PEM.

use rustls_pki_types::pem::{PemObject, SectionKind};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::RSAPublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::{KeyError, PublicKey};

const RSA: &str = "1.2.840.113549.1.1.1";
const EC: &str = "1.2.840.10045.2.1";
const P256: &str = "1.2.840.10045.3.1.7";
const P384: &str = "1.3.132.0.34";
const P521: &str = "1.3.132.0.35";
const ED25519: &str = "1.3.101.112";

/// Reads a key in the forms of RFC 3279, section 2.3 (RSA), RFC 5480, section 2 (elliptic curves) and RFC 8410, section
/// 4 (Ed25519). What stands behind it, or in bits of its last byte that are not used, makes it none.
pub(crate) fn from_der(der: &[u8]) -> Result<PublicKey, KeyError> {
    const MALFORMED: KeyError = KeyError::Malformed {
        format: "SubjectPublicKeyInfo",
    };
    let (rest, info) = SubjectPublicKeyInfo::from_der(der).map_err(|_| MALFORMED)?;
    if !rest.is_empty() || info.subject_public_key.unused_bits != 0 {
        return Err(MALFORMED);
    }
    let key = info.subject_public_key.data.as_ref();
    let parameters = info.algorithm.parameters.as_ref();
    match info.algorithm.algorithm.to_id_string().as_str() {
        RSA => {
            // RFC 3279, section 2.3.1: the parameters are NULL. Laxer, because some encoders leave them out.
            if parameters.is_some_and(|p| p.as_null().is_err()) {
                return Err(MALFORMED);
            }
            let (rest, rsa) = RSAPublicKey::from_der(key).map_err(|_| MALFORMED)?;
            if !rest.is_empty() {
                return Err(MALFORMED);
            }
            PublicKey::rsa(rsa.modulus, rsa.exponent)
        }
        EC => {
            // RFC 5480, section 2.1.1: the parameters name the curve.
            let curve = parameters.and_then(|p| p.as_oid().ok()).ok_or(MALFORMED)?;
            match curve.to_id_string().as_str() {
                P256 => PublicKey::p256(key),
                P384 => PublicKey::p384(key),
                P521 => p521(key),
                other => Err(KeyError::Unsupported {
                    name: format!("elliptic curve {other}"),
                }),
            }
        }
        // RFC 8410, section 3: the parameters are absent.
        ED25519 if parameters.is_none() => PublicKey::ed25519(key),
        ED25519 => Err(MALFORMED),
        other => Err(KeyError::Unsupported { name: other.into() }),
    }
}

#[cfg(feature = "p521")]
fn p521(key: &[u8]) -> Result<PublicKey, KeyError> {
    PublicKey::p521(key)
}

#[cfg(not(feature = "p521"))]
fn p521(_: &[u8]) -> Result<PublicKey, KeyError> {
    Err(KeyError::Unsupported {
        name: "elliptic curve P-521 (this build is without the feature `p521`)".into(),
    })
}

pub(crate) fn der_of_pem(pem: &[u8]) -> Result<Vec<u8>, KeyError> {
    const MALFORMED: KeyError = KeyError::Malformed {
        format: "PEM public key",
    };
    let mut sections = <(SectionKind, Vec<u8>)>::pem_slice_iter(pem);
    let (kind, der) = sections.next().and_then(Result::ok).ok_or(MALFORMED)?;
    if kind != SectionKind::PublicKey || sections.next().is_some() {
        return Err(MALFORMED);
    }
    Ok(der)
}
