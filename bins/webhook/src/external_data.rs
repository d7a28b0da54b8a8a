//! Gatekeeper asks: the provider of external data.

use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use doorward::policy::Holder;
use doorward::{Decision, ImageReport, Mode, Verdict};
use doorward_core::text::one_line;
use doorward_core::{Code, Reference};
use doorward_kube::{
    ImageKey, ProviderItem, ProviderRequest, ProviderResponse, PullSecrets, Reason,
};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::intake::{Place, Posted, Waiting};
use crate::question::{Question, want_of_pin};
use crate::webhook::Webhook;

/// The most characters of an error of one key.
const MAX_ERROR: usize = 900;

/// What the values are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// A constraint looks at them.
    Validation,
    /// They are put in place of the keys.
    Mutation,
}

/// Answers a request, key by key. The status is always 200: Gatekeeper reads no other answer.
pub(crate) async fn external_data(webhook: &Webhook, wanted: Use, posted: Posted) -> Response {
    let answer = answer(webhook, wanted, posted).await;
    let json = [(header::CONTENT_TYPE, "application/json")];
    (StatusCode::OK, json, answer.to_json()).into_response()
}

async fn answer(webhook: &Webhook, wanted: Use, posted: Posted) -> ProviderResponse {
    let (request, waiting) = posted.parse(ProviderRequest::parse);
    let Waiting {
        peer,
        place: mut first,
        started,
        end,
        working: _working,
    } = waiting;
    let request = match request {
        Ok(request) => request,
        Err(error) => {
            let metrics = webhook.metrics();
            metrics.reviewed("CHECK", "ProviderRequest", "deny", started.elapsed());
            tracing::warn!(%error, "external data refused");
            return ProviderResponse::refuse(error.to_string());
        }
    };
    // Keys of one namespace are one question, and all questions are asked at once.
    let mut namespaces: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
    let mut items: BTreeMap<&str, ProviderItem> = BTreeMap::new();
    for key in request.keys() {
        match ImageKey::read(key) {
            Ok(ImageKey { namespace, image }) => {
                let images = namespaces.entry(namespace).or_default();
                if !images.contains(&image) {
                    images.push(image);
                }
            }
            Err(error) => {
                items.insert(key, failed(key, &error.to_string()));
            }
        }
    }
    let questions = namespaces.iter().map(|(namespace, images)| {
        let place = first.take().or_else(|| webhook.places().take(peer));
        verdicts(webhook, namespace.as_deref(), images, place, end)
    });
    let answers = join_all(questions.collect::<Vec<_>>()).await;
    let answers: BTreeMap<_, _> = namespaces.keys().zip(answers).collect();
    for key in request.keys() {
        let Ok(ImageKey { namespace, image }) = ImageKey::read(key) else {
            continue;
        };
        let item = match answers.get(&namespace) {
            Some(Ok(verdicts)) => verdicts
                .iter()
                .find(|verdict| verdict.image() == image)
                .map(|verdict| item(key, verdict, wanted)),
            Some(Err(reason)) => Some(undecided(key, reason)),
            None => None,
        };
        let item = item.unwrap_or_else(|| failed(key, "nothing was decided about this image"));
        items.insert(key, item);
    }
    let took = started.elapsed();
    let is_refused = items.values().any(|item| !item.error.is_empty());
    let verdict = if is_refused { "deny" } else { "allow" };
    let metrics = webhook.metrics();
    metrics.reviewed("CHECK", "ProviderRequest", verdict, took);
    tracing::info!(
        keys = request.keys().len(),
        verdict,
        duration = took.as_secs_f64(),
        "external data"
    );
    // In the order of the keys, each once.
    let items = request
        .keys()
        .iter()
        .filter_map(|key| items.remove(key.as_str()));
    request.answer(items.collect())
}

/// The verdicts on images of one namespace.
async fn verdicts(
    webhook: &Webhook,
    namespace: Option<&str>,
    images: &[String],
    place: Option<Place>,
    end: tokio::time::Instant,
) -> Result<Vec<Verdict>, Reason> {
    let question = Question {
        namespace: namespace.map(str::to_owned),
        account: None,
        pull_secrets: webhook
            .askers()
            .are_certified
            .then(PullSecrets::of_default_account),
        // Gatekeeper admits on it.
        keeps: true,
        images: images.to_vec(),
    };
    question.verdicts(webhook, place, end).await
}

/// What is said of a key whose image was decided on. A refusal is an error, so that a template that looks at nothing else
/// refuses too.
fn item(key: &str, verdict: &Verdict, wanted: Use) -> ProviderItem {
    let refused = match verdict.decision() {
        Decision::Deny => {
            let code = verdict.code().map_or("", Code::as_str);
            Some(format!("{} [{code}]", verdict.message()))
        }
        // Mutation is what pins.
        Decision::Allow | Decision::Warn if wanted == Use::Mutation => None,
        Decision::Allow | Decision::Warn => match want_of_pin(verdict) {
            Some((Mode::Enforce, reason)) => Some(format!("{} [{}]", reason.message, reason.code)),
            _ => None,
        },
    };
    let value = match wanted {
        Use::Validation => report(verdict, refused.is_none()),
        Use::Mutation if refused.is_some() => Value::Null,
        Use::Mutation => replacement(verdict).into(),
    };
    ProviderItem {
        key: key.to_owned(),
        value,
        error: refused.map_or_else(String::new, |why| one_line(&why, MAX_ERROR)),
    }
}

/// What the image is to be named by in a Pod.
fn replacement(verdict: &Verdict) -> String {
    let Some(pinned) = verdict.replacement_in(Holder::Pod) else {
        return verdict.image().to_owned();
    };
    let tag = verdict.reference().and_then(Reference::tag);
    pinned.named(tag.filter(|_| verdict.keeps_tag_in(Holder::Pod)))
}

/// The report of an image, and what templates for Ratify look at.
fn report(verdict: &Verdict, is_success: bool) -> Value {
    let mut report = serde_json::to_value(ImageReport::from(verdict)).unwrap_or_default();
    if let Value::Object(members) = &mut report {
        members.insert("isSuccess".to_owned(), json!(is_success));
    }
    report
}

fn undecided(key: &str, reason: &Reason) -> ProviderItem {
    failed(key, &format!("{} [{}]", reason.message, reason.code))
}

fn failed(key: &str, why: &str) -> ProviderItem {
    ProviderItem {
        key: key.to_owned(),
        value: Value::Null,
        error: one_line(why, MAX_ERROR),
    }
}
