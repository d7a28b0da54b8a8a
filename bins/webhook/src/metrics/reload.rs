//! What became of changes.

/// What became of a change of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reload {
    /// It is in force.
    Applied,
    /// Something in it cannot be used.
    Failed,
    /// It would weaken what is in force, and is held until it is seen again.
    Held,
}

impl Reload {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Failed => "failed",
            Self::Held => "held",
        }
    }
}
