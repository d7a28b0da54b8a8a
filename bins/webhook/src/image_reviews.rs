//! `POST /image-review`: Pods that a kube-apiserver asks about by its plug-in `ImagePolicyWebhook`.
//!
//! Nothing is pinned there, for the plug-in changes nothing. What was verified is what the tag meant at that moment, and the
//! kubelet asks the registry again.

use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use doorward::{Decision, Mode, Verdict};
use doorward_core::Code;
use doorward_core::text::one_line;
use doorward_kube::{ImageReview, ImageReviewAnswer, PullSecrets, Reason};

use crate::intake::{Posted, Waiting};
use crate::question::{Question, want_of_pin, word};
use crate::webhook::Webhook;

/// The most characters of a reason. Clients show all of it.
const MAX_REASON: usize = 4096;
/// The most characters of what is said of one image.
const MAX_LINE: usize = 900;

/// Answers a review, also one that cannot be read: a status other than 200 would have the API server go by `defaultAllow`.
pub(crate) async fn image_review(webhook: &Webhook, posted: Posted) -> Response {
    let started = posted.waiting.started;
    let (answer, verdict) = match decide(webhook, posted).await {
        Ok(decided) => decided,
        Err(reason) => {
            tracing::warn!(code = %reason.code, reason = reason.message, "image review refused");
            (refuse(reason.code, &reason.message), "deny")
        }
    };
    let took = started.elapsed();
    webhook
        .metrics()
        .reviewed("CREATE", "ImageReview", verdict, took);
    let json = [(header::CONTENT_TYPE, "application/json")];
    (StatusCode::OK, json, answer.to_json()).into_response()
}

/// The answer, and the word for it.
///
/// # Errors
/// Why nothing was decided.
async fn decide(
    webhook: &Webhook,
    posted: Posted,
) -> Result<(ImageReviewAnswer, &'static str), Reason> {
    let (review, waiting) = posted.parse(ImageReview::parse);
    let review = review.map_err(|error| Reason::new(Code::ADMISSION_INVALID, error.to_string()))?;
    let question = Question {
        namespace: review.namespace().map(str::to_owned),
        // A review does not show it.
        account: None,
        pull_secrets: webhook
            .askers()
            .are_certified
            .then(PullSecrets::of_default_account),
        // The API server admits on it.
        keeps: true,
        images: review.images().to_vec(),
    };
    let Waiting {
        place,
        started,
        end,
        working: _working,
        ..
    } = waiting;
    let verdicts = match question.verdicts(webhook, place, end).await {
        Ok(verdicts) => verdicts,
        Err(reason) => {
            if let Some(alerts) = webhook.alerts() {
                let (namespace, images) = (review.namespace(), review.images());
                alerts.tell_unjudged(namespace, images, &reason, webhook.now());
            }
            return Err(reason);
        }
    };
    let allows_tags = webhook.allows_image_review_tags();
    if let Some(alerts) = webhook.alerts() {
        let judged = verdicts.iter().map(|verdict| {
            let unpinned = want_of_pin(verdict).filter(|(mode, _)| *mode == Mode::Enforce);
            let unpinned = unpinned.filter(|_| !allows_tags);
            (verdict, unpinned.map(|(_, reason)| reason))
        });
        alerts.tell_images(review.namespace(), judged, webhook.now());
    }
    let refused: Vec<_> = verdicts
        .iter()
        .filter_map(|verdict| refusal(verdict, allows_tags))
        .collect();
    let word = match refused.is_empty() {
        true => word(&verdicts),
        false => "deny",
    };
    tracing::info!(
        namespace = review.namespace().unwrap_or_default(),
        images = verdicts.len(),
        verdict = word,
        duration = started.elapsed().as_secs_f64(),
        "image review"
    );
    let codes = verdicts.iter().filter_map(|verdict| {
        let unpinned = want_of_pin(verdict).filter(|_| !allows_tags);
        verdict.code().or(unpinned.map(|(_, reason)| reason.code))
    });
    let codes: Vec<_> = codes.map(Code::as_str).take(8).collect();
    let annotations = match codes.is_empty() {
        true => BTreeMap::new(),
        false => BTreeMap::from([("codes".to_owned(), codes.join(","))]),
    };
    if refused.is_empty() {
        return Ok((ImageReviewAnswer::allow(annotations), word));
    }
    let reason = one_line(&refused.join("; "), MAX_REASON);
    Ok((ImageReviewAnswer::refuse(reason, annotations), word))
}

/// Why an image may not run, if it may not.
fn refusal(verdict: &Verdict, allows_tags: bool) -> Option<String> {
    let (code, why) = if verdict.decision() == Decision::Deny {
        (verdict.code(), verdict.message())
    } else {
        match want_of_pin(verdict) {
            Some((Mode::Enforce, reason)) if !allows_tags => (Some(reason.code), reason.message),
            _ => return None,
        }
    };
    let code = code.map_or("", Code::as_str);
    let (image, why) = (
        one_line(verdict.image(), MAX_LINE),
        one_line(&why, MAX_LINE),
    );
    Some(format!("{image}: {why} [{code}]"))
}

fn refuse(code: Code, why: &str) -> ImageReviewAnswer {
    let codes = BTreeMap::from([("codes".to_owned(), code.as_str().to_owned())]);
    ImageReviewAnswer::refuse(one_line(&format!("{why} [{code}]"), MAX_REASON), codes)
}
