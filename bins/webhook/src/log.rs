//! Log lines.

#[cfg(test)]
mod captured;
mod lines;
mod text;

#[cfg(test)]
pub(crate) use captured::logged;

use std::io;

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;

use self::lines::Lines;
use crate::args::LogFormat;

/// Sends log lines to standard error in this form.
///
/// # Errors
/// If the filter does not parse, or something else in this process has set up logging.
pub(crate) fn start(format: LogFormat, filter: &str) -> Result<()> {
    let filter = EnvFilter::try_new(filter)
        .with_context(|| format!("the log filter {filter:?} is not valid"))?;
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
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
    Ok(())
}
