//! Points in time, always given by the caller.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use jiff::civil::{self, DateTime};
use jiff::fmt::temporal::Pieces;

/// Where seconds are counted from.
const EPOCH: DateTime = civil::date(1970, 1, 1).at(0, 0, 0, 0);

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
        if let Ok(time) = jiff::Timestamp::from_second(self.0) {
            return write!(f, "{time}");
        }
        match EPOCH.checked_add(SignedDuration::from_secs(self.0)) {
            Ok(time) if self.0 > 0 => write!(f, "{time}Z"),
            _ => write!(f, "{}s", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    /// Parses RFC 3339; fractions of a second are dropped.
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        if !has_offset_within_a_day(text) {
            return Err(TimestampError);
        }
        match text.parse::<jiff::Timestamp>() {
            Ok(time) => Ok(Self(time.as_second())),
            Err(_) => late(text).map(Self).ok_or(TimestampError),
        }
    }
}

/// Whether the offset is less than a day (RFC 3339, section 5.6, `time-numoffset`). [`jiff`] reads larger ones too.
fn has_offset_within_a_day(text: &str) -> bool {
    const DAY: i32 = 24 * 60 * 60;
    let offset = Pieces::parse(text)
        .ok()
        .and_then(|read| read.to_numeric_offset());
    offset.is_some_and(|offset| (-DAY < offset.seconds()) && offset.seconds() < DAY)
}

/// The seconds to a time in the last hours of the year 9999. RFC 3339 has them, and [`jiff::Timestamp`] ends before them,
/// so that each of its times can be written with every offset.
fn late(text: &str) -> Option<i64> {
    let pieces = Pieces::parse(text).ok()?;
    if pieces.time_zone_annotation().is_some() {
        return None;
    }
    let (time, offset) = (pieces.time()?, pieces.to_numeric_offset()?);
    let local = pieces.date().to_datetime(time).duration_since(EPOCH);
    let seconds = local.as_secs() - i64::from(offset.seconds());
    (seconds > jiff::Timestamp::MAX.as_second()).then_some(seconds)
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
    fn every_time_of_the_years_0000_to_9999_is_read_and_written_back() {
        for (text, seconds) in [
            ("0000-01-01T00:00:00Z", -62_167_219_200),
            ("0000-02-29T00:00:00Z", -62_162_121_600),
            ("1969-12-31T23:59:59Z", -1),
            ("2000-02-29T00:00:00Z", 951_782_400),
            ("2038-01-19T03:14:08Z", 1 << 31),
            ("9999-12-30T22:00:00Z", 253_402_207_200),
            ("9999-12-30T22:00:01Z", 253_402_207_201),
            ("9999-12-31T00:00:00Z", 253_402_214_400),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            let time: Timestamp = text.parse().expect(text);
            assert_eq!(time.unix(), seconds, "{text}");
            assert_eq!(time.to_string(), text);
        }
        let time = |text: &str| text.parse::<Timestamp>();
        assert_eq!(
            time("9999-12-31T23:00:00.9+01:00"),
            time("9999-12-31T22:00:00Z")
        );
        let beyond = time("9999-12-31T23:59:59-01:00").expect("the last hour, elsewhere");
        assert_eq!(beyond.to_string(), "253402304399s");
    }

    #[test]
    fn what_is_on_no_calendar_or_clock_is_no_time() {
        for text in [
            "2026-02-30T00:00:00Z",
            "2027-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2026-00-10T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "9999-02-29T00:00:00Z",
            "9999-12-32T00:00:00Z",
            "9999-12-31T24:00:00Z",
            "9999-12-31T00:00:00",
            "9999-12-31T00:00:00[UTC]",
            "9999-12-31T00:00:00Z[UTC]",
            // RFC 3339, section 5.6: hours of an offset end at 23.
            "2026-11-29T23:00:00-25:00",
            "2026-11-29T23:00:00+24:00",
            "10000-01-01T00:00:00Z",
            "+010000-01-01T00:00:00Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(TimestampError), "{text}");
        }
    }

    #[test]
    fn a_date_without_a_time_is_refused() {
        assert_eq!("2026-01-01".parse::<Timestamp>(), Err(TimestampError));
        assert_eq!("".parse::<Timestamp>(), Err(TimestampError));
    }
}
