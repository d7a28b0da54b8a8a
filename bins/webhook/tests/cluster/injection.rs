//! Another webhook that changes Pods, before or after this one.

use std::net::TcpListener;

use axum::{Json, Router, routing::post};
use axum_server::tls_rustls::RustlsConfig;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use doorward_testkit::TlsAuthority;
use serde_json::{Value, json};

use crate::configuration::LABEL;
use crate::door::Door;
use crate::objects::pod;
use crate::server::{eventually, server};
use crate::support::Site;

/// What Istio's gateways have for an image until the injector comes.
const PLACEHOLDER: &str = "auto";
const LIST: &str = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";

/// Adds a sidecar with this image to Pods that have none, and puts the image in the place of the placeholder.
async fn inject(door: &Door, before_or_after: &str, image: &str) {
    let authority = TlsAuthority::new();
    let issued = authority.issue("127.0.0.1");
    let (certificate, key) = (issued.certificate_pem, issued.key_pem);
    let tls = RustlsConfig::from_pem(certificate.into_bytes(), key.into_bytes());
    let tls = tls.await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let image = image.to_owned();
    let app = Router::new().route(
        "/",
        post(async move |Json(review): Json<Value>| Json(injected(&review, &image))),
    );
    let serving = axum_server::from_tcp_rustls(listener, tls).unwrap();
    tokio::spawn(serving.serve(app.into_make_service()));
    // Configurations are called in the order of their names.
    let name = format!("{before_or_after}-{}", door.name);
    let configuration = json!({
        "metadata": {"name": name},
        "webhooks": [{
            "name": "inject.doorward.example",
            "clientConfig": {
                "url": format!("https://{address}/"),
                "caBundle": BASE64_STANDARD.encode(authority.ca_pem()),
            },
            "rules": [{
                "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"],
            }],
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "namespaceSelector": {"matchLabels": {LABEL: door.name}},
        }],
    });
    door.server.post(LIST, &configuration).await.succeeded();
    let (probe, _) = door.site.signed("injector-probe");
    let dry = format!("{}?dryRun=All", door.pods());
    eventually("the injector is called", async || {
        let answer = door.server.post(&dry, &pod("probe", &probe)).await;
        let containers = answer.body["spec"]["containers"].as_array();
        // It may be called already and what it puts in be refused.
        let is_called = containers.map_or(answer.status == 403, |list| list.len() == 2);
        is_called.then_some(())
    })
    .await;
}

fn injected(review: &Value, image: &str) -> Value {
    let containers = &review["request"]["object"]["spec"]["containers"];
    let containers = containers.as_array().unwrap();
    let mut patch = Vec::new();
    for (index, container) in containers.iter().enumerate() {
        if container["image"] == PLACEHOLDER {
            let path = format!("/spec/containers/{index}/image");
            patch.push(json!({"op": "replace", "path": path, "value": image}));
        }
    }
    if patch.is_empty() && containers.len() == 1 {
        let sidecar = json!({"name": "sidecar", "image": image});
        patch.push(json!({"op": "add", "path": "/spec/containers/0", "value": sidecar}));
    }
    let patch = Value::from(patch).to_string();
    json!({
        "apiVersion": review["apiVersion"],
        "kind": review["kind"],
        "response": {
            "uid": review["request"]["uid"],
            "allowed": true,
            "patchType": "JSONPatch",
            "patch": BASE64_STANDARD.encode(patch),
        },
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sidecar_that_is_injected_is_pinned_whichever_webhook_comes_first() {
    for (name, order) in [("inject-before", "a"), ("inject-after", "z")] {
        let Some(door) = Door::open(name, "").await else {
            return;
        };
        let (app, app_digest) = door.site.signed("app");
        let (sidecar, sidecar_digest) = door.site.signed("sidecar");
        inject(&door, order, &sidecar).await;
        door.kubectl_does("create -f -", Some(&pod("web", &app)));
        let stored = door.server.get(&door.pod("web")).await.succeeded();
        let containers = &stored["spec"]["containers"];
        assert_eq!(
            containers[0]["image"],
            door.pinned("sidecar", &sidecar_digest),
            "{order}"
        );
        assert_eq!(
            containers[1]["image"],
            door.pinned("app", &app_digest),
            "{order}"
        );
        let written = &stored["metadata"]["annotations"]["doorward.dev/original-images"];
        let written: Value = serde_json::from_str(written.as_str().unwrap()).unwrap();
        let wanted = json!({"containers/main": app, "containers/sidecar": sidecar});
        assert_eq!(written, wanted, "{order}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unsigned_sidecar_that_is_injected_is_refused_whichever_webhook_comes_first() {
    for (name, order) in [("inject-bad-before", "a"), ("inject-bad-after", "z")] {
        let Some(door) = Door::open(name, "").await else {
            return;
        };
        let (app, _) = door.site.signed("app");
        let (sidecar, _) = door.site.unsigned("sidecar");
        inject(&door, order, &sidecar).await;
        let said = door.kubectl_fails("create -f -", Some(&pod("web", &app)));
        assert!(
            said.contains(&format!("container sidecar: {sidecar}")),
            "{order}: {said}"
        );
        assert!(!said.contains("container main"), "{order}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_in_the_place_of_a_placeholder_is_judged_and_pinned() {
    if server().is_none() {
        return;
    }
    let site = Site::start().await;
    let unchecked = "  - name: 'auto'\n    policy:\n      unchecked: true\n";
    let policy = format!("{}{unchecked}", site.policy(""));
    let Some(door) = Door::around("inject-auto", site, &policy, &[]).await else {
        return;
    };
    door.guard().await;
    let (proxy, digest) = door.site.signed("proxy");
    inject(&door, "z", &proxy).await;
    door.kubectl_does("create -f -", Some(&pod("web", PLACEHOLDER)));
    let image = door
        .image(&door.pod("web"), "/spec/containers/0/image")
        .await;
    assert_eq!(image, door.pinned("proxy", &digest));

    door.site.store.clear();
    let (unsigned, _) = door.site.unsigned("unsigned");
    let Some(other) = Door::around("inject-auto-bad", door.site, &policy, &[]).await else {
        return;
    };
    other.guard().await;
    inject(&other, "z", &unsigned).await;
    let said = other.kubectl_fails("create -f -", Some(&pod("web", PLACEHOLDER)));
    assert!(
        said.contains(&format!("container main: {unsigned}")),
        "{said}"
    );
}
