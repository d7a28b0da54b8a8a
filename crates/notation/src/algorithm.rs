//! Which algorithm a signing key makes signatures with.

use doorward_crypto::{KeyAlgorithm, SignatureAlgorithm};

/// The algorithm of an envelope. The key alone decides it: a header can only agree (Signature Specification, "Signature
/// Algorithm Requirements").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum EnvelopeAlgorithm {
    Es256,
    Es384,
    Es512,
    Ps256,
    Ps384,
    Ps512,
}

impl EnvelopeAlgorithm {
    /// The algorithm of signatures by such a key. Returns `None` for key types and lengths that the table of the
    /// clause does not have.
    pub(crate) const fn of_key(key: KeyAlgorithm) -> Option<Self> {
        match key {
            KeyAlgorithm::EcP256 => Some(Self::Es256),
            KeyAlgorithm::EcP384 => Some(Self::Es384),
            KeyAlgorithm::EcP521 => Some(Self::Es512),
            KeyAlgorithm::Rsa { bits: 2048 } => Some(Self::Ps256),
            KeyAlgorithm::Rsa { bits: 3072 } => Some(Self::Ps384),
            KeyAlgorithm::Rsa { bits: 4096 } => Some(Self::Ps512),
            _ => None,
        }
    }

    /// The value of the header `alg` in a JWS (RFC 7518, section 3.1). Returns `None` for every other name.
    pub(crate) fn of_jws(name: &str) -> Option<Self> {
        match name {
            "ES256" => Some(Self::Es256),
            "ES384" => Some(Self::Es384),
            "ES512" => Some(Self::Es512),
            "PS256" => Some(Self::Ps256),
            "PS384" => Some(Self::Ps384),
            "PS512" => Some(Self::Ps512),
            _ => None,
        }
    }

    /// The value of the header 1 in COSE (RFC 9053, section 2.1; RFC 8230, section 2). Returns `None` for every other
    /// number.
    pub(crate) const fn of_cose(number: i64) -> Option<Self> {
        match number {
            -7 => Some(Self::Es256),
            -35 => Some(Self::Es384),
            -36 => Some(Self::Es512),
            -37 => Some(Self::Ps256),
            -38 => Some(Self::Ps384),
            -39 => Some(Self::Ps512),
            _ => None,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
        }
    }

    /// How such a signature is verified: both integers of fixed length for ECDSA, a salt as long as the hash for PSS
    /// (RFC 7518, sections 3.4 and 3.5; RFC 8230, section 2).
    pub(crate) const fn signature(self) -> SignatureAlgorithm {
        match self {
            Self::Es256 => SignatureAlgorithm::EcdsaP256Sha256Fixed,
            Self::Es384 => SignatureAlgorithm::EcdsaP384Sha384Fixed,
            Self::Es512 => SignatureAlgorithm::EcdsaP521Sha512Fixed,
            Self::Ps256 => SignatureAlgorithm::RsaPssSha256,
            Self::Ps384 => SignatureAlgorithm::RsaPssSha384,
            Self::Ps512 => SignatureAlgorithm::RsaPssSha512,
        }
    }

    /// The hash of the algorithm, which the digest of a signed blob follows.
    pub(crate) const fn digest(self) -> doorward_core::Algorithm {
        match self {
            Self::Es256 | Self::Ps256 => doorward_core::Algorithm::Sha256,
            Self::Es384 | Self::Ps384 => doorward_core::Algorithm::Sha384,
            Self::Es512 | Self::Ps512 => doorward_core::Algorithm::Sha512,
        }
    }
}
