//! The admission endpoints.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use doorward_kube::Phase;
use tokio::time::Instant;
use tower_http::catch_panic::CatchPanicLayer;

use crate::caller::Caller;
use crate::check::check;
use crate::external_data::{Use, external_data};
use crate::image_reviews::image_review;
use crate::intake::{Posted, Unread, Waiting};
use crate::metrics::Metrics;
use crate::pipeline;
use crate::review::{policy_review, review};
use crate::running_audit::audit;
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
        .route("/audit", asked(Form::Audit))
        .route("/v1/admit", asked(Form::Object))
        .route("/v1/check", asked(Form::Check))
        .route("/image-review", asked(Form::ImageReview))
        .layer(CatchPanicLayer::custom(|_| {
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }))
        .with_state(webhook)
}

/// `/validate` and `/mutate` for Gatekeeper, and the paths that Ratify has them under.
pub fn provider(webhook: Webhook) -> Router {
    let validate = asked(Form::ExternalData(Use::Validation));
    let mutate = asked(Form::ExternalData(Use::Mutation));
    Router::new()
        .route("/validate", validate.clone())
        .route("/mutate", mutate.clone())
        .route("/ratify/gatekeeper/v1/verify", validate.clone())
        .route("/ratify/gatekeeper/v1/mutate", mutate.clone())
        .route("/ratify/gatekeeper/v2/verify", validate)
        .route("/ratify/gatekeeper/v2/mutate", mutate)
        .layer(CatchPanicLayer::custom(|_| {
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }))
        .with_state(webhook)
}

fn asked(form: Form) -> MethodRouter<Webhook> {
    post(async move |State(webhook), request| ask(&webhook, form, request).await)
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
    let posted = match posted(webhook, request).await {
        Ok(posted) => posted,
        Err(refused) => return *refused,
    };
    let awaited = Awaited(webhook.metrics());
    let answer = match subject {
        Subject::Images(phase) => Some(review(webhook, phase, posted).await),
        Subject::Policy => {
            let Posted { body, mut waiting } = posted;
            // It takes no place from what is to run.
            drop(waiting.place.take());
            policy_review(webhook, body).await
        }
    };
    awaited.answered();
    match answer {
        Some(answer) => ([(header::CONTENT_TYPE, "application/json")], answer).into_response(),
        // A policy that nobody looked at denies what it governs if there is a mistake in it.
        None => refused(webhook, StatusCode::SERVICE_UNAVAILABLE, "overloaded"),
    }
}

/// Who asks about images by name, and in which form they are answered.
#[derive(Clone, Copy)]
enum Form {
    /// What runs.
    Audit,
    Check,
    /// Of an object instead.
    Object,
    ExternalData(Use),
    ImageReview,
}

/// Answers a question about images by name.
async fn ask(webhook: &Webhook, form: Form, request: Request) -> Response {
    let headers = match form {
        Form::Audit | Form::Check | Form::Object => request.headers().clone(),
        Form::ExternalData(_) | Form::ImageReview => HeaderMap::new(),
    };
    let posted = match posted(webhook, request).await {
        Ok(posted) => posted,
        Err(refused) => return *refused,
    };
    let awaited = Awaited(webhook.metrics());
    let answer = match form {
        Form::Audit => audit(webhook, &headers, posted).await,
        Form::Check => check(webhook, &headers, posted).await,
        Form::ExternalData(wanted) => external_data(webhook, wanted, posted).await,
        Form::ImageReview => image_review(webhook, posted).await,
        Form::Object => pipeline::admit(webhook, &headers, posted).await,
    };
    awaited.answered();
    answer
}

/// Reads the body of a request, and takes a place for it if there is one.
///
/// # Errors
/// The answer, if it cannot be read.
async fn posted(webhook: &Webhook, request: Request) -> Result<Posted, Box<Response>> {
    let started = Instant::now();
    let refused = |status, reason| Err(Box::new(refused(webhook, status, reason)));
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
    Ok(Posted {
        body,
        waiting: Waiting {
            peer: caller.peer(),
            working: caller.working(),
            // A review takes a place only once its body is complete, so a client that sends nothing holds none.
            place: webhook.places().take(caller.peer()),
            started,
            end: started + deadline,
        },
    })
}

fn refused(webhook: &Webhook, status: StatusCode, reason: &'static str) -> Response {
    webhook.metrics().shed(reason);
    (status, format!("{reason}\n")).into_response()
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
