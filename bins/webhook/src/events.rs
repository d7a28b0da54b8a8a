//! Events about images that failed.

use doorward::{Decision, Verdict};
use doorward_core::{Code, Timestamp};
use doorward_kube::client::{ClusterEvents, Notice, Regarding};
use doorward_kube::{ImageUse, Phase, Response, Review};

use crate::metrics::Metrics;

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
    let (Some(namespace), Some(workload)) = (review.namespace(), review.workload()) else {
        return;
    };
    // What the mutating webhook let pass it has told already.
    if review.is_dry_run() || (phase == Phase::Validate && response.is_allowed()) {
        return;
    }
    let regarding = Regarding {
        api_version: review.resource().api_version(),
        kind: workload.kind_name().to_owned(),
        namespace: namespace.to_owned(),
        name: review.name().unwrap_or_default().to_owned(),
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
    let became = match verdict.decision() {
        Decision::Deny if review.mirrors().is_some() => {
            "runs all the same, as a static Pod of its node".to_owned()
        }
        Decision::Deny => "refused".to_owned(),
        _ if !verdict.exceptions().is_empty() => "admitted by exception".to_owned(),
        _ if verdict.code() == Some(Code::BREAK_GLASS_USED) => {
            "admitted behind broken glass".to_owned()
        }
        Decision::Allow | Decision::Warn => format!("admitted in mode {}", verdict.mode().as_str()),
    };
    format!(
        "{became}: {}: {}: {}",
        image.place(),
        image.image,
        verdict.message()
    )
}
