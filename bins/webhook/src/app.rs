//! The admission endpoints.

use std::error::Error;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::{Instant, timeout_at};
use tower_http::catch_panic::CatchPanicLayer;

use crate::review::{Endpoint, review};
use crate::webhook::Webhook;

/// `/mutate`, `/validate`, and `/admit`, which is what Portieris configurations call `/mutate`.
///
/// Whatever is not answered as a review is an HTTP error, which the API server treats by its `failurePolicy`.
pub fn app(webhook: Webhook) -> Router {
    let mutate =
        post(async |State(webhook), request| admit(&webhook, Endpoint::Mutate, request).await);
    let validate =
        post(async |State(webhook), request| admit(&webhook, Endpoint::Validate, request).await);
    Router::new()
        .route("/mutate", mutate.clone())
        .route("/admit", mutate)
        .route("/validate", validate)
        .layer(CatchPanicLayer::custom(|_| {
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }))
        .with_state(webhook)
}

async fn admit(webhook: &Webhook, endpoint: Endpoint, request: Request) -> Response {
    let started = Instant::now();
    let refused = |status: StatusCode, reason: &'static str| {
        webhook.metrics().shed(reason);
        (status, format!("{reason}\n")).into_response()
    };
    let Ok(_permit) = webhook.permits().try_acquire() else {
        return refused(StatusCode::SERVICE_UNAVAILABLE, "overloaded");
    };
    if !is_json(request.headers()) {
        return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json");
    }
    // The deadline of a review runs from its first byte, and a slow sender uses up its own time.
    let end = started + webhook.limits().deadline;
    let body = match timeout_at(end, read(request.into_body(), webhook.limits().max_body)).await {
        Ok(Ok(body)) => body,
        Ok(Err(Unread::TooLarge)) => {
            return refused(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large");
        }
        Ok(Err(Unread::Broken)) => return refused(StatusCode::BAD_REQUEST, "body-broken"),
        Err(_) => return refused(StatusCode::REQUEST_TIMEOUT, "body-too-slow"),
    };
    let answer = review(webhook, endpoint, &body, started, end).await;
    ([(header::CONTENT_TYPE, "application/json")], answer).into_response()
}

/// What bounds a review.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The time from a review's first byte to its answer.
    pub deadline: Duration,
    /// The largest body, in bytes.
    pub max_body: usize,
    /// How many reviews are judged at a time.
    pub max_concurrent: usize,
}

enum Unread {
    Broken,
    TooLarge,
}

async fn read(body: Body, max: usize) -> Result<axum::body::Bytes, Unread> {
    match Limited::new(body, max).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if is_too_large(error.as_ref()) => Err(Unread::TooLarge),
        Err(_) => Err(Unread::Broken),
    }
}

fn is_too_large(error: &(dyn Error + 'static)) -> bool {
    let mut error = Some(error);
    while let Some(this) = error {
        if this.is::<LengthLimitError>() {
            return true;
        }
        error = this.source();
    }
    false
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
