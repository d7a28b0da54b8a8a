//! Whether and how the text that people read is coloured.

use std::io::IsTerminal as _;

use crate::tone::Tone;

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

    /// With colour, whatever the stream is.
    #[cfg(test)]
    pub(crate) const fn coloured() -> Self {
        Self { colored: true }
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

    /// Whether a person watches remarks as they come: on a terminal that can write a line over again.
    pub(crate) fn is_stderr_watched() -> bool {
        std::io::stderr().is_terminal()
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
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

    /// What begins a tone on a terminal: nothing where there is no colour, or for a tone that has none.
    pub(crate) fn opening(self, tone: Tone) -> String {
        let code = match tone {
            Tone::Bad => "1;31",
            Tone::Faint => "2",
            Tone::Good => "1;32",
            Tone::Note => "1;36",
            Tone::Plain => return String::new(),
            Tone::Strong => "1",
            Tone::Warn => "1;33",
        };
        if self.colored {
            format!("\u{1b}[{code}m")
        } else {
            String::new()
        }
    }

    /// `text` in a tone. The text must be visible already: see [`crate::text`].
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        let opening = self.opening(tone);
        if opening.is_empty() {
            text.to_owned()
        } else {
            format!("{opening}{text}\u{1b}[0m")
        }
    }
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
}
