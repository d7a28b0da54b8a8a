//! Reports about images that were judged.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use doorward::Verdict;
use doorward_core::Timestamp;
use doorward_kube::client::{ApiServer, ClusterReports, ReportTerms, ReportWrite};
use doorward_kube::{ImageUse, Phase, Reason, ReportKind, ReportedImage, Response, Review, Runs};

use crate::metrics::Metrics;
use crate::metrics::reports::Wrote;
use crate::regarding::regarding;

/// Images of one review that are reported; further ones are counted. Pods have a few.
const MOST: usize = 32;
/// How long a problem is only counted after one was logged.
const QUIET: Duration = Duration::from_secs(60);

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

/// Counts what became of a write, and logs a problem, but not each of many: a namespace in which nothing can be written must not
/// fill the log.
fn heard(write: &ReportWrite, kind: ReportKind, metrics: &Metrics, said: &Mutex<Option<Instant>>) {
    let (outcome, dropped, problem) = match write {
        ReportWrite::Written { left_out } => (Wrote::Written, *left_out, None),
        ReportWrite::Failed { error, lost } => (Wrote::Failed, *lost, Some(error.to_string())),
        ReportWrite::Absent { lost } => {
            let (group, plural) = (kind.api_version(), kind.plural());
            let problem = format!("the cluster has no resource {plural} of {group}");
            (Wrote::Absent, *lost, Some(problem))
        }
    };
    metrics.reports().wrote(outcome);
    metrics.reports().dropped(dropped);
    let Some(problem) = problem else {
        return;
    };
    let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
    let is_recent = said.is_some_and(|said| said.elapsed() < QUIET);
    // That there is no such resource is found out once, and is the reason for all else.
    if !is_recent || outcome == Wrote::Absent {
        *said = Some(Instant::now());
        tracing::warn!(
            problem,
            "reports cannot be written; reviews go on without them"
        );
    }
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
    let runs = Runs::of_reviewed(review);
    let told = |image: ReportedImage| {
        if !reports.tell(image) {
            metrics.reports().dropped(1);
        }
    };
    metrics
        .reports()
        .dropped(review.undecided().skip(MOST).count());
    let images = review.undecided().take(MOST);
    match verdicts {
        Ok(verdicts) => {
            let judged = images.zip(verdicts).filter(|(_, verdict)| {
                // What passed was reported before the object was changed.
                phase == Phase::Mutate || verdict.code().is_some()
            });
            for (image, verdict) in judged {
                let regarding = regarding.clone();
                told(ReportedImage::judged(regarding, image, verdict, runs, now));
            }
        }
        Err(reason) => {
            images.for_each(|image: &ImageUse| {
                told(ReportedImage::unjudged(
                    regarding.clone(),
                    image,
                    reason,
                    runs,
                    now,
                ));
            });
        }
    }
}

/// Has what is decided now about each image of a Pod that runs reported.
pub(crate) fn tell_running(
    reports: &ClusterReports,
    metrics: &Metrics,
    review: &Review,
    verdicts: Result<&[Verdict], &Reason>,
    now: Timestamp,
) {
    let Some(regarding) = regarding(review) else {
        return;
    };
    let images = review.undecided().take(MOST).enumerate();
    for (number, image) in images {
        let regarding = regarding.clone();
        let reported = match verdicts.map(|verdicts| verdicts.get(number)) {
            Ok(Some(verdict)) => {
                ReportedImage::judged(regarding, image, verdict, Runs::Already, now)
            }
            Ok(None) => continue,
            Err(reason) => ReportedImage::unjudged(regarding, image, reason, Runs::Already, now),
        };
        if !reports.tell(reported) {
            metrics.reports().dropped(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::LogFormat;
    use crate::log::logged;

    #[test]
    fn many_failures_are_counted_and_one_is_logged_and_an_absent_definition_always_is() {
        let metrics = Metrics::new().expect("metrics");
        let said = Mutex::new(None);
        let failed = ReportWrite::Failed {
            error: doorward_kube::client::ApiError::NotFound {
                path: "/x".to_owned(),
            },
            lost: 2,
        };
        let lines = logged(LogFormat::Text, || {
            for write in [&failed, &ReportWrite::Written { left_out: 1 }, &failed] {
                heard(write, ReportKind::OpenReports, &metrics, &said);
            }
            heard(
                &ReportWrite::Absent { lost: 4 },
                ReportKind::PolicyReport,
                &metrics,
                &said,
            );
        });
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(lines.len(), 2, "{lines:#?}");
        assert!(lines[0].contains("/x: not found"), "{lines:#?}");
        let absent = "no resource policyreports of wgpolicyk8s.io/v1alpha2";
        assert!(lines[1].contains(absent), "{lines:#?}");
        let text = String::from_utf8(metrics.render().expect("text")).expect("text");
        for line in [
            "doorward_report_results_dropped_total 9",
            "doorward_report_writes_total{outcome=\"absent\"} 1",
            "doorward_report_writes_total{outcome=\"failed\"} 2",
            "doorward_report_writes_total{outcome=\"written\"} 1",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
