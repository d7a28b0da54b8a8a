//! The webhook as it is deployed, over TLS, against images that gpg and skopeo left in a docker-registry.
//!
//! The images and what must become of them are those of the interoperability tests of `doorward-cli`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    dead_code,
    reason = "a test stops at what it cannot do, and uses a part of a harness that another shares"
)]

#[path = "../../cli/tests/interop/cases.rs"]
mod cases;
#[path = "../../cli/tests/interop/gpg.rs"]
mod gpg;
#[path = "../../cli/tests/interop/image.rs"]
mod image;
#[path = "../../cli/tests/interop/lookaside.rs"]
mod lookaside;
#[path = "../../cli/tests/interop/registry.rs"]
mod registry;
#[path = "../../cli/tests/interop/site.rs"]
mod site;
#[path = "../../cli/tests/interop/skopeo.rs"]
mod skopeo;
#[path = "../../cli/tests/interop/tools.rs"]
mod tools;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use cases::Cases;
use doorward_testkit::TlsAuthority;
use reqwest::{Certificate, Client};
use serde_json::{Value, json};
use site::Site;

/// The running program.
struct Webhook {
    process: Child,
    address: String,
    client: Client,
}

impl Webhook {
    fn start(site: &Site, objects: &Path) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let authority = TlsAuthority::new();
        let issued = authority.issue("127.0.0.1");
        let (certificate, key) = (site.files().join("tls.crt"), site.files().join("tls.key"));
        std::fs::write(&certificate, issued.certificate_pem).unwrap();
        std::fs::write(&key, issued.key_pem).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_doorward-webhook"))
            .env_clear()
            .args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
            .args(["--log-format", "json", "--plain-http"])
            .arg(site.registry.address().to_string())
            .arg("--filename")
            .arg(objects)
            .arg("--tls-cert")
            .arg(certificate)
            .arg("--tls-key")
            .arg(key)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let address = listening(&mut process);
        let client = Client::builder()
            .tls_certs_only([Certificate::from_pem(authority.ca_pem().as_bytes()).unwrap()])
            .no_proxy()
            .timeout(Duration::from_secs(15))
            .build()
            .unwrap();
        Self {
            process,
            address,
            client,
        }
    }

    /// Asks as the API server does when a Pod with this image is created.
    async fn review(&self, path: &str, image: &str) -> Value {
        let review = json!({
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "request": {
                "uid": "9c1d9c0e-0001",
                "operation": "CREATE",
                "namespace": "team",
                "resource": {"group": "", "version": "v1", "resource": "pods"},
                "object": {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": {"name": "app", "namespace": "team"},
                    "spec": {"containers": [{"name": "app", "image": image}]},
                },
            },
        });
        let url = format!("https://{}{path}", self.address);
        let answer = self.client.post(url).json(&review).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json::<Value>().await.unwrap()["response"].clone()
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads the log until the program says where it listens.
fn listening(process: &mut Child) -> String {
    let stdout = process.stdout.take().unwrap();
    let stderr = process.stderr.take().unwrap();
    let (sender, lines) = std::sync::mpsc::channel();
    for stream in [
        Box::new(stdout) as Box<dyn std::io::Read + Send>,
        Box::new(stderr),
    ] {
        let sender = sender.clone();
        // Reads on to the end, so that the program never waits for somebody to read its log.
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
    }
    let mut log = String::new();
    while let Ok(line) = lines.recv_timeout(Duration::from_secs(30)) {
        if let Some(address) = address(&line) {
            return address;
        }
        log.push_str(&line);
        log.push('\n');
    }
    panic!("the webhook does not listen:\n{log}");
}

fn address(line: &str) -> Option<String> {
    let entry: Value = serde_json::from_str(line).ok()?;
    let fields = entry.get("fields").unwrap_or(&entry);
    Some(fields.get("address")?.as_str()?.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_webhook_admits_what_was_signed_and_pins_it() {
    let Some(site) = Site::set_up() else { return };
    let Cases { objects, cases, .. } = Cases::prepare(&site);
    let webhook = Webhook::start(&site, &objects);
    for case in cases {
        let response = webhook.review("/mutate", &case.reference).await;
        match &case.expected {
            Ok(digest) => {
                assert_eq!(response["allowed"], true, "{}: {response}", case.reference);
                let pinned = format!("{}@{digest}", case.repository());
                // What is pinned already needs no patch; the validating side agrees with what it finds.
                if case.reference != pinned {
                    let patch = response["patch"].as_str().expect("a patch");
                    let patch: Value =
                        serde_json::from_slice(&BASE64_STANDARD.decode(patch).unwrap()).unwrap();
                    let image = patch
                        .as_array()
                        .unwrap()
                        .iter()
                        .find(|operation| operation["path"] == "/spec/containers/0/image");
                    assert_eq!(image.expect("the image is patched")["value"], pinned);
                }
                let again = webhook.review("/validate", &pinned).await;
                assert_eq!(again["allowed"], true, "{pinned}: {again}");
                assert_eq!(again["patch"], Value::Null);
            }
            Err(_) => {
                assert_eq!(response["allowed"], false, "{}", case.reference);
                assert_eq!(response["patch"], Value::Null);
                let message = response["status"]["message"].as_str().expect("a message");
                assert!(
                    case.codes_under_objects()
                        .iter()
                        .any(|code| message.contains(code)),
                    "{}: {message}",
                    case.reference
                );
                assert!(message.contains(&case.reference), "{message}");
            }
        }
    }
}
