//! Alerts, as a receiver of the operator gets them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum_server::tls_rustls::RustlsConfig;
use doorward_testkit::{Image, Registry};

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
