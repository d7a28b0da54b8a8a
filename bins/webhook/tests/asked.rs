//! Programs that ask about images by name, and what each may have used for it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

#[path = "asked/admit.rs"]
mod admit;
#[path = "asked/check.rs"]
mod check;
#[path = "asked/external_data.rs"]
mod external_data;
#[path = "asked/image_review.rs"]
mod image_review;
#[path = "asked/open_policy_agent.rs"]
mod open_policy_agent;
#[path = "asked/openapi.rs"]
mod openapi;

use axum::Router;
use axum::http::StatusCode;
use serde_json::Value;

/// Posts JSON. Returns the status and the answer, which is JSON too.
async fn post(router: &Router, path: &str, body: &Value) -> (StatusCode, Value) {
    let body = serde_json::to_vec(body).unwrap();
    let (status, answer) = support::post(router, path, "application/json", body).await;
    (status, serde_json::from_slice(&answer).unwrap())
}
