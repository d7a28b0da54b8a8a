//! What ends a command early, and the one place where that is put into words.

use doorward::Exit;

use crate::text::Text;
use crate::tone::Tone;

/// Why a command could not do what it was asked, with the exit it ends in.
///
/// The error and its causes are printed once, as lowercase fragments, followed by the hint after a blank line. A
/// hint says how to find out more or how to supply what is missing; it never says how to trust less.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    error: anyhow::Error,
    hint: Option<String>,
}

/// The result of a command or a part of one.
pub(crate) type Outcome<T = Exit> = Result<T, Failure>;

impl Failure {
    /// A failure that ends in `exit`.
    pub(crate) fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit,
            error: error.into(),
            hint: None,
        }
    }

    /// The command line is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, anyhow::Error::msg(message.into()))
    }

    /// A policy, secret, setting or file is wrong or cannot be read.
    pub(crate) fn invalid(error: impl Into<anyhow::Error>) -> Self {
        Self::new(Exit::Invalid, error)
    }

    /// A fault of this program or of the machine it runs on.
    pub(crate) fn internal(error: impl Into<anyhow::Error>) -> Self {
        Self::new(Exit::Internal, error)
    }

    /// Adds what the reader can do next.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The exit.
    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// The text for the terminal.
    pub(crate) fn text(&self) -> Text {
        let mut text = Text::new();
        text.line([Tone::Bad.of("error:"), format!(" {}", self.error).into()]);
        for cause in self.error.chain().skip(1) {
            text.line([format!("  caused by: {cause}").into()]);
        }
        if let Some(hint) = &self.hint {
            let head = [Tone::Note.of("hint:"), " ".into()];
            text.blank().wrapped(head, hint, 6);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::Style;
    use anyhow::Context as _;

    #[test]
    fn every_cause_is_printed_once_and_the_hint_follows_a_blank_line() {
        let cause: Result<(), _> = Err(anyhow::anyhow!("no such file"));
        let error = cause
            .context("cannot read policy.yaml")
            .expect_err("an error");
        let failure = Failure::invalid(error).with_hint("name a file that exists");
        assert_eq!(
            failure.text().render(Style::plain()),
            "error: cannot read policy.yaml\n  caused by: no such file\n\nhint: name a file that exists\n"
        );
        assert_eq!(failure.exit(), Exit::Invalid);
    }

    #[test]
    fn control_characters_of_a_hostile_answer_never_reach_the_terminal() {
        let failure = Failure::internal(anyhow::anyhow!("server said \u{1b}[2Jhello\rworld"));
        let text = failure.text().render(Style::plain());
        assert!(!text.contains('\u{1b}') && !text.contains('\r'), "{text:?}");
    }
}
