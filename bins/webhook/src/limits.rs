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

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn of(more: &[&str]) -> Limits {
        let least = [
            "doorward-webhook",
            "-f",
            "p",
            "--tls-cert",
            "c",
            "--tls-key",
            "k",
        ];
        Limits::of(&Args::try_parse_from(least.iter().chain(more)).unwrap())
    }

    #[test]
    fn a_review_ends_a_second_before_the_api_server_gives_up() {
        let ends = |timeout| of(&[timeout]).deadline;
        assert_eq!(
            of(&[]).deadline,
            Duration::from_secs(9),
            "of the ten by default"
        );
        assert_eq!(ends("--timeout=30s"), Duration::from_secs(29));
        assert_eq!(ends("--timeout=2s"), Duration::from_secs(1));
    }

    #[test]
    fn what_bounds_a_review_is_what_the_options_say() {
        let limits = of(&["--max-body=1000000", "--max-concurrent=7"]);
        assert_eq!((limits.max_body, limits.max_concurrent), (1_000_000, 7));
    }
}
