//! Public keys, checked when they are made and ready for the backend ever after.

use std::fmt;

use doorward_core::Digest;
use ring::signature::{RsaPublicKeyComponents, UnparsedPublicKey};

use crate::algorithm::Backend;
use crate::error::PublicKeyBits;
use crate::{KeyAlgorithm, KeyError, SignatureAlgorithm, VerifyError, ecdsa, spki};

/// The first byte of an uncompressed point (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 4;
/// The backend takes exponents of at most 33 bits.
const MAX_EXPONENT_BYTES: usize = 5;

/// A public key of an algorithm on the allow-list, at least 2048 bits long if it is RSA.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PublicKey {
    material: Material,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Material {
    Ed25519([u8; 32]),
    P256(Box<[u8; 65]>),
    P384(Box<[u8; 97]>),
    #[cfg(feature = "p521")]
    P521(Box<[u8; 133]>),
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
        bits: usize,
    },
}

impl PublicKey {
    /// An RSA key from its modulus and public exponent (RFC 8017, section 3.1), big-endian; leading zeros are dropped.
    ///
    /// # Errors
    /// [`KeyError::RsaModulus`] if it is not 2048 to 8192 bits long, [`KeyError::RsaExponent`] if it is even, below 3
    /// or above 33 bits.
    pub fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let modulus = strip_zeros(modulus);
        let exponent = strip_zeros(exponent);
        let bits = modulus.first().map_or(0, |first| {
            modulus.len() * 8 - usize::try_from(first.leading_zeros()).unwrap_or(0)
        });
        let odd = |n: &[u8]| n.last().is_some_and(|last| last & 1 == 1);
        if !(PublicKeyBits::MIN..=PublicKeyBits::MAX).contains(&bits) || !odd(modulus) {
            return Err(KeyError::RsaModulus { bits });
        }
        let too_long = exponent.len() > MAX_EXPONENT_BYTES
            || (exponent.len() == MAX_EXPONENT_BYTES && exponent.first() != Some(&1));
        if too_long || !odd(exponent) || exponent == [1] {
            return Err(KeyError::RsaExponent);
        }
        Ok(Self {
            material: Material::Rsa {
                modulus: modulus.to_vec(),
                exponent: exponent.to_vec(),
                bits,
            },
        })
    }

    /// A P-256 key from its uncompressed point, `04 || x || y`. That the point is on the curve is checked with
    /// every signature.
    ///
    /// # Errors
    /// [`KeyError::MalformedPoint`].
    pub fn p256(point: &[u8]) -> Result<Self, KeyError> {
        let point: [u8; 65] = point.try_into().map_err(|_| KeyError::MalformedPoint)?;
        if point.first() != Some(&UNCOMPRESSED) {
            return Err(KeyError::MalformedPoint);
        }
        Ok(Self {
            material: Material::P256(Box::new(point)),
        })
    }

    /// A P-384 key from its uncompressed point, `04 || x || y`. That the point is on the curve is checked with
    /// every signature.
    ///
    /// # Errors
    /// [`KeyError::MalformedPoint`].
    pub fn p384(point: &[u8]) -> Result<Self, KeyError> {
        let point: [u8; 97] = point.try_into().map_err(|_| KeyError::MalformedPoint)?;
        if point.first() != Some(&UNCOMPRESSED) {
            return Err(KeyError::MalformedPoint);
        }
        Ok(Self {
            material: Material::P384(Box::new(point)),
        })
    }

    /// A P-521 key from its uncompressed point, `04 || x || y`. That the point is on the curve is checked with every
    /// signature. Only with the feature `p521`: the backend does not have the curve, so another library is needed.
    ///
    /// # Errors
    /// [`KeyError::MalformedPoint`].
    #[cfg(feature = "p521")]
    pub fn p521(point: &[u8]) -> Result<Self, KeyError> {
        let point: [u8; 133] = point.try_into().map_err(|_| KeyError::MalformedPoint)?;
        if point.first() != Some(&UNCOMPRESSED) {
            return Err(KeyError::MalformedPoint);
        }
        Ok(Self {
            material: Material::P521(Box::new(point)),
        })
    }

    /// An Ed25519 key from its 32 bytes (RFC 8032, section 5.1.5).
    ///
    /// # Errors
    /// [`KeyError::MalformedPoint`] if there are not 32.
    pub fn ed25519(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes = bytes.try_into().map_err(|_| KeyError::MalformedPoint)?;
        Ok(Self {
            material: Material::Ed25519(bytes),
        })
    }

    /// A key from a DER `SubjectPublicKeyInfo` (RFC 5280, section 4.1.2.7), which must be all of `der`.
    ///
    /// # Errors
    /// Any [`KeyError`].
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        spki::from_der(der)
    }

    /// A key from the one `PUBLIC KEY` section of a PEM text (RFC 7468, section 13).
    ///
    /// # Errors
    /// Any [`KeyError`]; [`KeyError::Malformed`] also if there is another section, a private key for instance.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        spki::from_der(&spki::der_of_pem(pem)?)
    }

    /// The DER `SubjectPublicKeyInfo` in a PEM text with one `PUBLIC KEY` section and nothing else (RFC 7468, section 13). What
    /// key it is has not been looked at.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn spki_der_of_pem(pem: &[u8]) -> Result<Vec<u8>, KeyError> {
        spki::der_of_pem(pem)
    }

    /// The kind of the key.
    #[must_use]
    pub const fn algorithm(&self) -> KeyAlgorithm {
        match &self.material {
            Material::Ed25519(_) => KeyAlgorithm::Ed25519,
            Material::P256(_) => KeyAlgorithm::EcP256,
            Material::P384(_) => KeyAlgorithm::EcP384,
            #[cfg(feature = "p521")]
            Material::P521(_) => KeyAlgorithm::EcP521,
            Material::Rsa { bits, .. } => KeyAlgorithm::Rsa { bits: *bits },
        }
    }

    /// What tells this key from every other, in whatever form it was written down: a digest over its kind and numbers.
    /// It is not the digest of any encoding.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        let mut bytes = format!("{}\n", self.algorithm()).into_bytes();
        match &self.material {
            Material::Ed25519(point) => bytes.extend_from_slice(point),
            Material::P256(point) => bytes.extend_from_slice(point.as_slice()),
            Material::P384(point) => bytes.extend_from_slice(point.as_slice()),
            #[cfg(feature = "p521")]
            Material::P521(point) => bytes.extend_from_slice(point.as_slice()),
            Material::Rsa {
                modulus, exponent, ..
            } => {
                bytes.extend_from_slice(modulus);
                bytes.push(b'\n');
                bytes.extend_from_slice(exponent);
            }
        }
        Digest::sha256(&bytes)
    }

    /// Gives `take` the numbers of the key, always as many for keys of one kind.
    pub(crate) fn parts(&self, take: &mut dyn FnMut(&[u8])) {
        match &self.material {
            Material::Ed25519(point) => take(point),
            Material::P256(point) => take(point.as_slice()),
            Material::P384(point) => take(point.as_slice()),
            #[cfg(feature = "p521")]
            Material::P521(point) => take(point.as_slice()),
            Material::Rsa {
                modulus, exponent, ..
            } => {
                take(modulus);
                take(exponent);
            }
        }
    }

    /// Checks that `signature` over `message` was made with this key: RSA by RFC 8017, sections 8.1.2 and 8.2.2, ECDSA
    /// by FIPS 186-5, section 6.4.2, Ed25519 by RFC 8032, section 5.1.7. The message is hashed here.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        let mismatch = VerifyError::AlgorithmMismatch {
            key: self.algorithm(),
            signature: algorithm,
        };
        if !algorithm.fits(self.algorithm()) {
            return Err(mismatch);
        }
        let outcome = match (&self.material, algorithm.backend()) {
            (Material::Ed25519(bytes), Backend::Plain(backend)) => {
                UnparsedPublicKey::new(backend, bytes).verify(message, signature)
            }
            (Material::P256(point), Backend::Plain(backend)) => {
                UnparsedPublicKey::new(backend, point.as_slice()).verify(message, signature)
            }
            (Material::P384(point), Backend::Plain(backend)) => {
                UnparsedPublicKey::new(backend, point.as_slice()).verify(message, signature)
            }
            (Material::P384(point), Backend::FixedAsDer(backend)) => {
                let der = ecdsa::fixed_to_der(signature, 48).ok_or(VerifyError::BadSignature)?;
                UnparsedPublicKey::new(backend, point.as_slice()).verify(message, &der)
            }
            #[cfg(feature = "aws-lc")]
            (Material::P384(point), Backend::AwsLc(backend)) => {
                return crate::aws_lc::verify(backend, point.as_slice(), message, signature);
            }
            #[cfg(all(feature = "aws-lc", feature = "p521"))]
            (Material::P521(point), Backend::AwsLc(backend)) => {
                return crate::aws_lc::verify(backend, point.as_slice(), message, signature);
            }
            #[cfg(feature = "p521")]
            (Material::P521(point), Backend::P521(hash, encoding)) => {
                return ecdsa::verify_p521(point.as_slice(), hash, encoding, message, signature);
            }
            (
                Material::Rsa {
                    modulus, exponent, ..
                },
                Backend::Rsa(backend),
            ) => RsaPublicKeyComponents {
                n: modulus,
                e: exponent,
            }
            .verify(backend, message, signature),
            #[cfg(feature = "aws-lc")]
            (_, Backend::AwsLc(_)) => return Err(mismatch),
            (
                _,
                Backend::FixedAsDer(_) | Backend::P521(..) | Backend::Plain(_) | Backend::Rsa(_),
            ) => {
                return Err(mismatch);
            }
        };
        outcome.map_err(|_| VerifyError::BadSignature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.algorithm())
    }
}

fn strip_zeros(mut number: &[u8]) -> &[u8] {
    while let [0, rest @ ..] = number {
        number = rest;
    }
    number
}

#[cfg(test)]
mod tests;

#[cfg(feature = "p521")]
#[cfg(test)]
mod p521_tests;
