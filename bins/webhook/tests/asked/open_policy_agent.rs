//! The policy of the guide, as Open Policy Agent would evaluate it, with what the webhook answers.

use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use doorward_webhook::app;
use regorus::{Engine, Value};
use serde_json::{Value as Json, json};

use crate::support::{self, Site};

const GUIDE: &str = include_str!("../../../../docs/guides/other-doors.md");

fn engine(pod: &Json) -> Engine {
    engine_of(&json!({"namespace": "shop", "object": pod}))
}

fn engine_of(request: &Json) -> Engine {
    let policy = GUIDE.split("```rego\n").nth(1).unwrap();
    let policy = policy.split("```").next().unwrap();
    let mut engine = Engine::new();
    engine
        .add_policy("guide.rego".to_owned(), policy.to_owned())
        .unwrap();
    let input = json!({ "request": request });
    engine.set_input(Value::from_json_str(&input.to_string()).unwrap());
    engine
}

fn evaluated(pod: &Json, rule: &str, answer: &Json) -> Json {
    let mut engine = engine(pod);
    let answer = Value::from_json_str(&answer.to_string()).unwrap();
    let send = move |_: Vec<Value>| Ok(answer.clone());
    engine
        .add_extension("http.send".to_owned(), 1, Box::new(send))
        .unwrap();
    let found = engine
        .eval_rule(format!("data.kubernetes.admission.{rule}"))
        .unwrap();
    serde_json::from_str(&found.to_json_str().unwrap()).unwrap()
}

/// What the policy sends.
fn asked(pod: &Json) -> Json {
    let mut engine = engine(pod);
    let sent = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&sent);
    let send = move |mut all: Vec<Value>| {
        *keep.lock().unwrap() = Some(all.remove(0).to_json_str()?);
        Value::from_json_str("{}")
    };
    engine
        .add_extension("http.send".to_owned(), 1, Box::new(send))
        .unwrap();
    engine
        .eval_rule("data.kubernetes.admission.deny".to_owned())
        .unwrap();
    let sent = sent.lock().unwrap().take();
    serde_json::from_str(&sent.unwrap()).unwrap()
}

fn pod(images: &[&str]) -> Json {
    let of = |image: &&str| json!({"image": image});
    json!({"spec": {"containers": images.iter().map(of).collect::<Vec<_>>()}})
}

#[tokio::test]
async fn the_policy_of_the_guide_refuses_what_is_refused_in_its_words() {
    let site = Site::start().await;
    let (good, _) = site.signed("good");
    let (bad, _) = site.unsigned("bad");
    let router = app(site.webhook());
    for (images, refused) in [(&[&*good][..], 0), (&[&*good, &*bad], 1)] {
        let pod = pod(images);
        let sent = asked(&pod);
        assert_eq!(sent["method"], "POST");
        let path = sent["url"]
            .as_str()
            .unwrap()
            .strip_prefix("https://doorward.doorward.svc");
        // It sends what the policy says of headers, and no type of its own.
        let media_type = sent["headers"]["Content-Type"].as_str().unwrap_or_default();
        let body = serde_json::to_vec(&sent["body"]).unwrap();
        let (status, body) = support::post(&router, path.unwrap(), media_type, body).await;
        assert_eq!(status, StatusCode::OK, "{body:?}");
        let body: Json = serde_json::from_slice(&body).unwrap();
        let said = evaluated(&pod, "deny", &json!({"status_code": 200, "body": body}));
        let said = said.as_array().unwrap();
        assert_eq!(said.len(), refused, "{said:?}");
        assert!(
            said.iter()
                .all(|one| one.as_str().unwrap().contains("[simple-")),
            "{said:?}"
        );
    }
}

#[test]
fn no_answer_and_half_an_answer_refuse() {
    let pod = pod(&["r.example/a:1", "r.example/b:1"]);
    let report = json!({"image": "r.example/a:1", "verdict": "allow", "message": "", "code": null});
    for (answer, refused) in [
        (json!({"status_code": 0, "error": {"message": "out"}}), 2),
        (json!({"status_code": 503, "body": {"error": "busy"}}), 2),
        (json!({"status_code": 403, "body": {"images": [report]}}), 2),
        (json!({"status_code": 200, "body": {"allowed": true}}), 2),
        (
            json!({"status_code": 200, "body": {"allowed": true, "images": [report]}}),
            1,
        ),
    ] {
        let said = evaluated(&pod, "deny", &answer);
        assert_eq!(said.as_array().unwrap().len(), refused, "{answer}: {said}");
    }
}

#[test]
fn every_place_of_an_image_is_sent() {
    let pod = json!({"spec": {
        "initContainers": [{"image": "i"}], "containers": [{"image": "c"}], "ephemeralContainers": [{"image": "e"}],
        "volumes": [{"name": "x"}, {"image": {"reference": "v"}}],
    }});
    let sent = asked(&pod);
    let mut images: Vec<_> = sent["body"]["images"]
        .as_array()
        .unwrap()
        .iter()
        .map(Json::to_string)
        .collect();
    images.sort();
    assert_eq!(images, ["\"c\"", "\"e\"", "\"i\"", "\"v\""]);
    assert_eq!(sent["body"]["namespace"], "shop");
}

#[test]
fn what_runs_already_and_what_ends_is_not_asked_about() {
    let same = json!({"namespace": "shop", "object": pod(&["a"]), "oldObject": pod(&["a"])});
    let mut ending = json!({"namespace": "shop", "object": pod(&["b"]), "oldObject": pod(&["a"])});
    ending["oldObject"]["metadata"] = json!({"deletionTimestamp": "2026-01-01T00:00:00Z"});
    let changed = json!({"namespace": "shop", "object": pod(&["b"]), "oldObject": pod(&["a"])});
    for (request, refused) in [(same, 0), (ending, 0), (changed, 1)] {
        let mut engine = engine_of(&request);
        let send = move |_: Vec<Value>| {
            assert!(refused > 0, "nothing is asked about");
            Value::from_json_str("{}")
        };
        engine
            .add_extension("http.send".to_owned(), 1, Box::new(send))
            .unwrap();
        let said = engine
            .eval_rule("data.kubernetes.admission.deny".to_owned())
            .unwrap();
        let said: Json = serde_json::from_str(&said.to_json_str().unwrap()).unwrap();
        assert_eq!(said.as_array().unwrap().len(), refused, "{said}");
    }
}
