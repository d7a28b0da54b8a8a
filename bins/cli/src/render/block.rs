//! Lines of name and value.

use std::fmt::Write as _;

use crate::style::{Style, printable, wrap};

/// The column at which values begin.
const VALUES: usize = 13;

/// A heading and lines of name and value.
pub(crate) struct Block {
    pub(super) style: Style,
    pub(super) text: String,
}

impl Block {
    /// An empty block.
    pub(crate) const fn new(style: Style) -> Self {
        Self {
            style,
            text: String::new(),
        }
    }

    /// A line of name and value. The value is made safe for a terminal and broken between words.
    pub(crate) fn line(&mut self, name: &str, value: &str) {
        let name = self
            .style
            .faint(&format!("{name:<width$}", width = VALUES - 2));
        let _ = writeln!(self.text, "  {name}{}", wrap(&printable(value), VALUES));
    }

    /// A further value under the last name.
    pub(crate) fn more(&mut self, value: &str) {
        let _ = writeln!(
            self.text,
            "{:VALUES$}{}",
            "",
            wrap(&printable(value), VALUES)
        );
    }

    /// One of several values under the last name.
    pub(crate) fn item(&mut self, value: &str) {
        let value = wrap(&printable(value), VALUES + 2);
        let _ = writeln!(self.text, "{:VALUES$}- {value}", "");
    }

    /// The text of the block.
    pub(crate) fn finish(self) -> String {
        self.text
    }
}
