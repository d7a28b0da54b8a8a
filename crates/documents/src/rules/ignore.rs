use doorward_core::Timestamp;

const DAY: i64 = 24 * 60 * 60;

/// A finding that a policy tolerates, until a time and for a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignore {
    /// The identifier or an alias of the finding, compared without regard to the case of letters.
    pub id: String,
    /// From when on it is not ignored any more. `None` is for good.
    pub until: Option<Timestamp>,
    /// Why, in the author's words.
    pub reason: String,
}

impl Ignore {
    /// Returns whether it still holds.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// The text is neither a date nor a date and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a date such as 2026-01-31, or a date and time such as 2026-01-31T12:00:00Z")]
pub struct UntilError;

/// Reads the end of an [`Ignore`]: a date and time of RFC 3339, from which on it does not hold, or a date, through
/// whose last second in UTC it holds.
///
/// # Errors
/// [`UntilError`]
pub fn parse_until(text: &str) -> Result<Timestamp, UntilError> {
    if text.len() == "2026-01-31".len() {
        let start: Timestamp = format!("{text}T00:00:00Z")
            .parse()
            .map_err(|_| UntilError)?;
        return Ok(start.plus(DAY));
    }
    text.parse().map_err(|_| UntilError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_may_be_any_day_of_the_calendar_and_lasts_that_whole_day() {
        for (text, seconds) in [
            ("0000-01-01", -62_167_132_800),
            ("2000-02-29", 951_868_800),
            ("2028-02-29", 1_835_481_600),
            ("2038-01-18", (1_i64 << 31) - 11_648),
            ("2038-01-19", (1_i64 << 31) + 74_752),
            ("9999-12-30", 253_402_214_400),
            ("9999-12-31", 253_402_300_800),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            let until = parse_until(text).map(Timestamp::unix);
            assert_eq!(until, Ok(seconds), "{text}");
        }
    }

    #[test]
    fn a_day_that_no_calendar_has_is_no_end() {
        for text in [
            "2026-02-29",
            "1900-02-29",
            "2026-00-01",
            "2026-13-01",
            "2026-01-00",
            "2026-04-31",
            "9999-12-32",
            "10000-01-01",
            "+010000-01-01",
            "-001-01-01",
            "2026-1-031",
            "2026/01/31",
            "31-01-2026",
            " 2026-01-3",
            "2026-01-3 ",
            "9999-12-31T23:59:60",
        ] {
            assert_eq!(parse_until(text), Err(UntilError), "{text}");
        }
    }
}
