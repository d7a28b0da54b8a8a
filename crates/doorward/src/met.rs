//! How a plan was met: with proofs, or because it says that nothing is checked.

use doorward_core::{Code, Digest, Proof, Rejection};

use crate::plan::Unchecked;

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
    fn and(mut self, other: Self) -> Result<Self, Rejection> {
        if self.digest() != other.digest() {
            return Err(conflict(&self, &other));
        }
        self.more.push(other.first);
        self.more.extend(other.more);
        Ok(self)
    }
}

/// How a plan was met.
#[derive(Clone, Debug)]
pub(crate) enum Met {
    /// Something was verified.
    Proved(Proofs),
    /// Nothing was, because the plan says so.
    Unchecked(Unchecked),
}

impl Met {
    /// What it is that two parts of one plan are both met.
    ///
    /// # Errors
    /// As two proofs of different digests.
    pub(crate) fn and(self, other: Self) -> Result<Self, Rejection> {
        match (self, other) {
            (Self::Proved(one), Self::Proved(other)) => one.and(other).map(Self::Proved),
            (proved @ Self::Proved(_), Self::Unchecked(_))
            | (Self::Unchecked(_), proved @ Self::Proved(_)) => Ok(proved),
            (unchecked @ Self::Unchecked(_), Self::Unchecked(_)) => Ok(unchecked),
        }
    }
}

/// That `other` is about another digest than `first`.
pub(crate) fn conflict(first: &Proofs, other: &Proofs) -> Rejection {
    Rejection::new(
        Code::CONFLICTING_DIGESTS,
        format!(
            "what one requirement verified is {}, and what another one verified is {}",
            first.digest(),
            other.digest()
        ),
    )
    .in_scheme(other.first.scheme())
}
