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
#[path = "asked/kyverno.rs"]
mod kyverno;
#[path = "asked/open_policy_agent.rs"]
mod open_policy_agent;
#[path = "asked/openapi.rs"]
mod openapi;

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use doorward_testkit::Fault;
use doorward_webhook::{Limits, app};
use serde_json::Value;

use crate::support::{LIMITS, Site};

/// Posts JSON. Returns the status and the answer, which is JSON too.
async fn post(router: &Router, path: &str, body: &Value) -> (StatusCode, Value) {
    let body = serde_json::to_vec(body).unwrap();
    let (status, answer) = support::post(router, path, "application/json", body).await;
    (status, serde_json::from_slice(&answer).unwrap())
}

/// What two who ask the same are answered where one has room, and the registry keeps that one waiting.
async fn two_where_one_has_room(site: &Site, path: &str, body: &Value) -> [(StatusCode, Value); 2] {
    site.registry.fault(Fault::StallBeforeHeaders);
    let limits = Limits {
        max_concurrent: 1,
        ..LIMITS
    };
    let router = app(site.webhook_with(&site.policy(""), limits));
    let (first, second) = tokio::join!(post(&router, path, body), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        post(&router, path, body).await
    });
    [first, second]
}
