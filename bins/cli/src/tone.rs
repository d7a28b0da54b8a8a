//! What a piece of text means.

/// What a piece of text means. Colour only underlines what the words already say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// What went wrong.
    Bad,
    /// What can be passed over.
    Faint,
    /// What went well.
    Good,
    /// A remark.
    Note,
    /// Nothing in particular.
    Plain,
    /// What the line is about.
    Strong,
    /// What deserves attention.
    Warn,
}
