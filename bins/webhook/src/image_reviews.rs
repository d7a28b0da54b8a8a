//! `POST /image-review`: Pods that a kube-apiserver asks about by its plug-in `ImagePolicyWebhook`.
//!
//! Nothing is pinned there, for the plug-in changes nothing. What was verified is what the tag meant at that moment, and the
//! kubelet asks the registry again.

use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use doorward::{Decision, Verdict};
use doorward_core::Code;
use doorward_core::text::one_line;
use doorward_kube::{ImageReview, ImageReviewAnswer, PullSecrets};

use crate::intake::Posted;
use crate::question::{Question, word};
use crate::webhook::Webhook;

/// The most characters of a reason. Clients show all of it.
const MAX_REASON: usize = 4096;
/// The most characters of what is said of one image.
const MAX_LINE: usize = 900;

/// Answers a review, also one that cannot be read: a status other than 200 would have the API server go by `defaultAllow`.
pub(crate) async fn image_review(webhook: &Webhook, posted: Posted) -> Response {
    let answer = answer(webhook, posted).await;
    let json = [(header::CONTENT_TYPE, "application/json")];
    (StatusCode::OK, json, answer.to_json()).into_response()
}

async fn answer(webhook: &Webhook, posted: Posted) -> ImageReviewAnswer {
    let started = posted.started;
    let review = match ImageReview::parse(&posted.body, &posted.limits()) {
        Ok(review) => review,
        Err(error) => return refuse(Code::ADMISSION_INVALID, &error.to_string()),
    };
    let question = Question {
        namespace: review.namespace().map(str::to_owned),
        // A review does not show it.
        account: None,
        pull_secrets: webhook
            .askers()
            .are_certified
            .then(PullSecrets::of_default_account),
        images: review.images().to_vec(),
    };
    let verdicts = match question.verdicts(webhook, posted.place, posted.end).await {
        Ok(verdicts) => verdicts,
        Err(reason) => return refuse(reason.code, &reason.message),
    };
    let allows_tags = webhook.allows_image_review_tags();
    let refused: Vec<_> = verdicts
        .iter()
        .filter_map(|verdict| refusal(verdict, allows_tags))
        .collect();
    let verdict = match refused.is_empty() {
        true => word(&verdicts),
        false => "deny",
    };
    let took = started.elapsed();
    let metrics = webhook.metrics();
    metrics.reviewed("CREATE", "ImageReview", verdict, took);
    tracing::info!(
        namespace = review.namespace().unwrap_or_default(),
        images = verdicts.len(),
        verdict,
        duration = took.as_secs_f64(),
        "image review"
    );
    let codes = verdicts.iter().filter_map(Verdict::code);
    let codes: Vec<_> = codes.map(Code::as_str).take(8).collect();
    let annotations = match codes.is_empty() {
        true => BTreeMap::new(),
        false => BTreeMap::from([("codes".to_owned(), codes.join(","))]),
    };
    if refused.is_empty() {
        return ImageReviewAnswer::allow(annotations);
    }
    let reason = one_line(&refused.join("; "), MAX_REASON);
    ImageReviewAnswer::refuse(reason, annotations)
}

/// Why an image may not run, if it may not.
fn refusal(verdict: &Verdict, allows_tags: bool) -> Option<String> {
    let image = one_line(verdict.image(), MAX_LINE);
    if verdict.decision() == Decision::Deny {
        let code = verdict.code().map_or("", Code::as_str);
        let why = one_line(&verdict.message(), MAX_LINE);
        return Some(format!("{image}: {why} [{code}]"));
    }
    // What the policy demands nothing of may be anything, and what it only warns of too.
    let is_verified = verdict.decision() == Decision::Allow && verdict.pinned().is_some();
    let names_digest = verdict
        .reference()
        .is_some_and(|reference| reference.digest().is_some());
    (is_verified && !names_digest && !allows_tags).then(|| {
        let code = Code::ADMISSION_NOT_PINNED;
        format!("{image}: nothing pins it here, so name it by its digest [{code}]")
    })
}

fn refuse(code: Code, why: &str) -> ImageReviewAnswer {
    let codes = BTreeMap::from([("codes".to_owned(), code.as_str().to_owned())]);
    ImageReviewAnswer::refuse(one_line(&format!("{why} [{code}]"), MAX_REASON), codes)
}
