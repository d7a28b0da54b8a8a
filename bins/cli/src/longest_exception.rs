//! How long an exception may last, as it is given on the command line.

use std::time::Duration;

use clap::Args;
use doorward_policy::DEFAULT_LONGEST_EXCEPTION;

use crate::duration::long_span;

/// How long an exception may last.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Rules")]
pub(crate) struct LongestException {
    /// How long an exception may last, 336h without: the same as the webhook was given
    ///
    /// Counted from when it was made, where the object says when that was, and else from now. One that lasts longer counts for
    /// nothing.
    #[arg(
        long = "max-exception",
        value_name = "SPAN",
        env = "DOORWARD_MAX_EXCEPTION",
        value_parser = long_span
    )]
    max_exception: Option<Duration>,
}

impl LongestException {
    pub(crate) fn duration(self) -> Duration {
        self.max_exception.unwrap_or(DEFAULT_LONGEST_EXCEPTION)
    }
}
