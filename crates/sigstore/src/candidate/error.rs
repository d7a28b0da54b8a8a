//! Why something that was found is not read.

use doorward_core::Rejection;

use crate::codes;
use crate::member::Shape;

/// Why something that was found is neither a signature nor an attestation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CandidateError {
    /// It does not have its form.
    #[error("{what} cannot be read: {reason}")]
    Malformed {
        /// What it should be.
        what: &'static str,
        /// Why it is not, in one line.
        reason: String,
    },
    /// It is longer than is read.
    #[error("{what} is longer than {limit} bytes")]
    TooLarge {
        /// What it should be.
        what: &'static str,
        /// The bound, in bytes.
        limit: usize,
    },
    /// It has more of something than is read.
    #[error("there are more than {limit} {what}")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
}

impl CandidateError {
    pub(crate) fn malformed(what: &'static str, reason: impl Into<String>) -> Self {
        Self::Malformed {
            what,
            reason: reason.into(),
        }
    }

    pub(super) fn shape(what: &'static str) -> impl Fn(Shape) -> Self {
        move |Shape(reason)| Self::Malformed { what, reason }
    }
}

impl From<CandidateError> for Rejection {
    fn from(error: CandidateError) -> Self {
        Self::new(codes::BUNDLE_MALFORMED, error.to_string())
    }
}

pub(super) const fn at_most(
    what: &'static str,
    bytes: usize,
    limit: usize,
) -> Result<(), CandidateError> {
    if bytes > limit {
        return Err(CandidateError::TooLarge { what, limit });
    }
    Ok(())
}

pub(super) const fn few(
    what: &'static str,
    count: usize,
    limit: usize,
) -> Result<(), CandidateError> {
    if count > limit {
        return Err(CandidateError::TooMany { what, limit });
    }
    Ok(())
}
