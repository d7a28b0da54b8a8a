//! `POST /v1/admit`.

use axum::http::StatusCode;
use doorward_webhook::app;
use serde_json::{Value, json};

use super::{check::private, post, two_where_one_has_room};
use crate::support::{Site, UNCHECKED, ask, offline, pod, scraped};

const PATH: &str = "/v1/admit";

fn bare(images: &[&str], more: &Value) -> Value {
    let containers: Vec<Value> = images
        .iter()
        .enumerate()
        .map(|(number, image)| json!({"name": format!("c{number}"), "image": image}))
        .collect();
    let mut object = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "shop"},
        "spec": {"containers": containers},
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        object["spec"][name] = value.clone();
    }
    object
}

#[tokio::test]
async fn an_object_is_answered_as_its_creation_would_be() {
    let site = Site::start().await;
    let (good, digest) = site.signed("good");
    let (bad, _) = site.unsigned("bad");
    let webhook = site.webhook();
    let router = app(webhook.clone());
    let (status, answer) = post(&router, PATH, &bare(&[&good], &Value::Null)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["kind"], "AdmissionReview");
    assert_eq!(answer["response"]["allowed"], true, "{answer}");
    // It says what would be changed.
    assert_eq!(answer["response"]["patchType"], "JSONPatch");
    let (_, answer) = post(&router, PATH, &bare(&[&good, &bad], &Value::Null)).await;
    assert_eq!(answer["response"]["allowed"], false);
    let said = answer["response"]["status"]["message"].as_str().unwrap();
    assert!(said.contains("(simple-no-signature)"), "{said}");
    // A review is answered as the API server would be.
    let review = pod(&[&good]);
    let (_, answer) = post(&router, PATH, &review).await;
    let expected = ask(&webhook, "/mutate", &review).await;
    assert_eq!(answer["response"]["uid"], review["request"]["uid"]);
    assert_eq!(answer["response"]["allowed"], expected.allowed());
    let pinned = expected.patched("/spec/containers/0/image").unwrap();
    assert!(pinned.as_str().unwrap().ends_with(&digest.to_string()));
    let counted =
        r#"doorward_admission_requests_total{kind="Object",operation="CHECK",verdict="deny"} 1"#;
    assert!(scraped(&webhook).contains(counted));
}

#[tokio::test]
async fn what_cannot_be_read_or_looked_into_is_refused_in_a_review() {
    let router = app(offline(&[UNCHECKED]));
    for (body, code) in [
        (json!({}), "admission-invalid"),
        (
            json!({"apiVersion": "v1", "kind": "Pod"}),
            "admission-invalid",
        ),
        (
            json!({"apiVersion": "v1", "kind": "ConfigMap"}),
            "admission-unsupported-resource",
        ),
    ] {
        let (status, answer) = post(&router, PATH, &body).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(answer["response"]["allowed"], false, "{body}");
        assert!(answer.to_string().contains(code), "{answer}");
    }
}

#[tokio::test]
async fn the_pull_secrets_of_an_object_are_used_for_those_alone_who_may() {
    let (_site, image, webhook) = private().await;
    let router = app(webhook);
    let object = bare(&[&image], &json!({"imagePullSecrets": [{"name": "pull"}]}));
    for body in [&object, &bare(&[&image], &Value::Null)] {
        let (_, answer) = post(&router, PATH, body).await;
        assert_eq!(answer["response"]["allowed"], false);
        assert!(
            answer.to_string().contains("registry-unauthorized"),
            "{answer}"
        );
    }
    let (_site, image, webhook) = private().await;
    webhook.certify_askers();
    let router = app(webhook);
    let object = bare(&[&image], &json!({"imagePullSecrets": [{"name": "pull"}]}));
    assert_eq!(
        post(&router, PATH, &object).await.1["response"]["allowed"],
        true
    );
    let mut other = object;
    other["metadata"]["namespace"] = json!("other");
    assert_eq!(
        post(&router, PATH, &other).await.1["response"]["allowed"],
        false
    );
}

#[tokio::test]
async fn a_glass_that_an_object_asks_to_break_stays_whole() {
    let site = Site::start().await;
    let (bad, _) = site.unsigned("bad");
    let mut object = bare(&[&bad], &Value::Null);
    object["metadata"]["annotations"] = json!({"doorward.dev/break-glass": "INC-1"});
    let (_, answer) = post(&app(site.webhook()), PATH, &object).await;
    assert_eq!(answer["response"]["allowed"], false);
}

#[tokio::test]
async fn who_says_that_a_node_asks_is_answered_as_anybody() {
    let site = Site::start().await;
    let (bad, _) = site.unsigned("bad");
    let mut review = pod(&[&bad]);
    let request = &mut review["request"];
    request["userInfo"] = json!({"username": "system:node:n1", "groups": ["system:nodes"]});
    request["object"]["spec"]["nodeName"] = json!("n1");
    request["object"]["metadata"]["annotations"] =
        json!({"kubernetes.io/config.mirror": "19e8dd55"});
    let webhook = site.webhook();
    // The mirror of a static Pod runs whatever is answered to its node.
    assert!(ask(&webhook, "/mutate", &review).await.allowed());
    let (_, answer) = post(&app(webhook), PATH, &review).await;
    assert_eq!(answer["response"]["allowed"], false, "{answer}");
}

#[tokio::test]
async fn where_nothing_was_decided_no_review_is_answered() {
    let site = Site::start().await;
    let (good, _) = site.signed("good");
    let body = bare(&[&good], &Value::Null);
    let [first, second] = two_where_one_has_room(&site, PATH, &body).await;
    assert_eq!(first.1["response"]["allowed"], false);
    assert_eq!(second.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(second.1["code"], "admission-busy");
}
