//! The allow-list: the kinds of keys and the signature algorithms that exist for Doorward. What is not named here
//! cannot be verified, whatever a document asks for.

use std::fmt;

use ring::signature as ring;

use crate::hash::Hash;

/// A kind of public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// Elliptic curve P-256 (secp256r1).
    EcP256,
    /// Elliptic curve P-384 (secp384r1).
    EcP384,
    /// Elliptic curve P-521 (secp521r1). Such a key can only be made with the feature `p521`.
    EcP521,
    /// Edwards curve 25519.
    Ed25519,
    /// RSA with a modulus of this many bits.
    Rsa {
        /// Bits of the modulus, 2048 to 8192.
        bits: usize,
    },
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EcP256 => f.write_str("P-256"),
            Self::EcP384 => f.write_str("P-384"),
            Self::EcP521 => f.write_str("P-521"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Rsa { bits } => write!(f, "RSA-{bits}"),
        }
    }
}

/// How a signature was made: key kind, hash, and for ECDSA the encoding of the two integers.
///
/// MD5, SHA-1, RIPEMD-160 and DSA have no variant. A hash shorter than the curve (SHA-256 on P-384, SHA-256 and SHA-384
/// on P-521) is there for Notary v1, which knows no hash but SHA-256, and for authorities that sign certificates so;
/// such a signature is as strong as the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// ECDSA on P-256 over SHA-256, DER (X.509, TUF, cosign).
    EcdsaP256Sha256,
    /// ECDSA on P-256 over SHA-256, both integers as 32 bytes (JWS, COSE, OpenPGP after padding).
    EcdsaP256Sha256Fixed,
    /// ECDSA on P-256 over SHA-384, DER.
    EcdsaP256Sha384,
    /// ECDSA on P-384 over SHA-256, DER (X.509).
    EcdsaP384Sha256,
    /// ECDSA on P-384 over SHA-256, both integers as 48 bytes (Notary v1).
    EcdsaP384Sha256Fixed,
    /// ECDSA on P-384 over SHA-384, DER.
    EcdsaP384Sha384,
    /// ECDSA on P-384 over SHA-384, both integers as 48 bytes.
    EcdsaP384Sha384Fixed,
    /// ECDSA on P-521 over SHA-256, both integers as 66 bytes (Notary v1).
    EcdsaP521Sha256Fixed,
    /// ECDSA on P-521 over SHA-384, DER (X.509).
    EcdsaP521Sha384,
    /// ECDSA on P-521 over SHA-512, DER (X.509).
    EcdsaP521Sha512,
    /// ECDSA on P-521 over SHA-512, both integers as 66 bytes (JWS, COSE).
    EcdsaP521Sha512Fixed,
    /// Ed25519 (RFC 8032) over the message itself.
    Ed25519,
    /// RSA PKCS #1 v1.5 over SHA-256.
    RsaPkcs1Sha256,
    /// RSA PKCS #1 v1.5 over SHA-384.
    RsaPkcs1Sha384,
    /// RSA PKCS #1 v1.5 over SHA-512.
    RsaPkcs1Sha512,
    /// RSA PSS over SHA-256, the salt as long as the hash.
    RsaPssSha256,
    /// RSA PSS over SHA-384, the salt as long as the hash.
    RsaPssSha384,
    /// RSA PSS over SHA-512, the salt as long as the hash.
    RsaPssSha512,
}

impl SignatureAlgorithm {
    /// Every algorithm on the allow-list.
    pub const ALL: &'static [Self] = &[
        Self::EcdsaP256Sha256,
        Self::EcdsaP256Sha256Fixed,
        Self::EcdsaP256Sha384,
        Self::EcdsaP384Sha256,
        Self::EcdsaP384Sha256Fixed,
        Self::EcdsaP384Sha384,
        Self::EcdsaP384Sha384Fixed,
        Self::EcdsaP521Sha256Fixed,
        Self::EcdsaP521Sha384,
        Self::EcdsaP521Sha512,
        Self::EcdsaP521Sha512Fixed,
        Self::Ed25519,
        Self::RsaPkcs1Sha256,
        Self::RsaPkcs1Sha384,
        Self::RsaPkcs1Sha512,
        Self::RsaPssSha256,
        Self::RsaPssSha384,
        Self::RsaPssSha512,
    ];

    /// The name used in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EcdsaP256Sha256 => "ECDSA-P256-SHA256",
            Self::EcdsaP256Sha256Fixed => "ECDSA-P256-SHA256 (fixed length)",
            Self::EcdsaP256Sha384 => "ECDSA-P256-SHA384",
            Self::EcdsaP384Sha256 => "ECDSA-P384-SHA256",
            Self::EcdsaP384Sha256Fixed => "ECDSA-P384-SHA256 (fixed length)",
            Self::EcdsaP384Sha384 => "ECDSA-P384-SHA384",
            Self::EcdsaP384Sha384Fixed => "ECDSA-P384-SHA384 (fixed length)",
            Self::EcdsaP521Sha256Fixed => "ECDSA-P521-SHA256 (fixed length)",
            Self::EcdsaP521Sha384 => "ECDSA-P521-SHA384",
            Self::EcdsaP521Sha512 => "ECDSA-P521-SHA512",
            Self::EcdsaP521Sha512Fixed => "ECDSA-P521-SHA512 (fixed length)",
            Self::Ed25519 => "Ed25519",
            Self::RsaPkcs1Sha256 => "RSA-PKCS1-SHA256",
            Self::RsaPkcs1Sha384 => "RSA-PKCS1-SHA384",
            Self::RsaPkcs1Sha512 => "RSA-PKCS1-SHA512",
            Self::RsaPssSha256 => "RSA-PSS-SHA256",
            Self::RsaPssSha384 => "RSA-PSS-SHA384",
            Self::RsaPssSha512 => "RSA-PSS-SHA512",
        }
    }

    /// Whether keys of this kind make such signatures.
    #[must_use]
    pub const fn fits(self, key: KeyAlgorithm) -> bool {
        match self {
            Self::EcdsaP256Sha256 | Self::EcdsaP256Sha256Fixed | Self::EcdsaP256Sha384 => {
                matches!(key, KeyAlgorithm::EcP256)
            }
            Self::EcdsaP384Sha256
            | Self::EcdsaP384Sha256Fixed
            | Self::EcdsaP384Sha384
            | Self::EcdsaP384Sha384Fixed => matches!(key, KeyAlgorithm::EcP384),
            Self::EcdsaP521Sha256Fixed
            | Self::EcdsaP521Sha384
            | Self::EcdsaP521Sha512
            | Self::EcdsaP521Sha512Fixed => matches!(key, KeyAlgorithm::EcP521),
            Self::Ed25519 => matches!(key, KeyAlgorithm::Ed25519),
            Self::RsaPkcs1Sha256
            | Self::RsaPkcs1Sha384
            | Self::RsaPkcs1Sha512
            | Self::RsaPssSha256
            | Self::RsaPssSha384
            | Self::RsaPssSha512 => matches!(key, KeyAlgorithm::Rsa { .. }),
        }
    }

    /// The implementation.
    pub(crate) fn backend(self) -> Backend {
        #[cfg(feature = "aws-lc")]
        if let Some(algorithm) = crate::aws_lc::algorithm(self) {
            return Backend::AwsLc(algorithm);
        }
        match self {
            Self::EcdsaP256Sha256 => Backend::Plain(&ring::ECDSA_P256_SHA256_ASN1),
            Self::EcdsaP256Sha256Fixed => Backend::Plain(&ring::ECDSA_P256_SHA256_FIXED),
            Self::EcdsaP256Sha384 => Backend::Plain(&ring::ECDSA_P256_SHA384_ASN1),
            Self::EcdsaP384Sha256 => Backend::Plain(&ring::ECDSA_P384_SHA256_ASN1),
            Self::EcdsaP384Sha256Fixed => Backend::FixedAsDer(&ring::ECDSA_P384_SHA256_ASN1),
            Self::EcdsaP384Sha384 => Backend::Plain(&ring::ECDSA_P384_SHA384_ASN1),
            Self::EcdsaP384Sha384Fixed => Backend::Plain(&ring::ECDSA_P384_SHA384_FIXED),
            Self::EcdsaP521Sha256Fixed => Backend::P521(Hash::Sha256, Encoding::Fixed),
            Self::EcdsaP521Sha384 => Backend::P521(Hash::Sha384, Encoding::Der),
            Self::EcdsaP521Sha512 => Backend::P521(Hash::Sha512, Encoding::Der),
            Self::EcdsaP521Sha512Fixed => Backend::P521(Hash::Sha512, Encoding::Fixed),
            Self::Ed25519 => Backend::Plain(&ring::ED25519),
            Self::RsaPkcs1Sha256 => Backend::Rsa(&ring::RSA_PKCS1_2048_8192_SHA256),
            Self::RsaPkcs1Sha384 => Backend::Rsa(&ring::RSA_PKCS1_2048_8192_SHA384),
            Self::RsaPkcs1Sha512 => Backend::Rsa(&ring::RSA_PKCS1_2048_8192_SHA512),
            Self::RsaPssSha256 => Backend::Rsa(&ring::RSA_PSS_2048_8192_SHA256),
            Self::RsaPssSha384 => Backend::Rsa(&ring::RSA_PSS_2048_8192_SHA384),
            Self::RsaPssSha512 => Backend::Rsa(&ring::RSA_PSS_2048_8192_SHA512),
        }
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// RSA keys go to the backend as their two integers, all others as bytes.
pub(crate) enum Backend {
    /// A second library, which is faster on this curve.
    #[cfg(feature = "aws-lc")]
    AwsLc(&'static aws_lc_rs::signature::EcdsaVerificationAlgorithm),
    /// The backend has the curve and hash only for the other encoding of the two integers.
    FixedAsDer(&'static dyn ring::VerificationAlgorithm),
    /// The backend does not have the curve at all.
    #[cfg_attr(
        any(not(feature = "p521"), feature = "aws-lc"),
        allow(
            dead_code,
            reason = "only the library that has the curve asks for them"
        )
    )]
    P521(Hash, Encoding),
    Plain(&'static dyn ring::VerificationAlgorithm),
    Rsa(&'static ring::RsaParameters),
}

/// How the two integers of an ECDSA signature are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// A `SEQUENCE` of two `INTEGER`s (RFC 3279, section 2.2.3).
    Der,
    /// One behind the other, each as long as the order of the curve (RFC 7518, section 3.4).
    Fixed,
}
