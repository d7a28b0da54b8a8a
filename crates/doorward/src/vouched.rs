//! A document that somebody vouched for.

use bytes::Bytes;
use doorward_core::{Checked, Digest, Evidence, Pinned, Proof, Resource, Selector, Timestamp};

use crate::envelope::Envelope;
use crate::proofs::Proofs;

/// A document that somebody vouched for. Only the engine makes one, from proofs of the document's own digest, or from proofs
/// that somebody stated it of the image.
///
/// ```compile_fail
/// let forged = doorward::Vouched { .. };
/// ```
#[derive(Clone, Debug)]
pub struct Vouched {
    pinned: Pinned,
    source: String,
    is_given: bool,
    content: VouchedContent,
    proofs: Proofs,
}

/// In which way somebody vouched for a document.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum VouchedContent {
    /// It is attached, and signed by its digest: the manifest that attaches it.
    Attached(Checked),
    /// It is stated of the image: the statement that was signed, byte by byte.
    Stated(Bytes),
}

impl Vouched {
    /// The document `pinned` with its manifest, if it is what the proofs are about, and if any of them names who signed: a
    /// requirement that accepts anything is met, and nobody has vouched.
    pub(crate) fn of(pinned: Pinned, manifest: Checked, proofs: Proofs) -> Option<Self> {
        let is_signed = proofs.iter().any(|proof| !proof.evidence().is_empty());
        let is_it =
            proofs.digest() == pinned.digest() && asked_digest(&manifest) == Some(pinned.digest());
        (is_signed && is_it).then(|| Self {
            source: format!("{}@{}", pinned.repository(), pinned.digest()),
            is_given: false,
            pinned,
            content: VouchedContent::Attached(manifest),
            proofs,
        })
    }

    /// The statement in an envelope, if the proofs are about `image`, all hold the same statement, and any of them names who
    /// signed.
    pub(crate) fn stated(envelope: &Envelope, image: &Digest, proofs: Proofs) -> Option<Self> {
        let is_signed = proofs.iter().any(|proof| !proof.evidence().is_empty());
        let statement = proofs.iter().next()?.statement()?.clone();
        let is_it = proofs.digest() == image
            && proofs
                .iter()
                .all(|proof| proof.statement() == Some(&statement));
        (is_signed && is_it).then(|| Self {
            source: envelope.source(),
            is_given: envelope.given.is_some(),
            pinned: Pinned::new(envelope.repository.clone(), envelope.blob.digest.clone()),
            content: VouchedContent::Stated(statement),
            proofs,
        })
    }

    /// The repository and the digest of the document: of the manifest that attaches it, or of the envelope that it is stated
    /// in. One that was given is in no repository; here it has the name of that of the image.
    #[must_use]
    pub const fn pinned(&self) -> &Pinned {
        &self.pinned
    }

    /// Where it is, for people.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it is called in sentences: its digest, or where it is if it was given.
    #[must_use]
    pub fn called(&self) -> &str {
        match self.is_given {
            true => &self.source,
            false => self.pinned.digest().as_str(),
        }
    }

    /// The manifest that attaches it, of that digest, or the statement that it is.
    #[must_use]
    pub const fn content(&self) -> &VouchedContent {
        &self.content
    }

    /// What was proved of it, at least one thing.
    pub fn proofs(&self) -> impl Iterator<Item = &Proof> {
        self.proofs.iter()
    }

    /// Who signed it: all that must have, each once, in the order of their names.
    #[must_use]
    pub fn signers(&self) -> Vec<&str> {
        let mut signers: Vec<&str> = self
            .evidence()
            .filter_map(Evidence::signer_identity)
            .collect();
        signers.sort_unstable();
        signers.dedup();
        signers
    }

    /// When it was signed, if any signature tells: as the signer says, and not later than an authority vouches. Of several,
    /// the earliest. What the manifest or a list says about time counts for nothing, for anybody may have written it.
    #[must_use]
    pub fn signed_at(&self) -> Option<Timestamp> {
        self.evidence().filter_map(Evidence::time).min()
    }

    fn evidence(&self) -> impl Iterator<Item = &Evidence> {
        self.proofs.iter().flat_map(Proof::evidence)
    }
}

/// The digest that a manifest was asked for by.
pub(crate) fn asked_digest(manifest: &Checked) -> Option<&Digest> {
    match &manifest.fetch().resource {
        Resource::Manifest {
            selector: Selector::Digest(digest),
            ..
        } => Some(digest),
        _ => None,
    }
}
