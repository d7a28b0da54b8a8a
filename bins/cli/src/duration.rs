//! Spans of time as people write them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The longest span that makes sense for one command.
const LONGEST: Duration = Duration::from_secs(3600);

/// A span of time such as `500ms`, `30s` or `2m`: more than nothing, at most an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(Duration);

impl Span {
    /// A span of whole seconds.
    pub(crate) const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// The span.
    pub(crate) const fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Span {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let number: u64 = digits
            .parse()
            .map_err(|_| "expected a number and a unit, such as 30s")?;
        let milliseconds = match text.strip_prefix(digits) {
            Some("ms") => Some(number),
            Some("s") => number.checked_mul(1_000),
            Some("m") => number.checked_mul(60_000),
            _ => return Err("expected a number and one of the units ms, s and m, such as 30s"),
        };
        match milliseconds.map(Duration::from_millis) {
            Some(duration) if !duration.is_zero() && duration <= LONGEST => Ok(Self(duration)),
            _ => Err("expected more than nothing and at most 60m"),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.subsec_millis() == 0 {
            write!(f, "{}s", self.0.as_secs())
        } else {
            write!(f, "{}ms", self.0.as_millis())
        }
    }
}

/// A long span of time such as `30d`, `336h` or `90m`, which may be nothing.
///
/// # Errors
/// What is expected, if it is no number of whole days, hours, minutes or seconds.
pub(crate) fn long_span(text: &str) -> Result<Duration, &'static str> {
    const EXPECTED: &str = "expected a number and one of the units d, h, m and s, such as 30d";
    let seconds = match text.chars().last() {
        Some('d') => 86_400,
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
    fn days_hours_minutes_and_seconds_are_read_and_nothing_is_guessed() {
        for (text, seconds) in [
            ("14d", 1_209_600),
            ("336h", 1_209_600),
            ("90m", 5400),
            ("0s", 0),
        ] {
            assert_eq!(long_span(text), Ok(Duration::from_secs(seconds)));
        }
        for bad in [
            "",
            "h",
            "336",
            "2w",
            "-1h",
            "+1h",
            "1.5h",
            "18446744073709551615h",
            "h1",
        ] {
            assert!(long_span(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_three_units_are_read() {
        assert_eq!("500ms".parse(), Ok(Span(Duration::from_millis(500))));
        assert_eq!("30s".parse(), Ok(Span::seconds(30)));
        assert_eq!("2m".parse(), Ok(Span::seconds(120)));
    }

    #[test]
    fn spans_without_unit_or_sense_are_refused() {
        for text in [
            "",
            "30",
            "s",
            "-1s",
            "1h",
            "0s",
            "61m",
            "1.5s",
            "99999999999999999999s",
            "18446744073709551615m",
        ] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
