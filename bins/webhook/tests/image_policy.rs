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
use std::time::Duration;

use clap::Parser as _;
use doorward_kube::{CustomWorkloads, StaticAdmission, StaticDoor};
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

/// What `doorward deploy static --by image-policy` prints for this folder and port.
fn deployment(folder: &Path, site: &Site, port: u16) -> StaticAdmission {
    StaticAdmission {
        image: "registry.example/doorward-webhook:1".to_owned(),
        port,
        folder: folder.display().to_string(),
        timeout: Duration::from_secs(10),
        authorities: Vec::new(),
        excluded: Vec::new(),
        custom: CustomWorkloads::none(),
        options: [site.registry.address(), site.store.address()]
            .map(|host| format!("--plain-http={host}"))
            .to_vec(),
    }
}

/// Writes the certificates, the policies, and the configuration of a kube-apiserver that asks the webhook.
fn write(folder: &Path, site: &Site, deployment: &StaticAdmission) {
    let ours = TlsAuthority::new();
    let serving = ours.issue("127.0.0.1");
    let client = ours.issue_client("kube-apiserver", &[]);
    fs::create_dir(folder.join("policies")).unwrap();
    for (name, content) in [
        ("policies/policy.yaml", site.policy("")),
        ("policies/key.yaml", site.key()),
        ("ca.crt", ours.ca_pem().to_owned()),
        ("client-ca.crt", ours.ca_pem().to_owned()),
        ("tls.crt", serving.certificate_pem),
        ("tls.key", serving.key_pem),
        ("client.crt", client.certificate_pem),
        ("client.key", client.key_pem),
    ] {
        fs::write(folder.join(name), content).unwrap();
    }
    for mut file in deployment.files(StaticDoor::ImagePolicy) {
        // The Pod is for a kubelet.
        if !Path::new(&file.path).starts_with(folder) {
            continue;
        }
        if let Some(plugin) = file
            .content
            .pointer_mut("/plugins/0/configuration/imagePolicy")
        {
            // At once, and not after what was answered before.
            plugin["allowTTL"] = json!(-1);
            plugin["denyTTL"] = json!(-1);
        }
        fs::write(&file.path, file.content.to_string()).unwrap();
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
    let number = port.local_addr().unwrap().port();
    let deployment = deployment(folder.path(), &site, number);
    write(folder.path(), &site, &deployment);
    drop(port);
    // As the static Pod has it, but for the port of its health, which may be taken here.
    let mut arguments = deployment.arguments(StaticDoor::ImagePolicy);
    arguments.retain(|argument| !argument.starts_with("--admin-listen="));
    arguments.push("--admin-listen=127.0.0.1:0".to_owned());
    let program = std::iter::once("doorward-webhook".to_owned());
    let args = Args::parse_from(program.chain(arguments));
    let running = Running::start(&args).await.unwrap();
    let configuration = folder.path().join("admission.yaml");
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
    running.stop(Duration::ZERO, Duration::ZERO).await;
    let answer = server.post(PODS, &pod("later", &pinned)).await;
    assert_eq!(answer.status, 403);
}
