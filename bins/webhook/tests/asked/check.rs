//! `POST /v1/check`.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use doorward_testkit::{Authentication, Registry};
use doorward_webhook::{Webhook, app};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{post, two_where_one_has_room};
use crate::support::{
    LIMITS, REJECT, Site, UNCHECKED, ask, offline, pod, scraped, secret, snapshot, webhook,
};

const PATH: &str = "/v1/check";

#[tokio::test]
async fn each_image_is_answered_as_a_review_of_it_would_be() {
    let site = Site::start().await;
    let (good, digest) = site.signed("good");
    let (bad, _) = site.unsigned("bad");
    let (forged, _) = site.tampered("forged");
    let elsewhere = "elsewhere.example/app:1".to_owned();
    let webhook = site.webhook();
    let images = [&good, &bad, &forged, &elsewhere];
    let body = json!({"images": images, "namespace": "shop"});
    let (status, answer) = post(&app(webhook.clone()), PATH, &body).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["allowed"], false);
    let reports = answer["images"].as_array().unwrap();
    assert_eq!(reports.len(), images.len());
    for (image, report) in images.into_iter().zip(reports) {
        assert_eq!(report["image"], **image);
        let review = ask(&webhook, "/mutate", &pod(&[image])).await;
        assert_eq!(review.allowed(), report["verdict"] == "allow", "{report}");
        if !review.allowed() {
            let code = report["code"].as_str().unwrap();
            assert!(review.message().contains(code), "{}", review.message());
        }
    }
    assert_eq!(reports[0]["digest"], digest.to_string());
    let alone = json!({"image": good, "namespace": "shop"});
    assert_eq!(
        post(&app(webhook.clone()), PATH, &alone).await.1["allowed"],
        true
    );
    let counted =
        r#"doorward_admission_requests_total{kind="Image",operation="CHECK",verdict="deny"} 1"#;
    assert!(scraped(&webhook).contains(counted));
}

#[tokio::test]
async fn an_image_that_is_let_through_with_a_warning_is_allowed_and_says_so() {
    let site = Site::start().await;
    let (bad, _) = site.unsigned("bad");
    let webhook = site.webhook_with(&site.policy("      mode: warn\n"), LIMITS);
    let (_, answer) = post(&app(webhook), PATH, &json!({"image": bad})).await;
    assert_eq!(answer["allowed"], true);
    assert_eq!(answer["images"][0]["verdict"], "warn");
}

#[tokio::test]
async fn a_registry_that_is_out_is_not_called_a_missing_signature() {
    let site = Site::start().await;
    let (good, _) = site.signed("good");
    let webhook = site.webhook();
    site.registry.stop();
    let (status, answer) = post(&app(webhook), PATH, &json!({"image": good})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["allowed"], false);
    assert_eq!(answer["images"][0]["code"], "registry-unavailable");
}

#[tokio::test]
async fn a_request_that_cannot_be_used_says_what_is_wrong_with_it() {
    let router = app(offline(&[UNCHECKED]));
    for (body, said) in [
        (json!({}), "names no image"),
        (
            json!({"image": "a", "images": ["b"]}),
            "both image and images",
        ),
        (json!({"image": "a", "nameSpace": "shop"}), "nameSpace"),
        (
            json!({"image": "a", "namespace": "../x"}),
            "not the name of a namespace",
        ),
        (
            json!({"image": "a", "imagePullSecrets": ["p"]}),
            "need a namespace",
        ),
        (json!(["a"]), "cannot be read"),
    ] {
        let (status, answer) = post(&router, PATH, &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(said), "{error}");
        assert_eq!(answer.get("allowed"), None);
    }
}

/// A registry whose images only who has the pull secret `pull` of the namespace `shop` may see.
pub(super) async fn private() -> (Site, String, Webhook) {
    let registry = Registry::builder()
        .authentication(Authentication::Bearer)
        .account("jo", "s3cret")
        .start()
        .await;
    let site = Site::with(registry).await;
    let (image, _) = site.signed("app");
    let login =
        json!({"auths": {site.registry.address(): {"username": "jo", "password": "s3cret"}}});
    let pull = secret(
        "shop",
        "pull",
        ".dockerconfigjson",
        login.to_string().as_bytes(),
    );
    let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default, namespace: shop}\n\
                   imagePullSecrets: [{name: pull}]\n";
    let webhook = webhook(
        snapshot(&[&site.policy(""), &site.key(), &pull, account]),
        site.client(),
        LIMITS,
    );
    (site, image, webhook)
}

#[tokio::test]
async fn nobody_whom_the_door_does_not_know_has_a_pull_secret_used() {
    let (_site, image, webhook) = private().await;
    let router = app(webhook);
    // Not even that of the namespace which a Pod would have: the answer would say whether the image is there.
    let (_, answer) = post(&router, PATH, &json!({"image": image, "namespace": "shop"})).await;
    assert_eq!(answer["allowed"], false);
    assert_eq!(answer["images"][0]["code"], "registry-unauthorized");
    for named in [
        json!({"image": image, "namespace": "shop", "imagePullSecrets": ["pull"]}),
        json!({"image": image, "namespace": "shop", "serviceAccountName": "default"}),
    ] {
        let (status, answer) = post(&router, PATH, &named).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{named}");
        assert_eq!(answer.get("images"), None);
    }
    // A token that nobody looks at makes nobody known.
    let body = json!({"image": image, "namespace": "shop"}).to_string();
    let request = Request::post(PATH)
        .header("content-type", "application/json")
        .header("authorization", "Bearer a.b.c")
        .body(Body::from(body))
        .unwrap();
    let answer = router.oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn who_came_with_a_certificate_has_the_secrets_of_the_namespace_used_that_is_named() {
    let (_site, image, webhook) = private().await;
    webhook.certify_askers();
    let router = app(webhook);
    for body in [
        json!({"image": image, "namespace": "shop"}),
        json!({"image": image, "namespace": "shop", "imagePullSecrets": ["pull"]}),
        json!({"image": image, "namespace": "shop", "serviceAccountName": "default"}),
    ] {
        let (_, answer) = post(&router, PATH, &body).await;
        assert_eq!(answer["allowed"], true, "{body}: {answer}");
    }
    // Another namespace has no such secret, and the secret of one is not used for another.
    for body in [
        json!({"image": image, "namespace": "other"}),
        json!({"image": image, "namespace": "other", "imagePullSecrets": ["pull"]}),
        json!({"image": image}),
    ] {
        let (_, answer) = post(&router, PATH, &body).await;
        assert_eq!(answer["allowed"], false, "{body}: {answer}");
        assert_eq!(answer["images"][0]["code"], "registry-unauthorized");
    }
}

#[tokio::test]
async fn where_everything_is_busy_nothing_is_decided_and_it_says_so() {
    let site = Site::start().await;
    let (good, _) = site.signed("good");
    let [first, second] = two_where_one_has_room(&site, PATH, &json!({"image": good})).await;
    assert_eq!(first.0, StatusCode::OK);
    assert_eq!(first.1["allowed"], false);
    assert_eq!(second.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(second.1["code"], "admission-busy");
    assert_eq!(second.1.get("allowed"), None);
}

#[tokio::test]
async fn policies_of_the_namespace_that_is_named_count_and_of_no_other() {
    let own = "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: own, namespace: shop}\n\
               spec: {repositories: [{name: '*', policy: {unchecked: true}}]}\n";
    let router = app(offline(&[REJECT, own]));
    for (namespace, allowed) in [("shop", true), ("other", false)] {
        let body = json!({"image": "r.example/app:1", "namespace": namespace});
        let (_, answer): (_, Value) = post(&router, PATH, &body).await;
        assert_eq!(answer["allowed"], allowed, "{namespace}");
    }
}
