//! Points in time, always given by the caller.

use std::fmt;
use std::str::FromStr;

/// A point in time with a resolution of one second.
///
/// Verification never reads a clock: the caller passes the time in, so that a decision can be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// The point `seconds` later, or the last representable one.
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this point; negative if this point is the earlier one.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, or the number of seconds if the year has more than four digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(time) => write!(f, "{time}"),
            Err(_) => write!(f, "{}s", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    /// Parses RFC 3339; fractions of a second are dropped.
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let time: jiff::Timestamp = text.parse().map_err(|_| TimestampError)?;
        Ok(Self(time.as_second()))
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text is not an RFC 3339 date and time with an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a date and time such as 2026-01-31T12:00:00Z")]
pub struct TimestampError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3339_is_read_and_written() {
        let time: Timestamp = "2026-01-01T00:00:00Z".parse().expect("valid");
        assert_eq!(time.unix(), 1_767_225_600);
        assert_eq!(time.to_string(), "2026-01-01T00:00:00Z");
    }

    #[test]
    fn an_offset_is_converted_to_utc() {
        let time: Timestamp = "2026-01-01T01:00:00+01:00".parse().expect("valid");
        assert_eq!(time.to_string(), "2026-01-01T00:00:00Z");
    }

    #[test]
    fn a_date_without_a_time_is_refused() {
        assert_eq!("2026-01-01".parse::<Timestamp>(), Err(TimestampError));
        assert_eq!("".parse::<Timestamp>(), Err(TimestampError));
    }
}
