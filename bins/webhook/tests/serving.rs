//! The running program: sockets, certificates, files that change, shutdown.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

#[path = "serving/advisor.rs"]
mod advisor;
#[path = "serving/alerts.rs"]
mod alerts;
#[path = "serving/draining.rs"]
mod draining;
#[path = "serving/keys.rs"]
mod keys;
#[path = "serving/outbound.rs"]
mod outbound;
#[path = "serving/policies.rs"]
mod policies;
#[cfg(unix)]
#[path = "serving/samples.rs"]
mod samples;
mod support;
#[path = "serving/tools.rs"]
mod tools;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use doorward_testkit::{IssuedCertificate, TlsAuthority};
use doorward_webhook::{Args, Running};
use rcgen::{CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use reqwest::{Certificate, Client, ClientBuilder, Identity, Version};
use serde_json::Value;
use support::{REJECT, Site, UNCHECKED, pod};

struct Files {
    directory: tempfile::TempDir,
    authority: TlsAuthority,
}

impl Files {
    fn new(policy: &str) -> Self {
        // Whichever test comes first; the others find it there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let files = Self {
            directory: tempfile::tempdir().unwrap(),
            authority: TlsAuthority::new(),
        };
        files.write("policy.yaml", policy);
        files.serve(&files.authority.issue("127.0.0.1"));
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path("new"), text).unwrap();
        fs::rename(self.path("new"), self.path(name)).unwrap();
    }

    fn serve(&self, issued: &IssuedCertificate) {
        self.write("tls.crt", &issued.certificate_pem);
        self.write("tls.key", &issued.key_pem);
    }

    fn args(&self, more: &[&str]) -> Args {
        let text = |name: &str| self.path(name).display().to_string();
        let mut args = [
            "doorward-webhook",
            "--listen",
            "127.0.0.1:0",
            "--admin-listen",
            "127.0.0.1:0",
        ]
        .map(str::to_owned)
        .to_vec();
        for (option, value) in [
            ("-f", "policy.yaml"),
            ("--tls-cert", "tls.crt"),
            ("--tls-key", "tls.key"),
        ] {
            args.extend([option.to_owned(), text(value)]);
        }
        args.extend(more.iter().map(|&arg| arg.to_owned()));
        Args::parse_from(args)
    }

    async fn start(&self, more: &[&str]) -> Running {
        Running::start(&self.args(more)).await.unwrap()
    }
}

fn client(authority: &TlsAuthority) -> ClientBuilder {
    Client::builder()
        .tls_certs_only([Certificate::from_pem(authority.ca_pem().as_bytes()).unwrap()])
        .no_proxy()
        .timeout(Duration::from_secs(10))
}

async fn allowed(client: &Client, running: &Running) -> Result<(bool, Version), reqwest::Error> {
    let url = format!("https://{}/mutate", running.address);
    let answer = client
        .post(url)
        .json(&pod(&["r.example/app:1"]))
        .send()
        .await?;
    let version = answer.version();
    let answer: Value = answer.json().await?;
    Ok((answer["response"]["allowed"].as_bool().unwrap(), version))
}

/// Asks until the answer is `wanted`.
async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..100 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it did not come to be within ten seconds");
}

async fn health(running: &Running, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("http://{}{path}", running.admin_address))
        .await
        .unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// When the policies were last looked at, as the metrics say.
async fn last_look(running: &Running) -> f64 {
    const NAME: &str = "doorward_policies_last_look_timestamp_seconds ";
    let metrics = health(running, "/metrics").await.1;
    let value = metrics.lines().find_map(|line| line.strip_prefix(NAME));
    value.unwrap().parse().unwrap()
}

#[tokio::test]
async fn reviews_are_taken_over_h2_and_http_1() {
    let files = Files::new(UNCHECKED);
    let running = files.start(&[]).await;
    let h2 = client(&files.authority).build().unwrap();
    assert_eq!(
        allowed(&h2, &running).await.unwrap(),
        (true, Version::HTTP_2)
    );
    let http1 = client(&files.authority).http1_only().build().unwrap();
    assert_eq!(
        allowed(&http1, &running).await.unwrap(),
        (true, Version::HTTP_11)
    );
    assert_eq!(health(&running, "/livez").await.0, 200);
    assert_eq!(health(&running, "/readyz").await.0, 200);
    let (_, metrics) = health(&running, "/metrics").await;
    let line =
        r#"doorward_admission_requests_total{kind="Pod",operation="CREATE",verdict="allow"} 2"#;
    assert!(metrics.contains(line), "{metrics}");
}

#[tokio::test]
async fn nobody_gets_in_without_tls_and_metrics_are_not_on_the_admission_port() {
    let files = Files::new(UNCHECKED);
    let running = files.start(&[]).await;
    assert!(
        reqwest::get(format!("http://{}/mutate", running.address))
            .await
            .is_err()
    );
    let stranger = client(&TlsAuthority::new()).build().unwrap();
    assert!(allowed(&stranger, &running).await.is_err());
    let known = client(&files.authority).build().unwrap();
    let answer = known
        .get(format!("https://{}/metrics", running.address))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 404);
}

#[tokio::test]
async fn a_changed_certificate_is_served_and_half_a_change_is_not() {
    let files = Files::new(UNCHECKED);
    let running = files.start(&[]).await;
    let fresh = |authority: &TlsAuthority| client(authority).build().unwrap();
    let next = TlsAuthority::new();
    let issued = next.issue("127.0.0.1");
    files.write("tls.crt", &issued.certificate_pem);
    let failed = r#"doorward_reloads_total{outcome="failed",source="certificate"} 1"#;
    eventually(async || health(&running, "/metrics").await.1.contains(failed)).await;
    assert!(
        allowed(&fresh(&files.authority), &running).await.is_ok(),
        "the old pair is still served"
    );
    assert!(allowed(&fresh(&next), &running).await.is_err());
    files.write("tls.key", &issued.key_pem);
    eventually(async || allowed(&fresh(&next), &running).await.is_ok()).await;
    assert!(allowed(&fresh(&files.authority), &running).await.is_err());
}

fn client_identity() -> (String, Identity) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let mut params = CertificateParams::new(vec!["apiserver".to_owned()]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let pem = format!("{}{}", certificate.pem(), key.serialize_pem());
    (issuer.pem(), Identity::from_pem(pem.as_bytes()).unwrap())
}

#[tokio::test]
async fn with_a_client_authority_only_its_clients_get_in() {
    let files = Files::new(UNCHECKED);
    let (authority, identity) = client_identity();
    let (_, stranger) = client_identity();
    files.write("clients.pem", &authority);
    let path = files.path("clients.pem").display().to_string();
    let running = files.start(&["--client-ca", &path]).await;
    let with = |identity| client(&files.authority).identity(identity).build().unwrap();
    assert!(allowed(&with(identity), &running).await.unwrap().0);
    assert!(allowed(&with(stranger), &running).await.is_err());
    assert!(
        allowed(&client(&files.authority).build().unwrap(), &running)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_review_in_flight_ends_after_shutdown_began_and_new_ones_find_nobody() {
    let site = Site::start().await;
    let (image, _) = site.signed("app");
    let files = Files::new(&format!("{}---\n{}", site.policy(""), site.key()));
    let running = files
        .start(&[
            "--plain-http",
            &format!("{},{}", site.registry.address(), site.store.address()),
        ])
        .await;
    site.registry.set_latency(Duration::from_millis(600));
    let url = format!("https://{}/mutate", running.address);
    let (address, admin_address) = (running.address, running.admin_address);
    let client = client(&files.authority).build().unwrap();
    let slow = tokio::spawn(client.post(&url).json(&pod(&[&image])).send());
    tokio::time::sleep(Duration::from_millis(300)).await;
    let stopping = tokio::spawn(running.stop(Duration::from_millis(400), Duration::from_secs(10)));
    tokio::time::sleep(Duration::from_millis(100)).await;
    let ready = reqwest::get(format!("http://{admin_address}/readyz"))
        .await
        .unwrap();
    assert_eq!(
        ready.status().as_u16(),
        503,
        "readiness fails while reviews are still taken"
    );
    assert!(tokio::net::TcpStream::connect(address).await.is_ok());
    let answer: Value = slow.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(answer["response"]["allowed"], true, "{answer}");
    stopping.await.unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn what_is_wrong_at_the_start_is_said_by_name() {
    let files = Files::new(UNCHECKED);
    let refused =
        async |args: Args| format!("{:#}", Running::start(&args).await.expect_err("refused"));
    let with = |change: fn(&mut Args)| {
        let mut args = files.args(&[]);
        change(&mut args);
        args
    };
    assert!(
        refused(with(|args| args.serving.tls_cert = Some("none.crt".into())))
            .await
            .contains("none.crt")
    );
    assert!(
        refused(with(|args| args.filenames = vec!["none".into()]))
            .await
            .contains("none")
    );
    assert!(
        refused(with(|args| args.client_ca = Some("none.pem".into())))
            .await
            .contains("none.pem")
    );
    assert!(
        refused(with(|args| args.ca_files = vec!["none.ca".into()]))
            .await
            .contains("none.ca")
    );
}

#[tokio::test]
async fn a_start_with_policies_that_cannot_be_read_comes_up_and_denies() {
    for text in ["kind: [", "", "apiVersion: doorward.dev/v1\n"] {
        let files = Files::new(text);
        let running = files.start(&[]).await;
        let client = client(&files.authority).build().unwrap();
        assert!(!allowed(&client, &running).await.unwrap().0, "{text:?}");
        let (status, ready) = health(&running, "/readyz").await;
        assert!(
            status == 200 && ready.contains("wrong in policies or beside them"),
            "{ready}"
        );
        let metrics = health(&running, "/metrics").await.1;
        let invalid = r#"doorward_policies{kind="ClusterImagePolicy",state="invalid"} 1"#;
        assert!(metrics.contains(invalid), "{metrics}");
    }
}

#[tokio::test]
async fn a_state_directory_that_cannot_be_used_stops_the_start() {
    let files = Files::new(UNCHECKED);
    let nowhere = files.path("not/there").display().to_string();
    let error = Running::start(&files.args(&["--state-dir", &nowhere]))
        .await
        .unwrap_err();
    let text = format!("{error:#}");
    assert!(text.contains("the state directory"), "{text}");
    assert!(text.contains("not/there"), "{text}");
}

#[tokio::test]
async fn a_trust_server_that_is_out_keeps_nothing_from_being_ready() {
    let policy = "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: trust}\nspec: {repositories: \
                  [{name: '*', policy: {trust: {enabled: true, trustServer: 'http://127.0.0.1:1', pins: \
                  {trustOnFirstUse: true}}}}]}\n";
    let files = Files::new(policy);
    let state = files.path("state").display().to_string();
    let running = files.start(&["--state-dir", &state]).await;
    let url = format!("http://{}/readyz", running.admin_address);
    assert!(reqwest::get(&url).await.unwrap().status().is_success());
    let client = client(&files.authority).build().unwrap();
    assert!(!allowed(&client, &running).await.unwrap().0);
    assert!(reqwest::get(&url).await.unwrap().status().is_success());
    assert!(files.path("state").is_dir());
    running.stop(Duration::ZERO, Duration::from_secs(1)).await;
}
