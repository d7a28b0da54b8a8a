//! Warnings within the bounds of the API server.

use doorward_core::text::one_line;

/// The most characters of one warning; the API server may cut longer ones (`AdmissionResponse.warnings`).
const MAX_WARNING: usize = 256;
/// The most characters of all warnings of a response; the API server drops what comes after.
const MAX_TOTAL: usize = 4096;

/// Brings warnings into bounds. Repeated ones are told once, and what does not fit is counted in the last one.
pub(crate) fn bounded(warnings: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let mut total = 0;
    let mut omitted = 0_usize;
    for warning in warnings {
        let warning = one_line(&warning, MAX_WARNING);
        if warning.is_empty() || kept.contains(&warning) {
            continue;
        }
        let length = warning.chars().count();
        // Leaves room for the count.
        if omitted > 0 || total + length + 64 > MAX_TOTAL {
            omitted += 1;
            continue;
        }
        total += length;
        kept.push(warning);
    }
    if omitted > 0 {
        kept.push(format!("and {omitted} more warnings, left out here"));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_short_warnings_are_kept_in_order_and_told_once() {
        let given = ["b", "a", "b", ""].map(str::to_owned);
        assert_eq!(bounded(given), ["b", "a"]);
    }

    #[test]
    fn long_and_many_warnings_stay_within_the_bounds_of_the_api_server() {
        let kept = bounded((0..100).map(|n| format!("{n}{}", "x".repeat(500))));
        assert!(
            kept.iter()
                .all(|warning| warning.chars().count() <= MAX_WARNING)
        );
        assert!(
            kept.iter()
                .map(|warning| warning.chars().count())
                .sum::<usize>()
                <= MAX_TOTAL
        );
        assert_eq!(
            kept.last().unwrap(),
            &format!(
                "and {} more warnings, left out here",
                100 - (kept.len() - 1)
            )
        );
    }

    #[test]
    fn a_warning_is_one_line() {
        assert_eq!(bounded(["a\r\nb".to_owned()]), ["a\\r\\nb"]);
    }
}
