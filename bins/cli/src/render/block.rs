//! Lines of name and value.

use crate::text::Text;
use crate::tone::Tone;

/// The column at which values begin.
const VALUES: usize = 13;

/// A heading and lines of name and value.
pub(crate) struct Block {
    pub(crate) text: Text,
}

impl Block {
    /// An empty block.
    pub(crate) const fn new() -> Self {
        Self { text: Text::new() }
    }

    /// A line of name and value. The value is broken between words.
    pub(crate) fn line(&mut self, name: &str, value: &str) {
        let name = format!("{name:<width$}", width = VALUES - 2);
        self.text
            .wrapped(["  ".into(), Tone::Faint.of(name)], value, VALUES);
    }

    /// A further value under the last name.
    pub(crate) fn more(&mut self, value: &str) {
        self.text
            .wrapped([" ".repeat(VALUES).into()], value, VALUES);
    }

    /// One of several values under the last name.
    pub(crate) fn item(&mut self, value: &str) {
        let head = [format!("{}- ", " ".repeat(VALUES)).into()];
        self.text.wrapped(head, value, VALUES + 2);
    }

    /// The text of the block.
    pub(crate) fn finish(self) -> Text {
        self.text
    }
}
