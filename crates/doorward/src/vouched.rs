//! A document that somebody vouched for.

use doorward_core::{Pinned, Proof};

use crate::proofs::Proofs;

/// A document that somebody vouched for. Only the engine makes one, from proofs of the document's own digest.
///
/// ```compile_fail
/// let forged = doorward::Vouched { .. };
/// ```
#[derive(Clone, Debug)]
pub struct Vouched {
    pinned: Pinned,
    proofs: Proofs,
}

impl Vouched {
    /// The document `pinned`, if it is what the proofs are about, and if any of them names who signed: a requirement
    /// that accepts anything is met, and nobody has vouched.
    pub(crate) fn of(pinned: Pinned, proofs: Proofs) -> Option<Self> {
        let is_signed = proofs.iter().any(|proof| !proof.evidence().is_empty());
        (is_signed && proofs.digest() == pinned.digest()).then_some(Self { pinned, proofs })
    }

    /// The repository and the digest of the document.
    #[must_use]
    pub const fn pinned(&self) -> &Pinned {
        &self.pinned
    }

    /// What was proved of it, at least one thing.
    pub fn proofs(&self) -> impl Iterator<Item = &Proof> {
        self.proofs.iter()
    }
}
