//! What bounds a review.

use std::time::Duration;

use crate::args::Args;

/// What bounds a review.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The time from a review's first byte to its answer.
    pub deadline: Duration,
    /// The largest body, in bytes.
    pub max_body: usize,
    /// How many reviews are judged at a time.
    pub max_concurrent: usize,
}

impl Limits {
    /// As the options say.
    pub(crate) fn of(args: &Args) -> Self {
        Self {
            // The last second is for the way back: an answer after the API server gave up explains nothing.
            deadline: args.timeout.saturating_sub(Duration::from_secs(1)),
            max_body: args.max_body,
            max_concurrent: args.max_concurrent,
        }
    }
}
