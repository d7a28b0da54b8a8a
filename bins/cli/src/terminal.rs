//! How the command speaks to the person in front of it.

use crate::streams;
use crate::style::{Style, printable, wrap};

/// The two streams of one invocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    /// How results for people are written.
    pub(crate) out: Style,
    /// How remarks are written.
    pub(crate) err: Style,
    /// Leave remarks out.
    pub(crate) quiet: bool,
    /// How much is shown of the way to a result.
    pub(crate) verbose: u8,
}

impl Terminal {
    /// Something the reader should know to understand the result.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            streams::remark(&format!(
                "{} {}\n",
                self.err.note("note:"),
                wrap(&printable(text), 6)
            ));
        }
    }

    /// Something that is probably not what the reader wants.
    pub(crate) fn warn(&self, text: &str) {
        if !self.quiet {
            streams::remark(&format!(
                "{} {}\n",
                self.err.warn("warning:"),
                wrap(&printable(text), 9)
            ));
        }
    }

    /// What the reader can do next, after a blank line.
    pub(crate) fn hint(&self, text: &str) {
        if !self.quiet {
            streams::remark(&format!(
                "\n{} {}\n",
                self.err.note("hint:"),
                wrap(&printable(text), 6)
            ));
        }
    }
}
