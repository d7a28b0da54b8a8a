//! Events about images that failed.

use doorward::Verdict;
use doorward_core::Timestamp;
use doorward_kube::client::{ClusterEvents, Notice};
use doorward_kube::{ImageUse, Phase, Response, Review, became};

use crate::metrics::Metrics;
use crate::regarding::regarding;

/// Events about one review. Pods have a few images, and all of their events would say much the same.
const MOST: usize = 8;

/// Has an event written for each image that failed, whether or not that kept it out. A dry run leaves nothing behind.
pub(crate) fn tell(
    events: &ClusterEvents,
    metrics: &Metrics,
    review: &Review,
    phase: Phase,
    response: &Response,
    verdicts: &[Verdict],
    now: Timestamp,
) {
    // What the mutating webhook let pass it has told already.
    if review.is_dry_run() || (phase == Phase::Validate && response.is_allowed()) {
        return;
    }
    let Some(regarding) = regarding(review) else {
        return;
    };
    let judged = review.undecided().zip(verdicts);
    for (image, verdict) in judged
        .filter(|(_, verdict)| verdict.code().is_some())
        .take(MOST)
    {
        let Some(code) = verdict.code() else { continue };
        let told = events.tell(Notice {
            regarding: regarding.clone(),
            code: code.as_str(),
            message: message(review, image, verdict),
            at: now,
        });
        if !told {
            metrics.event_dropped();
        }
    }
}

fn message(review: &Review, image: &ImageUse, verdict: &Verdict) -> String {
    let became = became(verdict, review.mirrors().is_some());
    format!(
        "{became}: {}: {}: {}",
        image.place(),
        image.image,
        verdict.message()
    )
}
