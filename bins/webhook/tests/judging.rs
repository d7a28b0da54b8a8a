//! Where reviews are decided: apart from what takes and answers them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use doorward::Engine;
use doorward_registry::RegistryClient;
use doorward_testkit::{Fault, FaultRule};
use doorward_webhook::{Limits, Metrics, Webhook, app};
use tokio::runtime::{Builder, Runtime};

use support::{Answered, LIMITS, Site, UNCHECKED, now, offline, pod, post, scraped, snapshot};

fn judges() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// A webhook whose first review computes until it is released, and which says when that began.
struct Computing {
    webhook: Webhook,
    began: Receiver<()>,
    release: Sender<()>,
}

/// The clock is what a review asks on its thread before anything else, so it stands for whatever computes.
fn computing(limits: Limits, judges: &Runtime) -> Computing {
    let (release, released) = channel();
    let (begins, began) = channel();
    let (released, is_first) = (Mutex::new(released), AtomicBool::new(true));
    let clock = move || {
        if is_first.swap(false, Ordering::SeqCst) {
            begins.send(()).unwrap();
            // Also if the test is over.
            let _ = released.lock().unwrap().recv();
        }
        now()
    };
    let webhook = Webhook::new(
        Engine::builder(),
        snapshot(&[UNCHECKED]),
        RegistryClient::builder().build().unwrap(),
        Arc::new(Metrics::new().unwrap()),
        limits,
        Arc::new(clock),
    );
    webhook.judge_on(judges.handle().clone());
    Computing {
        webhook,
        began,
        release,
    }
}

const IMAGE: &str = "registry.example/app:1";

/// Asks about an image. Every review is answered as one.
async fn admit(router: &Router, image: &str) -> Answered {
    let body = serde_json::to_vec(&pod(&[image])).unwrap();
    let (status, answer) = post(router, "/mutate", "application/json", body).await;
    assert_eq!(status, StatusCode::OK);
    Answered(serde_json::from_slice(&answer).unwrap())
}

#[tokio::test]
async fn a_review_that_computes_too_long_is_refused_in_time_and_says_so() {
    let judges = judges();
    let limits = Limits {
        deadline: Duration::from_millis(300),
        ..LIMITS
    };
    let Computing {
        webhook,
        began,
        release,
    } = computing(limits, &judges);
    // This test has one thread: the answer comes although the review still has its own.
    let answer = admit(&app(webhook), IMAGE).await;
    began.try_recv().expect("it was under way");
    assert!(!answer.allowed());
    assert!(answer.message().contains("deadline-exceeded"), "{answer:?}");
    release.send(()).unwrap();
    judges.shutdown_background();
}

#[tokio::test]
async fn others_are_answered_while_a_review_computes() {
    let judges = judges();
    let Computing {
        webhook,
        began,
        release,
    } = computing(LIMITS, &judges);
    let router = app(webhook);
    let computing = tokio::spawn({
        let router = router.clone();
        async move { admit(&router, IMAGE).await }
    });
    while began.try_recv().is_err() {
        tokio::task::yield_now().await;
    }
    for _ in 0..3 {
        assert!(admit(&router, IMAGE).await.allowed());
    }
    assert!(!computing.is_finished());
    release.send(()).unwrap();
    assert!(computing.await.unwrap().allowed());
    judges.shutdown_background();
}

#[tokio::test]
async fn a_review_that_computes_keeps_its_place_when_nobody_waits_for_it_any_more() {
    let judges = judges();
    let limits = Limits {
        max_concurrent: 1,
        ..LIMITS
    };
    let Computing {
        webhook,
        began,
        release,
    } = computing(limits, &judges);
    let router = app(webhook);
    let caller = tokio::spawn({
        let router = router.clone();
        async move { admit(&router, IMAGE).await }
    });
    while began.try_recv().is_err() {
        tokio::task::yield_now().await;
    }
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    assert_eq!(admit(&router, IMAGE).await.status_code(), 429);
    release.send(()).unwrap();
    // Then it is free.
    let answered = async {
        while !admit(&router, IMAGE).await.allowed() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), answered)
        .await
        .expect("the place is free again");
    judges.shutdown_background();
}

#[tokio::test]
async fn a_review_whose_caller_went_away_is_given_up() {
    let judges = judges();
    let site = Site::start().await;
    let (image, _) = site.signed("app");
    site.registry
        .fault(FaultRule::new(Fault::StallBeforeHeaders));
    let webhook = site.webhook();
    webhook.judge_on(judges.handle().clone());
    let router = app(webhook.clone());
    let caller = tokio::spawn(async move { admit(&router, &image).await });
    while site.registry.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    let counted = "doorward_http_rejections_total{reason=\"caller-left\"} 1";
    assert!(scraped(&webhook).contains(counted), "{}", scraped(&webhook));
    // What is left is the connection, which its client may use again, and ends by itself.
    let judging = judges.metrics();
    let most = Duration::from_secs(5);
    let ended = async {
        while judging.num_alive_tasks() > 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(most, ended)
        .await
        .expect("nobody waits for the review, and it goes on");
    judges.shutdown_background();
}

#[tokio::test]
async fn without_a_runtime_of_their_own_reviews_are_decided_where_they_are_taken() {
    assert!(admit(&app(offline(&[UNCHECKED])), IMAGE).await.allowed());
}
