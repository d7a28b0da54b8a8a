//! `POST /v1/admit`: a review of an object that nobody has sent to an API server yet.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use doorward::Verdict;
use doorward_kube::{
    ImageAnswer, ImageUse, Phase, PullSecrets, Reason, Response as Answer, Review,
};
use tokio::time::Instant;

use crate::asked::{Asked, Time};
use crate::check::{may_use_secrets, undecided};
use crate::intake::Posted;
use crate::question::{decided, in_place, word};
use crate::webhook::Webhook;

/// Answers what the API server would be answered by `/mutate`, in an AdmissionReview; 401 and 503 as `/v1/check`.
///
/// Nothing is admitted on it, so it leaves no event, report or record behind, and breaks no glass: who asks writes who asks.
pub(crate) async fn admit(webhook: &Webhook, headers: &HeaderMap, posted: Posted) -> Response {
    let custom = webhook.custom_workloads();
    let (review, waiting) =
        posted.parse(|body, limits| Review::parse_or_create(body, limits, custom));
    let counted = |verdict| {
        let took = waiting.started.elapsed();
        webhook.metrics().reviewed("CHECK", "Object", verdict, took);
    };
    let review = match review {
        Ok(review) => Arc::new(review),
        Err(refused) => {
            counted("deny");
            return json(&Answer::refuse(&refused));
        }
    };
    let images: Vec<&ImageUse> = review.undecided().collect();
    let verdicts = match images.is_empty() {
        true => Vec::new(),
        false => {
            // As of `/v1/check`.
            let place = match in_place(webhook, waiting.place, review.namespace()) {
                Ok(place) => place,
                Err(reason) => return undecided(reason),
            };
            let may_use = may_use_secrets(webhook, headers, review.namespace(), waiting.end).await;
            let may_use = match may_use {
                Ok(may_use) => may_use,
                Err(refused) => return *refused,
            };
            let (judging, judged) = (webhook.clone(), Arc::clone(&review));
            let end = waiting.end;
            let deciding = async move { decide(&judging, &judged, may_use, end).await };
            match decided(webhook, place, end, deciding).await {
                Ok(verdicts) => verdicts,
                Err(reason) => return undecided(reason),
            }
        }
    };
    let answers = images.iter().zip(&verdicts);
    let answers = answers.map(|(image, verdict)| ImageAnswer::of(image, verdict));
    let answer = Answer::answer(&review, Phase::Mutate, answers.collect());
    let verdict = match answer.is_allowed() {
        true => word(&verdicts),
        false => "deny",
    };
    counted(verdict);
    tracing::info!(
        namespace = review.namespace().unwrap_or_default(),
        images = verdicts.len(),
        verdict,
        duration = waiting.started.elapsed().as_secs_f64(),
        "object checked"
    );
    json(&answer)
}

/// The verdicts on the images of an object, with its pull secrets if who asks may have them used.
async fn decide(
    webhook: &Webhook,
    review: &Review,
    may_use: bool,
    end: Instant,
) -> Result<Vec<Verdict>, Reason> {
    let Some(workload) = review.workload() else {
        return Ok(Vec::new());
    };
    let snapshot = webhook.snapshot();
    let nothing = PullSecrets::none();
    let asked = Asked {
        namespace: review.namespace(),
        pull_secrets: match may_use {
            true => workload.pull_secrets(),
            false => &nothing,
        },
        asks_providers: may_use,
        environment: snapshot.environment(review.namespace(), workload),
        images: review
            .undecided()
            .map(|image| image.image.as_str())
            .collect(),
        // Nothing is admitted on it.
        keeps: false,
        time: Time::AnsweredBy(end),
        recordings: None,
    };
    asked.verdicts(webhook, &snapshot).await
}

fn json(answer: &Answer) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (StatusCode::OK, json, answer.to_json()).into_response()
}
