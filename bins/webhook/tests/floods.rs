//! Clients that hold what others need: bodies that do not end, connections without a request.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::time::Duration;

use axum::body::Bytes;
use clap::Parser;
use doorward_testkit::TlsAuthority;
use doorward_webhook::{Args, Running};
use futures::StreamExt;
use reqwest::{Body, Certificate, Client};
use serde_json::Value;
use support::{UNCHECKED, pod};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;
use tokio::time::timeout;

struct Served {
    running: Running,
    authority: TlsAuthority,
    _directory: tempfile::TempDir,
}

impl Served {
    async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let directory = tempfile::tempdir().unwrap();
        let authority = TlsAuthority::new();
        let issued = authority.issue("127.0.0.1");
        let path = |name: &str, text: &str| {
            let path = directory.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let policy = path("policy.yaml", UNCHECKED);
        let certificate = path("tls.crt", &issued.certificate_pem);
        let key = path("tls.key", &issued.key_pem);
        let args = Args::parse_from([
            "doorward-webhook",
            "--listen",
            "127.0.0.1:0",
            "--admin-listen",
            "127.0.0.1:0",
            "-f",
            &policy,
            "--tls-cert",
            &certificate,
            "--tls-key",
            &key,
        ]);
        Self {
            running: Running::start(&args).await.unwrap(),
            authority,
            _directory: directory,
        }
    }

    fn client(&self, http1: bool) -> Client {
        let authority = Certificate::from_pem(self.authority.ca_pem().as_bytes()).unwrap();
        let client = Client::builder()
            .tls_certs_only([authority])
            .no_proxy()
            .timeout(Duration::from_secs(60));
        let client = if http1 { client.http1_only() } else { client };
        client.build().unwrap()
    }

    fn url(&self) -> String {
        format!("https://{}/mutate", self.running.address)
    }

    async fn is_answered(&self) -> bool {
        let answer = self
            .client(false)
            .post(self.url())
            .json(&pod(&["r.example/app:1"]))
            .send()
            .await
            .unwrap();
        if !answer.status().is_success() {
            return false;
        }
        let answer: Value = answer.json().await.unwrap();
        answer["response"]["allowed"].as_bool().unwrap()
    }

    async fn metrics(&self) -> String {
        let url = format!("http://{}/metrics", self.running.admin_address);
        reqwest::get(url).await.unwrap().text().await.unwrap()
    }
}

/// Sends bodies that do not end, and waits until all of them are on their way.
async fn slow_bodies(url: &str, client: &Client, count: usize) -> JoinSet<u16> {
    let (sent, mut receiver) = unbounded_channel();
    let mut slow = JoinSet::new();
    for _ in 0..count {
        let sent = sent.clone();
        let first = futures::stream::once(async move {
            let _ = sent.send(());
            Ok::<_, std::io::Error>(Bytes::from_static(b"{"))
        });
        let request = client
            .post(url)
            .header("content-type", "application/json")
            .body(Body::wrap_stream(first.chain(futures::stream::pending())))
            .send();
        slow.spawn(async move { request.await.map_or(0, |answer| answer.status().as_u16()) });
    }
    for _ in 0..count {
        receiver.recv().await.unwrap();
    }
    slow
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_one_byte_bodies_does_not_shut_out_a_review() {
    let served = Served::start().await;
    let attacker = served.client(true);
    let mut slow = Vec::new();
    for _ in 0..3 {
        slow.push(slow_bodies(&served.url(), &attacker, 100).await);
        assert!(served.is_answered().await);
    }
    // They are given up long before the deadline of a review.
    for mut some in slow {
        assert_eq!(some.join_next().await.unwrap().unwrap(), 408);
    }
    let metrics = served.metrics().await;
    assert!(
        metrics.contains(r#"doorward_http_rejections_total{reason="body-too-slow"}"#),
        "{metrics}"
    );
    assert!(!metrics.contains(r#"reason="overloaded""#), "{metrics}");
}

#[tokio::test]
async fn one_h2_connection_holds_a_few_bodies_and_no_more() {
    /// SETTINGS_MAX_CONCURRENT_STREAMS (RFC 9113 section 6.5.2).
    const MAX_CONCURRENT_STREAMS: u16 = 3;
    let served = Served::start().await;
    // Both ports are set up alike, and on this one the settings can be read without TLS.
    let mut stream = TcpStream::connect(served.running.admin_address)
        .await
        .unwrap();
    stream
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await
        .unwrap();
    let mut header = [0; 9];
    stream.read_exact(&mut header).await.unwrap();
    assert_eq!(header[3], 4, "the first frame has the settings");
    let length = usize::from(header[1]) << 8 | usize::from(header[2]);
    let mut settings = vec![0; length];
    stream.read_exact(&mut settings).await.unwrap();
    let streams = settings.chunks(6).find_map(|setting| {
        let name = u16::from_be_bytes([setting[0], setting[1]]);
        let value = u32::from_be_bytes([setting[2], setting[3], setting[4], setting[5]]);
        (name == MAX_CONCURRENT_STREAMS).then_some(value)
    });
    assert!(streams.is_some_and(|streams| streams <= 32), "{streams:?}");
}

#[tokio::test]
async fn clients_that_send_no_request_do_not_shut_the_admin_port_for_a_probe() {
    let served = Served::start().await;
    let mut idle = Vec::new();
    for number in 0..200 {
        let mut stream = TcpStream::connect(served.running.admin_address)
            .await
            .unwrap();
        if number % 2 == 0 {
            let _ = stream.write_all(b"GET /livez HTTP/1.1\r\nHost: ").await;
        }
        idle.push(stream);
    }
    for path in ["livez", "readyz", "metrics"] {
        let url = format!("http://{}/{path}", served.running.admin_address);
        let answer = reqwest::get(url).await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{path}");
    }
    let closed = r#"doorward_http_connections_closed_total{reason="room"}"#;
    assert!(served.metrics().await.contains(closed));
}

#[tokio::test]
async fn handshakes_that_are_never_finished_do_not_shut_out_a_review() {
    let served = Served::start().await;
    let mut begun = Vec::new();
    for _ in 0..300 {
        begun.push(TcpStream::connect(served.running.address).await.unwrap());
    }
    assert!(served.is_answered().await);
    let closed = r#"doorward_http_connections_closed_total{reason="handshakes"}"#;
    assert!(served.metrics().await.contains(closed));
}

#[tokio::test]
async fn a_client_that_sends_its_body_slowly_does_not_hold_up_the_end() {
    let served = Served::start().await;
    let client = served.client(true);
    let slow = slow_bodies(&served.url(), &client, 1).await;
    let idle = TcpStream::connect(served.running.address).await.unwrap();
    assert!(served.is_answered().await);
    let forever = Duration::from_secs(3_600);
    let stopped = timeout(
        Duration::from_secs(30),
        served.running.stop(Duration::ZERO, forever),
    );
    assert!(stopped.await.is_ok());
    drop((slow, idle));
}
