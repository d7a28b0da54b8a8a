//! Durations, as Go writes them.

use std::time::Duration;

use crate::LintCode;
use crate::diagnostic::quoted;
use crate::walk::{Object, Walk};

/// The shortest duration that makes a difference: times are compared in seconds.
const SECOND: Duration = Duration::from_secs(1);

impl Walk<'_> {
    /// A duration in `field`, such as `72h` or `1h30m`.
    pub(crate) fn duration(
        &mut self,
        object: &Object<'_>,
        field: &'static str,
    ) -> Option<Duration> {
        let text = self.string(object, field)?;
        let duration = parse_duration(text);
        if duration.is_none() {
            let message = format!(
                "{} is not a duration such as `72h`, `1h30m` or `10s`",
                quoted(text)
            );
            let at = object.place(field);
            self.inside(field, |walk| walk.form(LintCode::InvalidValue, at, message));
        }
        duration
    }

    /// Reports a `maxAge` that nothing has which is judged: times are compared in seconds, and nothing is made in the very
    /// second in which it is judged.
    pub(crate) fn refuse_age_of_nothing(
        &mut self,
        object: &Object<'_>,
        max_age: Option<Duration>,
        what: &str,
    ) {
        if max_age.is_some_and(|age| age < SECOND) {
            let at = object.place("maxAge");
            self.inside("maxAge", |walk| {
                let message =
                    format!("no {what} is as young as that, so the requirement is never met");
                walk.meaning(LintCode::InvalidValue, at, message);
            });
        }
    }

    /// Reports a duration in `field` that is not nothing and yet too short to make a difference.
    pub(crate) fn refuse_less_than_a_second(
        &mut self,
        object: &Object<'_>,
        field: &'static str,
        duration: Duration,
    ) {
        if !duration.is_zero() && duration < SECOND {
            let at = object.place(field);
            self.inside(field, |walk| {
                let message = "it counts in seconds: `0s` is none, and the shortest is `1s`";
                walk.meaning(LintCode::InvalidValue, at, message);
            });
        }
    }
}

/// Whole numbers with the units h, m, s, ms, each at most once and from large to small, as Go writes durations.
fn parse_duration(text: &str) -> Option<Duration> {
    let units = [("h", 3_600_000_u64), ("m", 60_000), ("s", 1000), ("ms", 1)];
    let mut left = units.as_slice();
    let mut rest = text;
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at_checked(digits)?;
        let length = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(length)?;
        let position = left.iter().position(|(name, _)| *name == unit)?;
        let factor = left.get(position)?.1;
        left = left.get(position + 1..)?;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(factor)?)?;
        rest = after;
    }
    (!text.is_empty()).then(|| Duration::from_millis(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        assert_eq!(parse_duration("72h"), Some(Duration::from_secs(72 * 3600)));
        assert_eq!(
            parse_duration("1h30m5s10ms"),
            Some(Duration::from_millis(5_405_010))
        );
        assert_eq!(parse_duration("0s"), Some(Duration::ZERO));
        for text in [
            "",
            "h",
            "72",
            "-1h",
            "1s1h",
            "1h1h",
            "1.5h",
            "1d",
            "1 h",
            "99999999999999999999h",
            "9999999999999999h",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
