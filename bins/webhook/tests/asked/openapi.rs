//! The description of `/v1/check` for programs, held against what is answered.

use axum::http::StatusCode;
use doorward_kube::{CheckRequest, Limits};
use doorward_webhook::app;
use serde_json::{Value, json};

use super::post;
use crate::support::{Site, UNCHECKED, offline};

const TEXT: &str = include_str!("../../../../docs/reference/check.openapi.yaml");
const PATH: &str = "/v1/check";

fn description() -> Value {
    serde_yaml::from_str(TEXT).unwrap()
}

fn schema(name: &str) -> Value {
    description()["components"]["schemas"][name].clone()
}

/// Says where a value is not as its schema has it. Of the words of JSON Schema it knows those that stand in the description.
fn fault(schema: &Value, value: &Value, at: &str) -> Option<String> {
    const KNOWN: [&str; 7] = [
        "$ref",
        "description",
        "enum",
        "items",
        "properties",
        "required",
        "type",
    ];
    for word in schema.as_object().unwrap().keys() {
        assert!(KNOWN.contains(&word.as_str()), "{word} is not judged");
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let whole = description();
        return fault(whole.pointer(&reference[1..]).unwrap(), value, at);
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.clone(),
        one => vec![one.clone()],
    };
    if !kinds.contains(&json!(kind)) {
        return Some(format!("{at} is {kind}"));
    }
    if schema["enum"]
        .as_array()
        .is_some_and(|words| !words.contains(value))
    {
        return Some(format!("{at} is {value}"));
    }
    let each = value.as_array().into_iter().flatten().enumerate();
    let of_items = each.map(|(place, one)| fault(&schema["items"], one, &format!("{at}/{place}")));
    let mut found = of_items.flatten();
    if let Some(found) = found.next() {
        return Some(found);
    }
    let (Some(members), Some(properties)) = (value.as_object(), schema["properties"].as_object())
    else {
        return None;
    };
    let required = schema["required"].as_array().into_iter().flatten();
    for name in required.map(|name| name.as_str().unwrap()) {
        if !members.contains_key(name) {
            return Some(format!("{at} has no {name}"));
        }
    }
    members
        .iter()
        .find_map(|(name, value)| match properties.get(name) {
            Some(schema) => fault(schema, value, &format!("{at}/{name}")),
            None => Some(format!("{at} has {name}, which is not described")),
        })
}

#[tokio::test]
async fn what_is_answered_is_as_it_is_described_to_programs() {
    let site = Site::start().await;
    let (good, _) = site.signed("good");
    let (bad, _) = site.unsigned("bad");
    let body = json!({"images": [good, bad, "A b", "elsewhere.example/x:1"], "namespace": "shop"});
    let (status, answer) = post(&app(site.webhook()), PATH, &body).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(fault(&schema("Answer"), &answer, ""), None, "{answer:#}");
    let (status, problem) = post(&app(offline(&[UNCHECKED])), PATH, &json!({})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(fault(&schema("Problem"), &problem, ""), None, "{problem}");
}

#[test]
fn what_is_described_can_be_asked_and_nothing_else() {
    let request = schema("Request");
    assert_eq!(request["additionalProperties"], false);
    let value = |schema: &Value| match schema["type"].as_str().unwrap() {
        "array" => json!(["a"]),
        _ => json!("a"),
    };
    let parse = |body: &Value| CheckRequest::parse(body.to_string().as_bytes(), &Limits::default());
    for (name, schema) in request["properties"].as_object().unwrap() {
        let mut body = json!({"namespace": "shop"});
        if !name.starts_with("image") || name == "imagePullSecrets" {
            body["image"] = json!("a");
        }
        body[name] = value(schema);
        assert!(parse(&body).is_ok(), "{name}");
        body[format!("{name}_")] = value(schema);
        assert!(parse(&body).is_err(), "{name}_");
    }
}

#[test]
fn every_status_of_the_page_is_described() {
    const PAGE: &str = include_str!("../../../../docs/reference/webhook.md");
    let section = PAGE.split("## `/v1/check`").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let of_page = section
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.get(..3));
    let of_page: Vec<&str> = of_page.filter(|word| word.parse::<u16>().is_ok()).collect();
    let described = description();
    let responses = described["paths"][PATH]["post"]["responses"]
        .as_object()
        .unwrap();
    let described: Vec<&String> = responses.keys().collect();
    assert_eq!(described, of_page);
    let admit = description()["paths"]["/v1/admit"]["post"]["responses"].clone();
    let admit: Vec<_> = admit.as_object().unwrap().keys().cloned().collect();
    assert_eq!(admit, ["200", "401", "503"]);
}
