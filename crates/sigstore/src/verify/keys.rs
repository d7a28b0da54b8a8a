//! Signatures by keys that the policy has.

use std::borrow::Cow;

use doorward_core::{Algorithm, BudgetExceeded, Digest, Fact, Meter, Rejection, Timestamp};
use doorward_crypto::{KeyAlgorithm, SignatureAlgorithm};

use super::keyless::logged_at;
use super::{signed, time};
use crate::accepted::Signer;
use crate::authority::{LogDemand, TimestampDemand};
use crate::candidate::{Candidate, Chosen, Content, Hash};
use crate::{Authority, VerificationKey, codes, ed25519ph, hex, prehashed};

pub(super) fn signer(
    candidate: &Candidate,
    digest: &Digest,
    authority: &Authority,
    keys: &[VerificationKey],
    now: Timestamp,
    meter: &mut Meter,
) -> Result<Signer, Rejection> {
    let demands = &authority.demands;
    let message = Message::of(candidate, digest)?;
    let Some((key, made)) = signed_by(&message, candidate.signature(), keys, meter)? else {
        return Err(unknown(candidate, keys));
    };
    let log = demands.log == LogDemand::Required;
    let stamp = demands.timestamp == TimestampDemand::Required;
    let mut signer = Signer {
        key: Some(key.fingerprint()),
        ..Signer::default()
    };
    if !log && !stamp {
        return Ok(signer);
    }
    if log {
        time::logged(candidate, now)?;
    }
    if stamp {
        time::stamped(candidate)?;
    }
    let Some(root) = authority.trusted_root() else {
        let detail = "there is no trusted root that a log or a time stamp could be held against";
        return Err(Rejection::new(codes::TRUST_ROOT_INVALID, detail));
    };
    let Some(function) = made.for_engine() else {
        let detail = format!(
            "logs and time stamps are not looked at for signatures of the kind {}",
            made.name()
        );
        return Err(Rejection::new(codes::LOG_MISMATCH, detail));
    };
    let chosen = Chosen {
        intermediates: &[],
        certificate: false,
        log,
        timestamps: stamp,
        function,
    };
    let bundle = candidate.rebuilt(&chosen);
    let signed = signed(candidate, digest);
    let engine = root.engine();
    let vouched = engine.verify_key(&bundle, signed, key.spki_der(), log, meter)?;
    signer.signed_at = time::proven(&vouched.times, now)?;
    if stamp && signer.signed_at.is_none() {
        let detail = "no time stamp is over the signature";
        return Err(Rejection::new(codes::TIMESTAMP_MISSING, detail));
    }
    signer.log_index = logged_at(candidate, log);
    Ok(signer)
}

/// What a signature is over.
enum Message<'a> {
    Bytes(Cow<'a, [u8]>),
    /// Something of which the hash is all that is at hand.
    Sha256(Vec<u8>),
}

impl<'a> Message<'a> {
    fn of(candidate: &'a Candidate, digest: &Digest) -> Result<Self, Rejection> {
        match &candidate.content {
            Content::Claim { payload, .. } => Ok(Self::Bytes(Cow::Borrowed(payload))),
            Content::Statement(envelope) => Ok(Self::Bytes(Cow::Owned(envelope.signed()))),
            Content::Manifest { hash, .. } => Self::hashed(hash.as_ref(), digest),
        }
    }

    fn hashed(hash: Option<&Hash>, digest: &Digest) -> Result<Self, Rejection> {
        let bytes = hex::decode(digest.hex()).filter(|_| digest.algorithm() == Algorithm::Sha256);
        let Some(bytes) = bytes else {
            let detail =
                format!("a signature over the manifest is held against SHA-256, and not {digest}");
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
enum Made {
    By(SignatureAlgorithm),
    /// Ed25519ph (RFC 8032, section 5.1): over a hash of the message.
    Ed25519ph,
}

impl Made {
    const fn name(self) -> &'static str {
        match self {
            Self::By(algorithm) => algorithm.as_str(),
            Self::Ed25519ph => "Ed25519ph",
        }
    }

    /// The function of the hash by the name that bundles have for it. Returns `None` if the engine does not know such
    /// signatures.
    const fn for_engine(self) -> Option<&'static str> {
        match self {
            Self::By(
                SignatureAlgorithm::EcdsaP256Sha256
                | SignatureAlgorithm::EcdsaP384Sha256
                | SignatureAlgorithm::Ed25519
                | SignatureAlgorithm::RsaPkcs1Sha256,
            ) => Some("SHA2_256"),
            Self::By(SignatureAlgorithm::EcdsaP384Sha384) => Some("SHA2_384"),
            Self::By(_) | Self::Ed25519ph => None,
        }
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

/// The key that made the signature, and how.
fn signed_by<'k>(
    message: &Message<'_>,
    signature: &[u8],
    keys: &'k [VerificationKey],
    meter: &mut Meter,
) -> Result<Option<(&'k VerificationKey, Made)>, BudgetExceeded> {
    for key in keys {
        for made in ways(key.key().algorithm()) {
            meter.signature()?;
            if holds(*made, key, message, signature) {
                return Ok(Some((key, *made)));
            }
        }
    }
    Ok(None)
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

/// That no key of the policy made the signature. A bundle that hints at one of them has a signature that does not hold.
fn unknown(candidate: &Candidate, keys: &[VerificationKey]) -> Rejection {
    let hint = candidate.unverified_key_hint();
    let hinted = keys.iter().find(|key| hint == Some(key.hint().as_str()));
    match hinted {
        Some(key) => {
            let fingerprint = key.fingerprint();
            let detail = format!("the signature does not match, with the key {fingerprint}");
            Rejection::new(codes::BAD_SIGNATURE, detail)
                .with_fact(Fact::Key(fingerprint.to_string()))
        }
        None => {
            let detail = match keys {
                [key] => format!("the signature is not by the key {}", key.fingerprint()),
                _ => format!("the signature is by none of the {} keys", keys.len()),
            };
            Rejection::new(codes::UNKNOWN_KEY, detail)
        }
    }
}
