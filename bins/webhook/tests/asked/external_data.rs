//! Gatekeeper's external data.

use axum::http::StatusCode;
use doorward_webhook::provider;
use serde_json::{Value, json};

use super::post;
use crate::support::{LIMITS, Site, UNCHECKED, offline};

fn request(keys: &[&str]) -> Value {
    json!({
        "apiVersion": "externaldata.gatekeeper.sh/v1beta1",
        "kind": "ProviderRequest",
        "request": {"keys": keys},
    })
}

#[tokio::test]
async fn each_key_has_a_report_or_an_error_in_the_order_of_the_keys() {
    let site = Site::start().await;
    let (tag, digest) = site.signed("good");
    let good = format!("{}@{digest}", tag.rsplit_once(':').unwrap().0);
    let (bad, _) = site.unsigned("bad");
    let router = provider(site.webhook());
    let in_shop = format!("[shop]{good}");
    let keys = [bad.as_str(), &in_shop, "[Shop]a", &good, &good];
    let (status, answer) = post(&router, "/validate", &request(&keys)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["kind"], "ProviderResponse");
    assert_eq!(answer["response"]["systemError"], "");
    let items = answer["response"]["items"].as_array().unwrap();
    let found: Vec<_> = items
        .iter()
        .map(|item| item["key"].as_str().unwrap())
        .collect();
    assert_eq!(found, [bad.as_str(), &in_shop, "[Shop]a", &good]);
    let error = items[0]["error"].as_str().unwrap();
    let code = items[0]["value"]["code"].as_str().unwrap();
    assert!(error.ends_with(&format!("[{code}]")), "{error}");
    assert_eq!(items[0]["value"]["isSuccess"], false);
    for item in [&items[1], &items[3]] {
        assert_eq!(item["error"], "");
        assert_eq!(item["value"]["isSuccess"], true);
        assert_eq!(item["value"]["digest"], digest.to_string());
    }
    let error = items[2]["error"].as_str().unwrap();
    assert!(error.contains("not the name of a namespace"), "{error}");
}

#[tokio::test]
async fn mutation_puts_the_verified_digest_in_place_and_nothing_where_an_image_is_refused() {
    let site = Site::start().await;
    let (good, digest) = site.signed("good");
    let (bad, _) = site.unsigned("bad");
    let router = provider(site.webhook());
    for path in [
        "/mutate",
        "/ratify/gatekeeper/v1/mutate",
        "/ratify/gatekeeper/v2/mutate",
    ] {
        let (_, answer) = post(&router, path, &request(&[&good, &bad])).await;
        assert_eq!(answer["response"]["idempotent"], true);
        let items = answer["response"]["items"].as_array().unwrap();
        let repository = good.rsplit_once(':').unwrap().0;
        assert_eq!(items[0]["value"], format!("{repository}@{digest}"));
        assert_eq!(items[1]["value"], Value::Null);
        assert_ne!(items[1]["error"], "");
        // What was put in place stays as it is.
        let pinned = items[0]["value"].as_str().unwrap();
        let (_, again) = post(&router, path, &request(&[pinned])).await;
        assert_eq!(again["response"]["items"][0]["value"], pinned);
    }
}

#[tokio::test]
async fn what_is_not_to_be_pinned_is_put_in_place_as_it_was_written() {
    let (_, answer) = post(
        &provider(offline(&[UNCHECKED])),
        "/mutate",
        &request(&["nginx"]),
    )
    .await;
    let item = &answer["response"]["items"][0];
    assert_eq!(
        *item,
        json!({"key": "nginx", "value": "nginx", "error": ""})
    );
    let site = Site::start().await;
    let (good, _) = site.signed("good");
    let webhook = site.webhook_with(&site.policy("      mutateImage: false\n"), LIMITS);
    let (_, answer) = post(&provider(webhook), "/mutate", &request(&[&good])).await;
    assert_eq!(answer["response"]["items"][0]["value"], good);
}

#[tokio::test]
async fn one_key_that_cannot_be_asked_about_leaves_the_others_answered() {
    let site = Site::start().await;
    let (tag, digest) = site.signed("good");
    let good = format!("{}@{digest}", tag.rsplit_once(':').unwrap().0);
    let router = provider(site.webhook());
    let (_, answer) = post(&router, "/validate", &request(&["[open", &good])).await;
    let items = answer["response"]["items"].as_array().unwrap();
    assert_ne!(items[0]["error"], "");
    assert_eq!(items[1]["error"], "");
}

#[tokio::test]
async fn a_request_that_is_none_has_a_system_error_on_which_nothing_is_admitted() {
    let router = provider(offline(&[UNCHECKED]));
    let mut other = request(&["a"]);
    other["kind"] = "AdmissionReview".into();
    for body in [json!({}), json!([]), request(&[]), other] {
        let (status, answer) = post(&router, "/validate", &body).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_ne!(answer["response"]["systemError"], "");
        assert_eq!(answer["response"]["items"], json!([]));
    }
}

#[tokio::test]
async fn gatekeepers_door_answers_no_reviews() {
    let router = provider(offline(&[UNCHECKED]));
    for path in ["/admit", "/policies", "/v1/check", "/image-review", "/"] {
        let body = serde_json::to_vec(&request(&["a"])).unwrap();
        let (status, _) = crate::support::post(&router, path, "application/json", body).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_verified_tag_that_no_mutation_pinned_is_refused_as_far_as_its_policy_pins() {
    let site = Site::start().await;
    let (tag, _) = site.signed("good");
    for (more, refused) in [
        ("", true),
        // No Pod is stored here that may date from an outage.
        ("      onUnavailable: warn\n", true),
        ("      mode: warn\n", false),
        ("      mutateImage: false\n", false),
    ] {
        let router = provider(site.webhook_with(&site.policy(more), LIMITS));
        let (_, answer) = post(&router, "/validate", &request(&[&tag])).await;
        let item = &answer["response"]["items"][0];
        let error = item["error"].as_str().unwrap();
        assert_eq!(
            error.ends_with("[admission-not-pinned]"),
            refused,
            "{more}: {error}"
        );
        assert_eq!(item["value"]["isSuccess"], !refused, "{more}");
    }
}
