//! Where the parts of a certificate are in its bytes.

/// A part of the bytes of a certificate, so that the part needs no memory of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    start: usize,
    end: usize,
}

impl Span {
    /// Where `part` is in `whole`. Returns `None` if it was not borrowed from there.
    pub(super) fn of(part: &[u8], whole: &[u8]) -> Option<Self> {
        let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
        let end = start.checked_add(part.len())?;
        (end <= whole.len()).then_some(Self { start, end })
    }

    pub(super) fn within(self, whole: &[u8]) -> &[u8] {
        // A span was made from these bytes; were it not, the part would be empty and match nothing.
        whole.get(self.start..self.end).unwrap_or_default()
    }
}
