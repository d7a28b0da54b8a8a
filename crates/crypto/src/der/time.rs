//! `UTCTime` and `GeneralizedTime`.

use doorward_core::Timestamp;

use super::{Malformed, tag};

/// A point in time, down to the fraction of a second that a time stamp may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time {
    /// The second, and if there is a fraction the one that has begun.
    pub(crate) seconds: i64,
    /// 0 to 999,999,999.
    pub(crate) nanos: u32,
}

/// Digits of a fraction that are read: nanoseconds. No authority claims to be more exact.
const MAX_FRACTION: usize = 9;

impl Time {
    pub(super) fn read(tag: u8, content: &[u8]) -> Result<Self, Malformed> {
        match tag {
            tag::UTC_TIME => {
                let (year, rest) = content.split_at_checked(2).ok_or(Malformed)?;
                // RFC 5280, section 4.1.2.5.1.
                let year = number(year)?;
                let year = if year >= 50 { 1900 + year } else { 2000 + year };
                let (seconds, rest) = seconds(year, rest)?;
                (rest == b"Z").then_some(Self { seconds, nanos: 0 })
            }
            tag::GENERALIZED_TIME => {
                let (year, rest) = content.split_at_checked(4).ok_or(Malformed)?;
                let (seconds, rest) = seconds(number(year)?, rest)?;
                let nanos = fraction(rest)?;
                Some(Self { seconds, nanos })
            }
            _ => None,
        }
        .ok_or(Malformed)
    }

    /// Of certificates, lists and responses, whose times have no fraction (RFC 5280, section 4.1.2.5.2).
    pub(crate) const fn whole(self) -> Result<Timestamp, Malformed> {
        if self.nanos == 0 {
            Ok(Timestamp::from_unix(self.seconds))
        } else {
            Err(Malformed)
        }
    }
}

fn number(digits: &[u8]) -> Result<i64, Malformed> {
    digits.iter().try_fold(0, |value, digit| {
        if digit.is_ascii_digit() {
            Ok(value * 10 + i64::from(digit - b'0'))
        } else {
            Err(Malformed)
        }
    })
}

/// Month to second, and what stands behind.
fn seconds(year: i64, text: &[u8]) -> Result<(i64, &[u8]), Malformed> {
    let (digits, rest) = text.split_at_checked(10).ok_or(Malformed)?;
    let mut fields = [0_i64; 5];
    for (field, pair) in fields.iter_mut().zip(digits.chunks(2)) {
        *field = number(pair)?;
    }
    let [month, day, hour, minute, second] = fields;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return Err(Malformed),
    };
    if !(1..=days).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return Err(Malformed);
    }
    // Years that begin in March have their leap day at the end; 1970-01-01 is day 719,468 from 0000-03-01.
    let shifted = if month > 2 { year } else { year - 1 };
    let month = (month + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let leap_days = shifted.div_euclid(4) - shifted.div_euclid(100) + shifted.div_euclid(400);
    let day = 365 * shifted + leap_days + day_of_year - 719_468;
    Ok((((day * 24 + hour) * 60 + minute) * 60 + second, rest))
}

/// A fraction, if there is one, and the `Z` that ends every time; no zero ends a fraction (X.690, section 11.7).
fn fraction(text: &[u8]) -> Result<u32, Malformed> {
    let digits = match text {
        b"Z" => return Ok(0),
        [b'.', digits @ .., b'Z'] => digits,
        _ => return Err(Malformed),
    };
    if digits.is_empty() || digits.len() > MAX_FRACTION || digits.ends_with(b"0") {
        return Err(Malformed);
    }
    let missing = u32::try_from(MAX_FRACTION - digits.len()).map_err(|_| Malformed)?;
    let nanos = number(digits)? * 10_i64.pow(missing);
    u32::try_from(nanos).map_err(|_| Malformed)
}
