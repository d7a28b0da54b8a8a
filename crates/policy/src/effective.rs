//! From when an entry refuses.

use doorward_core::Timestamp;

use crate::LintCode;
use crate::diagnostic::quoted;
use crate::walk::{Object, Walk};

const FIELD: &str = "effectiveFrom";

/// Reads from when an entry refuses, if it says so: a day, which begins at midnight UTC, or a time of RFC 3339.
pub(crate) fn read(walk: &mut Walk<'_>, entry: &Object<'_>) -> Option<Timestamp> {
    let text = walk.string(entry, FIELD)?;
    let time = parse(text);
    if time.is_none() {
        let message = format!(
            "{} is neither a day such as `2026-12-01` nor a time such as `2026-12-01T09:00:00Z`",
            quoted(text)
        );
        let at = entry.place(FIELD);
        walk.inside(FIELD, |walk| walk.form(LintCode::InvalidValue, at, message));
    }
    time
}

/// A day, which begins at midnight UTC, or a time of RFC 3339.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let is_day = text.len() == "2026-12-01".len();
    let time = if is_day {
        format!("{text}T00:00:00Z").parse()
    } else {
        text.parse()
    };
    time.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_utc_and_a_time_may_have_an_offset() {
        for (text, seconds) in [
            ("2026-12-01", 1_796_083_200),
            ("2026-12-01T00:00:00Z", 1_796_083_200),
            ("2026-12-01T01:00:00+01:00", 1_796_083_200),
            ("2026-12-01T00:00:00.9Z", 1_796_083_200),
        ] {
            assert_eq!(parse(text).map(Timestamp::unix), Some(seconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_and_no_time_is_not_guessed() {
        for text in [
            "",
            "tomorrow",
            "2026-12",
            "2026-02-30",
            "2026-13-01",
            "01.12.2026",
            "2026-12-01T09:00",
            "2026-12-01 09:00:00",
            "1796083200",
            "2026-12-1x",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
