//! Spans of time as options of the webhook have them.

use std::time::Duration;

/// A span of time as an option of the webhook has it: a number with `ms`, `s`, `m` or `h`; seconds without a unit.
///
/// # Errors
/// What is expected, for people.
pub fn option_duration(text: &str) -> Result<Duration, String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_known_units_and_do_not_overflow() {
        assert_eq!(option_duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(option_duration("7"), Ok(Duration::from_secs(7)));
        assert_eq!(option_duration("2h"), Ok(Duration::from_secs(7_200)));
        for bad in ["", "s", "5d", "1.5s", "18446744073709551615h"] {
            assert!(option_duration(bad).is_err(), "{bad}");
        }
    }
}
