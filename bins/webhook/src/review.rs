//! One review, from its bytes to the bytes of its answer.

use std::fmt::Write as _;
use std::sync::Arc;

use doorward::{Context, Verdict};
use doorward_core::Code;
use doorward_kube::{ImageAnswer, ImageUse, Phase, Reason, Response, Review};
use doorward_registry::{Keychain, KeychainChain};
use tokio::time::{Instant, timeout_at};

use crate::audit;
use crate::fetcher::Counted;
use crate::intake::{Place, ReviewBody};
use crate::webhook::Webhook;

/// Decides about everything in a review and answers it, at `end` at the latest. Returns `None` if its namespace has as
/// many reviews under way as it may have.
pub(crate) async fn review(
    webhook: &Webhook,
    phase: Phase,
    body: ReviewBody,
    mut place: Place<'_>,
    started: Instant,
    end: Instant,
) -> Option<String> {
    // The body is within bounds already, or it would not have been read.
    let mut limits = doorward_kube::Limits::default();
    limits.bytes = limits.bytes.max(body.len());
    let review = Review::parse_within(&body, &limits);
    // What is needed of it is owned by the review; its bytes make room for the next ones.
    drop(body);
    let review = match review {
        Ok(review) => review,
        Err(refused) => {
            audit::refused(webhook.metrics(), &refused, started.elapsed());
            return Some(Response::refuse(&refused).to_json());
        }
    };
    let images: Vec<&ImageUse> = review.undecided().collect();
    // What asks nobody takes no time.
    if !images.is_empty() && !place.is_for(review.namespace()) {
        return None;
    }
    let verdicts = decide(webhook, &review, &images, end).await;
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
    let response = Response::answer(&review, phase, answers);
    audit::reviewed(
        webhook.metrics(),
        &review,
        &response,
        verdicts.as_deref().unwrap_or_default(),
        webhook.now(),
        started.elapsed(),
    );
    Some(response.to_json())
}

/// A verdict for each image, in order, or why there is none for any of them: it took too long, or the review asks for
/// more than is done.
async fn decide(
    webhook: &Webhook,
    review: &Review,
    images: &[&ImageUse],
    end: Instant,
) -> Result<Vec<Verdict>, Reason> {
    let Some(workload) = review.workload().filter(|_| !images.is_empty()) else {
        return Ok(Vec::new());
    };
    // One state of the rules for the whole review, whatever changes meanwhile.
    let snapshot = webhook.snapshot();
    let keychain = snapshot
        .keychain(review.namespace(), workload.pull_secrets())
        .map_err(|too_many| Reason::new(Code::ADMISSION_INVALID, too_many.to_string()))?;
    let scope = scope(review.namespace(), &keychain);
    let client = webhook.client().with_keychain(Arc::new(keychain));
    let fetcher = Arc::new(Counted::new(client, Arc::clone(webhook.metrics())));
    let mut context = Context::new(&snapshot.rules, &snapshot.secrets, fetcher, webhook.now())
        .remembering_in(&scope);
    if let Some(namespace) = review.namespace() {
        context = context.in_namespace(namespace);
    }
    // `AdmissionRequest.dryRun`: nothing is left behind.
    if review.is_dry_run() {
        context = context.keeping_nothing();
    }
    let images: Vec<&str> = images.iter().map(|image| image.image.as_str()).collect();
    // The engine has a deadline of its own, a little earlier, which knows what was not finished.
    let engine = webhook.engine();
    // A dry run leaves nothing behind, also not there.
    let recordings = webhook.recordings().filter(|_| !review.is_dry_run());
    let (verdicts, is_recorded) = match recordings.zip(snapshot.recorded_policies()) {
        None => {
            let deciding = engine.decide_all(&images, &context);
            (timeout_at(end, deciding).await.ok(), false)
        }
        Some((recordings, policies)) => {
            let deciding = engine.decide_recorded(&images, &context, policies);
            let recorded = timeout_at(end, deciding).await.ok();
            if let Some(recorded) = &recorded {
                recordings.take(recorded);
            }
            let is_recorded = recorded.is_some();
            (recorded.map(|recorded| recorded.verdicts), is_recorded)
        }
    };
    if let Some(recordings) = recordings.filter(|_| !is_recorded) {
        recordings.miss();
    }
    verdicts.ok_or_else(|| late(webhook))
}

/// Workloads of one namespace with the same pull secrets share proofs.
fn scope(namespace: Option<&str>, keychain: &KeychainChain) -> String {
    let mut scope = String::with_capacity(128);
    for byte in keychain.fingerprint().as_ref() {
        // Writing to a string cannot fail.
        let _ = write!(scope, "{byte:02x}");
    }
    if let Some(namespace) = namespace {
        scope.push('/');
        scope.push_str(namespace);
    }
    scope
}

fn late(webhook: &Webhook) -> Reason {
    let seconds = webhook.limits().deadline.as_secs_f32();
    Reason::new(
        Code::DEADLINE_EXCEEDED,
        format!("the review could not be decided within {seconds} s"),
    )
}
