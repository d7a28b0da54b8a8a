//! Colour, symbols and line breaks of the text that people read.

use std::io::IsTerminal as _;

/// When to colour.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    clap::ValueEnum,
    serde::Deserialize,
    serde::Serialize,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ColorChoice {
    /// Where a person is likely to read: on a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How text for people is written to one stream. Colour only underlines what the words already say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    colored: bool,
}

impl Style {
    /// Without colour.
    pub(crate) const fn plain() -> Self {
        Self { colored: false }
    }

    /// The style for standard output.
    pub(crate) fn stdout(choice: ColorChoice) -> Self {
        Self::decide(choice, std::io::stdout().is_terminal(), |name| {
            std::env::var(name).ok()
        })
    }

    /// The style for standard error.
    pub(crate) fn stderr(choice: ColorChoice) -> Self {
        Self::decide(choice, std::io::stderr().is_terminal(), |name| {
            std::env::var(name).ok()
        })
    }

    /// The conventions of no-color.org and bixense.com/clicolors: a flag is stronger than `NO_COLOR`, which is
    /// stronger than `CLICOLOR_FORCE`, which is stronger than whether there is a terminal.
    fn decide(choice: ColorChoice, terminal: bool, env: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| env(name).is_some_and(|value| !value.is_empty());
        let forced = |name| env(name).is_some_and(|value| !value.is_empty() && value != "0");
        let colored = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if set("NO_COLOR") => false,
            ColorChoice::Auto if forced("CLICOLOR_FORCE") || forced("FORCE_COLOR") => true,
            ColorChoice::Auto => terminal && env("TERM").as_deref() != Some("dumb"),
        };
        Self { colored }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colored {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// What went well.
    pub(crate) fn good(self, text: &str) -> String {
        self.paint("1;32", text)
    }

    /// What went wrong.
    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// What deserves attention.
    pub(crate) fn warn(self, text: &str) -> String {
        self.paint("1;33", text)
    }

    /// A remark.
    pub(crate) fn note(self, text: &str) -> String {
        self.paint("1;36", text)
    }

    /// What the line is about.
    pub(crate) fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// What can be passed over.
    pub(crate) fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }
}

/// `text` with everything escaped that would move the cursor, colour the terminal or reorder the line.
///
/// Names of signers, error texts of servers and parts of files end up on a terminal; none of them may draw on it.
pub(crate) fn printable(text: &str) -> String {
    let disruptive = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    if !text.contains(disruptive) {
        return text.to_owned();
    }
    text.chars()
        .map(|c| {
            if disruptive(c) {
                c.escape_unicode().to_string()
            } else {
                c.to_string()
            }
        })
        .collect()
}

/// The column after which words of a sentence go to the next line.
const WIDTH: usize = 100;

/// `text` broken between words, every further line indented by `indent` columns. A word that is longer than the
/// line stays whole, so that digests and references can be copied.
pub(crate) fn wrap(text: &str, indent: usize) -> String {
    let mut out = String::new();
    let mut column = indent;
    for (number, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        if number > 0 {
            if column + 1 + length > WIDTH {
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', indent));
                column = indent;
            } else {
                out.push(' ');
                column += 1;
            }
        }
        out.push_str(word);
        column += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colored(choice: ColorChoice, terminal: bool, env: &[(&str, &str)]) -> bool {
        let env = |name: &str| {
            env.iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Style::decide(choice, terminal, env).colored
    }

    #[test]
    fn a_pipe_gets_no_colour_and_a_terminal_does() {
        assert!(colored(ColorChoice::Auto, true, &[]));
        assert!(!colored(ColorChoice::Auto, false, &[]));
        assert!(!colored(ColorChoice::Auto, true, &[("TERM", "dumb")]));
    }

    #[test]
    fn no_color_is_stronger_than_force_and_a_flag_is_stronger_than_both() {
        let both = [("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")];
        assert!(!colored(ColorChoice::Auto, true, &both));
        assert!(colored(ColorChoice::Always, false, &both));
        assert!(colored(
            ColorChoice::Auto,
            false,
            &[("CLICOLOR_FORCE", "1")]
        ));
        assert!(!colored(
            ColorChoice::Never,
            true,
            &[("CLICOLOR_FORCE", "1")]
        ));
    }

    #[test]
    fn an_empty_or_zero_variable_asks_for_nothing() {
        assert!(colored(ColorChoice::Auto, true, &[("NO_COLOR", "")]));
        assert!(!colored(
            ColorChoice::Auto,
            false,
            &[("CLICOLOR_FORCE", "0")]
        ));
    }

    #[test]
    fn escape_sequences_and_direction_marks_are_shown_not_obeyed() {
        assert_eq!(printable("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(printable("ab\u{202e}cd"), "ab\\u{202e}cd");
        assert_eq!(printable("Zoë 鍵"), "Zoë 鍵");
    }

    #[test]
    fn words_longer_than_a_line_stay_whole() {
        let digest = "x".repeat(150);
        let text = format!("the image resolves to {digest} now");
        let wrapped = wrap(&text, 4);
        assert!(wrapped.contains(&digest));
        assert_eq!(wrapped.lines().count(), 3);
        assert!(wrapped.lines().skip(1).all(|line| line.starts_with("    ")));
    }
}
