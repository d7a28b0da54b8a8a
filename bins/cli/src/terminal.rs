//! How the command speaks to the person in front of it.

use crate::streams;
use crate::style::Style;
use crate::text::Text;
use crate::tone::Tone;

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
        self.say(Text::new().wrapped([Tone::Note.of("note:"), " ".into()], text, 6));
    }

    /// Something that is probably not what the reader wants.
    pub(crate) fn warn(&self, text: &str) {
        self.say(Text::new().wrapped([Tone::Warn.of("warning:"), " ".into()], text, 9));
    }

    /// What the reader can do next, after a blank line.
    pub(crate) fn hint(&self, text: &str) {
        let head = [Tone::Note.of("hint:"), " ".into()];
        self.say(Text::new().blank().wrapped(head, text, 6));
    }

    /// Whether somebody watches what is remarked, so that it may be written over again.
    pub(crate) fn is_watched(&self) -> bool {
        !self.quiet && Style::is_stderr_watched()
    }

    fn say(&self, text: &Text) {
        if !self.quiet {
            streams::remark(text, self.err);
        }
    }
}
