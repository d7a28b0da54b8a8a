//! Reports about images that were judged.

use std::sync::{Arc, Mutex, PoisonError};

use doorward::Verdict;
use doorward_core::Timestamp;
use doorward_kube::client::{ApiServer, ClusterReports, ReportTerms, ReportWrite};
use doorward_kube::{ImageUse, Phase, Reason, ReportKind, ReportedImage, Response, Review};

use crate::metrics::Metrics;
use crate::metrics::reports::Wrote;
use crate::regarding::regarding;

/// Images of one review that are reported. Pods have a few.
const MOST: usize = 32;

/// Writes reports of a kind as long as it lives, and says in the log what becomes of that. Needs a tokio runtime.
pub(crate) fn start(
    server: ApiServer,
    kind: ReportKind,
    metrics: Arc<Metrics>,
    clock: fn() -> Timestamp,
) -> ClusterReports {
    let said = Mutex::new(None);
    let hear = move |write| heard(&write, kind, &metrics, &said);
    ClusterReports::start(server, kind, ReportTerms::default(), clock, hear)
}

/// Counts what became of a write, and logs a problem when it begins.
fn heard(write: &ReportWrite, kind: ReportKind, metrics: &Metrics, said: &Mutex<Option<String>>) {
    let (outcome, dropped, problem) = match write {
        ReportWrite::Written { left_out } => (Wrote::Written, *left_out, None),
        ReportWrite::Failed { error, lost } => (Wrote::Failed, *lost, Some(error.to_string())),
        _ => {
            let name = format!("{}.{}", kind.plural(), kind.api_version());
            let problem = format!("the cluster has no resource {name}");
            (Wrote::Absent, 0, Some(problem))
        }
    };
    metrics.reports().wrote(outcome);
    metrics.reports().dropped(dropped);
    let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
    // Once, and not for each namespace: the path is the first word of an error.
    let begins = problem.is_some() && said.is_none();
    if let Some(problem) = problem.as_ref().filter(|_| begins) {
        tracing::warn!(
            problem,
            "reports cannot be written; reviews go on without them"
        );
    }
    if problem.is_none() && said.is_some() {
        tracing::info!("reports are written again");
    }
    *said = problem;
}

/// Has what was decided about each image reported. A dry run leaves nothing behind.
pub(crate) fn tell(
    reports: &ClusterReports,
    metrics: &Metrics,
    (review, phase): (&Review, Phase),
    response: &Response,
    verdicts: Result<&[Verdict], &Reason>,
    now: Timestamp,
) {
    // What the mutating webhook let pass it has told already.
    if review.is_dry_run() || (phase == Phase::Validate && response.is_allowed()) {
        return;
    }
    let Some(regarding) = regarding(review) else {
        return;
    };
    let is_mirror = review.mirrors().is_some();
    let told = |image: ReportedImage| {
        if !reports.tell(image) {
            metrics.reports().dropped(1);
        }
    };
    let images = review.undecided().take(MOST);
    match verdicts {
        Ok(verdicts) => {
            let judged = images.zip(verdicts).filter(|(_, verdict)| {
                // What passed was reported before the object was changed.
                phase == Phase::Mutate || verdict.code().is_some()
            });
            for (image, verdict) in judged {
                let regarding = regarding.clone();
                told(ReportedImage::judged(
                    regarding, image, verdict, is_mirror, now,
                ));
            }
        }
        Err(reason) => {
            images.for_each(|image: &ImageUse| {
                told(ReportedImage::unjudged(
                    regarding.clone(),
                    image,
                    reason,
                    now,
                ));
            });
        }
    }
}
