//! One review, from its bytes to the bytes of its answer.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use doorward::{Rules, Verdict};
use doorward_core::Code;
use doorward_kube::{ImageAnswer, ImageUse, Phase, Reason, Response, Review};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::asked::{Asked, Time};
use crate::audit;
use crate::break_glass;
use crate::events;
use crate::intake::{Place, Posted, ReviewBody, Waiting, limits};
use crate::recordings::Recordings;
use crate::reports;
use crate::unfinished::{Unfinished, finish};
use crate::webhook::Webhook;

/// Decides about everything in a review and answers it, at `end` at the latest. A review that has to be judged is put off if
/// it got no place, or if its namespace has as many under way as it may have.
pub(crate) async fn review(webhook: &Webhook, phase: Phase, posted: Posted) -> String {
    // What is needed of the body is owned by the review; its bytes make room for the next ones.
    let (review, waiting) = posted
        .parse(|body, limits| Review::parse_knowing(body, limits, webhook.custom_workloads()));
    let Waiting {
        mut place,
        started,
        end,
        working: _working,
        ..
    } = waiting;
    let review = match review {
        Ok(review) => review,
        Err(refused) => {
            audit::refused(webhook.metrics(), &refused, started.elapsed());
            return Response::refuse(&refused).to_json();
        }
    };
    let review = Arc::new(review);
    let images: Vec<&ImageUse> = review.undecided().collect();
    let verdicts = if images.is_empty() {
        // What asks nobody takes no time, and needs no place.
        Ok(Vec::new())
    } else {
        let in_place = place.take_if(|place| place.is_for(review.namespace()));
        match in_place {
            Some(in_place) => {
                let verdicts = judge(webhook, &review, in_place, end).await;
                if Unfinished::is_late(&verdicts) {
                    finish(webhook, Arc::clone(&review));
                }
                verdicts
            }
            // It runs whether or not there is room to judge it, and to put it off would hide it.
            None if review.mirrors().is_some() => Err(Reason::new(
                Code::ADMISSION_BUSY,
                "nothing was decided about this image",
            )),
            None => {
                audit::put_off(webhook.metrics(), &review, started.elapsed());
                return Response::busy(&review).to_json();
            }
        }
    };
    let (verdicts, glass) = match verdicts {
        Ok(verdicts) => {
            let (verdicts, glass) = break_glass::apply(webhook, &review, verdicts, end).await;
            (Ok(verdicts), glass)
        }
        Err(reason) => (Err(reason), None),
    };
    let answers = match &verdicts {
        Ok(verdicts) => images
            .iter()
            .zip(verdicts)
            .map(|(image, verdict)| ImageAnswer::of(image, verdict))
            .collect(),
        Err(reason) => images
            .iter()
            .map(|image| ImageAnswer::deny(image, reason.clone()))
            .collect(),
    };
    let mut response = Response::answer(&review, phase, answers);
    if let Some(glass) = glass {
        let said = format!("{}: {}", glass.user, glass.reason);
        response = response.with_audit_annotation("break-glass", &said);
    }
    audit::reviewed(
        webhook.metrics(),
        &review,
        &response,
        verdicts.as_deref().unwrap_or_default(),
        webhook.now(),
        started.elapsed(),
    );
    if let (Some(events), Ok(verdicts)) = (webhook.events(), &verdicts) {
        let now = webhook.now();
        let metrics = webhook.metrics();
        events::tell(events, metrics, &review, phase, &response, verdicts, now);
    }
    if let Some(alerts) = webhook.alerts() {
        let verdicts = verdicts.as_deref();
        alerts.tell((&review, phase), &response, verdicts, webhook.now());
    }
    if let Some(told) = webhook.reports() {
        let (metrics, now) = (webhook.metrics(), webhook.now());
        let verdicts = verdicts.as_deref();
        reports::tell(told, metrics, (&review, phase), &response, verdicts, now);
    }
    response.to_json()
}

/// Answers the review of a policy that somebody writes. It asks nobody, and is read where that keeps no thread from answering.
/// Returns `None` if others are under way, or the program ends.
pub(crate) async fn policy_review(webhook: &Webhook, body: ReviewBody) -> Option<String> {
    let turn = Arc::clone(webhook.policy_reviews())
        .try_acquire_owned()
        .ok()?;
    let now = webhook.now();
    let mut limits = limits(&body);
    if let Rules::Policies(set) = &webhook.snapshot().rules {
        let longest = u64::try_from(set.longest_exception()).unwrap_or_default();
        limits.longest_exception = Duration::from_secs(longest);
    }
    let read = webhook.judges().spawn_blocking(move || {
        let _turn = turn;
        Response::of_policy(&body, &limits, now)
    });
    match read.await {
        Ok(response) => {
            tracing::info!(
                allowed = response.is_allowed(),
                problem = response.message().unwrap_or_default(),
                "policy review"
            );
            Some(response.to_json())
        }
        Err(error) => {
            let panic = error.try_into_panic().ok()?;
            resume_unwind(panic)
        }
    }
}

/// A verdict for each image that is not decided yet, in order, or why there is none for any of them: it took too long, or
/// the review asks for more than is done.
///
/// It is decided where that keeps no thread from answering, and no longer than anybody waits for it.
async fn judge(
    webhook: &Webhook,
    review: &Arc<Review>,
    place: Place,
    end: Instant,
) -> Result<Vec<Verdict>, Reason> {
    let (judging, judged) = (webhook.clone(), Arc::clone(review));
    let decided = async move { decide(&judging, &judged, Purpose::Answer).await };
    match in_time(webhook, place, end, decided).await {
        Some(verdicts) => verdicts,
        None => {
            if let Some(recordings) = recordings(webhook, review) {
                recordings.miss();
            }
            Err(late(webhook))
        }
    }
}

/// What `deciding` comes to, on the runtime of those who judge. Returns `None` if nothing was left of the time, or the runtime
/// ends.
///
/// It holds its place until it ends, which may be after anybody waits for it: what computes cannot be stopped half-way.
pub(crate) async fn in_time<T: Send + 'static>(
    webhook: &Webhook,
    place: Place,
    end: Instant,
    deciding: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    // Dropped, also because the client went away, it ends what it is at.
    let mut judges = JoinSet::new();
    judges.spawn_on(
        async move {
            let _place = place;
            deciding.await
        },
        &webhook.judges(),
    );
    match timeout_at(end, judges.join_next()).await {
        Ok(Some(Ok(decided))) => Some(decided),
        // As if it had happened here: what catches panics of requests answers for it.
        Ok(Some(Err(error))) if error.is_panic() => resume_unwind(error.into_panic()),
        Err(_) | Ok(Some(Err(_)) | None) => None,
    }
}

/// What verdicts are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Somebody waits for them.
    Answer,
    /// Nobody does: what is verified within this time is remembered for those who ask later. Nothing is written down.
    Later(Duration),
}

/// The verdicts of the engine, within its own time or that of their purpose.
pub(crate) async fn decide(
    webhook: &Webhook,
    review: &Review,
    purpose: Purpose,
) -> Result<Vec<Verdict>, Reason> {
    let Some(workload) = review.workload() else {
        return Ok(Vec::new());
    };
    // One state of the rules for the whole review, whatever changes meanwhile.
    let snapshot = webhook.snapshot();
    let asked = Asked {
        namespace: review.namespace(),
        pull_secrets: workload.pull_secrets(),
        asks_providers: true,
        environment: snapshot.environment(review.namespace(), workload),
        images: review
            .undecided()
            .map(|image| image.image.as_str())
            .collect(),
        // `AdmissionRequest.dryRun`: nothing is left behind.
        keeps: !review.is_dry_run(),
        time: match purpose {
            Purpose::Answer => Time::OfReview,
            Purpose::Later(within) => Time::Within(within),
        },
        recordings: recordings(webhook, review).filter(|_| purpose == Purpose::Answer),
    };
    asked.verdicts(webhook, &snapshot).await
}

/// Where this review is written down, if it is. A dry run leaves nothing behind, also not there.
fn recordings<'w>(webhook: &'w Webhook, review: &Review) -> Option<&'w Recordings> {
    webhook.recordings().filter(|_| !review.is_dry_run())
}

pub(crate) fn late(webhook: &Webhook) -> Reason {
    let seconds = webhook.limits().deadline.as_secs_f32();
    Reason::new(
        Code::DEADLINE_EXCEEDED,
        format!("the review could not be decided within {seconds} s"),
    )
}
