//! What became of a transcript.

/// What became of a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It waited for more than there is room for, and was let go.
    Dropped,
    /// It could not be written.
    Failed,
    /// It is more than a transcript may hold, the review ended before its decision did, or the policies in force have
    /// a mistake, so that they are not written down.
    Unfit,
    /// It is in the directory.
    Written,
}

impl Outcome {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Failed => "failed",
            Self::Unfit => "unfit",
            Self::Written => "written",
        }
    }
}
