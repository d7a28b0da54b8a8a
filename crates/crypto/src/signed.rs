//! Signatures on certificates and on what authorities sign beside them.

use doorward_core::BudgetExceeded;

use crate::der::{Malformed, Reader, tag};
use crate::hash::Hash;
use crate::{
    KeyAlgorithm, KeyError, PublicKey, SignatureAlgorithm, SignatureChecks, VerifyError, oid,
};

/// Signature algorithms whose hash no longer protects: with MD2, MD5 and SHA-1 (RFC 3279, sections 2.2.1 to 2.2.3).
const WEAK: &[&[u8]] = &[
    oid::MD2_WITH_RSA,
    oid::MD5_WITH_RSA,
    oid::SHA1_WITH_RSA,
    oid::DSA_WITH_SHA1,
    oid::ECDSA_WITH_SHA1,
    oid::OIW_SHA1_WITH_RSA,
];

/// Why a signature on a certificate, a revocation list, a response or a time stamp does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The signature was not made with the key over these bytes.
    #[error("the signature does not match")]
    Bad,
    /// The signer's key is not on the allow-list.
    #[error("the signer's key is refused: {0}")]
    Key(KeyError),
    /// The signature algorithm is for another kind of key, or for another hash than is verified with this key.
    #[error("the signature algorithm is not verified with a {key} key")]
    Mismatch {
        /// The kind of the signer's key.
        key: KeyAlgorithm,
    },
    /// The signature algorithm is not on the allow-list.
    #[error("the signature algorithm is not supported")]
    Unsupported,
    /// The signature is over MD2, MD5 or SHA-1.
    #[error("the signature is over a hash that no longer protects")]
    Weak,
}

impl From<VerifyError> for SignatureError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::AlgorithmMismatch { key, .. } => Self::Mismatch { key },
            VerifyError::BadSignature => Self::Bad,
        }
    }
}

/// What an `AlgorithmIdentifier` of a signature says (RFC 5280, section 4.1.1.2). It leaves the curve to the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum SignatureScheme {
    Ecdsa(Hash),
    Ed25519,
    Pkcs1(Hash),
    Pss(Hash),
    Unsupported,
    Weak,
}

impl SignatureScheme {
    /// Reads the content of an `AlgorithmIdentifier`.
    pub(crate) fn read(mut identifier: Reader<'_>) -> Result<Self, Malformed> {
        let name = identifier.oid()?;
        if WEAK.contains(&name) {
            return Ok(Self::Weak);
        }
        let parameters = if identifier.is_empty() {
            None
        } else {
            Some(identifier.element()?)
        };
        identifier.finish()?;
        // RFC 4055, section 5: NULL with RSA; laxer, because some leave it out. RFC 5758, section 3.2, and RFC 8410,
        // section 3: nothing with the others.
        let none = parameters.is_none();
        let null = parameters.is_none_or(|p| p.tag == tag::NULL && p.content.is_empty());
        Ok(match name {
            oid::RSA_PSS => match parameters {
                Some(parameters) if parameters.tag == tag::SEQUENCE => {
                    pss(Reader::new(parameters.content))?
                }
                // RFC 4055, section 3.1: the defaults, which are SHA-1.
                _ => Self::Weak,
            },
            oid::SHA256_WITH_RSA if null => Self::Pkcs1(Hash::Sha256),
            oid::SHA384_WITH_RSA if null => Self::Pkcs1(Hash::Sha384),
            oid::SHA512_WITH_RSA if null => Self::Pkcs1(Hash::Sha512),
            oid::ECDSA_WITH_SHA256 if none => Self::Ecdsa(Hash::Sha256),
            oid::ECDSA_WITH_SHA384 if none => Self::Ecdsa(Hash::Sha384),
            oid::ECDSA_WITH_SHA512 if none => Self::Ecdsa(Hash::Sha512),
            oid::ED25519 if none => Self::Ed25519,
            _ => Self::Unsupported,
        })
    }

    /// The hash that it names.
    pub(crate) const fn hash(self) -> Option<Hash> {
        match self {
            Self::Ecdsa(hash) | Self::Pkcs1(hash) | Self::Pss(hash) => Some(hash),
            Self::Ed25519 | Self::Unsupported | Self::Weak => None,
        }
    }

    /// The algorithm that it is with a key.
    pub(crate) const fn with(
        self,
        key: KeyAlgorithm,
    ) -> Result<SignatureAlgorithm, SignatureError> {
        use SignatureAlgorithm as A;
        Ok(match (self, key) {
            (Self::Weak, _) => return Err(SignatureError::Weak),
            (Self::Unsupported, _) => return Err(SignatureError::Unsupported),
            (Self::Ecdsa(Hash::Sha256), KeyAlgorithm::EcP256) => A::EcdsaP256Sha256,
            (Self::Ecdsa(Hash::Sha384), KeyAlgorithm::EcP256) => A::EcdsaP256Sha384,
            (Self::Ecdsa(Hash::Sha256), KeyAlgorithm::EcP384) => A::EcdsaP384Sha256,
            (Self::Ecdsa(Hash::Sha384), KeyAlgorithm::EcP384) => A::EcdsaP384Sha384,
            (Self::Ecdsa(Hash::Sha384), KeyAlgorithm::EcP521) => A::EcdsaP521Sha384,
            (Self::Ecdsa(Hash::Sha512), KeyAlgorithm::EcP521) => A::EcdsaP521Sha512,
            (Self::Ed25519, KeyAlgorithm::Ed25519) => A::Ed25519,
            (Self::Pkcs1(Hash::Sha256), KeyAlgorithm::Rsa { .. }) => A::RsaPkcs1Sha256,
            (Self::Pkcs1(Hash::Sha384), KeyAlgorithm::Rsa { .. }) => A::RsaPkcs1Sha384,
            (Self::Pkcs1(Hash::Sha512), KeyAlgorithm::Rsa { .. }) => A::RsaPkcs1Sha512,
            (Self::Pss(Hash::Sha256), KeyAlgorithm::Rsa { .. }) => A::RsaPssSha256,
            (Self::Pss(Hash::Sha384), KeyAlgorithm::Rsa { .. }) => A::RsaPssSha384,
            (Self::Pss(Hash::Sha512), KeyAlgorithm::Rsa { .. }) => A::RsaPssSha512,
            // The backend has neither P-256 nor P-384 with SHA-512, and nobody was seen to use SHA-256 with P-521.
            (Self::Ecdsa(_) | Self::Ed25519 | Self::Pkcs1(_) | Self::Pss(_), key) => {
                return Err(SignatureError::Mismatch { key });
            }
        })
    }

    /// Checks that `signature` over `message` was made with this key, on account of a decision.
    pub(crate) fn verify(
        self,
        key: Result<&PublicKey, KeyError>,
        message: &[u8],
        signature: &[u8],
        checks: &mut SignatureChecks<'_>,
    ) -> Result<Result<(), SignatureError>, BudgetExceeded> {
        let (key, algorithm) = match self.by(key) {
            Ok(both) => both,
            Err(error) => return Ok(Err(error)),
        };
        let verified = checks.verify(key, algorithm, message, signature)?;
        Ok(verified.map_err(SignatureError::from))
    }

    /// The algorithm for this key.
    pub(crate) fn by(
        self,
        key: Result<&PublicKey, KeyError>,
    ) -> Result<(&PublicKey, SignatureAlgorithm), SignatureError> {
        // A weak hash is the reason that is worth naming, whatever the key is.
        if self == Self::Weak {
            return Err(SignatureError::Weak);
        }
        let key = key.map_err(SignatureError::Key)?;
        Ok((key, self.with(key.algorithm())?))
    }
}

/// The parameters of RSA-PSS (RFC 4055, section 3.1). Stricter than the section: the mask must use the same hash and
/// the salt be as long as it, because the backend verifies nothing else; every authority that was seen does both.
fn pss(mut parameters: Reader<'_>) -> Result<SignatureScheme, Malformed> {
    let hash = match parameters.optional(tag::constructed(0))? {
        None => return Ok(SignatureScheme::Weak),
        Some(hash) => hash_of(Reader::whole(hash, tag::SEQUENCE)?)?,
    };
    let mask = match parameters.optional(tag::constructed(1))? {
        None => oid::SHA1,
        Some(mask) => {
            let mut mask = Reader::whole(mask, tag::SEQUENCE)?;
            if mask.oid()? != oid::MGF1 {
                return Ok(SignatureScheme::Unsupported);
            }
            let hash = mask.sequence()?;
            mask.finish()?;
            hash_of(hash)?
        }
    };
    let salt = match parameters.optional(tag::constructed(2))? {
        None => 20,
        Some(salt) => {
            let mut salt = Reader::new(salt);
            let length = salt.small()?;
            salt.finish()?;
            length
        }
    };
    let trailer = match parameters.optional(tag::constructed(3))? {
        None => 1,
        Some(trailer) => Reader::new(trailer).small()?,
    };
    parameters.finish()?;
    Ok(match Hash::from_oid(hash) {
        None if hash == oid::SHA1 => SignatureScheme::Weak,
        Some(known) if mask == hash && salt == known.len() && trailer == 1 => {
            SignatureScheme::Pss(known)
        }
        _ => SignatureScheme::Unsupported,
    })
}

/// The object identifier in the content of the `AlgorithmIdentifier` of a hash, whose parameters are NULL or left out
/// (RFC 4055, section 2.1).
pub(crate) fn hash_of(mut identifier: Reader<'_>) -> Result<&[u8], Malformed> {
    let name = identifier.oid()?;
    if identifier
        .optional(tag::NULL)?
        .is_some_and(|null| !null.is_empty())
    {
        return Err(Malformed);
    }
    identifier.finish()?;
    Ok(name)
}

#[cfg(test)]
mod tests;
