//! `POST /image-review`.

use axum::http::StatusCode;
use doorward_webhook::app;
use serde_json::{Value, json};

use super::post;
use crate::support::{LIMITS, Site, UNCHECKED, offline};

const PATH: &str = "/image-review";

fn review(images: &[&str]) -> Value {
    let containers: Vec<_> = images.iter().map(|image| json!({"image": image})).collect();
    json!({
        "apiVersion": "imagepolicy.k8s.io/v1alpha1",
        "kind": "ImageReview",
        "spec": {"containers": containers, "namespace": "shop"},
    })
}

#[tokio::test]
async fn a_verified_digest_may_run_and_a_tag_only_where_that_was_said() {
    let site = Site::start().await;
    let (tag, digest) = site.signed("good");
    let pinned = format!("{}@{digest}", tag.rsplit_once(':').unwrap().0);
    let webhook = site.webhook();
    let router = app(webhook.clone());
    let (status, answer) = post(&router, PATH, &review(&[&pinned])).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["apiVersion"], "imagepolicy.k8s.io/v1alpha1");
    assert_eq!(answer["status"], json!({"allowed": true}));
    let (_, answer) = post(&router, PATH, &review(&[&pinned, &tag])).await;
    assert_eq!(answer["status"]["allowed"], false);
    let reason = answer["status"]["reason"].as_str().unwrap();
    assert!(
        reason.contains("[admission-not-pinned]") && reason.contains(&tag),
        "{reason}"
    );
    assert!(!reason.contains(&format!("{pinned}:")), "{reason}");
    webhook.allow_image_review_tags();
    let (_, answer) = post(&router, PATH, &review(&[&pinned, &tag])).await;
    assert_eq!(answer["status"]["allowed"], true);
}

#[tokio::test]
async fn one_image_that_may_not_run_refuses_the_pod_and_says_why() {
    let site = Site::start().await;
    let (bad, digest) = site.unsigned("bad");
    let bad = format!("{}@{digest}", bad.rsplit_once(':').unwrap().0);
    let (_, answer) = post(&app(site.webhook()), PATH, &review(&[&bad])).await;
    assert_eq!(answer["status"]["allowed"], false);
    let reason = answer["status"]["reason"].as_str().unwrap();
    assert!(reason.starts_with(&bad), "{reason}");
    let codes = answer["status"]["auditAnnotations"]["codes"]
        .as_str()
        .unwrap();
    assert!(reason.contains(&format!("[{codes}]")), "{reason}, {codes}");
}

#[tokio::test]
async fn what_a_policy_only_warns_of_or_demands_nothing_of_may_run_by_its_tag() {
    let (_, answer) = post(
        &app(offline(&[UNCHECKED])),
        PATH,
        &review(&["r.example/app:1"]),
    )
    .await;
    assert_eq!(answer["status"], json!({"allowed": true}));
    let site = Site::start().await;
    let (bad, _) = site.unsigned("bad");
    let warns = site.webhook_with(&site.policy("      mode: warn\n"), LIMITS);
    let (_, answer) = post(&app(warns), PATH, &review(&[&bad])).await;
    assert_eq!(answer["status"]["allowed"], true);
    // The audit log has it.
    assert!(
        answer["status"]["auditAnnotations"]["codes"].is_string(),
        "{answer}"
    );
}

#[tokio::test]
async fn a_review_that_cannot_be_read_is_refused_with_the_status_that_the_api_server_reads() {
    let router = app(offline(&[UNCHECKED]));
    let mut nameless = review(&["r.example/app:1"]);
    nameless["spec"]["containers"][0] = json!({});
    for body in [json!({}), json!([]), review(&[]), nameless] {
        let (status, answer) = post(&router, PATH, &body).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!(answer["status"]["allowed"], false);
        let codes = &answer["status"]["auditAnnotations"]["codes"];
        assert_eq!(codes, "admission-invalid");
    }
}

#[tokio::test]
async fn a_verified_tag_is_refused_only_where_its_policy_pins() {
    let site = Site::start().await;
    let (tag, _) = site.signed("good");
    for (more, allowed) in [
        ("      mode: warn\n", true),
        ("      mutateImage: false\n", true),
        ("      onUnavailable: warn\n", false),
    ] {
        let router = app(site.webhook_with(&site.policy(more), LIMITS));
        let (_, answer) = post(&router, PATH, &review(&[&tag])).await;
        assert_eq!(answer["status"]["allowed"], allowed, "{more}: {answer}");
    }
}
