//! What bounds a review.

use std::time::Duration;

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
