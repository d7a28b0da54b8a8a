//! What was found beside an image and may be a signature.

mod annotations;
mod bare;
mod bundle;
mod claim;
mod entry;
mod envelope;
mod error;
mod rebuilt;
mod statement;

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_core::Digest;

use crate::leaf::Leaf;
use crate::limits;

pub(crate) use claim::Claim;
pub(crate) use entry::Entry;
pub(crate) use envelope::Envelope;
pub use error::CandidateError;
pub(crate) use rebuilt::Chosen;
pub(crate) use statement::Statement;

/// In which form something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CandidateForm {
    /// A layer of an attestation manifest: an envelope, with what vouches for it in annotations.
    Attestation,
    /// A bundle, which holds everything.
    Bundle,
    /// A layer of a signature manifest: a claim, with signature and what vouches for it in annotations.
    Layer,
}

/// One thing that was found beside an image and may be a signature or an attestation. That it could be read says nothing
/// about whether it is to be trusted.
#[derive(Clone, Debug)]
pub struct Candidate {
    form: CandidateForm,
    pub(crate) content: Content,
    pub(crate) material: SignerMaterial,
    pub(crate) entries: Vec<Entry>,
    /// Tokens of time-stamping authorities (RFC 3161), in DER.
    pub(crate) timestamps: Vec<Vec<u8>>,
    /// Whether the promise of a log to include an entry is enough, without a proof that it did: in layers and in bundles of
    /// version 0.1.
    promise_suffices: bool,
    pub(crate) source: Option<String>,
}

/// What a signature is over.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A claim, as its bytes.
    Claim { payload: Bytes, signature: Vec<u8> },
    /// Bytes that are not at hand. It may say which hash it was made over.
    Bytes {
        hash: Option<Hash>,
        signature: Vec<u8>,
    },
    /// A statement in an envelope.
    Statement(Envelope),
}

/// A hash that a bundle says its signature was made over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hash {
    /// The name of the function in the protobuf-specs.
    pub(crate) function: String,
    pub(crate) bytes: Vec<u8>,
}

/// What a candidate brings to verify it with.
#[derive(Clone, Debug)]
pub(crate) enum SignerMaterial {
    /// Certificates in DER, that of the signer first; at least one.
    Chain(Vec<Vec<u8>>),
    /// Nothing but, perhaps, a hint at a key.
    Key { hint: Option<String> },
}

impl Candidate {
    /// A layer of a signature manifest (`.sig`): the claim, at most 64 KiB, and the annotations of the layer.
    ///
    /// The claim itself is read only once its signature holds.
    ///
    /// # Errors
    /// Any [`CandidateError`].
    pub fn layer(
        payload: Bytes,
        annotations: &BTreeMap<String, String>,
    ) -> Result<Self, CandidateError> {
        error::at_most("the claim", payload.len(), limits::CLAIM_BYTES)?;
        let beside = annotations::read(annotations)?;
        let signature = beside.signature.ok_or_else(|| {
            CandidateError::malformed("the layer", "it has no annotation with a signature")
        })?;
        Ok(Self {
            form: CandidateForm::Layer,
            content: Content::Claim { payload, signature },
            material: beside.material,
            entries: beside.entry.into_iter().collect(),
            timestamps: beside.timestamp.into_iter().collect(),
            promise_suffices: true,
            source: None,
        })
    }

    /// A layer of an attestation manifest (`.att`): the envelope, at most 12 MiB, and the annotations of the layer.
    ///
    /// # Errors
    /// Any [`CandidateError`].
    pub fn attestation(
        envelope: Bytes,
        annotations: &BTreeMap<String, String>,
    ) -> Result<Self, CandidateError> {
        error::at_most("the envelope", envelope.len(), limits::BUNDLE_BYTES)?;
        let beside = annotations::read(annotations)?;
        Ok(Self {
            form: CandidateForm::Attestation,
            content: Content::Statement(Envelope::parse(&envelope)?),
            material: beside.material,
            entries: beside.entry.into_iter().collect(),
            timestamps: beside.timestamp.into_iter().collect(),
            promise_suffices: true,
            source: None,
        })
    }

    /// A bundle of version 0.1 to 0.3 (protobuf-specs), at most 12 MiB.
    ///
    /// # Errors
    /// Any [`CandidateError`].
    pub fn bundle(bytes: Bytes) -> Result<Self, CandidateError> {
        error::at_most("the bundle", bytes.len(), limits::BUNDLE_BYTES)?;
        bundle::read(&bytes)
    }

    /// Says where it was found.
    #[must_use]
    pub fn found_at(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// In which form it was found.
    #[must_use]
    pub const fn form(&self) -> CandidateForm {
        self.form
    }

    /// The type of the predicate that its statement says it has, if it holds a statement. Nobody has verified it.
    #[must_use]
    pub fn unverified_predicate_type(&self) -> Option<&str> {
        Some(self.statement()?.predicate_type.as_str())
    }

    /// The digest of the image that it says it is for: that of the claim, or the first of SHA-256 in the statement. Nobody has
    /// verified it.
    #[must_use]
    pub fn unverified_digest(&self) -> Option<String> {
        match &self.content {
            Content::Claim { payload, .. } => Some(Claim::parse(payload).ok()?.digest),
            Content::Bytes { .. } => None,
            Content::Statement(_) => {
                let mut subjects = self.statement()?.subjects.iter();
                let hex = subjects.find_map(|subject| subject.sha256.as_deref())?;
                Some(format!("sha256:{hex}"))
            }
        }
    }

    /// Whether it says that it is for what has this digest: the claim does, or any subject of the statement. Nobody has verified
    /// it.
    #[must_use]
    pub fn unverified_is_for(&self, digest: &Digest) -> bool {
        match &self.content {
            Content::Claim { payload, .. } => {
                Claim::parse(payload).is_ok_and(|claim| claim.digest == digest.as_str())
            }
            Content::Bytes { .. } => false,
            Content::Statement(_) => self
                .statement()
                .is_some_and(|statement| statement.subjects.iter().any(|one| one.is(digest))),
        }
    }

    /// Who its certificate says signed, and who vouched for that: identity and issuer. Nobody has verified either. Returns
    /// `None` if it has no certificate that can be read, or one without an identity.
    #[must_use]
    pub fn unverified_signer(&self) -> Option<(String, Option<String>)> {
        let leaf = self.leaf()?.ok()?;
        let identity = leaf.identities().next()?.to_owned();
        Some((identity, leaf.issuer().map(str::to_owned)))
    }

    /// How a bundle says the key is called that verifies it. Nobody has verified it.
    #[must_use]
    pub fn unverified_key_hint(&self) -> Option<&str> {
        match &self.material {
            SignerMaterial::Chain(_) => None,
            SignerMaterial::Key { hint } => hint.as_deref(),
        }
    }

    /// The signer's certificate, if there is one.
    pub(crate) fn leaf(&self) -> Option<Result<Leaf, CandidateError>> {
        match &self.material {
            SignerMaterial::Chain(chain) => chain.first().map(|der| Leaf::read(der)),
            SignerMaterial::Key { .. } => None,
        }
    }

    pub(crate) fn signature(&self) -> &[u8] {
        match &self.content {
            Content::Claim { signature, .. } | Content::Bytes { signature, .. } => signature,
            Content::Statement(envelope) => &envelope.signature,
        }
    }

    /// A digest of what is signed, of the key or certificate that it is signed with, and of the image that it is held against: of
    /// several things that one statement is about, each has its own. Who has that key, or reads the signature, can make others of it
    /// that hold as well, which say the same and are as old.
    pub(crate) fn signature_by(&self, maker: &Digest, image: &Digest) -> Digest {
        let over = match &self.content {
            Content::Claim { payload, .. } => Digest::sha256(payload),
            Content::Bytes { hash, .. } => {
                Digest::sha256(hash.as_ref().map_or(&[][..], |hash| &hash.bytes))
            }
            Content::Statement(envelope) => Digest::sha256(&envelope.signed()),
        };
        Digest::sha256(format!("{over} {maker} {image}").as_bytes())
    }

    /// Whether every entry has what a log must vouch for it by.
    pub(crate) fn entries_are_vouched_for(&self) -> bool {
        let promised = |entry: &Entry| self.promise_suffices && entry.has_promise();
        let mut entries = self.entries.iter();
        entries.all(|entry| entry.has_proof() || promised(entry))
    }

    fn statement(&self) -> Option<&Statement> {
        match &self.content {
            Content::Statement(envelope) => envelope.statement.as_ref().ok(),
            Content::Claim { .. } | Content::Bytes { .. } => None,
        }
    }
}
