//! Reviews for which the time was too short.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::time::Duration;

use doorward_webhook::{Limits, Webhook};
use serde_json::json;
use support::{LIMITS, Site, ask, pod, scraped};

/// A webhook whose reviews have less time than the store of signatures takes.
async fn hurried() -> (Site, Webhook) {
    let site = Site::start().await;
    site.store.set_latency(Duration::from_secs(3));
    let limits = Limits {
        deadline: Duration::from_secs(2),
        ..LIMITS
    };
    let webhook = site.webhook_with(&site.policy(""), limits);
    (site, webhook)
}

async fn counted(webhook: &Webhook, outcome: &str) {
    let line = format!("doorward_unfinished_reviews_total{{outcome=\"{outcome}\"}} 1");
    let counted = async {
        while !scraped(webhook).contains(&line) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), counted)
        .await
        .expect("it is counted");
}

#[tokio::test]
async fn what_was_refused_because_time_ran_out_is_admitted_when_it_comes_again() {
    let (site, webhook) = hurried().await;
    let (image, digest) = site.signed("app");
    let late = ask(&webhook, "/mutate", &pod(&[&image])).await;
    assert!(!late.allowed());
    assert!(
        late.message().contains("deadline-exceeded"),
        "{}",
        late.message()
    );
    counted(&webhook, "finished").await;
    site.store.take_requests();
    let again = ask(&webhook, "/mutate", &pod(&[&image])).await;
    assert!(again.allowed(), "{}", again.message());
    let pinned = format!("{}/app@{digest}", site.registry.address());
    assert_eq!(
        again.patched("/spec/containers/0/image"),
        Some(json!(pinned))
    );
    assert!(site.store.take_requests().is_empty());
}

#[tokio::test]
async fn an_image_that_nobody_signed_is_not_admitted_because_it_came_before() {
    let (site, webhook) = hurried().await;
    let (image, _) = site.unsigned("app");
    assert!(!ask(&webhook, "/mutate", &pod(&[&image])).await.allowed());
    counted(&webhook, "finished").await;
    assert!(!ask(&webhook, "/mutate", &pod(&[&image])).await.allowed());
}

#[tokio::test]
async fn a_dry_run_that_took_too_long_is_not_gone_on_with() {
    let (site, webhook) = hurried().await;
    let (image, _) = site.signed("app");
    let mut review = pod(&[&image]);
    review["request"]["dryRun"] = true.into();
    assert!(!ask(&webhook, "/mutate", &review).await.allowed());
    assert!(!scraped(&webhook).contains("doorward_unfinished_reviews_total{"));
}
