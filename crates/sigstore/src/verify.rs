//! Holding what was found against what an authority of a policy demands.

mod certificate;
mod certified;
mod content;
mod keyless;
mod keys;
mod made;
mod path;
mod time;
mod unread;

use doorward_core::{Digest, Fact, Meter, Rejection, Scheme, Timestamp};

use self::content::Said;
pub(crate) use self::unread::{Asked, Whether};
use crate::accepted::Signer;
use crate::authority::By;
use crate::candidate::{Candidate, CandidateForm, Content, Envelope, Statement};
use crate::engine::Signed;
use crate::{Accepted, Attested, Authority, SignedBytes, codes};

/// The predicate type of the statement that an image is signed, as cosign makes it.
pub const COSIGN_SIGNATURE: &str = "https://sigstore.dev/cosign/sign/v1";

/// Holds a candidate against an authority: whether it says that the image of this digest is signed.
///
/// A layer of a signature manifest, and a bundle with a statement of the type [`COSIGN_SIGNATURE`] can say so. An attestation of
/// another type says something about an image, and not that it is signed. Nor does a bundle over bytes: who signs files signs what
/// others wrote, and a manifest is a file too. For files there is [`signed_bytes`].
///
/// Public-key operations are counted on `meter` before they are made.
///
/// # Errors
/// A rejection with one of this crate's [codes], or that of an exceeded budget.
pub fn verify(
    candidate: &Candidate,
    digest: &Digest,
    authority: &Authority,
    now: Timestamp,
    meter: &mut Meter,
) -> Result<Accepted, Rejection> {
    let mut accept = || {
        match &candidate.content {
            Content::Bytes { .. } => {
                let detail = "it is over bytes, and says nowhere that they are an image";
                return Err(Rejection::new(codes::CLAIM_MALFORMED, detail));
            }
            Content::Claim { .. } => {}
            Content::Statement(envelope) => {
                // Before anything is calculated: most attestations are none of this.
                let statement = statement(envelope)?;
                if candidate.form() == CandidateForm::Attestation {
                    let detail = "an attestation does not say that the image is signed";
                    return Err(Rejection::new(codes::WRONG_PREDICATE, detail));
                }
                content::predicate_type(statement, COSIGN_SIGNATURE)?;
            }
        }
        let says = || content::said(candidate, digest);
        let (mut signer, said, signature) = signer(candidate, digest, authority, now, meter, says)?;
        signer.claimed_name = said.name;
        Ok(Accepted {
            digest: digest.clone(),
            signer,
            signature,
        })
    };
    accept().map_err(|rejection| rejection.in_scheme(Scheme::SIGSTORE))
}

/// Holds a candidate against an authority: whether it is a signature over the bytes that have this digest, as `cosign sign-blob`
/// makes it for files.
///
/// That says nothing about an image, also where the bytes are a manifest: for images there is [`verify`]. The bytes are not at hand
/// here, so that the signature must be ECDSA over the hash that the digest is. It carries no annotations.
///
/// # Errors
/// A rejection with one of this crate's [codes], or that of an exceeded budget.
pub fn signed_bytes(
    candidate: &Candidate,
    digest: &Digest,
    authority: &Authority,
    now: Timestamp,
    meter: &mut Meter,
) -> Result<SignedBytes, Rejection> {
    let mut hold = || {
        if !matches!(candidate.content, Content::Bytes { .. }) {
            let detail = "what was signed is a claim or a statement, and no file";
            return Err(Rejection::new(codes::WRONG_PREDICATE, detail));
        }
        let says = || content::said(candidate, digest);
        let (signer, ..) = signer(candidate, digest, authority, now, meter, says)?;
        Ok(SignedBytes { signer })
    };
    hold().map_err(|rejection| rejection.in_scheme(Scheme::SIGSTORE))
}

/// Holds a candidate against an authority: whether it states something of this predicate type about the image of this
/// digest.
///
/// The annotations that the authority demands must stand with the subject that is the image.
///
/// # Errors
/// A rejection with one of this crate's [codes], or that of an exceeded budget.
pub fn attested(
    candidate: &Candidate,
    digest: &Digest,
    authority: &Authority,
    predicate_type: &str,
    now: Timestamp,
    meter: &mut Meter,
) -> Result<Attested, Rejection> {
    let mut attest = || {
        let Content::Statement(envelope) = &candidate.content else {
            let detail = "what was signed is no statement";
            return Err(Rejection::new(codes::WRONG_PREDICATE, detail));
        };
        let statement = statement(envelope)?;
        content::predicate_type(statement, predicate_type)?;
        // What is about something else leaves nothing open, whatever is wrong with its signature.
        let said = content::stated(statement, digest)?;
        let says = || Ok(said);
        let (signer, _, signature) = signer(candidate, digest, authority, now, meter, says)?;
        Ok(Attested {
            digest: digest.clone(),
            signer,
            statement: envelope.payload.clone(),
            predicate_type: statement.predicate_type.clone(),
            predicate: statement.predicate.clone(),
            signature,
        })
    };
    attest().map_err(|rejection| rejection.in_scheme(Scheme::SIGSTORE))
}

fn statement(envelope: &Envelope) -> Result<&Statement, Rejection> {
    let statement = envelope.statement.as_ref();
    statement.map_err(|reason| Rejection::new(codes::CLAIM_MALFORMED, reason))
}

/// That somebody whom the authority accepts made the signature: its key, or a certificate for the identity that leads to who is
/// trusted to give one. What is refused without one is nobody's. What is refused although there is one may be the word of who is
/// trusted, whatever is wrong with it.
enum Maker<'a> {
    Certificate(certificate::Maker<'a>),
    Key(keys::Maker<'a>),
    Keyless(keyless::Maker<'a>),
}

impl<'a> Maker<'a> {
    fn of(
        candidate: &Candidate,
        digest: &Digest,
        authority: &'a Authority,
        meter: &mut Meter,
    ) -> Result<Self, Rejection> {
        Ok(match &authority.by {
            By::Certificate(own) => {
                Self::Certificate(certificate::Maker::of(candidate, digest, own, meter)?)
            }
            By::Keyless(demand) => {
                Self::Keyless(keyless::Maker::of(candidate, digest, demand, meter)?)
            }
            By::Keys(keys) => Self::Key(keys::Maker::of(candidate, digest, keys, meter)?),
        })
    }

    /// The digest of the key or certificate.
    fn fingerprint(&self) -> Digest {
        match self {
            Self::Certificate(maker) => maker.fingerprint(),
            Self::Key(maker) => maker.fingerprint(),
            Self::Keyless(maker) => maker.fingerprint(),
        }
    }

    /// Who signed, and what vouches for that.
    fn vouched(
        self,
        candidate: &Candidate,
        digest: &Digest,
        authority: &Authority,
        now: Timestamp,
        meter: &mut Meter,
    ) -> Result<Signer, Rejection> {
        let demands = &authority.demands;
        let mut signer = match self {
            Self::Certificate(maker) => maker.vouched(candidate, digest, demands, now, meter),
            Self::Key(maker) => maker.vouched(candidate, digest, authority, now, meter),
            Self::Keyless(maker) => maker.vouched(candidate, digest, demands, now, meter),
        }?;
        signer.authority = authority.name().map(str::to_owned);
        signer.source.clone_from(&candidate.source);
        Ok(signer)
    }
}

/// Who signed, if the signature counts; what it `says` of the image, with all annotations that are demanded; and what tells the
/// signature from others.
///
/// Who is trusted may have signed very much that is about something else, or no claim at all, and anybody can attach that here: it
/// leaves nothing open about this image, whatever is wrong with it.
fn signer<'c>(
    candidate: &'c Candidate,
    digest: &Digest,
    authority: &Authority,
    now: Timestamp,
    meter: &mut Meter,
    says: impl FnOnce() -> Result<Said<'c>, Rejection>,
) -> Result<(Signer, Said<'c>, Digest), Rejection> {
    let maker = Maker::of(candidate, digest, authority, meter)?;
    let said = says()?;
    let signature = candidate.signature_by(&maker.fingerprint(), digest);
    let vouched = maker.vouched(candidate, digest, authority, now, meter);
    let counts = vouched.and_then(|signer| {
        said.carries(&authority.demands.annotations)?;
        Ok(signer)
    });
    match counts {
        Ok(signer) => Ok((signer, said, signature)),
        Err(refused) => Err(refused.with_fact(Fact::Signature(signature))),
    }
}

/// What the engine is to hold the signature against.
fn signed<'a>(candidate: &'a Candidate, digest: &'a Digest) -> Signed<'a> {
    match &candidate.content {
        Content::Claim { payload, .. } => Signed::Bytes(payload),
        Content::Bytes { .. } | Content::Statement(_) => Signed::Digest(digest),
    }
}

/// The engine has one answer where the statement is about something else, and where the entry of the log is for something else
/// than what was signed. The signature holds and is about the image before it is asked, so that it is the entry.
fn told_apart(refused: Rejection) -> Rejection {
    if refused.code() == codes::DIGEST_MISMATCH {
        let detail = "the entry of the log is for something else than what was signed";
        return Rejection::new(codes::LOG_MISMATCH, detail);
    }
    refused
}
