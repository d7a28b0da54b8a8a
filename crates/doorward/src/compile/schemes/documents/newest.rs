//! Which documents count, and how old they may be.

use std::time::Duration;

use doorward_core::{Fact, Rejection, Timestamp};
use doorward_documents::newest;

use super::codes;
use super::content::Reading;

/// How far in the future a document may be signed, in seconds: what clocks differ by. One beyond would be the newest for as
/// long as it lies there.
const SKEW: i64 = 5 * 60;

/// Of each signer, format and scanner the newest, of summaries that of each verifier and resource, all of equal times, and those
/// without a time.
///
/// # Errors
/// A document that was signed in the future.
pub(super) fn counting(documents: &[Reading], now: Timestamp) -> Result<Vec<&Reading>, Rejection> {
    for document in documents {
        if let Some(at) = document.signed_at.filter(|at| *at > now.plus(SKEW)) {
            let detail = format!(
                "{} is signed at {at}, which lies in the future",
                document.name()
            );
            return Err(Rejection::new(codes::TIME_IN_FUTURE, detail).with_fact(Fact::Time(at)));
        }
    }
    let dated: Vec<_> = documents
        .iter()
        .map(|document| (document.origin(), document.signed_at))
        .collect();
    let counting = newest(&dated).into_iter();
    Ok(counting.filter_map(|place| documents.get(place)).collect())
}

/// That no document is older than `max_age`, and that each tells its age.
///
/// # Errors
/// One that is older, or does not.
pub(super) fn are_fresh(
    documents: &[&Reading],
    max_age: Option<Duration>,
    now: Timestamp,
) -> Result<(), Rejection> {
    let Some(most) = max_age else {
        return Ok(());
    };
    documents
        .iter()
        .try_for_each(|document| is_fresh(document, most, now))
}

fn is_fresh(document: &Reading, most: Duration, now: Timestamp) -> Result<(), Rejection> {
    let name = document.name();
    let Some(at) = document.signed_at else {
        let detail = format!(
            "no signature of {name} tells when it was made, and the policy wants one that is no older than {}",
            span(most)
        );
        return Err(Rejection::new(codes::TIME_UNKNOWN, detail));
    };
    let age = u64::try_from(now.since(at)).unwrap_or(0);
    if Duration::from_secs(age) <= most {
        return Ok(());
    }
    let detail = format!(
        "{name} was signed at {at}, and the policy wants one that is no older than {}",
        span(most)
    );
    Err(Rejection::new(codes::TOO_OLD, detail).with_fact(Fact::Time(at)))
}

/// A duration as policies write it, without what is below a second.
fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [
        (seconds / 3600, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let text: String = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    if text.is_empty() {
        "0s".to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_as_they_are_written() {
        for (seconds, text) in [(0, "0s"), (90, "1m30s"), (3600, "1h"), (259_200, "72h")] {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
    }
}
