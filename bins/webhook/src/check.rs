//! `POST /v1/check`: verdicts for programs that have images and no AdmissionReview.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use doorward::{ImageReport, Report, Verdict};
use doorward_core::Code;
use doorward_kube::{CheckRequest, Reason};
use serde::Serialize;
use tokio::time::Instant;

use crate::asker::Unknown;
use crate::intake::Posted;
use crate::question::{Question, in_place, word};
use crate::webhook::Webhook;

/// The answer.
#[derive(Serialize)]
struct Answer {
    /// Whether none of the images is refused.
    allowed: bool,
    images: Vec<ImageReport>,
}

/// Why there is no answer.
#[derive(Serialize)]
struct Problem {
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

/// Answers a request: 200 with a report of each image, 400 for what cannot be read, 401 and 403 for what the caller may not have
/// used, and 503 where nothing was decided.
pub(crate) async fn check(webhook: &Webhook, headers: &HeaderMap, posted: Posted) -> Response {
    let (parsed, waiting) = posted.parse(CheckRequest::parse);
    let request = match parsed {
        Ok(request) => request,
        Err(error) => return problem(StatusCode::BAD_REQUEST, error.to_string(), None),
    };
    let namespace = request.namespace();
    // Before the API server is asked whose token it is: who waits for that waits in a place, of which each caller has a share.
    let place = match in_place(webhook, waiting.place, namespace) {
        Ok(place) => place,
        Err(reason) => return undecided(reason),
    };
    let may_use = match may_use_secrets(webhook, headers, namespace, waiting.end).await {
        Ok(may_use) => may_use,
        Err(refused) => return *refused,
    };
    if request.names_credentials() && !may_use {
        return problem(
            StatusCode::FORBIDDEN,
            "who asks may not have Secrets of this namespace used".to_owned(),
            None,
        );
    }
    let question = Question {
        namespace: request.namespace().map(str::to_owned),
        account: request.service_account().map(str::to_owned),
        pull_secrets: may_use.then(|| request.pull_secrets()),
        // Strangers do not fill a memory.
        keeps: may_use,
        images: request.images().to_vec(),
    };
    match question.verdicts_in(webhook, place, waiting.end).await {
        Ok(verdicts) => answered(webhook, &request, &verdicts, &waiting.started),
        Err(reason) => undecided(reason),
    }
}

/// Whether Secrets of the namespace may be used for who asks with these headers.
///
/// # Errors
/// The answer, where nobody knows who asks.
pub(crate) async fn may_use_secrets(
    webhook: &Webhook,
    headers: &HeaderMap,
    namespace: Option<&str>,
    end: Instant,
) -> Result<bool, Box<Response>> {
    let askers = webhook.askers();
    let may_use = async {
        let asker = askers.who(headers, end).await?;
        askers.may_use_secrets(&asker, namespace, end).await
    };
    may_use.await.map_err(|why| Box::new(unknown(why)))
}

/// The answer where nobody knows who asks.
pub(crate) fn unknown(why: Unknown) -> Response {
    match why {
        Unknown::Token => problem(
            StatusCode::UNAUTHORIZED,
            "the token is nobody's, or was issued for another audience".to_owned(),
            None,
        ),
        Unknown::Unavailable(why) => {
            let why = format!("nobody knows who asks: {why}");
            problem(StatusCode::SERVICE_UNAVAILABLE, why, None)
        }
    }
}

fn answered(
    webhook: &Webhook,
    request: &CheckRequest,
    verdicts: &[Verdict],
    started: &Instant,
) -> Response {
    let verdict = word(verdicts);
    let took = started.elapsed();
    webhook.metrics().reviewed("CHECK", "Image", verdict, took);
    tracing::info!(
        namespace = request.namespace().unwrap_or_default(),
        images = verdicts.len(),
        verdict,
        duration = took.as_secs_f64(),
        "check"
    );
    let report = Report::new(webhook.now(), verdicts);
    json(
        StatusCode::OK,
        &Answer {
            allowed: verdict != "deny",
            images: report.images,
        },
    )
}

/// The answer where nothing was decided.
pub(crate) fn undecided(reason: Reason) -> Response {
    let code = Some(reason.code);
    problem(StatusCode::SERVICE_UNAVAILABLE, reason.message, code)
}

/// The answer where there is none, and why.
pub(crate) fn problem(status: StatusCode, error: String, code: Option<Code>) -> Response {
    let code = code.map(Code::as_str);
    let mut response = json(status, &Problem { error, code });
    if status == StatusCode::UNAUTHORIZED {
        let challenge = header::HeaderValue::from_static("Bearer");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    // Reports and strings are written without an error.
    let body = serde_json::to_string(body).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
