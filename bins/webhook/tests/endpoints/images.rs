//! Endpoints that are asked about images by name.

use serde_json::{Value, json};

use crate::Row;
use crate::world::{Door, Outcome};

const UNAUTHORIZED: Outcome = Outcome::Refused("registry-unauthorized");

fn check(more: Value) -> String {
    let mut body = json!({"image": "IMAGE"});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.to_string()
}

fn image_review(more: Value) -> Value {
    let mut body = json!({
        "apiVersion": "imagepolicy.k8s.io/v1alpha1", "kind": "ImageReview",
        "spec": {"containers": [{"image": "IMAGE"}], "namespace": "shop"},
    });
    for (name, value) in more.as_object().unwrap() {
        body["spec"][name] = value.clone();
    }
    body
}

fn keys(keys: &[&str]) -> String {
    json!({
        "apiVersion": "externaldata.gatekeeper.sh/v1beta1", "kind": "ProviderRequest", "request": {"keys": keys},
    })
    .to_string()
}

pub(crate) fn rows() -> Vec<Row> {
    let row = |endpoint, door, attack, body, outcome| Row {
        endpoint,
        door,
        attack,
        body,
        outcome,
    };
    let mut rows = Vec::new();
    for (door, attack, body, outcome) in [
        (
            Door::Certified,
            "a pull secret by its name",
            check(json!({"namespace": "shop", "imagePullSecrets": ["pull"]})),
            UNAUTHORIZED,
        ),
        (
            Door::Certified,
            "pull secrets by paths",
            check(json!({"namespace": "shop", "imagePullSecrets": ["bank/pull", "../bank/pull", "pull.bank"]})),
            UNAUTHORIZED,
        ),
        (
            Door::Certified,
            "the service account",
            check(json!({"namespace": "shop", "serviceAccountName": "robot"})),
            UNAUTHORIZED,
        ),
        (
            Door::Certified,
            "a service account by a path",
            check(json!({"namespace": "shop", "serviceAccountName": "bank/robot"})),
            UNAUTHORIZED,
        ),
        (
            Door::Certified,
            "what the account of its own namespace names",
            check(json!({"namespace": "shop"})),
            UNAUTHORIZED,
        ),
        (
            Door::Certified,
            "a namespace that is a path",
            check(json!({"namespace": "../bank", "imagePullSecrets": ["pull"]})),
            Outcome::Status(400),
        ),
        (
            Door::Certified,
            "the namespace twice",
            r#"{"image": "IMAGE", "namespace": "shop", "namespace": "bank", "imagePullSecrets": ["pull"]}"#.to_owned(),
            Outcome::Status(400),
        ),
        (
            Door::Certified,
            "the namespace by another spelling",
            check(json!({"namespace": "shop", "Namespace": "bank", "imagePullSecrets": ["pull"]})),
            Outcome::Status(400),
        ),
        (Door::Certified, "no namespace", check(json!({})), UNAUTHORIZED),
        (
            Door::Open,
            "a pull secret of there, by who has no right",
            check(json!({"namespace": "bank", "imagePullSecrets": ["pull"]})),
            Outcome::Status(403),
        ),
        (
            Door::Open,
            "a service account of there, by who has no right",
            check(json!({"namespace": "bank", "serviceAccountName": "robot"})),
            Outcome::Status(403),
        ),
        (
            Door::Open,
            "its namespace, by who has no right",
            check(json!({"namespace": "bank"})),
            UNAUTHORIZED,
        ),
    ] {
        rows.push(row("/v1/check", door, attack, body, outcome));
    }
    let mut of_bank = image_review(json!({}));
    of_bank["metadata"] = json!({"namespace": "bank"});
    let twice = image_review(json!({})).to_string().replace(
        r#""namespace":"shop""#,
        r#""namespace":"shop","namespace":"bank""#,
    );
    let annotations =
        json!({"annotations": {"shop.image-policy.k8s.io/imagePullSecrets": "bank/pull"}});
    for (door, attack, body, outcome) in [
        (
            Door::Certified,
            "what the account of its own namespace names",
            image_review(json!({})).to_string(),
            UNAUTHORIZED,
        ),
        (
            Door::Certified,
            "a review that says that it is of there",
            of_bank.to_string(),
            UNAUTHORIZED,
        ),
        (
            Door::Certified,
            "annotations",
            image_review(annotations).to_string(),
            UNAUTHORIZED,
        ),
        (
            Door::Certified,
            "pull secrets, for which there is no place",
            image_review(
                json!({"imagePullSecrets": [{"name": "pull"}], "serviceAccountName": "robot"}),
            )
            .to_string(),
            UNAUTHORIZED,
        ),
        (
            Door::Certified,
            "a namespace that is a path",
            image_review(json!({"namespace": "shop/../bank"})).to_string(),
            Outcome::Refused("admission-invalid"),
        ),
        (
            Door::Certified,
            "the namespace twice",
            twice,
            Outcome::Refused("admission-invalid"),
        ),
        (
            Door::Open,
            "its namespace, by who has no right",
            image_review(json!({"namespace": "bank"})).to_string(),
            UNAUTHORIZED,
        ),
    ] {
        rows.push(row("/image-review", door, attack, body, outcome));
    }
    for endpoint in ["provider /validate", "provider /mutate"] {
        for (door, attack, body, outcome) in [
            (
                Door::Certified,
                "what the account of its own namespace names",
                keys(&["[shop]IMAGE"]),
                UNAUTHORIZED,
            ),
            (
                Door::Certified,
                "no namespace",
                keys(&["IMAGE"]),
                UNAUTHORIZED,
            ),
            (
                Door::Certified,
                "two namespaces",
                keys(&["[shop][bank]IMAGE"]),
                Outcome::Refused("reference-invalid"),
            ),
            (
                Door::Certified,
                "a namespace that is a path",
                keys(&["[../bank]IMAGE"]),
                Outcome::Refused("not the name of a namespace"),
            ),
            (
                Door::Certified,
                "a namespace that ends early",
                keys(&["[shop]bank]IMAGE"]),
                Outcome::Refused("reference-invalid"),
            ),
            (
                Door::Certified,
                "the keys twice",
                keys(&["[shop]IMAGE"]).replace(r#""keys":["#, r#""keys":["[bank]IMAGE"],"keys":["#),
                Outcome::Status(200),
            ),
            (
                Door::Open,
                "its namespace, by who has no right",
                keys(&["[bank]IMAGE"]),
                UNAUTHORIZED,
            ),
        ] {
            rows.push(row(endpoint, door, attack, body, outcome));
        }
    }
    rows
}

/// What is asked for `bank` by who may.
pub(crate) fn proper() -> Vec<(&'static str, String)> {
    vec![
        ("/v1/check", check(json!({"namespace": "bank"}))),
        (
            "/v1/check",
            check(json!({"namespace": "bank", "imagePullSecrets": ["pull"]})),
        ),
        (
            "/v1/check",
            check(json!({"namespace": "bank", "serviceAccountName": "robot"})),
        ),
        (
            "/image-review",
            image_review(json!({"namespace": "bank"})).to_string(),
        ),
        ("provider /validate", keys(&["[bank]IMAGE"])),
        ("provider /mutate", keys(&["[bank]IMAGE"])),
    ]
}
