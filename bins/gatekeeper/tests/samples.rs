//! What the samples decide, with a stand-in for the function of Gatekeeper that asks a provider.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use regorus::{Engine, Value};
use serde_json::json;

const TEMPLATE: &str = include_str!("../deploy/template.yaml");
const SAMPLES: [&str; 4] = [
    TEMPLATE,
    include_str!("../deploy/provider.yaml"),
    include_str!("../deploy/constraint.yaml"),
    include_str!("../deploy/assign.yaml"),
];

type Json = serde_json::Value;

fn rego() -> String {
    let template: Json = serde_yaml::from_str(TEMPLATE).unwrap();
    let code = &template["spec"]["targets"][0]["code"][0];
    assert_eq!(code["engine"], "Rego");
    code["source"]["rego"].as_str().unwrap().to_owned()
}

/// What the template says of a Pod, where `external_data` gives this answer.
fn violations(pod: &Json, answer: &Json) -> Vec<String> {
    judged(
        &json!({"namespace": "shop", "object": pod, "oldObject": {}}),
        answer,
    )
}

/// What it says of a review.
fn judged(review: &Json, answer: &Json) -> Vec<String> {
    let mut engine = Engine::new();
    engine
        .add_policy("template.rego".to_owned(), rego())
        .unwrap();
    let answer = Value::from_json_str(&answer.to_string()).unwrap();
    let ask = move |asked: Vec<Value>| {
        let asked: Json = serde_json::from_str(&asked[0].to_json_str()?)?;
        assert_eq!(asked["provider"], "doorward");
        assert!(!asked["keys"].as_array().unwrap().is_empty());
        Ok(answer.clone())
    };
    engine
        .add_extension("external_data".to_owned(), 1, Box::new(ask))
        .unwrap();
    let review = json!({ "review": review });
    engine.set_input(Value::from_json_str(&review.to_string()).unwrap());
    let found = engine
        .eval_rule("data.doorwardverified.violation".to_owned())
        .unwrap();
    let found: Json = serde_json::from_str(&found.to_json_str().unwrap()).unwrap();
    let mut messages: Vec<_> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["msg"].as_str().unwrap().to_owned())
        .collect();
    messages.sort();
    messages
}

fn pod() -> Json {
    json!({"spec": {
        "initContainers": [{"image": "r.example/init:1"}],
        "containers": [{"image": "r.example/app:1"}],
    }})
}

fn answer(responses: &Json, errors: &Json) -> Json {
    json!({"responses": responses, "errors": errors, "status_code": 200, "system_error": ""})
}

fn verified(key: &str) -> Json {
    json!([key, {"verdict": "allow", "isSuccess": true}])
}

const INIT: &str = "[shop]r.example/init:1";
const APP: &str = "[shop]r.example/app:1";

#[test]
fn a_pod_of_which_every_image_is_verified_may_run() {
    let all = answer(&json!([verified(INIT), verified(APP)]), &json!([]));
    assert_eq!(violations(&pod(), &all), Vec::<String>::new());
}

#[test]
fn an_image_that_is_refused_refuses_the_pod_in_the_words_of_the_provider() {
    let one = answer(
        &json!([verified(INIT)]),
        &json!([[APP, "not signed [simple-none]"]]),
    );
    let expected = format!("{APP}: not signed [simple-none]");
    assert_eq!(violations(&pod(), &one), [expected]);
}

#[test]
fn what_was_not_answered_may_not_run() {
    let silent = answer(&json!([verified(INIT)]), &json!([]));
    let expected = format!("{APP}: nothing was decided about this image");
    assert_eq!(violations(&pod(), &silent), [expected]);
    let out =
        json!({"responses": [], "errors": [], "status_code": 500, "system_error": "no route"});
    let expected = "nobody knows whether these images may run: no route";
    assert_eq!(violations(&pod(), &out), [expected]);
}

#[test]
fn a_value_that_does_not_say_verified_is_not() {
    for value in [
        json!({"isSuccess": false}),
        json!({}),
        json!("r.example/app:1"),
        json!(null),
    ] {
        let odd = answer(&json!([verified(INIT), [APP, value]]), &json!([]));
        assert_eq!(violations(&pod(), &odd).len(), 1, "{odd}");
    }
}

#[test]
fn every_place_of_an_image_is_asked_about() {
    let pod = json!({"spec": {
        "initContainers": [{"image": "a"}],
        "containers": [{"image": "b"}],
        "ephemeralContainers": [{"image": "c"}],
        "volumes": [{"name": "v", "image": {"reference": "d"}}, {"name": "w", "emptyDir": {}}],
    }});
    let refused = violations(&pod, &answer(&json!([]), &json!([])));
    let said: Vec<_> = refused
        .iter()
        .map(|text| text.split(':').next().unwrap())
        .collect();
    assert_eq!(said, ["[shop]a", "[shop]b", "[shop]c", "[shop]d"]);
}

#[test]
fn what_runs_already_and_what_ends_is_not_held_up() {
    let nobody = json!({"responses": [], "errors": [], "status_code": 0, "system_error": "out"});
    let same = json!({"namespace": "shop", "object": pod(), "oldObject": pod()});
    assert_eq!(judged(&same, &nobody), Vec::<String>::new());
    let mut ending = json!({"namespace": "shop", "object": pod(), "oldObject": {}});
    let end = json!({"deletionTimestamp": "2026-01-01T00:00:00Z"});
    ending["object"]["metadata"] = end.clone();
    assert_eq!(judged(&ending, &nobody).len(), 1);
    ending["oldObject"]["metadata"] = end;
    assert_eq!(judged(&ending, &nobody), Vec::<String>::new());
    // An image that is new, or in another list, is asked about.
    let mut changed = same.clone();
    changed["object"]["spec"]["containers"][0]["image"] = "r.example/other:1".into();
    assert_eq!(judged(&changed, &nobody).len(), 1);
    let mut moved = same;
    moved["object"]["spec"]["containers"][0]["image"] = "r.example/init:1".into();
    assert_eq!(judged(&moved, &nobody).len(), 1);
}

#[test]
fn what_runs_is_not_mutated() {
    let text = include_str!("../deploy/assign.yaml");
    let assigned: Vec<Json> = text
        .split("---\n")
        .map(|one| serde_yaml::from_str(one).unwrap())
        .collect();
    assert_eq!(assigned.len(), 2);
    for one in assigned {
        assert_eq!(one["spec"]["applyTo"][0]["operations"], json!(["CREATE"]));
    }
}

#[test]
fn the_samples_name_each_other_and_the_paths_of_the_program() {
    let objects: Vec<Json> = SAMPLES
        .iter()
        .flat_map(|text| text.split("\n---\n"))
        .map(|text| serde_yaml::from_str(text).unwrap())
        .collect();
    let of =
        |kind: &str| -> Vec<&Json> { objects.iter().filter(|one| one["kind"] == kind).collect() };
    let template = of("ConstraintTemplate")[0];
    let kind = template["spec"]["crd"]["spec"]["names"]["kind"]
        .as_str()
        .unwrap();
    // As Gatekeeper demands.
    assert_eq!(template["metadata"]["name"], kind.to_lowercase());
    assert_eq!(of(kind).len(), 1);
    let providers: Vec<_> = of("Provider");
    let names: Vec<_> = providers
        .iter()
        .map(|one| one["metadata"]["name"].as_str())
        .collect();
    assert_eq!(names, [Some("doorward"), Some("doorward-digests")]);
    let timeout = of("Deployment")[0].to_string().contains("--timeout=5s");
    for provider in &providers {
        let url = provider["spec"]["url"].as_str().unwrap();
        assert!(
            url.starts_with("https://doorward-gatekeeper.doorward.svc/"),
            "{url}"
        );
        assert!(timeout && provider["spec"]["timeout"] == 5);
    }
    for assign in of("Assign") {
        let data = &assign["spec"]["parameters"]["assign"]["externalData"];
        assert_eq!(data["provider"], "doorward-digests");
        assert_eq!(data["failurePolicy"], "Fail");
    }
}
