//! The admission endpoints.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use doorward_kube::Phase;
use tokio::time::Instant;
use tower_http::catch_panic::CatchPanicLayer;

use crate::caller::Caller;
use crate::intake::Unread;
use crate::metrics::Metrics;
use crate::review::{policy_review, review};
use crate::webhook::Webhook;

/// `/mutate`, `/validate`, and `/admit`, which is what Portieris configurations call `/mutate`; and `/policies`, for those who
/// write policies.
///
/// Whatever is not answered as a review is an HTTP error, which the API server treats by its `failurePolicy`.
pub fn app(webhook: Webhook) -> Router {
    let images = |phase| {
        post(async move |State(webhook), request| {
            admit(&webhook, Subject::Images(phase), request).await
        })
    };
    let mutate = images(Phase::Mutate);
    let policies =
        post(async |State(webhook), request| admit(&webhook, Subject::Policy, request).await);
    Router::new()
        .route("/mutate", mutate.clone())
        .route("/admit", mutate)
        .route("/validate", images(Phase::Validate))
        .route("/policies", policies)
        .layer(CatchPanicLayer::custom(|_| {
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }))
        .with_state(webhook)
}

/// How much of a review's time may go by until its body is there: one part of this many.
///
/// The API server sends a body at once. A sender that takes longer holds memory without a review.
const BODY_SHARE: u32 = 3;

/// What a review is about.
#[derive(Clone, Copy)]
enum Subject {
    /// An object with images.
    Images(Phase),
    /// A policy that somebody writes.
    Policy,
}

async fn admit(webhook: &Webhook, subject: Subject, request: Request) -> Response {
    let started = Instant::now();
    let refused = |status: StatusCode, reason: &'static str| {
        webhook.metrics().shed(reason);
        (status, format!("{reason}\n")).into_response()
    };
    if !is_json(request.headers()) {
        return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json");
    }
    let caller = Caller::of(request.extensions());
    caller.begins();
    // The deadline of a review runs from its first byte, and a slow sender uses up its own time.
    let deadline = webhook.limits().deadline;
    let bodies = webhook.bodies();
    let body = bodies.read(
        caller.peer(),
        request.into_body(),
        started + deadline / BODY_SHARE,
    );
    let body = match body.await {
        Ok(body) => body,
        Err(Unread::Broken) => return refused(StatusCode::BAD_REQUEST, "body-broken"),
        Err(Unread::GaveWay) => {
            return refused(StatusCode::SERVICE_UNAVAILABLE, "too-many-bodies");
        }
        Err(Unread::TooLarge) => {
            return refused(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large");
        }
        Err(Unread::TooSlow) => return refused(StatusCode::REQUEST_TIMEOUT, "body-too-slow"),
    };
    // A review takes a place only once its body is complete, so a client that sends nothing holds none.
    let _working = caller.working();
    let place = webhook.places().take(caller.peer());
    let awaited = Awaited(webhook.metrics());
    let answer = match (subject, place) {
        (Subject::Images(phase), place) => {
            Some(review(webhook, phase, body, place, started, started + deadline).await)
        }
        // It takes no place from what is to run.
        (Subject::Policy, place) => {
            drop(place);
            policy_review(webhook, body).await
        }
    };
    awaited.answered();
    match answer {
        Some(answer) => ([(header::CONTENT_TYPE, "application/json")], answer).into_response(),
        // A policy that nobody looked at denies what it governs if there is a mistake in it.
        None => refused(StatusCode::SERVICE_UNAVAILABLE, "overloaded"),
    }
}

/// A review whose caller waits for the answer. It counts callers who went away: of such a review there is no other trace.
struct Awaited<'w>(&'w Metrics);

impl Awaited<'_> {
    fn answered(self) {
        std::mem::forget(self);
    }
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        // A fault of the program is answered with a status of its own.
        if !std::thread::panicking() {
            self.0.shed("caller-left");
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = content_type
        .and_then(|text| text.split(';').next())
        .map(str::trim);
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
}
