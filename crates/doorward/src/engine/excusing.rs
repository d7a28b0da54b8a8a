//! The exceptions for an image that is refused.

use doorward_core::Digest;
use doorward_policy::{ExceptionsAllowed, Mode};
use tokio::time::timeout_at;

use super::Review;
use super::case::{Case, Found};
use crate::excuse::Excuses;
use crate::resolution::Resolution;
use crate::rules::Rules;

/// The exceptions that are for the image, if any entry refuses it. Where one allows exceptions, the registry is asked what
/// the image is, should nobody have done so: what an exception admits is pinned.
pub(super) async fn excuses<'a>(
    case: &Case<'a>,
    found: &Found,
    resolution: &Resolution,
    review: &Review,
) -> Excuses<'a> {
    let Rules::Policies(set) = case.context.rules else {
        return Excuses::default();
    };
    let failing = case.governed.iter().zip(&found.entries);
    let failing =
        failing.filter(|(entry, judged)| entry.mode == Mode::Enforce && judged.result.is_err());
    let failing: Vec<ExceptionsAllowed> = failing.map(|(entry, _)| entry.exceptions).collect();
    if failing.is_empty() || !set.has_exceptions() {
        return Excuses::default();
    }
    let is_allowed = failing
        .iter()
        .all(|allowed| *allowed != ExceptionsAllowed::Denied);
    let digest = if is_allowed {
        looked_at(case, resolution, review).await
    } else {
        case.subject
            .digest()
            .or_else(|| resolution.answered())
            .cloned()
    };
    let context = case.context;
    let select = || {
        set.exceptions(
            &case.subject,
            digest.as_ref(),
            &context.environment,
            context.now,
        )
    };
    let exceptions = case.turns.take(context.namespace(), select).await;
    Excuses { exceptions, digest }
}

/// The digest of the image: as it is written, or as the registry has it.
async fn looked_at(case: &Case<'_>, resolution: &Resolution, review: &Review) -> Option<Digest> {
    if let Some(known) = case.subject.digest().or_else(|| resolution.answered()) {
        return Some(known.clone());
    }
    let asking = match resolution {
        // Answered above, or in vain.
        Resolution::Known(..) | Resolution::Failed(_) => return None,
        Resolution::Given(_, asking) | Resolution::Asked(_, asking) => asking.clone(),
        Resolution::Never => review.resolutions.ask(&case.subject),
    };
    let answered = timeout_at(case.deadline.end, asking).await;
    Some(answered.ok()?.ok()?.digest.clone())
}
