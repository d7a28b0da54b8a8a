//! Proofs that are about one digest.

use doorward_core::{Code, Digest, Proof, Rejection};

/// Proofs that a plan was met by: at least one, and all about one digest.
#[derive(Clone, Debug)]
pub(crate) struct Proofs {
    first: Proof,
    more: Vec<Proof>,
}

impl Proofs {
    /// One proof.
    pub(crate) const fn one(proof: Proof) -> Self {
        Self {
            first: proof,
            more: Vec::new(),
        }
    }

    /// The digest that all of them are about.
    pub(crate) const fn digest(&self) -> &Digest {
        self.first.digest()
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Proof> {
        std::iter::once(&self.first).chain(&self.more)
    }

    /// These and `other`.
    ///
    /// # Errors
    /// [`Code::CONFLICTING_DIGESTS`] if the two are about different digests: neither has then proved the image,
    /// whichever is right.
    pub(crate) fn and(mut self, other: Self) -> Result<Self, Rejection> {
        if self.digest() != other.digest() {
            return Err(conflict(self.digest(), &other));
        }
        self.more.push(other.first);
        self.more.extend(other.more);
        Ok(self)
    }
}

/// That `other` is about another digest than `first`, which was verified as well.
pub(crate) fn conflict(first: &Digest, other: &Proofs) -> Rejection {
    Rejection::new(
        Code::CONFLICTING_DIGESTS,
        format!(
            "what one requirement verified is {first}, and what another one verified is {}",
            other.digest()
        ),
    )
    .in_scheme(other.first.scheme())
}
