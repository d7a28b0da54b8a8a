//! The webhook as it is deployed, over TLS, against images that gpg and skopeo left in a docker-registry, and against
//! collections that notary published to notary-server.
//!
//! The harness, the images and what must become of them are those of the interoperability tests of `doorward-cli`.

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
#[path = "../../cli/tests/interop/http.rs"]
mod http;
#[path = "../../cli/tests/interop/image.rs"]
mod image;
#[path = "../../cli/tests/interop/lookaside.rs"]
mod lookaside;
#[path = "../../cli/tests/interop/notary/mod.rs"]
mod notary;
#[path = "../../cli/tests/interop/process.rs"]
mod process;
#[path = "../../cli/tests/interop/registry.rs"]
mod registry;
#[path = "../../cli/tests/interop/site.rs"]
mod site;
#[path = "../../cli/tests/interop/skopeo.rs"]
mod skopeo;
#[path = "../../cli/tests/interop/tools.rs"]
mod tools;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use cases::Cases;
use doorward_testkit::TlsAuthority;
use image::Image;
use notary::proxy::Tampering;
use notary::{GUN, Keys, TokenService, TrustSite, pins, pull_secret};
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
    /// Starts it by these objects, with its certificate and what it remembers in `files`. `plain` are servers
    /// without TLS.
    fn start(files: &Path, plain: &[SocketAddr], objects: &Path) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let authority = TlsAuthority::new();
        let issued = authority.issue("127.0.0.1");
        let (certificate, key) = (files.join("tls.crt"), files.join("tls.key"));
        std::fs::write(&certificate, issued.certificate_pem).unwrap();
        std::fs::write(&key, issued.key_pem).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorward-webhook"));
        for plain in plain {
            command.arg("--plain-http").arg(plain.to_string());
        }
        let mut process = command
            .env_clear()
            .args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
            .args(["--log-format", "json"])
            .arg("--state-dir")
            .arg(files.join("state"))
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
        self.review_with(path, image, &[]).await
    }

    /// The same for a Pod that names pull secrets.
    async fn review_with(&self, path: &str, image: &str, secrets: &[&str]) -> Value {
        let secrets: Vec<Value> = secrets.iter().map(|name| json!({"name": name})).collect();
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
                    "spec": {
                        "containers": [{"name": "app", "image": image}],
                        "imagePullSecrets": secrets,
                    },
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

/// What the image of the only container is replaced by.
fn patched_image(response: &Value) -> Value {
    let patch = response["patch"].as_str().expect("a patch");
    let patch: Vec<Value> =
        serde_json::from_slice(&BASE64_STANDARD.decode(patch).unwrap()).unwrap();
    let image = patch
        .iter()
        .find(|operation| operation["path"] == "/spec/containers/0/image");
    image.expect("the image is patched")["value"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_webhook_admits_what_was_signed_and_pins_it() {
    let Some(site) = Site::set_up() else { return };
    let Cases { objects, cases, .. } = Cases::prepare(&site);
    let webhook = Webhook::start(
        site.files(),
        &[site.registry.address(), site.lookaside.address()],
        &objects,
    );
    for case in cases {
        let response = webhook.review("/mutate", &case.reference).await;
        match &case.expected {
            Ok(digest) => {
                assert_eq!(response["allowed"], true, "{}: {response}", case.reference);
                let pinned = format!("{}@{digest}", case.repository());
                // What is pinned already needs no patch; the validating side agrees with what it finds.
                if case.reference != pinned {
                    assert_eq!(patched_image(&response), pinned);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_webhook_pins_what_a_trust_server_releases_to_those_who_may_read_it() {
    let Some(tokens) = TokenService::start() else {
        return;
    };
    let Some(site) = TrustSite::protected_by(&tokens) else {
        return;
    };
    let image = Image::new("one");
    site.publisher.init();
    site.publisher.add("targets", "1", &image);
    let trust = pins(&[&site.publisher.root_key_id()]);
    let server = site.proxy.address();
    let pull_secret = pull_secret(server, notary::PASSWORD);
    let objects = site.objects("objects.json", trust, &[pull_secret]);
    let webhook = Webhook::start(site.files(), &[server, tokens.address()], &objects);

    let (tag, pinned) = (format!("{GUN}:1"), format!("{GUN}@{}", image.digest()));
    let allowed = webhook.review_with("/mutate", &tag, &["pull"]).await;
    assert_eq!(allowed["allowed"], true, "{allowed}");
    assert_eq!(patched_image(&allowed), pinned);
    let again = webhook.review_with("/validate", &pinned, &["pull"]).await;
    assert_eq!(again["allowed"], true, "{again}");

    let unsigned = format!("{GUN}:2");
    for (image, secrets, code) in [
        (&tag, &[][..], "notary-server-unauthorized"),
        (&unsigned, &["pull"][..], "notary-not-released"),
    ] {
        let denied = webhook.review_with("/mutate", image, secrets).await;
        assert_eq!(denied["allowed"], false, "{denied}");
        assert_eq!(denied["patch"], Value::Null);
        let message = denied["status"]["message"].as_str().expect("a message");
        assert!(message.contains(code), "{message}");
        assert!(!message.contains(notary::PASSWORD), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_starts_again_remembers_what_it_saw_of_a_trust_server() {
    let Some(site) = TrustSite::set_up(Keys::Local) else {
        return;
    };
    let [one, two] = ["one", "two"].map(Image::new);
    site.publisher.init();
    site.publisher.add("targets", "1", &one);
    let trust = pins(&[&site.publisher.root_key_id()]);
    let objects = site.objects("objects.json", trust, &[]);
    let tag = format!("{GUN}:1");

    let webhook = Webhook::start(site.files(), &[], &objects);
    let first = webhook.review("/mutate", &tag).await;
    let pinned = |image: &Image| format!("{GUN}@{}", image.digest());
    assert_eq!(patched_image(&first), pinned(&one));
    let earlier = site.proxy.take_recording();
    site.publisher.add("targets", "1", &two);
    let second = webhook.review("/mutate", &tag).await;
    assert_eq!(patched_image(&second), pinned(&two));
    drop(webhook);

    site.proxy.tamper(Tampering::Replay(earlier));
    let webhook = Webhook::start(site.files(), &[], &objects);
    let third = webhook.review("/mutate", &tag).await;
    assert_eq!(third["allowed"], false, "{third}");
    let message = third["status"]["message"].as_str().expect("a message");
    assert!(message.contains("notary-rollback"), "{message}");

    site.proxy.tamper(Tampering::None);
    let fourth = webhook.review("/mutate", &tag).await;
    assert_eq!(patched_image(&fourth), pinned(&two));
}
