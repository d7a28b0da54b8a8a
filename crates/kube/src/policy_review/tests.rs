#![allow(clippy::indexing_slicing, clippy::panic)]

mod exceptions;

use serde_json::json;

use super::*;

fn policy(body: Value) -> Value {
    json!({
        "apiVersion": "doorward.dev/v1", "kind": "ImagePolicy",
        "metadata": {"name": "releases", "namespace": "shop", "uid": "1", "managedFields": [{}]},
        "spec": {"repositories": [{"name": "r.example/*", "policy": body}]},
    })
}

fn good() -> Value {
    policy(json!({"simple": {"requirements": [{"type": "reject"}]}}))
}

fn broken() -> Value {
    policy(json!({"simple": {"requirements": [{"type": "reject"}]}, "modde": "warn"}))
}

fn review(operation: &str, object: Value, old: Value) -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {"uid": "7", "operation": operation, "object": object, "oldObject": old},
    })
}

fn answered(review: &Value) -> Response {
    let now = Timestamp::from_unix(1_800_000_000);
    Response::of_policy(review.to_string().as_bytes(), &Limits::default(), now)
}

fn is_allowed(operation: &str, object: Value, old: Value) -> bool {
    answered(&review(operation, object, old)).is_allowed()
}

#[test]
fn a_policy_without_a_mistake_may_be_written() {
    let response = answered(&review("CREATE", good(), Value::Null));
    assert!(response.is_allowed(), "{response:?}");
    assert!(response.warnings().is_empty(), "{response:?}");
    assert!(is_allowed("UPDATE", good(), broken()));
}

#[test]
fn a_policy_with_a_mistake_is_refused_with_the_field_and_what_was_meant() {
    let response = answered(&review("CREATE", broken(), Value::Null));
    let message = response.message().unwrap_or_default();
    let lines: Vec<_> = message.lines().collect();
    assert_eq!(
        lines[0],
        "the policy has a mistake, and would deny what it governs"
    );
    assert!(
        lines[1].starts_with("  spec.repositories[0].policy.modde: ")
            && lines[1].ends_with("did you mean `mode`? (unknown-field)"),
        "{message}"
    );
    assert!(response.to_json().contains("\"reason\":\"Invalid\""));
    assert!(!is_allowed("UPDATE", broken(), good()));
}

#[test]
fn a_body_that_is_not_indented_is_told_where_it_belongs() {
    let mut object = good();
    object["spec"]["repositories"][0] = json!({"name": "r.example/*"});
    object["spec"]["policy"] = json!({"unchecked": true});
    let response = answered(&review("CREATE", object, Value::Null));
    let message = response.message().unwrap_or_default();
    assert!(message.contains("indent it"), "{message}");
}

#[test]
fn what_is_only_doubtful_is_a_warning() {
    let object = policy(json!({"unchecked": true, "mode": "audit"}));
    let mut object = object;
    object["spec"]["repositories"][0]["name"] = "*".into();
    object["apiVersion"] = "portieris.cloud.ibm.com/v1".into();
    object["spec"]["repositories"][0]["policy"] = json!({});
    let response = answered(&review("CREATE", object, Value::Null));
    assert!(response.is_allowed(), "{response:?}");
    assert!(!response.warnings().is_empty());
}

#[test]
fn nothing_stands_in_the_way_of_what_says_nothing_new() {
    assert!(is_allowed("DELETE", Value::Null, broken()));
    assert!(is_allowed("UPDATE", broken(), broken()));
    let mut status = review("UPDATE", broken(), good());
    status["request"]["subResource"] = "status".into();
    assert!(answered(&status).is_allowed());
    let mut deleting = good();
    deleting["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    assert!(is_allowed("UPDATE", broken(), deleting));
    let mut labelled = broken();
    labelled["metadata"]["labels"] = json!({"a": "b"});
    assert!(is_allowed("UPDATE", labelled, broken()));
}

#[test]
fn a_new_policy_cannot_claim_to_be_an_unchanged_one() {
    assert!(!is_allowed("CREATE", broken(), broken()));
}

#[test]
fn what_is_no_review_of_a_policy_is_refused() {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}});
    let foreign =
        json!({"apiVersion": "policy.sigstore.dev/v1beta1", "kind": "ClusterImagePolicy"});
    for body in [
        json!(null),
        json!({}),
        json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}),
        json!({"apiVersion": "admission.k8s.io/v2", "kind": "AdmissionReview", "request": {"uid": "7"}}),
        json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"operation": "CREATE"}}),
        review("CREATE", pod, Value::Null),
        review("CREATE", foreign, Value::Null),
        review("CREATE", Value::Null, Value::Null),
        review("CREATE", json!([1]), Value::Null),
        review("UPDATE", Value::Null, Value::Null),
        review("UPDATE", Value::Null, good()),
        review("UPDATE", json!({"kind": "Pod"}), json!({"kind": "Pod"})),
    ] {
        assert!(!answered(&body).is_allowed(), "{body}");
    }
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let now = Timestamp::from_unix(0);
    let deep = Response::of_policy(deep.as_bytes(), &Limits::default(), now);
    assert!(!deep.is_allowed());
}

#[test]
fn a_body_that_is_no_utf_8_is_refused_also_where_nothing_of_it_is_needed() {
    let mut body =
        br#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","x":""#.to_vec();
    body.push(0xb9);
    body.extend_from_slice(br#"","request":{"uid":"7","operation":"DELETE"}}"#);
    let response = Response::of_policy(&body, &Limits::default(), Timestamp::from_unix(0));
    assert!(!response.is_allowed(), "{response:?}");
    body.retain(|byte| *byte != 0xb9);
    let response = Response::of_policy(&body, &Limits::default(), Timestamp::from_unix(0));
    assert!(response.is_allowed(), "{response:?}");
}

#[test]
fn many_mistakes_are_counted_and_not_all_shown() {
    let entries: Vec<_> = (0..100)
        .map(|number| json!({"name": format!("r.example/{number}"), "policy": {"modde": 1}}))
        .collect();
    let mut object = good();
    object["spec"]["repositories"] = entries.into();
    let response = answered(&review("CREATE", object, Value::Null));
    let message = response.message().unwrap_or_default();
    assert!(
        message.contains("more\n") && message.lines().count() < 25,
        "{message}"
    );
}
