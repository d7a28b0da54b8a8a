//! Log lines.

#[cfg(test)]
mod captured;
mod lines;
mod output;
mod text;

#[cfg(test)]
pub(crate) use captured::logged;

use std::io;

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;

use self::lines::Lines;
pub(crate) use self::output::lost;
use self::output::{Output, queued};
use crate::args::LogFormat;

/// What is logged if nothing is said.
const DEFAULT: &str = "info";
const LEVELS: [&str; 6] = ["trace", "debug", "info", "warn", "error", "off"];

/// Reads a filter: levels, and targets with their levels. An empty one is how templates say nothing.
///
/// Stricter than the library, which takes a word that is no level for the name of a target: a slip such as `warning`
/// would silence every error.
fn parse(filter: &str) -> Result<EnvFilter> {
    let filter = Some(filter.trim()).filter(|text| !text.is_empty());
    let filter = filter.unwrap_or(DEFAULT);
    for word in filter.split(',').map(str::trim) {
        let level = word.rsplit_once('=').map_or(word, |(_, level)| level);
        anyhow::ensure!(
            LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level)),
            "the log filter {filter:?} is not valid: {level:?} is none of {}",
            LEVELS.join(", ")
        );
    }
    EnvFilter::try_new(filter).with_context(|| format!("the log filter {filter:?} is not valid"))
}

/// Sends log lines to standard error in this form, for as long as the result is kept.
///
/// # Errors
/// If the filter does not parse, or something else in this process has set up logging.
pub(crate) fn start(format: LogFormat, filter: &str) -> Result<Output> {
    let filter = parse(filter)?;
    let (writer, output) = queued(io::stderr());
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        // It would say so on standard error, and panic where that is gone.
        .log_internal_errors(false)
        .event_format(Lines::new(format))
        .try_init();
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
        tracing::error!(place, what, "a fault of this program");
    }));
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_no_level_is_refused_and_silences_nothing() {
        for wrong in [
            "loud",
            "warning",
            "info,loud",
            "doorward_webhook",
            "a=b",
            "=",
            "info,",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        for (text, expected) in [
            ("", "info"),
            (" ", "info"),
            ("WARN", "warn"),
            ("off", "off"),
            ("warn,doorward_webhook=debug", "doorward_webhook=debug,warn"),
        ] {
            assert_eq!(parse(text).expect(text).to_string(), expected, "{text}");
        }
    }
}
