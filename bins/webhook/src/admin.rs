//! The admin port: health and metrics.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;

use crate::caller::at_work;
use crate::metrics::Metrics;

/// What readiness depends on. Never on a registry: its outage would take all replicas out of service, and with them
/// the images that need no registry.
#[derive(Debug, Default)]
pub struct Readiness {
    policies: AtomicBool,
    certificate: AtomicBool,
    draining: AtomicBool,
    faults: AtomicUsize,
    blind: AtomicBool,
    armed: Mutex<Option<bool>>,
}

impl Readiness {
    /// Policies have been read.
    pub fn policies_loaded(&self) {
        self.policies.store(true, Ordering::Release);
    }

    /// The serving certificate has been read.
    pub fn certificate_loaded(&self) {
        self.certificate.store(true, Ordering::Release);
    }

    /// How much is wrong with the policies. Reviews are answered all the same: what is broken is denied, with the
    /// reason, which says more than an endpoint that is out of service.
    pub fn faults(&self, faults: usize) {
        self.faults.store(faults, Ordering::Release);
    }

    /// Whether a source of policies cannot be looked at, so that what was in force stays.
    pub fn blind(&self, is_blind: bool) {
        self.blind.store(is_blind, Ordering::Release);
    }

    /// Whether the API server asks this webhook by its configurations, where that is for this program to see to.
    pub fn armed(&self, is_armed: bool) {
        *self.armed.lock().unwrap_or_else(PoisonError::into_inner) = Some(is_armed);
    }

    /// What else there is to say while nothing stands in the way.
    fn remark(&self) -> String {
        let is_blind = self.blind.load(Ordering::Acquire);
        let faults = self.faults.load(Ordering::Acquire) + usize::from(is_blind);
        let mut text = "ok\n".to_owned();
        if faults > 0 {
            text.push_str(&format!("wrong in policies or beside them: {faults}; "));
            text.push_str(if is_blind {
                "their source cannot be looked at, and what was in force stays; "
            } else {
                ""
            });
            text.push_str(
                "a policy or Secret with a mistake denies what it governs, what is no file is passed over, the log has \
                 the details\n",
            );
        }
        let armed = *self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        text.push_str(match armed {
            None => "",
            Some(true) => "armed\n",
            Some(false) => {
                "not armed: the webhook configurations are not as they should be, the log has the details\n"
            }
        });
        text
    }

    /// The program is about to end.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether the program is about to end.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Why reviews should not be sent here, or nothing.
    #[must_use]
    pub fn obstacle(&self) -> Option<&'static str> {
        if self.is_draining() {
            Some("shutting down")
        } else if !self.policies.load(Ordering::Acquire) {
            Some("policies are not loaded")
        } else if !self.certificate.load(Ordering::Acquire) {
            Some("the serving certificate is not loaded")
        } else {
            None
        }
    }
}

/// `/livez`, `/readyz` and `/metrics`.
pub fn admin(readiness: Arc<Readiness>, metrics: Arc<Metrics>) -> Router {
    Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(ready).with_state(readiness))
        .route("/metrics", get(exposition).with_state(metrics))
        .layer(from_fn(at_work))
        .layer(CatchPanicLayer::custom(|_| {
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }))
}

async fn ready(State(readiness): State<Arc<Readiness>>) -> Response {
    match readiness.obstacle() {
        None => readiness.remark().into_response(),
        Some(obstacle) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("{obstacle}\n")).into_response()
        }
    }
}

async fn exposition(State(metrics): State<Arc<Metrics>>) -> Response {
    match metrics.render() {
        Ok(text) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    async fn get(router: &Router, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn ready_needs_policies_and_a_certificate_and_no_shutdown() {
        let readiness = Arc::new(Readiness::default());
        let router = admin(Arc::clone(&readiness), Arc::new(Metrics::new().unwrap()));
        let unready = async |why: &str| {
            let (status, text) = get(&router, "/readyz").await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
            assert!(text.contains(why), "{text}");
            assert_eq!(get(&router, "/livez").await.0, StatusCode::OK);
        };
        unready("policies").await;
        readiness.policies_loaded();
        unready("certificate").await;
        readiness.certificate_loaded();
        assert_eq!(
            get(&router, "/readyz").await,
            (StatusCode::OK, "ok\n".to_owned())
        );
        readiness.faults(2);
        let (status, text) = get(&router, "/readyz").await;
        assert!(
            status == StatusCode::OK && text.starts_with("ok\nwrong"),
            "{text}"
        );
        readiness.faults(0);
        assert_eq!(get(&router, "/readyz").await.1, "ok\n");
        readiness.blind(true);
        let (status, text) = get(&router, "/readyz").await;
        assert!(
            status == StatusCode::OK && text.contains(": 1; their source cannot be looked at"),
            "{text}"
        );
        readiness.blind(false);
        assert_eq!(get(&router, "/readyz").await.1, "ok\n");
        readiness.armed(false);
        let (status, text) = get(&router, "/readyz").await;
        assert!(
            status == StatusCode::OK && text.starts_with("ok\nnot armed: "),
            "{text}"
        );
        readiness.armed(true);
        assert_eq!(get(&router, "/readyz").await.1, "ok\narmed\n");
        readiness.drain();
        unready("shutting down").await;
    }

    #[tokio::test]
    async fn metrics_are_text_for_prometheus_and_nothing_else_is_served() {
        let router = admin(Arc::default(), Arc::new(Metrics::new().unwrap()));
        let (status, text) = get(&router, "/metrics").await;
        assert_eq!(status, StatusCode::OK);
        assert!(
            text.contains("doorward_build_info") && text.contains("process_"),
            "{text}"
        );
        assert_eq!(get(&router, "/mutate").await.0, StatusCode::NOT_FOUND);
        assert_eq!(get(&router, "/").await.0, StatusCode::NOT_FOUND);
    }
}
