//! Events about images that failed.

use doorward::Verdict;
use doorward_core::Timestamp;
use doorward_kube::client::{ClusterEvents, Notice};
use doorward_kube::{ImageUse, Phase, Response, Review, Runs, became};

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
    write(
        events,
        metrics,
        review,
        Runs::of_reviewed(review),
        verdicts,
        now,
    );
}

/// Has an event written for each image of a Pod that runs and would not come in now.
pub(crate) fn tell_running(
    events: &ClusterEvents,
    metrics: &Metrics,
    review: &Review,
    verdicts: &[Verdict],
    now: Timestamp,
) {
    write(events, metrics, review, Runs::Already, verdicts, now);
}

fn write(
    events: &ClusterEvents,
    metrics: &Metrics,
    review: &Review,
    runs: Runs,
    verdicts: &[Verdict],
    now: Timestamp,
) {
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
            message: message(runs, image, verdict),
            at: now,
        });
        if !told {
            metrics.event_dropped();
        }
    }
}

fn message(runs: Runs, image: &ImageUse, verdict: &Verdict) -> String {
    let became = became(verdict, runs);
    format!(
        "{became}: {}: {}: {}",
        image.place(),
        image.image,
        verdict.message()
    )
}
