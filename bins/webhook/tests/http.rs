//! What is not answered as a review, and how reviews are bounded.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use doorward::Engine;
use doorward_registry::RegistryClient;
use doorward_testkit::{Fault, FaultRule};
use doorward_webhook::{Limits, Metrics, Webhook, app};
use serde_json::Value;
use support::{Answered, LIMITS, Site, UNCHECKED, ask, now, offline, pod, post, scraped, snapshot};
use tower::ServiceExt;

const JSON: &str = "application/json";

fn body() -> Vec<u8> {
    serde_json::to_vec(&pod(&["r.example/app:1"])).unwrap()
}

#[tokio::test]
async fn only_posted_json_is_read() {
    let webhook = offline(&[UNCHECKED]);
    let router = app(webhook.clone());
    for content_type in ["text/plain", "application/yaml", "application/jsonx", ""] {
        let (status, _) = post(&router, "/mutate", content_type, body()).await;
        assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type}");
    }
    for content_type in ["application/json; charset=utf-8", "Application/JSON"] {
        assert_eq!(
            post(&router, "/mutate", content_type, body()).await.0,
            StatusCode::OK,
            "{content_type}"
        );
    }
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let request = Request::builder()
            .method(method)
            .uri("/mutate")
            .body(Body::empty())
            .unwrap();
        assert_eq!(
            router.clone().oneshot(request).await.unwrap().status(),
            StatusCode::METHOD_NOT_ALLOWED
        );
    }
    assert_eq!(
        post(&router, "/", JSON, body()).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        post(&router, "/metrics", JSON, body()).await.0,
        StatusCode::NOT_FOUND
    );
    assert!(scraped(&webhook).contains(r#"doorward_http_rejections_total{reason="not-json"} 4"#));
}

#[tokio::test]
async fn a_body_over_the_bound_is_refused_and_one_at_the_bound_is_read() {
    let exact = body().len();
    let limits = |max_body| Limits { max_body, ..LIMITS };
    let site = Site::start().await;
    let over = app(site.webhook_with(UNCHECKED, limits(exact - 1)));
    assert_eq!(
        post(&over, "/mutate", JSON, body()).await.0,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let at = app(site.webhook_with(UNCHECKED, limits(exact)));
    assert_eq!(post(&at, "/mutate", JSON, body()).await.0, StatusCode::OK);
}

#[tokio::test]
async fn what_is_no_review_is_refused_in_an_answer_and_never_allowed() {
    let router = app(offline(&[UNCHECKED]));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in [
        "",
        "lol",
        "null",
        "{}",
        "[]",
        "\u{0}",
        r#"{"kind":"AdmissionReview"}"#,
        r#"{"request":{}}"#,
        &deep,
    ] {
        for path in ["/mutate", "/validate", "/admit"] {
            let (status, answer) = post(&router, path, JSON, body.as_bytes().to_vec()).await;
            assert_eq!(status, StatusCode::OK);
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            assert_eq!(answer["response"]["allowed"], false, "{body:.40} at {path}");
            assert!(
                answer["response"]["status"]["message"]
                    .as_str()
                    .is_some_and(|m| m.len() > 10)
            );
        }
    }
}

#[tokio::test]
async fn a_review_too_many_is_turned_away_and_there_is_room_again_afterwards() {
    let site = Site::start().await;
    let (image, _) = site.signed("app");
    site.registry.set_latency(Duration::from_millis(300));
    let webhook = site.webhook_with(
        &site.policy(""),
        Limits {
            max_concurrent: 1,
            ..LIMITS
        },
    );
    let router = app(webhook.clone());
    let review = serde_json::to_vec(&pod(&[&image])).unwrap();
    let slow = tokio::spawn({
        let (router, review) = (router.clone(), review.clone());
        async move { post(&router, "/mutate", JSON, review).await.0 }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let ask = async |review: &Value| ask(&webhook, "/mutate", review).await;
    let second = ask(&pod(&[&image])).await;
    assert_eq!(second.status_code(), 429, "{second:?}");
    assert!(second.message().contains("(admission-busy)"), "{second:?}");
    // What nobody has to be asked about needs no room.
    let mut deletion = pod(&[&image]);
    deletion["request"]["operation"] = "DELETE".into();
    assert!(ask(&deletion).await.allowed());
    let mut label = pod(&[&image]);
    label["request"]["operation"] = "UPDATE".into();
    label["request"]["oldObject"] = label["request"]["object"].clone();
    assert!(ask(&label).await.allowed());
    assert_eq!(slow.await.unwrap(), StatusCode::OK);
    assert!(ask(&pod(&[&image])).await.allowed());
    assert!(scraped(&webhook).contains(r#"doorward_http_rejections_total{reason="overloaded"} 1"#));
}

#[tokio::test]
async fn a_namespace_whose_reviews_take_long_shuts_out_no_other() {
    let site = Site::start().await;
    let (image, _) = site.signed("app");
    site.registry.set_latency(Duration::from_millis(1_000));
    let webhook = site.webhook_with(
        &site.policy(""),
        Limits {
            max_concurrent: 8,
            ..LIMITS
        },
    );
    let router = app(webhook.clone());
    let of = |namespace: &str, image: &str| {
        let mut review = pod(&[image]);
        review["request"]["namespace"] = namespace.into();
        post(
            &router,
            "/mutate",
            JSON,
            serde_json::to_vec(&review).unwrap(),
        )
    };
    let two = futures::future::join(of("evil", &image), of("evil", &image));
    let more = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let third = of("evil", &image).await;
        assert_eq!(third.0, StatusCode::OK);
        let third = Answered(serde_json::from_slice(&third.1).unwrap());
        assert_eq!(third.status_code(), 429, "{third:?}");
        assert_eq!(of("victim", &image).await.0, StatusCode::OK);
    };
    let ((one, other), ()) = futures::future::join(two, more).await;
    assert_eq!((one.0, other.0), (StatusCode::OK, StatusCode::OK));
    assert_eq!(of("evil", &image).await.0, StatusCode::OK);
    assert!(scraped(&webhook).contains(r#"doorward_http_rejections_total{reason="overloaded"} 1"#));
}

#[tokio::test]
async fn a_registry_that_stays_silent_costs_the_deadline_and_is_a_denial() {
    let site = Site::start().await;
    let (image, _) = site.signed("app");
    site.registry
        .fault(FaultRule::new(Fault::StallBeforeHeaders));
    let deadline = Duration::from_millis(700);
    let webhook = site.webhook_with(&site.policy(""), Limits { deadline, ..LIMITS });
    let started = Instant::now();
    let answer = ask(&webhook, "/mutate", &pod(&[&image])).await;
    assert!(
        started.elapsed() < deadline + Duration::from_millis(500),
        "{:?}",
        started.elapsed()
    );
    assert!(!answer.allowed());
    assert!(
        answer.message().contains("deadline-exceeded"),
        "{}",
        answer.message()
    );
}

#[tokio::test]
async fn a_sender_that_is_slow_uses_up_its_own_time() {
    let site = Site::start().await;
    let limits = Limits {
        deadline: Duration::from_millis(200),
        ..LIMITS
    };
    let router = app(site.webhook_with(UNCHECKED, limits));
    let never = Body::from_stream(futures::stream::pending::<std::io::Result<Vec<u8>>>());
    let request = Request::post("/mutate")
        .header("content-type", JSON)
        .body(never)
        .unwrap();
    let started = Instant::now();
    let status = router.oneshot(request).await.unwrap().status();
    assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let router = app(offline(&[UNCHECKED]));
    let broken = futures::stream::iter([Ok(b"{".to_vec()), Err(std::io::Error::other("gone"))]);
    let request = Request::post("/mutate")
        .header("content-type", JSON)
        .body(Body::from_stream(broken))
        .unwrap();
    assert_eq!(
        router.oneshot(request).await.unwrap().status(),
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_fault_of_the_program_is_an_http_error_and_the_next_review_is_answered() {
    let faults = AtomicUsize::new(1);
    let clock = move || match faults.swap(0, Ordering::Relaxed) {
        0 => now(),
        _ => panic!("a clock that breaks once"),
    };
    let client = RegistryClient::builder().build().unwrap();
    let metrics = Arc::new(Metrics::new().unwrap());
    let webhook = Webhook::new(
        Engine::builder(),
        snapshot(&[UNCHECKED]),
        client,
        metrics,
        LIMITS,
        Arc::new(clock),
    );
    let router = app(webhook);
    assert_eq!(
        post(&router, "/mutate", JSON, body()).await.0,
        StatusCode::INTERNAL_SERVER_ERROR
    );
    assert_eq!(
        post(&router, "/mutate", JSON, body()).await.0,
        StatusCode::OK
    );
}
