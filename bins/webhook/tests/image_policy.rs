//! A kube-apiserver whose own configuration has it ask about images before it serves.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::fs;
use std::path::Path;

use clap::Parser as _;
use doorward_testkit::{ApiServer, TlsAuthority};
use doorward_webhook::{Args, Running};
use serde_json::{Value, json};
use support::Site;

const PODS: &str = "/api/v1/namespaces/default/pods";

fn pod(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {"containers": [{"name": "app", "image": image}]},
    })
}

/// Writes the certificates, the policies, and the configuration of a kube-apiserver that asks the webhook at this address.
fn write(folder: &Path, site: &Site, webhook: &str) {
    let ours = TlsAuthority::new();
    let serving = ours.issue("127.0.0.1");
    let client = ours.issue_client("kube-apiserver", &[]);
    let path = |name: &str| folder.join(name).display().to_string();
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "doorward",
        "clusters": [{"name": "doorward", "cluster": {
            "server": format!("https://{webhook}/image-review"), "certificate-authority": path("ca.crt"),
        }}],
        "users": [{"name": "kube-apiserver", "user": {
            "client-certificate": path("client.crt"), "client-key": path("client.key"),
        }}],
        "contexts": [{"name": "doorward", "context": {"cluster": "doorward", "user": "kube-apiserver"}}],
    });
    let admission = json!({
        "apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration",
        "plugins": [{"name": "ImagePolicyWebhook", "configuration": {"imagePolicy": {
            // At once, and not after what was answered before.
            "kubeConfigFile": path("webhook.json"), "allowTTL": -1, "denyTTL": -1, "retryBackoff": 500,
            "defaultAllow": false,
        }}}],
    });
    for (name, content) in [
        ("policy.yaml", site.policy("")),
        ("key.yaml", site.key()),
        ("ca.crt", ours.ca_pem().to_owned()),
        ("tls.crt", serving.certificate_pem),
        ("tls.key", serving.key_pem),
        ("client.crt", client.certificate_pem),
        ("client.key", client.key_pem),
        ("webhook.json", kubeconfig.to_string()),
        ("admission.json", admission.to_string()),
    ] {
        fs::write(folder.join(name), content).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_server_makes_no_pod_whose_image_is_not_verified() {
    let missing = ApiServer::missing();
    if !missing.is_empty() {
        assert!(
            std::env::var_os("DOORWARD_REQUIRE_TOOLS").is_none(),
            "not installed: {missing:?}"
        );
        return;
    }
    let site = Site::start().await;
    let folder = tempfile::tempdir().unwrap();
    // A port that is free now: it stands in the server's configuration before anybody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = port.local_addr().unwrap().to_string();
    write(folder.path(), &site, &address);
    drop(port);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (registry, store) = (site.registry.address(), site.store.address());
    let args = Args::parse_from(
        [
            "doorward-webhook",
            "--listen",
            &address,
            "--admin-listen",
            "127.0.0.1:0",
            "--plain-http",
            &registry,
            "--plain-http",
            &store,
            "-f",
            &path("policy.yaml"),
            "-f",
            &path("key.yaml"),
            "--tls-cert",
            &path("tls.crt"),
            "--tls-key",
            &path("tls.key"),
            "--client-ca",
            &path("ca.crt"),
        ]
        .map(str::to_owned),
    );
    let running = Running::start(&args).await.unwrap();
    let configuration = folder.path().join("admission.json");
    let server = tokio::task::spawn_blocking(move || {
        ApiServer::builder()
            .admission("ImagePolicyWebhook", &configuration)
            .start_blocking()
    });
    let server = server.await.unwrap();

    let (tag, digest) = site.signed("good");
    let pinned = format!("{}@{digest}", tag.rsplit_once(':').unwrap().0);
    let (bad, bad_digest) = site.unsigned("bad");
    let bad = format!("{}@{bad_digest}", bad.rsplit_once(':').unwrap().0);
    server.post(PODS, &pod("good", &pinned)).await.succeeded();
    let answer = server.post(PODS, &pod("tag", &tag)).await;
    assert_eq!(answer.status, 403);
    let said = answer.refused().to_owned();
    assert!(said.contains("[admission-not-pinned]"), "{said}");
    let answer = server.post(PODS, &pod("bad", &bad)).await;
    assert_eq!(answer.status, 403);
    let said = answer.refused().to_owned();
    assert!(said.contains(&bad) && said.contains("[simple-"), "{said}");

    // Nobody answers: nothing runs.
    running
        .stop(std::time::Duration::ZERO, std::time::Duration::ZERO)
        .await;
    let answer = server.post(PODS, &pod("later", &pinned)).await;
    assert_eq!(answer.status, 403);
}
