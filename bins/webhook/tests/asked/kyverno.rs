//! The policy of the guide for Kyverno, with what the webhook answers.
//!
//! Kyverno itself is not run. What stands in for it here puts expressions in their places, posts what the policy says, and
//! compares as Kyverno documents; the expressions are evaluated by an implementation of JMESPath with its standard functions alone.

use axum::Router;
use axum::http::StatusCode;
use doorward_webhook::app;
use serde_json::{Map, Value, json};

use super::post;
use crate::support::Site;

const GUIDE: &str = include_str!("../../../../docs/guides/other-doors.md");

/// The policy of the guide.
fn policy() -> Value {
    let mut texts = GUIDE.split("```yaml\n").skip(1);
    let text = texts.find(|text| text.starts_with("apiVersion: kyverno.io/"));
    let text = text.unwrap().split("```").next().unwrap();
    serde_yaml::from_str(text).unwrap()
}

/// What becomes of a request.
#[derive(Debug, PartialEq, Eq)]
enum Decided {
    Admitted,
    Denied(String),
    /// The rule cannot be evaluated, which refuses by `failurePolicy: Fail`.
    Failed(String),
    /// The rule is not for this request.
    Skipped,
}

fn search(expression: &str, context: &Map<String, Value>) -> Result<Value, String> {
    let compiled = jmespath::compile(expression).map_err(|error| error.to_string())?;
    let found = compiled
        .search(context)
        .map_err(|error| error.to_string())?;
    serde_json::to_value(&*found).map_err(|error| error.to_string())
}

/// A value with its expressions replaced by what they come to. One that is all of a text keeps its type.
fn filled(value: &Value, context: &Map<String, Value>) -> Result<Value, String> {
    let Value::String(text) = value else {
        return Ok(value.clone());
    };
    let whole = text
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"));
    if let Some(expression) = whole.filter(|inner| !inner.contains("{{")) {
        return search(expression.trim(), context);
    }
    let mut filled = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("{{") {
        let (expression, after) = after.split_once("}}").unwrap();
        let found = search(expression.trim(), context)?;
        filled.push_str(before);
        filled.push_str(found.as_str().ok_or_else(|| format!("no text: {found}"))?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(Value::String(filled))
}

/// Whether a condition holds. Values of different types neither equal nor differ.
fn holds(condition: &Value, context: &Map<String, Value>) -> Result<bool, String> {
    let key = filled(&condition["key"], context)?;
    let value = filled(&condition["value"], context)?;
    let is_comparable = match (&key, &value) {
        (Value::Bool(_), Value::Bool(_)) => true,
        // Stars would be patterns.
        (Value::String(key), Value::String(value)) => !key.contains('*') && !value.contains('*'),
        _ => false,
    };
    match condition["operator"].as_str().unwrap() {
        "Equals" => Ok(is_comparable && key == value),
        "NotEquals" => Ok(is_comparable && key != value),
        other => panic!("{other} is not known here"),
    }
}

/// Who answers what the policy asks.
enum Doorward<'r> {
    Asked(&'r Router),
    /// Somebody in its place, with this status and body.
    Instead(u16, Value),
    Nobody,
}

impl Doorward<'_> {
    async fn answer(&self, call: &Value, context: &Map<String, Value>) -> Result<Value, String> {
        assert_eq!(call["method"], "POST");
        let mut body = json!({});
        for entry in call["data"].as_array().unwrap() {
            body[entry["key"].as_str().unwrap()] = filled(&entry["value"], context)?;
        }
        let url = call["service"]["url"].as_str().unwrap();
        let path = url.strip_prefix("https://doorward.doorward.svc").unwrap();
        match self {
            Self::Asked(router) => {
                let (status, answer) = post(router, path, &body).await;
                assert_eq!(status, StatusCode::OK, "{body}: {answer}");
                Ok(answer)
            }
            Self::Instead(status, answer) if (200..300).contains(status) => Ok(answer.clone()),
            Self::Instead(status, _) => Err(format!("HTTP {status}")),
            Self::Nobody => panic!("nobody is to be asked, and {body} is sent"),
        }
    }
}

/// What the policy makes of a request.
async fn decided(request: &Value, doorward: &Doorward<'_>) -> Decided {
    evaluated(request, doorward)
        .await
        .unwrap_or_else(Decided::Failed)
}

async fn evaluated(request: &Value, doorward: &Doorward<'_>) -> Result<Decided, String> {
    let policy = policy();
    let rule = &policy["spec"]["rules"][0];
    let mut context = Map::new();
    context.insert("request".to_owned(), request.clone());
    let mut calls = Vec::new();
    for entry in rule["context"].as_array().unwrap() {
        let name = entry["name"].as_str().unwrap().to_owned();
        let Some(variable) = entry.get("variable") else {
            // Only what is looked at is asked for.
            calls.push((name, &entry["apiCall"]));
            continue;
        };
        let found = search(variable["jmesPath"].as_str().unwrap(), &context)?;
        let found = match (found, variable.get("default")) {
            (Value::Null, Some(default)) => default.clone(),
            (Value::Null, None) => return Err(format!("{name} is nothing")),
            (found, _) => found,
        };
        context.insert(name, found);
    }
    for condition in rule["preconditions"]["all"].as_array().unwrap() {
        if !holds(condition, &context)? {
            return Ok(Decided::Skipped);
        }
    }
    for (name, call) in calls {
        let answer = doorward.answer(call, &context).await?;
        context.insert(name, answer);
    }
    let validate = &rule["validate"];
    for condition in validate["deny"]["conditions"]["any"].as_array().unwrap() {
        if holds(condition, &context)? {
            let message = filled(&validate["message"], &context)?;
            return Ok(Decided::Denied(message.as_str().unwrap().to_owned()));
        }
    }
    Ok(Decided::Admitted)
}

fn pod(images: &[&str]) -> Value {
    let containers: Vec<Value> = images.iter().map(|image| json!({"image": image})).collect();
    json!({"metadata": {"name": "web"}, "spec": {"containers": containers}})
}

/// The creation of a Pod, of which there is no stored object.
fn creation(images: &[&str]) -> Value {
    json!({"operation": "CREATE", "namespace": "shop", "object": pod(images), "oldObject": null})
}

fn report(image: &str, verdict: &str) -> Value {
    json!({"image": image, "verdict": verdict, "message": "said", "code": "code"})
}

#[tokio::test]
async fn the_sample_for_kyverno_refuses_what_is_refused_in_its_words() {
    let site = Site::start().await;
    let (good, _) = site.signed("good");
    let (bad, _) = site.unsigned("bad");
    let router = app(site.webhook());
    let doorward = Doorward::Asked(&router);
    for images in [&[&*good][..], &[&*good, &*good]] {
        assert_eq!(
            decided(&creation(images), &doorward).await,
            Decided::Admitted
        );
    }
    let decided = decided(&creation(&[&good, &bad]), &doorward).await;
    let Decided::Denied(message) = decided else {
        panic!("{decided:?}");
    };
    assert!(
        message.contains(&bad) && message.contains("[simple-no-signature]"),
        "{message}"
    );
    assert!(!message.contains(&good), "{message}");
}

#[tokio::test]
async fn the_sample_for_kyverno_refuses_without_an_answer_about_each_image() {
    let [a, b] = ["r.example/a:1", "r.example/b:1"];
    let request = creation(&[a, b]);
    for (status, answer, is_denied) in [
        (200, json!({"allowed": true}), true),
        (200, json!({"allowed": true, "images": []}), true),
        (
            200,
            json!({"allowed": true, "images": [report(a, "allow")]}),
            true,
        ),
        (
            200,
            json!({"allowed": true, "images": [report(a, "allow"), report("r.example/c:1", "allow")]}),
            true,
        ),
        (
            200,
            json!({"allowed": true, "images": [report(a, "allow"), report(b, "perhaps")]}),
            true,
        ),
        (
            200,
            json!({"allowed": true, "images": [report(a, "allow"), {"image": b}]}),
            true,
        ),
        (
            200,
            json!({"allowed": false, "images": [report(a, "deny"), report(b, "allow")]}),
            true,
        ),
        (200, json!([]), true),
        (401, json!({"error": "no token of ours"}), false),
        (
            503,
            json!({"error": "busy", "code": "admission-busy"}),
            false,
        ),
    ] {
        let decided = decided(&request, &Doorward::Instead(status, answer.clone())).await;
        let is_as_expected = match &decided {
            Decided::Denied(_) => is_denied,
            Decided::Failed(_) => !is_denied,
            Decided::Admitted | Decided::Skipped => false,
        };
        assert!(is_as_expected, "{status} {answer}: {decided:?}");
    }
    let warned = json!({"allowed": true, "images": [report(a, "warn"), report(b, "allow")]});
    let decided = decided(&request, &Doorward::Instead(200, warned)).await;
    assert_eq!(decided, Decided::Admitted);
}

#[tokio::test]
async fn the_sample_for_kyverno_asks_about_every_place_of_an_image() {
    let mut request = creation(&["c"]);
    let spec = &mut request["object"]["spec"];
    spec["initContainers"] = json!([{"image": "i"}]);
    spec["ephemeralContainers"] = json!([{"image": "e"}]);
    spec["volumes"] = json!([{"name": "x"}, {"image": {"reference": "v"}}]);
    let all = ["i", "c", "e", "v"].map(|image| report(image, "allow"));
    let answer = |images: &[Value]| Doorward::Instead(200, json!({"images": images}));
    assert_eq!(decided(&request, &answer(&all)).await, Decided::Admitted);
    for left_out in 0..all.len() {
        let mut some = all.to_vec();
        some.remove(left_out);
        let decided = decided(&request, &answer(&some)).await;
        assert!(
            matches!(decided, Decided::Denied(_)),
            "{left_out}: {decided:?}"
        );
    }
}

#[tokio::test]
async fn the_sample_for_kyverno_lets_go_on_what_runs_already_and_what_ends() {
    let update = |object: Value, stored: Value| json!({"operation": "UPDATE", "namespace": "shop", "object": object, "oldObject": stored});
    let mut ending = pod(&["r.example/a:1"]);
    ending["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    let (same, other) = (pod(&["r.example/a:1"]), pod(&["r.example/b:1"]));
    for request in [
        update(same.clone(), same.clone()),
        update(other.clone(), ending),
    ] {
        assert_eq!(decided(&request, &Doorward::Nobody).await, Decided::Skipped);
    }
    let refused = json!({"images": [report("r.example/b:1", "deny")]});
    let decided = decided(&update(other, same), &Doorward::Instead(200, refused)).await;
    assert!(matches!(decided, Decided::Denied(_)), "{decided:?}");
}

#[test]
fn the_sample_for_kyverno_fails_closed_by_its_own_settings() {
    let policy = policy();
    let spec = &policy["spec"];
    assert_eq!(spec["failurePolicy"], "Fail");
    assert_eq!(spec["rules"][0]["validate"]["failureAction"], "Enforce");
    // A default would stand in for what cannot be had.
    for entry in spec["rules"][0]["context"].as_array().unwrap() {
        let name = entry["name"].as_str().unwrap();
        let place = entry.get("variable").or(entry.get("apiCall")).unwrap();
        let default = place.get("default");
        // None that is ever the images of an object.
        assert_eq!(default.is_some(), name == "stored", "{name}");
        assert!(default.is_none_or(|default| default[0].as_str().unwrap().contains(' ')));
    }
    let kinds = &spec["rules"][0]["match"]["any"][0]["resources"]["kinds"];
    assert_eq!(*kinds, json!(["Pod", "Pod/ephemeralcontainers"]));
}
