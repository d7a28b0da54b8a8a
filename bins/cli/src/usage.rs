//! What is wrong with a command line.

use clap::error::{ContextKind, ContextValue, Error};
use doorward_core::text::visible;

use crate::text::Text;
use crate::tone::Tone;

/// What the parser says, as lines. Arguments are quoted in it, so a line break in one is shown before the lines are
/// told apart.
pub(crate) fn text(mut error: Error) -> Text {
    let context: Vec<(ContextKind, ContextValue)> = error
        .context()
        .map(|(kind, value)| (kind, shown(value)))
        .collect();
    for (kind, value) in context {
        error.insert(kind, value);
    }
    let mut text = Text::new();
    for line in error.render().to_string().lines() {
        match line.strip_prefix("error:") {
            Some(rest) => text.line([Tone::Bad.of("error:"), rest.into()]),
            None => text.line([line.into()]),
        };
    }
    text
}

fn shown(value: &ContextValue) -> ContextValue {
    match value {
        ContextValue::String(text) => ContextValue::String(visible(text).into_owned()),
        ContextValue::Strings(texts) => ContextValue::Strings(
            texts
                .iter()
                .map(|text| visible(text).into_owned())
                .collect(),
        ),
        // Advice, which quotes arguments and is one line each.
        ContextValue::StyledStrs(texts) => ContextValue::StyledStrs(
            texts
                .iter()
                .map(|text| visible(&text.to_string()).into_owned().into())
                .collect(),
        ),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::args::Cli;
    use crate::style::Style;

    fn said(arguments: &[&str]) -> String {
        let command = std::iter::once("doorward").chain(arguments.iter().copied());
        let error = Cli::command()
            .try_get_matches_from(command)
            .expect_err("a mistake");
        text(error).render(Style::plain())
    }

    #[test]
    fn an_argument_with_escapes_or_line_breaks_is_quoted_as_one_harmless_line() {
        let hostile = "\u{1b}[2Jx\nALLOWED  \u{202e}y\u{9b}";
        let flag = format!("--{hostile}");
        for arguments in [
            &["verify", "--output", hostile, "a"][..],
            &["verify", "--timeout", hostile, "a"],
            &["verify", "--at", hostile, "a"],
            &["verify", "--mirror", hostile, "a"],
            &["trust", "pin", hostile],
            &["policy", hostile],
            &[hostile],
            &["verify", &flag],
        ] {
            let text = said(arguments);
            assert!(text.starts_with("error:"), "{text}");
            assert!(
                text.chars()
                    .all(|c| c == '\n' || !doorward_core::text::is_disruptive(c)),
                "{arguments:?}: {text:?}"
            );
            assert!(
                !text.lines().any(|line| line.starts_with("ALLOWED")),
                "{text}"
            );
        }
    }
}
