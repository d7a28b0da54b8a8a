//! What the values of options may be.

use std::time::Duration;

/// A number with `ms`, `s`, `m` or `h`; seconds without a unit.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number
        .parse()
        .map_err(|_| "expected a duration such as 30s or 5m".to_owned())?;
    let millis = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(format!("unknown unit `{unit}`: expected ms, s, m or h")),
    };
    let millis = number
        .checked_mul(millis)
        .ok_or("the duration is too long")?;
    Ok(Duration::from_millis(millis))
}

/// A [`duration`] that is more than nothing.
pub(crate) fn pause(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("expected more than nothing".to_owned()),
        pause => Ok(pause),
    }
}

/// The API server takes 1 to 30 seconds, and one of them is kept for the way back.
pub(crate) fn timeout(text: &str) -> Result<Duration, String> {
    let timeout = duration(text)?;
    if (Duration::from_secs(2)..=Duration::from_secs(30)).contains(&timeout) {
        Ok(timeout)
    } else {
        Err("expected 2 to 30 seconds".to_owned())
    }
}

pub(crate) fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a number from 0 to 1".to_owned()),
    }
}

pub(crate) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a number of at least 1".to_owned()),
        Ok(number) => Ok(number),
    }
}

pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((prefix, location)) if !prefix.is_empty() && !location.is_empty() => {
            Ok((prefix.to_owned(), location.to_owned()))
        }
        _ => Err("expected PREFIX=LOCATION".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_known_units_and_do_not_overflow() {
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("7"), Ok(Duration::from_secs(7)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7_200)));
        for bad in ["", "s", "5d", "1.5s", "18446744073709551615h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_mirror_has_both_halves() {
        assert_eq!(
            pair("docker.io=m.example/hub"),
            Ok(("docker.io".to_owned(), "m.example/hub".to_owned()))
        );
        for bad in ["docker.io", "=m.example", "docker.io=", ""] {
            assert!(pair(bad).is_err(), "{bad}");
        }
    }
}
