//! Endpoints that are shown an object.

use serde_json::{Value, json};

use crate::Row;
use crate::support::pod;
use crate::world::{Door, Outcome};

const REVIEWS: [&str; 4] = ["/mutate", "/validate", "/admit", "/v1/admit"];

const UNAUTHORIZED: Outcome = Outcome::Refused("registry-unauthorized");
const UNREADABLE: Outcome = Outcome::Refused("admission-invalid");

/// A review of a Pod in `shop` that names these pull secrets.
fn review(secrets: &[&str]) -> Value {
    let mut review = pod(&["IMAGE"]);
    let named: Vec<Value> = secrets.iter().map(|name| json!({"name": name})).collect();
    review["request"]["object"]["spec"]["imagePullSecrets"] = json!(named);
    review
}

/// A review of a Deployment in `shop` whose Pods run as this service account.
fn deployment(account: &str) -> Value {
    let mut review = pod(&["IMAGE"]);
    let request = &mut review["request"];
    let mut spec = request["object"]["spec"].take();
    spec["serviceAccountName"] = json!(account);
    request["kind"] = json!({"group": "apps", "version": "v1", "kind": "Deployment"});
    request["resource"] = json!({"group": "apps", "version": "v1", "resource": "deployments"});
    request["object"] = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"spec": spec}},
    });
    review
}

fn with(mut review: Value, pointer: &str, value: Value) -> Value {
    let (place, name) = pointer.rsplit_once('/').unwrap();
    review.pointer_mut(place).unwrap()[name] = value;
    review
}

/// A text with this in the place of that, which must be there.
fn replaced(text: &str, that: &str, this: &str) -> String {
    assert!(text.contains(that), "{that} in {text}");
    text.replacen(that, this, 1)
}

/// What is refused of a review, wherever it is sent.
fn attacks() -> Vec<(&'static str, String, Outcome)> {
    let named = review(&["pull"]);
    let in_bank = json!("bank");
    vec![
        ("a pull secret by its name", named.to_string(), UNAUTHORIZED),
        (
            "pull secrets by paths",
            review(&["bank/pull", "../bank/pull", "/bank/pull", "bank%2Fpull", "pull.bank"]).to_string(),
            UNAUTHORIZED,
        ),
        ("the service account of its Pods", deployment("robot").to_string(), UNAUTHORIZED),
        ("a service account by a path", deployment("bank/robot").to_string(), UNAUTHORIZED),
        (
            "a service account as a user",
            deployment("system:serviceaccount:bank:robot").to_string(),
            UNAUTHORIZED,
        ),
        (
            "an object that says that it is of there",
            with(named.clone(), "/request/object/metadata/namespace", in_bank.clone()).to_string(),
            UNAUTHORIZED,
        ),
        (
            "a template that says that it is of there",
            with(deployment("robot"), "/request/object/spec/template/metadata", json!({"namespace": "bank"})).to_string(),
            UNAUTHORIZED,
        ),
        (
            "an object of there, and a request of nowhere",
            with(
                with(named.clone(), "/request/object/metadata/namespace", in_bank.clone()),
                "/request/namespace",
                json!(""),
            )
            .to_string(),
            UNAUTHORIZED,
        ),
        (
            "a stored object of there",
            with(
                with(named.clone(), "/request/operation", json!("UPDATE")),
                "/request/oldObject",
                json!({
                    "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "bank"},
                    "spec": {"containers": [{"name": "c0", "image": "r.example/other:1"}]},
                }),
            )
            .to_string(),
            UNAUTHORIZED,
        ),
        (
            "a user of there",
            with(named.clone(), "/request/userInfo", json!({"username": "system:serviceaccount:bank:robot"})).to_string(),
            UNAUTHORIZED,
        ),
        (
            "the namespace of the object twice",
            replaced(
                &named.to_string(),
                r#""namespace":"shop"},"spec""#,
                r#""namespace":"shop","namespace":"bank"},"spec""#,
            ),
            UNREADABLE,
        ),
        (
            "pull secrets twice",
            replaced(
                &review(&["nosuch"]).to_string(),
                r#""imagePullSecrets":[{"name":"nosuch"}]"#,
                r#""imagePullSecrets":[{"name":"nosuch"}],"imagePullSecrets":[{"name":"bank/pull"}]"#,
            ),
            UNREADABLE,
        ),
    ]
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for endpoint in REVIEWS {
        for (attack, body, outcome) in attacks() {
            rows.push(Row {
                endpoint,
                door: Door::Certified,
                attack,
                body,
                outcome,
            });
        }
        // Which of the two counts, readers do not agree about.
        let named = review(&["pull"]);
        for namespaces in [
            r#""namespace":"shop","namespace":"bank""#,
            r#""namespace":"bank","namespace":"shop""#,
        ] {
            let body = replaced(
                &named.to_string(),
                r#""namespace":"shop","object""#,
                &format!(r#"{namespaces},"object""#),
            );
            rows.push(Row {
                endpoint,
                door: Door::Certified,
                attack: "the namespace of the request twice",
                body,
                outcome: UNREADABLE,
            });
        }
    }
    // Who posts objects there says where they are to be.
    let of = |namespace: &str, more: Value| {
        let mut object = review(&["pull"])["request"]["object"].take();
        object["metadata"]["namespace"] = json!(namespace);
        for (name, value) in more.as_object().unwrap() {
            object["spec"][name] = value.clone();
        }
        object.to_string()
    };
    let bank = of("bank", json!({}));
    for (attack, body, outcome) in [
        (
            "an object of there, by who has no right",
            bank.clone(),
            UNAUTHORIZED,
        ),
        (
            "a service account of there, by who has no right",
            of(
                "bank",
                json!({"imagePullSecrets": [], "serviceAccountName": "robot"}),
            ),
            UNAUTHORIZED,
        ),
        (
            "a review of there, by who has no right",
            with(review(&["pull"]), "/request/namespace", json!("bank")).to_string(),
            UNAUTHORIZED,
        ),
        (
            "a namespace that is a path",
            of("../bank", json!({})),
            UNREADABLE,
        ),
        (
            "a namespace within another",
            of("shop/bank", json!({})),
            UNREADABLE,
        ),
        (
            "the namespace twice",
            replaced(
                &bank,
                r#""namespace":"bank""#,
                r#""namespace":"shop","namespace":"bank""#,
            ),
            UNREADABLE,
        ),
    ] {
        rows.push(Row {
            endpoint: "/v1/admit",
            door: Door::Open,
            attack,
            body,
            outcome,
        });
    }
    rows.push(Row {
        endpoint: "/v1/admit",
        door: Door::Certified,
        attack: "an object without a namespace",
        body: of("", json!({})),
        outcome: UNAUTHORIZED,
    });
    rows.extend(policies());
    rows
}

/// Policies that name it. Nothing is looked up for them.
fn policies() -> Vec<Row> {
    let policy = |body: Value| {
        let mut review = pod(&[]);
        let request = &mut review["request"];
        request["kind"] = json!({"group": "doorward.dev", "version": "v1", "kind": "ImagePolicy"});
        request["resource"] =
            json!({"group": "doorward.dev", "version": "v1", "resource": "imagepolicies"});
        request["object"] = json!({
            "apiVersion": "doorward.dev/v1", "kind": "ImagePolicy", "metadata": {"name": "mine", "namespace": "shop"},
            "spec": {"repositories": [{"name": "*", "policy": body}]},
        });
        review.to_string()
    };
    let authority = json!({"keySecret": "k", "repository": "IMAGE", "pullSecret": {"name": "pull", "namespace": "bank"}});
    [
        ("a pull secret for signatures", json!({"sigstore": {"authorities": [authority]}})),
        (
            "a key of there",
            json!({"simple": {"requirements": [{"type": "signedBy", "keySecret": "pull", "keySecretNamespace": "bank"}]}}),
        ),
        (
            "a store that is shown it",
            json!({"simple": {
                "storeURL": "http://IMAGE", "storeSecret": "bank/pull", "requirements": [{"type": "signedBy", "keySecret": "k"}],
            }}),
        ),
    ]
    .into_iter()
    .map(|(attack, body)| Row {
        endpoint: "/policies",
        door: Door::Certified,
        attack,
        body: policy(body),
        outcome: Outcome::Answered,
    })
    .collect()
}

/// What is asked for `bank` by who may.
pub(crate) fn proper() -> Vec<(&'static str, String)> {
    let named = review(&["pull"]);
    let body = with(named, "/request/namespace", json!("bank")).to_string();
    REVIEWS.map(|endpoint| (endpoint, body.clone())).to_vec()
}
