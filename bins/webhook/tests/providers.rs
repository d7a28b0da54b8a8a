//! Credential providers of the kubelet: images that no pull secret opens.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use clap::Parser as _;
use doorward_credential_provider::{Configuration, CredentialProviders};
use doorward_testkit::{Authentication, Registry};
use doorward_webhook::{Args, Running, Webhook};
use serde_json::json;
use support::{Answered, LIMITS, Site, ask, pod, secret, snapshot, webhook};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

const PASSWORD: &str = "correct horse";

/// One test at a time: a program that is written in one thread cannot be run while another one forks.
static ALONE: Mutex<()> = Mutex::const_new(());

/// A registry that only `cloud` may read, and a provider for it.
struct Cloud {
    site: Site,
    folder: TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Cloud {
    async fn start() -> Self {
        let alone = ALONE.lock().await;
        let registry = Registry::builder()
            .authentication(Authentication::Bearer)
            .account("cloud", PASSWORD);
        Self {
            site: Site::with(registry.start().await).await,
            folder: tempfile::tempdir().unwrap(),
            _alone: alone,
        }
    }

    fn provider(&self, script: &str) {
        let program = self.folder.path().join("cloud");
        let calls = self.folder.path().join("calls");
        let text = format!("#!/bin/sh\necho call >> {}\n{script}\n", calls.display());
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    }

    fn answering(&self, password: &str) {
        let answer = json!({
            "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
            "kind": "CredentialProviderResponse",
            "cacheKeyType": "Registry",
            "auth": {self.site.registry.address(): {"username": "cloud", "password": password}},
        });
        self.provider(&format!("echo '{answer}'"));
    }

    fn configuration(&self) -> String {
        json!({
            "apiVersion": "kubelet.config.k8s.io/v1",
            "kind": "CredentialProviderConfig",
            "providers": [{
                "name": "cloud",
                "matchImages": [self.site.registry.address()],
                "defaultCacheDuration": "1h",
                "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
            }],
        })
        .to_string()
    }

    fn webhook(&self, policy: &str, more: &[&str]) -> Webhook {
        let (policy, key) = (self.site.policy(policy), self.site.key());
        let mut documents = vec![policy.as_str(), key.as_str()];
        documents.extend(more);
        let webhook = webhook(snapshot(&documents), self.site.client(), LIMITS);
        let configuration = Configuration::parse("c", self.configuration().as_bytes()).unwrap();
        let providers = CredentialProviders::open(configuration, self.folder.path()).unwrap();
        webhook.ask_providers(providers);
        webhook
    }

    fn calls(&self) -> usize {
        let calls = fs::read_to_string(self.folder.path().join("calls"));
        calls.unwrap_or_default().lines().count()
    }
}

fn refused(answer: &Answered, code: &str) {
    let message = answer.message();
    assert!(!answer.allowed() && message.contains(code), "{message}");
    assert!(!answer.0.to_string().contains(PASSWORD));
}

#[tokio::test]
async fn a_provider_opens_the_registry_for_a_pod_without_a_pull_secret_and_is_run_once() {
    let cloud = Cloud::start().await;
    cloud.answering(PASSWORD);
    let (image, _) = cloud.site.signed("app");
    let (other, _) = cloud.site.signed("other");
    let webhook = cloud.webhook("", &[]);
    let answer = ask(&webhook, "/mutate", &pod(&[&image, &other])).await;
    assert!(answer.allowed() && !answer.patch().is_empty(), "{answer:?}");
    assert!(!answer.0.to_string().contains(PASSWORD));
    assert!(ask(&webhook, "/mutate", &pod(&[&other])).await.allowed());
    assert_eq!(cloud.calls(), 1);
}

#[tokio::test]
async fn a_provider_opens_no_image_whose_signature_does_not_count() {
    let cloud = Cloud::start().await;
    cloud.answering(PASSWORD);
    let (image, _) = cloud.site.tampered("app");
    let answer = ask(&cloud.webhook("", &[]), "/mutate", &pod(&[&image])).await;
    refused(&answer, "simple-");
}

#[tokio::test]
async fn a_refusal_after_a_provider_failed_says_so_and_is_no_outage() {
    let cloud = Cloud::start().await;
    cloud.provider("echo 'no such role' >&2; exit 1");
    let (image, _) = cloud.site.signed("app");
    for policy in ["", "      onUnavailable: warn\n"] {
        let answer = ask(&cloud.webhook(policy, &[]), "/mutate", &pod(&[&image])).await;
        refused(&answer, "credential-provider-failed");
        assert!(
            answer.message().contains("no such role"),
            "{}",
            answer.message()
        );
    }
}

#[tokio::test]
async fn a_refusal_of_what_a_provider_gave_is_a_refusal() {
    let cloud = Cloud::start().await;
    cloud.answering("battery staple");
    let (image, _) = cloud.site.signed("app");
    let answer = ask(&cloud.webhook("", &[]), "/mutate", &pod(&[&image])).await;
    refused(&answer, "registry-unauthorized");
    assert!(!answer.0.to_string().contains("battery"));
}

#[tokio::test]
async fn a_pull_secret_that_opens_the_image_runs_no_provider() {
    let cloud = Cloud::start().await;
    cloud.provider("exit 1");
    let (image, _) = cloud.site.signed("app");
    let registry = cloud.site.registry.address();
    let config = json!({"auths": {registry: {"username": "cloud", "password": PASSWORD}}});
    let pull = secret(
        "shop",
        "regcred",
        ".dockerconfigjson",
        config.to_string().as_bytes(),
    );
    let mut review = pod(&[&image]);
    review["request"]["object"]["spec"]["imagePullSecrets"] = json!([{"name": "regcred"}]);
    review["request"]["namespace"] = json!("shop");
    review["request"]["object"]["metadata"]["namespace"] = json!("shop");
    let answer = ask(&cloud.webhook("", &[&pull]), "/mutate", &review).await;
    assert!(answer.allowed(), "{}", answer.message());
    assert_eq!(cloud.calls(), 0);
}

/// What the program says that is started with these options more.
async fn started(cloud: &Cloud, more: &[&str]) -> String {
    let folder = cloud.folder.path().display().to_string();
    let least = [
        "doorward-webhook",
        "--listen=127.0.0.1:0",
        "--admin-listen=127.0.0.1:0",
        "--tls-cert=nowhere.crt",
        "--tls-key=nowhere.key",
        "-f",
        &folder,
    ];
    let args = match Args::try_parse_from(least.iter().chain(more)) {
        Ok(args) => args,
        Err(error) => return error.to_string(),
    };
    match Running::start(&args).await {
        Ok(_) => panic!("it runs without a certificate"),
        Err(error) => format!("{error:#}"),
    }
}

#[tokio::test]
async fn providers_that_cannot_be_used_are_told_before_anything_else() {
    let cloud = Cloud::start().await;
    let file = cloud.folder.path().join("config.json");
    fs::write(&file, cloud.configuration()).unwrap();
    let config = format!("--image-credential-provider-config={}", file.display());
    let folder = format!(
        "--image-credential-provider-bin-dir={}",
        cloud.folder.path().display()
    );
    let told = started(&cloud, &[&config]).await;
    assert!(
        told.contains("--image-credential-provider-bin-dir"),
        "{told}"
    );
    let told = started(&cloud, &[&folder]).await;
    assert!(
        told.contains("--image-credential-provider-config"),
        "{told}"
    );
    let told = started(&cloud, &[&config, &folder]).await;
    assert!(
        told.starts_with("the credential providers cannot be used: "),
        "{told}"
    );
    assert!(told.ends_with("it is not installed"), "{told}");
    fs::write(
        &file,
        cloud.configuration().replace("matchImages", "matchImage"),
    )
    .unwrap();
    let told = started(&cloud, &[&config, &folder]).await;
    assert!(told.contains("did you mean `matchImages`?"), "{told}");
    cloud.provider("");
    fs::write(&file, cloud.configuration()).unwrap();
    let told = started(&cloud, &[&config, &folder]).await;
    assert!(told.contains("nowhere.crt"), "{told}");
}
