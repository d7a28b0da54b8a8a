//! Where pods are found in objects, and with which secrets they are pulled.

use doorward_kube::{Review, Workload};
use serde_json::{Value, json};

use crate::Outcome;

const IMAGE: &str = "r.example/team/app:1";

fn review(group: &str, version: &str, resource: &str, object: &Value) -> Vec<u8> {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "u-1", "operation": "CREATE", "namespace": "default", "object": object,
            "resource": {"group": group, "version": version, "resource": resource},
        },
    })
    .to_string()
    .into_bytes()
}

/// An object whose pod specification is at `path`.
fn nest(path: &str, spec: Value) -> Value {
    path.rsplit('/')
        .filter(|token| !token.is_empty())
        .fold(spec, |inner, token| json!({ token: inner }))
}

pub(crate) fn pod_spec(case: &Value) -> Option<Vec<Outcome>> {
    let text = |field: &str| case[field].as_str().unwrap_or_default();
    let (group, version, resource) = (text("group"), text("version"), text("resource"));
    let found = |object: &Value| match Review::parse(&review(group, version, resource, object)) {
        Err(refused) => ("error".to_owned(), refused.error.code().to_string()),
        Ok(review) => {
            let images: Vec<_> = review
                .undecided()
                .map(|image| image.pointer.clone())
                .collect();
            let path = images.join(" ").replace("/containers/0/image", "");
            (path, "-".to_owned())
        }
    };
    if case["expect"] == "error" {
        let object = case.get("object").cloned().unwrap_or_else(|| json!({}));
        let (got, code) = found(&object);
        return Some(vec![Outcome::of("error", got).coded(code)]);
    }
    let path = text("expect_path");
    let mut object = nest(path, json!({"containers": [{"name": "c", "image": IMAGE}]}));
    object["metadata"] = json!({"name": "w"});
    if case["replicas"].is_number() {
        object["spec"]["replicas"] = case["replicas"].clone();
    }
    let (got, code) = found(&object);
    Some(vec![Outcome::of(path, got).coded(code)])
}

/// No matter who is said to own an object, it is checked.
pub(crate) fn owners(case: &Value) -> Option<Vec<Outcome>> {
    let owners: Vec<_> = case["owners"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|kind| json!({"apiVersion": "v1", "kind": kind, "name": "o", "uid": "u", "controller": true}))
        .collect();
    let object = json!({
        "metadata": {"name": "w", "ownerReferences": owners},
        "spec": {"containers": [{"name": "c", "image": IMAGE}]},
    });
    let got = match Review::parse(&review("", "v1", "pods", &object)) {
        Ok(review) if review.undecided().count() == 1 => "checked",
        Ok(_) => "not checked",
        Err(_) => "refused",
    };
    Some(vec![Outcome::of("checked", got)])
}

/// A template takes the secrets of its service account, if it names none itself.
pub(crate) fn service_account(case: &Value) -> Option<Vec<Outcome>> {
    let object = nest("/spec/template/spec", case["pod"].clone());
    let review = Review::parse(&review("apps", "v1", "deployments", &object)).unwrap();
    let accounts = &case["service_accounts"];
    let names = |value: &Value| -> Vec<String> { serde_json::from_value(value.clone()).unwrap() };
    let secrets = review.workload().map(Workload::pull_secrets).unwrap();
    let resolved = secrets.resolve(case["namespace"].as_str(), |account| {
        accounts.get(account).map(names)
    });
    let got = match resolved {
        Ok(names) => json!(names),
        Err(_) => json!("error"),
    };
    Some(vec![Outcome::of(
        case["expect"].to_string(),
        got.to_string(),
    )])
}
