//! Proofs that are about one digest.

use doorward_core::{Code, Digest, Proof, Rejection, UsedImages};

use crate::materials::{Admitted, UsedByBuild};

/// A proof that nothing is left to be judged for. There are no [`Proofs`] of others, so nothing is admitted on one that is open.
#[derive(Clone, Debug)]
pub(crate) struct Settled(Proof);

impl Settled {
    /// A proof that demands nothing of the images that a build used.
    ///
    /// # Errors
    /// That it does.
    pub(crate) fn of(proof: Proof) -> Result<Self, Rejection> {
        if proof.used_images().is_none_or(|used| used.levels() == 0) {
            return Ok(Self(proof));
        }
        let detail = "the images that a build used have to be admitted, and were not judged";
        Err(Rejection::new(Code::INTERNAL_ERROR, detail))
    }

    /// A proof whose images are admitted.
    ///
    /// # Errors
    /// That it demands something else than was admitted.
    pub(crate) fn after(proof: Proof, admitted: &Admitted) -> Result<Self, Rejection> {
        if proof.used_images() == Some(admitted.demanded()) {
            return Ok(Self(proof));
        }
        let detail = "other images were judged than those that a build used";
        Err(Rejection::new(Code::INTERNAL_ERROR, detail))
    }

    /// A proof about an image that a build used. What it demands of other images is for the one that is to run.
    pub(crate) const fn left(proof: Proof, _: UsedByBuild) -> Self {
        Self(proof)
    }

    /// The proof.
    pub(crate) const fn proof(&self) -> &Proof {
        &self.0
    }

    /// The images that a build used, of which it demands something.
    pub(crate) fn demanded(proof: &Proof) -> Option<&UsedImages> {
        proof.used_images().filter(|used| used.levels() > 0)
    }
}

/// Proofs that a plan was met by: at least one, and all about one digest.
#[derive(Clone, Debug)]
pub(crate) struct Proofs {
    first: Settled,
    more: Vec<Settled>,
}

impl Proofs {
    /// One proof.
    pub(crate) const fn one(proof: Settled) -> Self {
        Self {
            first: proof,
            more: Vec::new(),
        }
    }

    /// The digest that all of them are about.
    pub(crate) const fn digest(&self) -> &Digest {
        self.first.proof().digest()
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Proof> {
        let all = std::iter::once(&self.first).chain(&self.more);
        all.map(Settled::proof)
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
    .in_scheme(other.first.proof().scheme())
}
