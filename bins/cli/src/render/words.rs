//! Numbers, sizes and columns as people read them.

use doorward::Cost;
use doorward_core::Timestamp;
use doorward_core::text::size;

/// What a decision cost, in words.
pub(crate) fn cost(cost: Cost) -> String {
    let mut text = format!(
        "{}, {}, {}, {}",
        count(cost.flights, "round trip"),
        count(cost.fetches, "fetch"),
        size(cost.bytes),
        count(cost.signatures, "signature check"),
    );
    if cost.cached {
        text.push_str(", remembered proof");
    }
    text
}

/// A number with its noun.
pub(crate) fn count(number: usize, noun: &str) -> String {
    match (number, noun) {
        (1, _) => format!("1 {noun}"),
        (_, "fetch") => format!("{number} fetches"),
        (_, "policy") => format!("{number} policies"),
        _ => format!("{number} {noun}s"),
    }
}

/// How long it is until `end`, in the largest unit that fits.
pub(crate) fn until(now: Timestamp, end: Timestamp) -> String {
    const UNITS: [(i64, &str); 4] = [
        (365 * 86_400, "year"),
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
    ];
    let left = end.since(now);
    if left <= 0 {
        return "expired".to_owned();
    }
    for (seconds, noun) in UNITS {
        let number = left / seconds;
        // Months are counted in days for as long as people count in days.
        if number >= if noun == "year" { 2 } else { 1 } {
            return format!(
                "in {}",
                count(usize::try_from(number).unwrap_or(usize::MAX), noun)
            );
        }
    }
    "in less than a minute".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_said_in_one_unit() {
        let now = Timestamp::from_unix(1_000_000);
        let left = |seconds| until(now, now.plus(seconds));
        assert_eq!(left(0), "expired");
        assert_eq!(left(-5), "expired");
        assert_eq!(left(1), "in less than a minute");
        assert_eq!(left(3_599), "in 59 minutes");
        assert_eq!(left(86_399), "in 23 hours");
        assert_eq!(left(86_400), "in 1 day");
        assert_eq!(left(700 * 86_400), "in 700 days");
        assert_eq!(left(10 * 365 * 86_400), "in 10 years");
    }

    #[test]
    fn counts_read_like_words() {
        assert_eq!(count(1, "fetch"), "1 fetch");
        assert_eq!(count(2, "fetch"), "2 fetches");
        assert_eq!(count(0, "round trip"), "0 round trips");
    }
}
