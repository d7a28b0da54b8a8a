//! The program, asked as Gatekeeper asks it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use doorward_testkit::TlsAuthority;
use reqwest::{Certificate, Client, Identity};
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_doorward-gatekeeper");
const POLICY: &str = "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: all}\n\
                      spec: {repositories: [{name: 'r.example/*', policy: {unchecked: true}}]}\n";

struct Program {
    child: Child,
    address: String,
}

impl Program {
    fn start(folder: &Path) -> Self {
        let path = |name: &str| folder.join(name).display().to_string();
        let mut child = Command::new(PROGRAM)
            .args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
            .args([
                "-f",
                &path("policy.yaml"),
                "--client-ca",
                &path("gatekeeper.crt"),
            ])
            .args([
                "--tls-cert",
                &path("tls.crt"),
                "--tls-key",
                &path("tls.key"),
            ])
            .env_clear()
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = log
            .find_map(|line| {
                let line: Value = serde_json::from_str(&line.unwrap()).ok()?;
                Some(line["address"].as_str()?.to_owned())
            })
            .expect("it says where it listens");
        // A full pipe would stop it.
        std::thread::spawn(move || log.for_each(drop));
        Self { child, address }
    }

    async fn ask(&self, client: &Client, keys: &[&str]) -> reqwest::Result<Value> {
        let body = json!({
            "apiVersion": "externaldata.gatekeeper.sh/v1beta1",
            "kind": "ProviderRequest",
            "request": {"keys": keys},
        });
        let url = format!("https://{}/validate", self.address);
        client.post(url).json(&body).send().await?.json().await
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn only_who_has_a_certificate_of_gatekeepers_authority_is_answered() {
    // Both sides use it, as programs do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let (ours, gatekeepers, others) = (
        TlsAuthority::new(),
        TlsAuthority::new(),
        TlsAuthority::new(),
    );
    let serving = ours.issue("127.0.0.1");
    for (name, content) in [
        ("policy.yaml", POLICY),
        ("gatekeeper.crt", gatekeepers.ca_pem()),
        ("tls.crt", &serving.certificate_pem),
        ("tls.key", &serving.key_pem),
    ] {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let program = Program::start(folder.path());
    let client = |authority: Option<&TlsAuthority>| {
        let root = Certificate::from_pem(ours.ca_pem().as_bytes()).unwrap();
        let builder = Client::builder().tls_certs_only([root]).no_proxy();
        let builder = match authority {
            None => builder,
            Some(authority) => {
                let own =
                    authority.issue_client("gatekeeper-webhook-service.gatekeeper-system.svc", &[]);
                let pem = format!("{}{}", own.certificate_pem, own.key_pem);
                builder.identity(Identity::from_pem(pem.as_bytes()).unwrap())
            }
        };
        builder.build().unwrap()
    };
    for stranger in [None, Some(&others)] {
        assert!(
            program
                .ask(&client(stranger), &["r.example/app:1"])
                .await
                .is_err()
        );
    }
    let known = client(Some(&gatekeepers));
    let answer = program
        .ask(&known, &["[shop]r.example/app:1", "other.example/app:1"])
        .await;
    let items = &answer.unwrap()["response"]["items"];
    assert_eq!(items[0]["value"]["isSuccess"], true);
    let error = items[1]["error"].as_str().unwrap();
    assert!(error.ends_with("[policy-no-match]"), "{error}");
}

#[test]
fn without_an_authority_of_who_may_ask_it_does_not_start() {
    let run = Command::new(PROGRAM)
        .args(["-f", "p", "--tls-cert", "c", "--tls-key", "k"])
        .env_clear()
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(2));
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.contains("--client-ca"), "{said}");
}
