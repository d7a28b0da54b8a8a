//! Where pods are found in objects, and with which secrets they are pulled.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_testkit::{Authentication, Registry};
use serde_json::{Value, json};

use crate::reviews::pinned;
use crate::support::{LIMITS, Site, ask, snapshot, webhook};
use crate::world::{World, digest};
use crate::{document, id, word};

const IMAGE: &str = "r.example/team/app:1";
const MADE_UP: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The creation of an object of this resource.
fn review(case: &Value, object: &Value) -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "u-1", "operation": "CREATE", "namespace": "ns1", "object": object,
            "resource": {"group": case["group"], "version": case["version"], "resource": case["resource"]},
        },
    })
}

/// An object whose pod specification is at `path`.
fn nest(path: &str, spec: Value) -> Value {
    path.rsplit('/')
        .filter(|token| !token.is_empty())
        .fold(spec, |inner, token| json!({ token: inner }))
}

/// A world in which one image is signed, and a policy that demands that.
async fn signed() -> World {
    let policy = json!({"simple": {"requirements": [{"type": "signedBy", "keySecret": "k"}]}});
    World::of(&json!({
        "simple_stub": {IMAGE: {"Digest": MADE_UP}},
        "image_policies": [{
            "metadata": {"name": "p", "namespace": "ns1"},
            "spec": {"repositories": [{"name": "*", "policy": policy}]},
        }],
    }))
    .await
}

#[tokio::test]
async fn the_webhook_finds_the_pod_in_every_resource_and_pins_its_image_there() {
    let world = signed().await;
    let document = document("podspec.yaml");
    for case in document["cases"].as_array().unwrap() {
        let id = id(case);
        if case["expect"] == "error" {
            let object = case.get("object").cloned().unwrap_or_else(|| json!({}));
            let (_, answer) = world.post(&review(case, &object).to_string()).await;
            assert!(!answer.allowed(), "{id}");
            assert!(
                answer.message().contains("(admission-"),
                "{id}: {}",
                answer.message()
            );
            continue;
        }
        let path = word(case, "expect_path");
        let mut object = nest(path, json!({"containers": [{"name": "c", "image": IMAGE}]}));
        object["metadata"] = json!({"name": "w"});
        if case["replicas"].is_number() {
            object["spec"]["replicas"] = case["replicas"].clone();
        }
        let (_, answer) = world.post(&review(case, &object).to_string()).await;
        let pinned: Vec<_> = pinned(&answer).into_iter().collect();
        let at = format!("{path}/containers/0/image");
        let image = format!("r.example/team/app@{}", digest(MADE_UP));
        assert_eq!(pinned, [(at, image)], "{id}: {}", answer.message());
    }
}

#[tokio::test]
async fn the_webhook_checks_an_object_no_matter_who_is_said_to_own_it() {
    let world = signed().await;
    let document = document("podspec.yaml");
    let pods = json!({"group": "", "version": "v1", "resource": "pods"});
    for case in document["owner_cases"].as_array().unwrap() {
        let owners: Vec<_> = case["owners"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|kind| json!({"apiVersion": "v1", "kind": kind, "name": "o", "uid": "u", "controller": true}))
            .collect();
        let object = json!({
            "metadata": {"name": "w", "ownerReferences": owners},
            "spec": {"containers": [{"name": "c", "image": "r.example/team/unknown:1"}]},
        });
        let (_, answer) = world.post(&review(&pods, &object).to_string()).await;
        assert!(!answer.allowed(), "{}", id(case));
        let said = answer.message();
        assert!(said.contains("registry-not-found"), "{}: {said}", id(case));
    }
}

/// Who asked a registry, in the order in which they did.
fn askers(registry: &Registry) -> Vec<String> {
    let mut askers = Vec::new();
    for request in registry.requests() {
        let Some(header) = request.headers.get("authorization") else {
            continue;
        };
        let basic = header.to_str().unwrap().strip_prefix("Basic ").unwrap();
        let pair = String::from_utf8(STANDARD.decode(basic).unwrap()).unwrap();
        let user = pair.split_once(':').unwrap().0.to_owned();
        if !askers.contains(&user) {
            askers.push(user);
        }
    }
    askers
}

#[tokio::test]
async fn the_webhook_takes_pull_secrets_of_a_template_from_its_service_account_as_stated() {
    let document = document("credentials.yaml");
    for case in document["service_account_cases"].as_array().unwrap() {
        let registry = Registry::builder()
            .authentication(Authentication::Basic)
            .account("somebody", "else");
        let site = Site::with(registry.start().await).await;
        let (image, _) = site.signed("app");
        let namespace = word(case, "namespace");
        let mut documents = vec![site.policy(""), site.key()];
        // Each Secret has a user called like it, so that the registry sees which are tried.
        let accounts = case["service_accounts"].as_object().into_iter().flatten();
        for (name, secrets) in accounts {
            let secrets: Vec<String> = serde_json::from_value(secrets.clone()).unwrap();
            let named: Vec<_> = secrets.iter().map(|name| json!({"name": name})).collect();
            let metadata = json!({"name": name, "namespace": namespace});
            let account = json!({
                "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, "imagePullSecrets": named,
            });
            documents.push(account.to_string());
            for name in secrets {
                let login = json!({"username": name, "password": "wrong"});
                let config = json!({"auths": {site.registry.address(): login}}).to_string();
                let item = ".dockerconfigjson";
                documents.push(crate::support::secret(
                    namespace,
                    &name,
                    item,
                    config.as_bytes(),
                ));
            }
        }
        let documents: Vec<_> = documents.iter().map(String::as_str).collect();
        let webhook = webhook(snapshot(&documents), site.client(), LIMITS);
        let deployments = json!({"group": "apps", "version": "v1", "resource": "deployments"});
        let mut pod = case["pod"].clone();
        pod["containers"] = json!([{"name": "c", "image": image}]);
        let mut review = review(&deployments, &nest("/spec/template/spec", pod));
        review["request"]["namespace"] = namespace.into();
        site.registry.take_requests();
        let answer = ask(&webhook, "/mutate", &review).await;
        // An account that is not there is nobody's, and no other account's Secrets are used for it.
        let expected: Vec<String> = match &case["expect"] {
            Value::String(error) if error == "error" => Vec::new(),
            names => serde_json::from_value(names.clone()).unwrap(),
        };
        assert_eq!(askers(&site.registry), expected, "{}", id(case));
        assert!(
            !answer.allowed(),
            "{}: the registry lets nobody in",
            id(case)
        );
        let said = answer.message();
        assert!(
            said.contains("registry-unauthorized"),
            "{}: {said}",
            id(case)
        );
        if case["expect"] == "error" {
            let account = word(&case["pod"], "serviceAccountName");
            assert!(said.contains(account), "{}: {said}", id(case));
        }
    }
}
