//! How a signature was made, and over what.

use std::borrow::Cow;

use doorward_core::{Algorithm, BudgetExceeded, Digest, Meter, Rejection};
use doorward_crypto::{KeyAlgorithm, SignatureAlgorithm};

use crate::candidate::{Candidate, Content, Hash};
use crate::leaf::Leaf;
use doorward_crypto::sigstore::prehashed;

use crate::{VerificationKey, codes, ed25519ph, hex};

/// What a signature is over.
pub(super) enum Message<'a> {
    Bytes(Cow<'a, [u8]>),
    /// Something of which the hash is all that is at hand.
    Sha256(Vec<u8>),
}

impl<'a> Message<'a> {
    pub(super) fn of(candidate: &'a Candidate, digest: &Digest) -> Result<Self, Rejection> {
        match &candidate.content {
            Content::Claim { payload, .. } => Ok(Self::Bytes(Cow::Borrowed(payload))),
            Content::Statement(envelope) => Ok(Self::Bytes(Cow::Owned(envelope.signed()))),
            Content::Bytes { hash, .. } => Self::hashed(hash.as_ref(), digest),
        }
    }

    fn hashed(hash: Option<&Hash>, digest: &Digest) -> Result<Self, Rejection> {
        let bytes = hex::decode(digest.hex()).filter(|_| digest.algorithm() == Algorithm::Sha256);
        let Some(bytes) = bytes else {
            let detail =
                format!("a signature over bytes is held against SHA-256, and not {digest}");
            return Err(Rejection::new(codes::DIGEST_MISMATCH, detail));
        };
        let differs = hash.is_some_and(|hash| hash.function != "SHA2_256" || hash.bytes != bytes);
        if differs {
            let detail = format!("what was signed does not have the digest {digest}");
            return Err(Rejection::new(codes::DIGEST_MISMATCH, detail));
        }
        Ok(Self::Sha256(bytes))
    }
}

/// How a signature was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    By(SignatureAlgorithm),
    /// Ed25519ph (RFC 8032, section 5.1): over a hash of the message.
    Ed25519ph,
}

impl Made {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::By(algorithm) => algorithm.as_str(),
            Self::Ed25519ph => "Ed25519ph",
        }
    }

    /// The function of the hash by the name that bundles have for it.
    ///
    /// # Errors
    /// A rejection, if the engine does not know such signatures.
    pub(super) fn for_engine(self) -> Result<&'static str, Rejection> {
        let function = match self {
            Self::By(
                SignatureAlgorithm::EcdsaP256Sha256
                | SignatureAlgorithm::EcdsaP384Sha256
                | SignatureAlgorithm::Ed25519
                | SignatureAlgorithm::RsaPkcs1Sha256,
            ) => Some("SHA2_256"),
            Self::By(SignatureAlgorithm::EcdsaP384Sha384) => Some("SHA2_384"),
            Self::By(_) | Self::Ed25519ph => None,
        };
        function.ok_or_else(|| {
            let detail = format!(
                "logs and time stamps are not looked at for signatures of the kind {}",
                self.name()
            );
            Rejection::new(codes::LOG_MISMATCH, detail)
        })
    }
}

/// How keys of a kind sign, the usual way first. A key on P-384 signs with SHA-384, and clients that hold everything against
/// SHA-256 have made signatures with that, too. A key of Ed25519 signs claims and statements over a hash, in some clients.
const fn ways(kind: KeyAlgorithm) -> &'static [Made] {
    use SignatureAlgorithm as A;
    match kind {
        KeyAlgorithm::EcP256 => &[Made::By(A::EcdsaP256Sha256)],
        KeyAlgorithm::EcP384 => &[Made::By(A::EcdsaP384Sha384), Made::By(A::EcdsaP384Sha256)],
        KeyAlgorithm::EcP521 => &[Made::By(A::EcdsaP521Sha512)],
        KeyAlgorithm::Ed25519 => &[Made::By(A::Ed25519), Made::Ed25519ph],
        KeyAlgorithm::Rsa { .. } => &[Made::By(A::RsaPkcs1Sha256), Made::By(A::RsaPssSha256)],
        _ => &[],
    }
}

/// How the key made the signature. Returns `None` if it did not.
///
/// # Errors
/// If the budget is used up: each way that is tried is charged.
pub(super) fn made_by(
    message: &Message<'_>,
    signature: &[u8],
    key: &VerificationKey,
    meter: &mut Meter,
) -> Result<Option<Made>, BudgetExceeded> {
    for made in ways(key.key().algorithm()) {
        meter.signature()?;
        if holds(*made, key, message, signature) {
            return Ok(Some(*made));
        }
    }
    Ok(None)
}

/// How the key of the certificate made the signature.
///
/// # Errors
/// A rejection, if it did not, or if the budget is used up.
pub(super) fn made_by_leaf(
    candidate: &Candidate,
    digest: &Digest,
    leaf: &Leaf,
    meter: &mut Meter,
) -> Result<Made, Rejection> {
    let bad = |detail: String| Rejection::new(codes::BAD_SIGNATURE, detail);
    let key = leaf.key();
    let key = key.map_err(|error| bad(format!("the key of the certificate: {error}")))?;
    let message = Message::of(candidate, digest)?;
    let made = made_by(&message, candidate.signature(), &key, meter)?;
    made.ok_or_else(|| bad("the signature does not match, with the key of the certificate".into()))
}

fn holds(made: Made, key: &VerificationKey, message: &Message<'_>, signature: &[u8]) -> bool {
    match (made, message) {
        (Made::By(algorithm), Message::Bytes(message)) => {
            key.key().verify(algorithm, message, signature).is_ok()
        }
        (Made::By(SignatureAlgorithm::EcdsaP256Sha256), Message::Sha256(hash)) => {
            let point = key.spki_der().last_chunk::<65>();
            point.is_some_and(|point| prehashed::p256(point, hash, signature))
        }
        (Made::By(SignatureAlgorithm::EcdsaP384Sha256), Message::Sha256(hash)) => {
            let point = key.spki_der().last_chunk::<97>();
            point.is_some_and(|point| prehashed::p384(point, hash, signature))
        }
        (Made::Ed25519ph, Message::Bytes(message)) => {
            let key = key.ed25519();
            key.is_some_and(|key| ed25519ph::verify(&key, message, signature))
        }
        // The message itself would be needed.
        (Made::By(_) | Made::Ed25519ph, Message::Sha256(_)) => false,
    }
}
