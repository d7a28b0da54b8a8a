//! How long an exception may last, as it is given on the command line.

use std::time::Duration;

use clap::Args;
use doorward_policy::DEFAULT_LONGEST_EXCEPTION;

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
        value_name = "HOURS",
        env = "DOORWARD_MAX_EXCEPTION",
        value_parser = hours
    )]
    max_exception: Option<Duration>,
}

impl LongestException {
    pub(crate) fn duration(self) -> Duration {
        self.max_exception.unwrap_or(DEFAULT_LONGEST_EXCEPTION)
    }
}

/// A number with `h`, `m` or `s`.
fn hours(text: &str) -> Result<Duration, &'static str> {
    const EXPECTED: &str = "expected a number and one of the units h, m and s, such as 336h";
    let seconds = match text.chars().last() {
        Some('h') => 3600,
        Some('m') => 60,
        Some('s') => 1,
        _ => return Err(EXPECTED),
    };
    let digits = text.get(..text.len() - 1).unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(EXPECTED);
    }
    let number: u64 = digits.parse().map_err(|_| EXPECTED)?;
    let seconds = number.checked_mul(seconds).ok_or("it is too long")?;
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_minutes_and_seconds_are_read_and_nothing_is_guessed() {
        assert_eq!(hours("336h"), Ok(DEFAULT_LONGEST_EXCEPTION));
        assert_eq!(hours("90m"), Ok(Duration::from_secs(5400)));
        assert_eq!(hours("0s"), Ok(Duration::ZERO));
        for bad in [
            "",
            "h",
            "336",
            "14d",
            "-1h",
            "+1h",
            "1.5h",
            "18446744073709551615h",
            "h1",
        ] {
            assert!(hours(bad).is_err(), "{bad}");
        }
    }
}
