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
