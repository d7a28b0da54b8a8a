//! How a plan was met: with proofs, or because it says that nothing is checked.

use doorward_core::Rejection;

use crate::plan::Unchecked;
use crate::proofs::Proofs;

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
