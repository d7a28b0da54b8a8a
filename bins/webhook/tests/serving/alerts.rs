//! Alerts, as a receiver of the operator gets them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum_server::tls_rustls::RustlsConfig;
use doorward_testkit::{
    Collection, Image, Lookaside, NotaryServer, Registry, SigstoreInstance, Target, tuf,
};

use super::*;

type Seen = Arc<Mutex<Vec<(HeaderMap, Value)>>>;

/// A receiver of events with a certificate for `127.0.0.1`.
struct Receiver {
    address: SocketAddr,
    seen: Seen,
    answer: Arc<Mutex<StatusCode>>,
}

impl Receiver {
    async fn start(authority: &TlsAuthority) -> Self {
        let issued = authority.issue("127.0.0.1");
        let (certificate, key) = (issued.certificate_pem, issued.key_pem);
        let tls = RustlsConfig::from_pem(certificate.into(), key.into());
        let tls = tls.await.unwrap();
        let seen = Seen::default();
        let answer = Arc::new(Mutex::new(StatusCode::ACCEPTED));
        let (into, with) = (Arc::clone(&seen), Arc::clone(&answer));
        let take = async move |headers: HeaderMap, body: Bytes| {
            let event = serde_json::from_slice(&body).unwrap();
            into.lock().unwrap().push((headers, event));
            *with.lock().unwrap()
        };
        let router = Router::new().route("/events", post(take));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let server = axum_server::from_tcp_rustls(listener, tls).unwrap();
        tokio::spawn(server.serve(router.into_make_service()));
        Self {
            address,
            seen,
            answer,
        }
    }

    fn url(&self) -> String {
        format!("https://{}/events", self.address)
    }

    fn seen(&self) -> Vec<(HeaderMap, Value)> {
        self.seen.lock().unwrap().clone()
    }

    fn of_type(&self, wanted: &str) -> Vec<Value> {
        let events = self.seen().into_iter().map(|(_, event)| event);
        events.filter(|event| event["type"] == wanted).collect()
    }
}

async fn ask(client: &Client, running: &Running, review: &Value) -> Value {
    let url = format!("https://{}/mutate", running.address);
    let answer = client.post(url).json(review).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    answer["response"].clone()
}

#[tokio::test]
async fn a_refusal_is_one_cloudevent_that_says_what_where_and_why_and_a_dry_run_is_none() {
    let files = Files::new(REJECT);
    let receiver = Receiver::start(&files.authority).await;
    files.write("ca.pem", files.authority.ca_pem());
    files.write("token", "s3cret\n");
    let path = |name: &str| files.path(name).display().to_string();
    let (authority, token, url) = (path("ca.pem"), path("token"), receiver.url());
    let running = files
        .start(&[
            "--alert-url",
            &url,
            "--alert-source",
            "https://clusters.example/one",
            "--alert-token-file",
            &token,
            "--ca-file",
            &authority,
        ])
        .await;
    let client = client(&files.authority).build().unwrap();
    let review = pod(&["r.example/app:1"]);
    let mut dry = review.clone();
    dry["request"]["dryRun"] = true.into();
    assert_eq!(ask(&client, &running, &dry).await["allowed"], false);
    for _ in 0..3 {
        assert_eq!(ask(&client, &running, &review).await["allowed"], false);
    }
    eventually(async || !receiver.seen().is_empty()).await;
    let counted = r#"doorward_alerts_total{about="denied",outcome="sent"} 1"#;
    eventually(async || health(&running, "/metrics").await.1.contains(counted)).await;
    let seen = receiver.seen();
    assert_eq!(seen.len(), 1, "{seen:#?}");
    let (headers, event) = &seen[0];
    assert_eq!(headers["content-type"], "application/cloudevents+json");
    assert_eq!(headers["authorization"], "Bearer s3cret");
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["source"], "https://clusters.example/one");
    assert_eq!(event["type"], "dev.doorward.image.denied.v1");
    let (namespace, name) = (
        review["request"]["namespace"].as_str().unwrap(),
        review["request"]["object"]["metadata"]["name"]
            .as_str()
            .unwrap(),
    );
    assert_eq!(event["subject"], format!("{namespace}/Pod/{name}"));
    let data = &event["data"];
    assert_eq!(data["image"], "r.example/app:1");
    assert_eq!(data["code"], "secret-not-found");
    assert_eq!(data["object"]["namespace"], namespace);
    assert_eq!(data["count"], 1);
    let message = data["message"].as_str().unwrap();
    assert!(message.contains("missing"), "{message}");
    assert!(!event.to_string().contains("s3cret"));
}

#[tokio::test]
async fn an_image_that_fails_in_mode_warn_would_be_denied_and_one_by_exception_is_excepted() {
    let registry = Registry::builder().start().await;
    for name in ["warned", "excepted", "fine"] {
        registry.push_image(name, "1", &Image::sample(name));
    }
    let entry = |name: &str, of_entry: &str, of_policy: &str, rule: &str| {
        format!(
            "  - name: '{}/{name}'\n{of_entry}    policy: {{{of_policy}simple: {{requirements: [{{type: {rule}}}]}}}}\n",
            registry.address()
        )
    };
    let policy = format!(
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: all}}\nspec:\n  repositories:\n{}{}{}---\n\
         apiVersion: doorward.dev/v1\nkind: ClusterImageException\n\
         metadata: {{name: hotfix, creationTimestamp: '{}'}}\n\
         spec:\n  images: ['{}/excepted']\n  codes: [simple-rejected-by-policy]\n  until: '{}'\n  reason: the key is lost\n",
        entry("warned", "", "mode: warn, ", "reject"),
        entry("excepted", "    exceptions: cluster\n", "", "reject"),
        entry("fine", "", "", "insecureAcceptAnything"),
        doorward_webhook::now(),
        registry.address(),
        doorward_core::Timestamp::from_unix(doorward_webhook::now().unix() + 86_400),
    );
    let files = Files::new(&policy);
    let receiver = Receiver::start(&files.authority).await;
    files.write("ca.pem", files.authority.ca_pem());
    let (authority, url) = (files.path("ca.pem").display().to_string(), receiver.url());
    let address = registry.address();
    let running = files
        .start(&[
            "--alert-url",
            &url,
            "--ca-file",
            &authority,
            "--plain-http",
            &address,
        ])
        .await;
    let client = client(&files.authority).build().unwrap();
    for name in ["warned", "excepted", "fine"] {
        let review = pod(&[&registry.reference(name, "1")]);
        let answer = ask(&client, &running, &review).await;
        assert_eq!(answer["allowed"], true, "{answer}");
    }
    eventually(async || receiver.seen().len() >= 2).await;
    let warned = receiver.of_type("dev.doorward.image.would-be-denied.v1");
    assert_eq!(warned.len(), 1, "{warned:#?}");
    assert_eq!(
        warned[0]["data"]["image"],
        registry.reference("warned", "1")
    );
    assert_eq!(warned[0]["data"]["became"], "admitted in mode warn");
    let excepted = receiver.of_type("dev.doorward.image.excepted.v1");
    assert_eq!(excepted.len(), 1, "{excepted:#?}");
    assert_eq!(
        excepted[0]["data"]["image"],
        registry.reference("excepted", "1")
    );
    assert_eq!(receiver.seen().len(), 2);
}

#[tokio::test]
async fn a_receiver_that_is_out_holds_up_no_review_and_has_the_alert_later() {
    let files = Files::new(REJECT);
    let receiver = Receiver::start(&files.authority).await;
    *receiver.answer.lock().unwrap() = StatusCode::SERVICE_UNAVAILABLE;
    files.write("ca.pem", files.authority.ca_pem());
    let (authority, url) = (files.path("ca.pem").display().to_string(), receiver.url());
    let running = files
        .start(&["--alert-url", &url, "--ca-file", &authority])
        .await;
    let client = client(&files.authority).build().unwrap();
    for number in 0..20 {
        let review = pod(&[&format!("r.example/app:{number}")]);
        assert_eq!(ask(&client, &running, &review).await["allowed"], false);
    }
    eventually(async || !receiver.seen().is_empty()).await;
    *receiver.answer.lock().unwrap() = StatusCode::OK;
    let sent = "doorward_alerts_total{about=\"denied\",outcome=\"sent\"} 20\n";
    // The next try may be half a minute away on a machine that is slow.
    for _ in 0..6 {
        if health(&running, "/metrics").await.1.contains(sent) {
            break;
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    let metrics = health(&running, "/metrics").await.1;
    assert!(metrics.contains(sent), "{metrics}");
    let seen = receiver.seen();
    assert_eq!(seen[0].1["id"], seen[1].1["id"]);
}

#[tokio::test]
async fn a_tag_that_came_back_after_it_was_pinned_is_an_alert() {
    let registry = Registry::builder().start().await;
    registry.push_image("app", "1", &Image::sample("app"));
    let policy = format!(
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: all}}\nspec:\n  repositories:\n  \
         - {{name: '{}/*', policy: {{simple: {{requirements: [{{type: insecureAcceptAnything}}]}}}}}}\n",
        registry.address()
    );
    let files = Files::new(&policy);
    let receiver = Receiver::start(&files.authority).await;
    files.write("ca.pem", files.authority.ca_pem());
    let (authority, url) = (files.path("ca.pem").display().to_string(), receiver.url());
    let address = registry.address();
    let options = [
        "--alert-url",
        &url,
        "--ca-file",
        &authority,
        "--plain-http",
        &address,
    ];
    let running = files.start(&options).await;
    let client = client(&files.authority).build().unwrap();
    let review = pod(&[&registry.reference("app", "1")]);
    assert_eq!(ask(&client, &running, &review).await["allowed"], true);
    let url = format!("https://{}/validate", running.address);
    let answer = client.post(url).json(&review).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["response"]["allowed"], false, "{answer}");
    eventually(async || !receiver.seen().is_empty()).await;
    let seen = receiver.of_type("dev.doorward.image.denied.v1");
    assert_eq!(seen.len(), 1, "{seen:#?}");
    assert_eq!(seen[0]["data"]["code"], "admission-not-pinned");
    assert_eq!(seen[0]["data"]["inconclusive"], false);
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn a_receiver_on_http_elsewhere_is_refused_at_the_start() {
    let files = Files::new(REJECT);
    let args = files.args(&["--alert-url", "http://sink.example/events"]);
    let refused = Running::start(&args).await.unwrap_err();
    let told = format!("{refused:#}");
    assert!(told.contains("receiver of notices"), "{told}");
}

/// Deletes what is remembered in a state directory, and not that it was.
fn forget(folder: &std::path::Path) -> usize {
    let mut forgotten = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            forgotten += forget(&path);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            fs::remove_file(path).unwrap();
            forgotten += 1;
        }
    }
    forgotten
}

#[tokio::test]
async fn remembered_trust_that_somebody_deletes_between_two_reviews_is_one_alert() {
    const GUN: &str = "registry.example/team/app";
    let mut collection = Collection::new(GUN, doorward_webhook::now());
    collection.add_target("1", Target::image(&Image::sample("app")));
    let server = NotaryServer::builder().start().await;
    server.publish(&collection.publish());
    let policy = format!(
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: all}}\nspec:\n  repositories:\n  \
         - {{name: 'registry.example/*', policy: {{trust: {{enabled: true, trustServer: '{}', pins: {{rootKeyIds: [{}]}}}}}}}}\n",
        server.url(),
        collection.root_key_id(),
    );
    let files = Files::new(&policy);
    let receiver = Receiver::start(&files.authority).await;
    files.write("ca.pem", files.authority.ca_pem());
    let (authority, url) = (files.path("ca.pem").display().to_string(), receiver.url());
    let state = files.path("state");
    let options = [
        "--alert-url",
        &url,
        "--ca-file",
        &authority,
        "--plain-http",
        server.url().strip_prefix("http://").unwrap(),
        "--state-dir",
        &state.display().to_string(),
        // What was verified a moment ago is looked at again.
        "--proof-lifetime=0s",
    ]
    .map(str::to_owned);
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let running = files.start(&options).await;
    let client = client(&files.authority).build().unwrap();
    let review = pod(&[&format!("{GUN}:1")]);
    let asked = async || {
        let answer = ask(&client, &running, &review).await;
        assert_eq!(answer["allowed"], true, "{answer}");
    };
    asked().await;
    asked().await;
    assert!(forget(&state) > 0, "nothing was remembered");
    for _ in 0..3 {
        asked().await;
    }
    let counted = r#"doorward_alerts_total{about="trust-lost",outcome="sent"} 1"#;
    eventually(async || health(&running, "/metrics").await.1.contains(counted)).await;
    let seen = receiver.seen();
    assert_eq!(seen.len(), 1, "{seen:#?}");
    let event = &seen[0].1;
    assert_eq!(event["type"], "dev.doorward.trust.lost.v1");
    let data = &event["data"];
    assert_eq!(data["count"], 1);
    assert_eq!(data["object"]["namespace"], review["request"]["namespace"]);
    let message = data["message"].as_str().unwrap();
    assert!(message.contains(GUN), "{message}");
}

#[tokio::test]
async fn a_remembered_trusted_root_that_somebody_deletes_between_two_starts_is_one_alert() {
    let instance = SigstoreInstance::start_blocking("corp");
    let repository = Lookaside::builder().start().await;
    let mut release = tuf::Release::new(1);
    let trusted_root = instance.trusted_root().to_string();
    release.targets = vec![tuf::target("trusted_root.json", trusted_root.as_bytes())];
    for (path, bytes) in release.files() {
        repository.put_file(path.trim_start_matches("metadata/"), bytes);
    }
    let registry = Registry::builder().start().await;
    registry.push_image("app", "1", &Image::sample("app"));
    let policy = format!(
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: all}}\nspec:\n  repositories:\n  \
         - {{name: '{}/*', policy: {{sigstore: {{authorities: [{{keyless: {{issuer: 'https://i.example', subject: s}}, \
         trustRoot: corp}}]}}}}}}\n",
        registry.address()
    );
    let files = Files::new(&policy);
    let receiver = Receiver::start(&files.authority).await;
    files.write("ca.pem", files.authority.ca_pem());
    fs::write(files.path("root.json"), tuf::Release::first_root(true)).unwrap();
    let path = |name: &str| files.path(name).display().to_string();
    let url = repository.url();
    let options = [
        format!("--alert-url={}", receiver.url()),
        format!("--ca-file={}", path("ca.pem")),
        format!(
            "--plain-http={},{}",
            registry.address(),
            url.strip_prefix("http://").unwrap()
        ),
        format!("--state-dir={}", path("state")),
        format!("--trust-root=corp={}@{url}", path("root.json")),
    ];
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let args = files.args(&options);
    let client = client(&files.authority).build().unwrap();
    let review = pod(&[&registry.reference("app", "1")]);
    for start in 0..2 {
        let mut pace = doorward_webhook::Pace::default();
        pace.ahead = Duration::from_millis(100);
        let here = tokio::runtime::Handle::current();
        let running = Running::start_at_pace(&here, &args, pace).await.unwrap();
        let answer = ask(&client, &running, &review).await;
        // The root was had, and no signature is there.
        let said = answer["status"]["message"].as_str().unwrap();
        assert!(said.contains("sigstore-none"), "{said}");
        if start == 0 {
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert_eq!(
                receiver.of_type("dev.doorward.trust.lost.v1"),
                Vec::<Value>::new()
            );
            assert!(forget(&files.path("state")) > 0, "nothing was remembered");
            continue;
        }
        eventually(async || !receiver.of_type("dev.doorward.trust.lost.v1").is_empty()).await;
        // Later looks tell nothing else.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let lost = receiver.of_type("dev.doorward.trust.lost.v1");
        assert_eq!(lost.len(), 1, "{lost:#?}");
        let message = lost[0]["data"]["message"].as_str().unwrap();
        assert!(
            message.contains("the trusted root corp was deleted"),
            "{message}"
        );
    }
}
