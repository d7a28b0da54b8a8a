//! What is risky about whom a policy is for, and from when.

use doorward_core::Timestamp;

use super::Named;
use super::together::Together;
use crate::diagnostic::quoted;
use crate::pattern::{overlaps, specificity};
use crate::{Diagnostic, LintCode, Mode, PolicyBody, PolicyObject};

/// The most pairs of entries that are compared. Beyond, findings about pairs may be missing.
const MOST_PAIRS: usize = 200_000;

/// Entries that look as if they relaxed something for objects with some labels.
pub(super) fn relaxing(policy: &PolicyObject, found: &mut Vec<Diagnostic>) {
    if policy.selectors.objects.is_none() {
        return;
    }
    let refuses_nothing = |body: &PolicyBody| body.is_unchecked() || body.mode != Mode::Enforce;
    for entry in &policy.entries {
        if entry.body.as_ref().is_ok_and(refuses_nothing) {
            let message = format!(
                "{} refuses nothing, and no object gets around other policies by its labels: a policy with an \
                 `objectSelector` is judged in addition to what governs the image anyway",
                quoted(&entry.pattern)
            );
            let named = Named { policy, entry };
            found.push(named.finding(LintCode::SelectorRelaxesNothing, message));
        }
    }
}

/// Entries that refuse nothing yet, and those of them that stand in for one that does.
pub(super) fn deferred(policies: &[PolicyObject], now: Timestamp, found: &mut Vec<Diagnostic>) {
    let until = |named: &Named<'_>| {
        let body = named.entry.body.as_ref().ok()?;
        body.effective_from
            .filter(|from| now < *from && body.mode == Mode::Enforce)
    };
    let mut pairs = 0;
    for together in Together::of(policies) {
        let entries = together.entries();
        for (place, named) in entries.iter().enumerate() {
            let Some(from) = until(named) else { continue };
            let shown = quoted(&named.entry.pattern);
            found.push(named.finding(
                LintCode::DeferredEntry,
                format!("until {from}, an image under {shown} that fails its checks runs all the same, with a warning"),
            ));
            let loses = |(other_place, other): &(usize, &Named<'_>)| {
                pairs += 1;
                pairs <= MOST_PAIRS
                    && enforces(other, now)
                    && wins((place, named), (*other_place, other))
            };
            if let Some((_, other)) = entries.iter().enumerate().find(loses) {
                let message = format!(
                    "until {from}, {shown} lets images run that fail and that {} of {} would refuse: it takes its place \
                     from now on",
                    quoted(&other.entry.pattern),
                    quoted(&other.policy.name)
                );
                found.push(named.finding(LintCode::DeferredOutranks, message));
            }
        }
    }
}

/// Whether an entry refuses what fails.
fn enforces(named: &Named<'_>, now: Timestamp) -> bool {
    match &named.entry.body {
        Err(_) => true,
        Ok(body) => !body.is_unchecked() && body.mode_at(now) == Mode::Enforce,
    }
}

/// Whether the first of two entries, each with its place, is selected for some image that both match.
fn wins((place, one): (usize, &Named<'_>), (other_place, other): (usize, &Named<'_>)) -> bool {
    let (a, b) = (one.entry.pattern.as_str(), other.entry.pattern.as_str());
    let (of_a, of_b) = (specificity(a), specificity(b));
    let outranks = !a.contains('*') || of_a > of_b || (of_a == of_b && place < other_place);
    place != other_place && outranks && meet(a, b)
}

/// Whether some image may be under both patterns.
pub(super) fn meet(a: &str, b: &str) -> bool {
    let tagged = |pattern: &str| format!("{pattern}:*");
    let of_any_tag =
        |a: &str, b: &str| overlaps(a, b) || overlaps(&tagged(a), b) || overlaps(a, &tagged(b));
    match (a.split_once('/'), b.split_once('/')) {
        (Some((a_host, a_path)), Some((b_host, b_path))) => {
            overlaps(a_host, b_host) && of_any_tag(a_path, b_path)
        }
        _ => of_any_tag(a, b),
    }
}
