//! The curves on which AWS-LC is faster than what else there is (docs/adr/0010-elliptic-backends.md).

use aws_lc_rs::signature::{
    ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED,
    ECDSA_P521_SHA256_FIXED, ECDSA_P521_SHA384_ASN1, ECDSA_P521_SHA512_ASN1,
    ECDSA_P521_SHA512_FIXED, EcdsaVerificationAlgorithm, UnparsedPublicKey,
};

use crate::{SignatureAlgorithm, VerifyError};

/// Its implementation of an algorithm. Returns `None` for those that others implement as well: all but P-384 and P-521,
/// and P-384 over SHA-256 with integers of fixed length, which it does not have.
pub(crate) const fn algorithm(
    algorithm: SignatureAlgorithm,
) -> Option<&'static EcdsaVerificationAlgorithm> {
    Some(match algorithm {
        SignatureAlgorithm::EcdsaP384Sha256 => &ECDSA_P384_SHA256_ASN1,
        SignatureAlgorithm::EcdsaP384Sha384 => &ECDSA_P384_SHA384_ASN1,
        SignatureAlgorithm::EcdsaP384Sha384Fixed => &ECDSA_P384_SHA384_FIXED,
        SignatureAlgorithm::EcdsaP521Sha256Fixed => &ECDSA_P521_SHA256_FIXED,
        SignatureAlgorithm::EcdsaP521Sha384 => &ECDSA_P521_SHA384_ASN1,
        SignatureAlgorithm::EcdsaP521Sha512 => &ECDSA_P521_SHA512_ASN1,
        SignatureAlgorithm::EcdsaP521Sha512Fixed => &ECDSA_P521_SHA512_FIXED,
        _ => return None,
    })
}

/// Verifies a signature with the key of an uncompressed point.
pub(crate) fn verify(
    algorithm: &'static EcdsaVerificationAlgorithm,
    point: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), VerifyError> {
    let key = UnparsedPublicKey::new(algorithm, point);
    let verified = key.verify(message, signature);
    verified.map_err(|_| VerifyError::BadSignature)
}
