//! Why a key or a signature is refused.

use crate::{KeyAlgorithm, SignatureAlgorithm};

/// Why something is not a public key that may verify signatures.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The bytes do not follow the format.
    #[error("not a {format}")]
    Malformed {
        /// The format expected, such as `SubjectPublicKeyInfo`.
        format: &'static str,
    },
    /// An elliptic curve point is not an uncompressed point of the curve's length.
    #[error("the curve point is not in uncompressed form")]
    MalformedPoint,
    /// An RSA exponent is even, below 3 or above 2^33.
    #[error("the RSA exponent is out of range")]
    RsaExponent,
    /// An RSA modulus is too short to protect, or longer than is verified.
    #[error(
        "the RSA modulus has {bits} bits, expected {} to {}",
        PublicKeyBits::MIN,
        PublicKeyBits::MAX
    )]
    RsaModulus {
        /// Bits of the modulus.
        bits: usize,
    },
    /// The algorithm or curve is not on the allow-list.
    #[error("the key algorithm {name} is not supported")]
    Unsupported {
        /// The algorithm's name or object identifier.
        name: String,
    },
}

/// The bounds of an RSA modulus, in bits.
pub(crate) struct PublicKeyBits;

impl PublicKeyBits {
    /// 112 bits of security, the least that NIST SP 800-131A still allows.
    pub(crate) const MIN: usize = 2048;
    /// The most that the backend verifies; longer ones only cost time.
    pub(crate) const MAX: usize = 8192;
}

/// Why a signature does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The signature algorithm is for another kind of key.
    #[error("a {key} key does not make {signature} signatures")]
    AlgorithmMismatch {
        /// The kind of the key.
        key: KeyAlgorithm,
        /// The algorithm asked for.
        signature: SignatureAlgorithm,
    },
    /// The signature does not match the message and key.
    #[error("the signature does not match")]
    BadSignature,
}
