//! Log lines.

use std::fmt;
use std::io;

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;

use crate::args::LogFormat;

/// Sends log lines to standard error in this form.
///
/// # Errors
/// If the filter does not parse, or something else in this process has set up logging.
pub(crate) fn start(format: LogFormat, filter: &str) -> Result<()> {
    let filter = EnvFilter::try_new(filter)
        .with_context(|| format!("the log filter {filter:?} is not valid"))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    let started = match format {
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_target(false)
            .try_init(),
        LogFormat::Text => lines.with_ansi(false).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging could not be set up: {error}"))?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        let payload = panic.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let what = text
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or_default();
        tracing::error!(place, what = %Escaped(what), "a fault of this program");
    }));
    Ok(())
}

/// Text of somebody else's choice, with control characters and quotes escaped, so that it cannot forge a line.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self
            .0
            .chars()
            .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
        {
            write!(f, "{}", self.0.escape_debug())
        } else {
            f.write_str(self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_could_forge_a_line_or_move_the_cursor_is_escaped() {
        assert_eq!(Escaped("a\nb").to_string(), "a\\nb");
        assert_eq!(Escaped("\u{1b}[2J").to_string(), "\\u{1b}[2J");
        assert_eq!(
            Escaped("a\u{85}b\u{2028}c").to_string(),
            "a\\u{85}b\\u{2028}c"
        );
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        assert_eq!(
            Escaped("registry.example/a@sha256:00").to_string(),
            "registry.example/a@sha256:00"
        );
    }
}
