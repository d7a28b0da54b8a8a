//! Points in time as signed headers give them.

use doorward_core::Timestamp;

/// A time without its fraction and its offset, with 0 for a digit.
const PATTERN: &str = "0000-00-00T00:00:00";

/// The zero value of the language that the reference is written in, which it takes for an absent time.
const YEAR_ONE: i64 = -62_135_596_800;

/// A point in time from a signed header: a second, and whether a fraction of it was given too.
///
/// The specification says that there should be no fraction ("Signature Envelope JWS", "Protected Headers"). A fraction
/// counts against the signature: as the second before it for an expiry, as both ends for a validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderTime {
    second: Timestamp,
    fraction: bool,
}

impl HeaderTime {
    /// The last whole second that is not after it.
    #[must_use]
    pub const fn earliest(self) -> Timestamp {
        self.second
    }

    /// The first whole second that is not before it.
    #[must_use]
    pub const fn latest(self) -> Timestamp {
        if self.fraction {
            self.second.plus(1)
        } else {
            self.second
        }
    }

    pub(crate) const fn from_seconds(seconds: i64) -> Self {
        Self {
            second: Timestamp::from_unix(seconds),
            fraction: false,
        }
    }

    /// A number of seconds with a fraction (RFC 8949, section 3.4.2). Returns `None` for what is no number, and beyond
    /// 2^53 seconds, where a floating-point number has lost whole seconds.
    pub(crate) fn from_float(seconds: f64) -> Option<Self> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if !seconds.is_finite() || seconds.abs() > EXACT {
            return None;
        }
        let floor = seconds.floor();
        #[allow(
            clippy::cast_possible_truncation,
            reason = "whole and within 2^53, as compared above"
        )]
        let second = Timestamp::from_unix(floor as i64);
        Some(Self {
            second,
            fraction: floor < seconds,
        })
    }

    /// Reads RFC 3339, section 5.6, with upper-case `T` and `Z` and without a leap second, as the reference does. Year
    /// 1 is how a program writes a time that it does not have, so its first second is none.
    pub(crate) fn from_rfc_3339(text: &str) -> Option<Self> {
        let (whole, rest) = text.split_at_checked(PATTERN.len())?;
        let fits = whole.bytes().zip(PATTERN.bytes()).all(|(byte, p)| match p {
            b'0' => byte.is_ascii_digit(),
            other => byte == other,
        });
        // 59 is the last second: none is inserted here.
        if !fits || whole.get(17..).is_none_or(|second| second > "59") {
            return None;
        }
        let digits = rest.strip_prefix('.').map_or(0, |fraction| {
            fraction.bytes().take_while(u8::is_ascii_digit).count()
        });
        let (fraction, offset) = match (rest.starts_with('.'), digits) {
            (false, _) => ("", rest),
            (true, 0) => return None,
            (true, digits) => rest.split_at_checked(digits + 1)?,
        };
        if !is_offset(offset) {
            return None;
        }
        let second: Timestamp = format!("{whole}{offset}").parse().ok()?;
        if second.unix() == YEAR_ONE {
            return None;
        }
        Some(Self {
            second,
            fraction: fraction.bytes().any(|byte| matches!(byte, b'1'..=b'9')),
        })
    }
}

/// `Z`, or hours and minutes that exist.
fn is_offset(text: &str) -> bool {
    match text.as_bytes() {
        [b'Z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            [h1, h2, m1, m2].iter().all(|byte| byte.is_ascii_digit())
                && [*h1, *h2] <= *b"23"
                && [*m1, *m2] <= *b"59"
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(i64, i64)> {
        HeaderTime::from_rfc_3339(text).map(|time| (time.earliest().unix(), time.latest().unix()))
    }

    #[test]
    fn a_time_is_read_with_its_offset() {
        assert_eq!(
            read("2024-06-01T00:00:00Z"),
            Some((1_717_200_000, 1_717_200_000))
        );
        assert_eq!(
            read("2024-06-01T02:00:00+02:00"),
            read("2024-06-01T00:00:00Z")
        );
    }

    #[test]
    fn a_fraction_counts_as_the_seconds_around_it() {
        assert_eq!(
            read("2024-06-01T00:00:00.5Z"),
            Some((1_717_200_000, 1_717_200_001))
        );
        assert_eq!(
            read("2024-06-01T00:00:00.000Z"),
            read("2024-06-01T00:00:00Z")
        );
        assert_eq!(read("1969-12-31T23:59:58.5Z"), Some((-2, -1)));
        let float = HeaderTime::from_float(-1.5).expect("a time");
        assert_eq!((float.earliest().unix(), float.latest().unix()), (-2, -1));
    }

    #[test]
    fn what_rfc_3339_or_the_reference_does_not_write_is_no_time() {
        for text in [
            "",
            "2024-06-01",
            "2024-06-01t00:00:00Z",
            "2024-06-01T00:00:00z",
            "2024-06-01 00:00:00Z",
            "2024-06-01T00:00:00",
            "2024-06-01T00:00:00.Z",
            "2024-06-01T00:00:00,5Z",
            "2024-06-01T00:00:00+0200",
            "2024-06-01T00:00:00+24:00",
            "2024-06-01T00:00:00+02:60",
            "2024-06-30T23:59:60Z",
            "2024-02-30T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-06-01T24:00:00Z",
            "10000-01-01T00:00:00Z",
            "0001-01-01T00:00:00Z",
            "2024-06-01T00:00:00Zx",
            "2024-06-01T00:00:00Z[UTC]",
            "1717200000",
            "２024-06-01T00:00:00Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        for float in [f64::NAN, f64::INFINITY, -f64::INFINITY, 1e300] {
            assert_eq!(HeaderTime::from_float(float), None, "{float}");
        }
    }
}
