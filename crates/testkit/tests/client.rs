//! The servers under a real HTTP client: what a fault's nature promises, TLS, HTTP/2, latency.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::time::{Duration, Instant};

use doorward_testkit::{
    Endpoint, Fault, FaultRule, Image, Lookaside, Nature, Redirect, Registry, TlsAuthority,
};
use reqwest::{Client, ClientBuilder, Response, StatusCode, Version};

/// More than a manifest, less than what [`Fault::Oversize`] sends.
const BOUND: usize = 1 << 20;
/// Above every pause that a fault makes, below those that have no end.
const PATIENCE: Duration = Duration::from_secs(2);

fn client(configure: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Client {
    // Only the first call of a process can succeed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().no_proxy().timeout(PATIENCE);
    configure(builder).build().unwrap()
}

fn trusting(authority: &str) -> Client {
    let authority = reqwest::Certificate::from_pem(authority.as_bytes()).unwrap();
    client(|builder| builder.tls_certs_only([authority]))
}

/// What a client can say about one exchange.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Bytes(Vec<u8>),
    Status(StatusCode),
    Failed,
    TooLong,
}

async fn read(answer: Result<Response, reqwest::Error>) -> Outcome {
    let Ok(mut answer) = answer else {
        return Outcome::Failed;
    };
    if answer.status() != StatusCode::OK {
        return Outcome::Status(answer.status());
    }
    let mut bytes = Vec::new();
    loop {
        match answer.chunk().await {
            Err(_) => return Outcome::Failed,
            Ok(None) => return Outcome::Bytes(bytes),
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
        }
        if bytes.len() > BOUND {
            return Outcome::TooLong;
        }
    }
}

#[tokio::test]
async fn every_fault_does_to_a_client_of_http_1_what_its_nature_says() {
    let registry = Registry::builder().start().await;
    check_natures(&registry, &client(|builder| builder)).await;
}

#[tokio::test]
async fn every_fault_does_to_a_client_of_http_2_what_its_nature_says() {
    let registry = Registry::builder().tls().start().await;
    check_natures(&registry, &trusting(registry.ca_pem().unwrap())).await;
}

async fn check_natures(registry: &Registry, client: &Client) {
    let image = Image::sample("app");
    registry.push_image("app", "1", &image);
    let url = format!("{}/v2/app/manifests/1", registry.url());
    let right = image.manifest().bytes().to_vec();
    for fault in Fault::all() {
        registry.clear_faults();
        registry.fault(fault.clone());
        let outcome = read(client.get(&url).send().await).await;
        let nature = fault.nature();
        let as_promised = match (&outcome, nature) {
            (Outcome::Bytes(bytes), Nature::Harmless | Nature::Misleading) => *bytes == right,
            // The client follows what it should not; that is its business to forbid.
            (Outcome::Bytes(_), _) if fault == Fault::Redirect(Redirect::Downgrade) => true,
            (Outcome::Bytes(bytes), Nature::Dishonest) => *bytes != right,
            (Outcome::TooLong | Outcome::Failed, Nature::Dishonest) => true,
            (Outcome::Status(status), Nature::Dishonest) => status.is_success(),
            (Outcome::Status(status), Nature::Absent) => *status == StatusCode::NOT_FOUND,
            (Outcome::Status(status), Nature::Refused) => matches!(status.as_u16(), 401 | 403),
            (Outcome::Status(status), Nature::Unavailable) => !status.is_success(),
            (Outcome::Failed, Nature::Unavailable) => true,
            _ => false,
        };
        assert!(as_promised, "{fault:?} is {nature:?} but gave {outcome:?}");
    }
}

#[tokio::test]
async fn a_faulty_store_recovers_when_the_fault_is_over() {
    let store = Lookaside::builder().start().await;
    store.put_file("x", "content");
    let client = client(|builder| builder);
    let url = format!("{}/x", store.url());
    for fault in Fault::all() {
        store.fault(FaultRule::new(fault.clone()).times(1));
        read(client.get(&url).send().await).await;
        let after = read(client.get(&url).send().await).await;
        assert_eq!(after, Outcome::Bytes(b"content".to_vec()), "{fault:?}");
    }
}

#[tokio::test]
async fn tls_servers_speak_both_versions_of_http() {
    let registry = Registry::builder().tls().start().await;
    let url = format!("{}/v2/", registry.url());
    let both = trusting(registry.ca_pem().unwrap());
    let answer = both.get(&url).send().await.unwrap();
    assert_eq!(answer.version(), Version::HTTP_2);
    let authority = reqwest::Certificate::from_pem(registry.ca_pem().unwrap().as_bytes()).unwrap();
    let old = client(|builder| builder.tls_certs_only([authority]).http1_only());
    let answer = old.get(&url).send().await.unwrap();
    assert_eq!(answer.version(), Version::HTTP_11);
}

#[tokio::test]
async fn a_client_that_does_not_know_the_authority_is_not_served() {
    let registry = Registry::builder().tls().start().await;
    let stranger = trusting(TlsAuthority::new().ca_pem());
    let url = format!("{}/v2/", registry.url());
    assert!(stranger.get(&url).send().await.is_err());
    assert!(registry.requests().is_empty());
    assert!(registry.connections() > 0);
}

#[tokio::test]
async fn servers_can_share_an_authority() {
    let authority = TlsAuthority::new();
    let registry = Registry::builder().tls_from(&authority).start().await;
    let store = Lookaside::builder().tls_from(&authority).start().await;
    store.put_file("x", "content");
    let client = trusting(authority.ca_pem());
    for url in [
        format!("{}/v2/", registry.url()),
        format!("{}/x", store.url()),
        format!("{}/v2/", registry.elsewhere_url()),
        format!("{}/v2/", registry.plaintext_url()),
    ] {
        let answer = client.get(&url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{url}");
    }
}

#[tokio::test]
async fn a_downgrading_redirect_is_seen_on_the_plaintext_listener() {
    let registry = Registry::builder().tls().start().await;
    let client = trusting(registry.ca_pem().unwrap());
    registry.fault(Fault::Redirect(Redirect::Downgrade));
    let url = format!("{}/v2/", registry.url());
    client.get(&url).send().await.unwrap();
    let seen: Vec<_> = registry.requests().iter().map(|r| r.endpoint).collect();
    assert_eq!(seen, [Endpoint::Main, Endpoint::Plaintext]);
}

#[tokio::test]
async fn round_trips_cost_what_they_cost_on_a_real_network() {
    let round_trip = Duration::from_millis(100);
    let registry = Registry::builder().tls().latency(round_trip).start().await;
    let client = trusting(registry.ca_pem().unwrap());
    let url = format!("{}/v2/", registry.url());
    let time = |count: usize| {
        let (client, url) = (client.clone(), url.clone());
        async move {
            let begun = Instant::now();
            let all: Vec<_> = (0..count).map(|_| client.get(&url).send()).collect();
            for answer in futures::future::join_all(all).await {
                assert_eq!(answer.unwrap().status(), 200);
            }
            begun.elapsed()
        }
    };
    // TCP, TLS 1.3 and the request itself.
    assert!(time(1).await >= round_trip * 3);
    // A warm connection pays for the request only, and twenty at once share the round trip:
    // one after another they would take twenty.
    let warm = time(1).await;
    assert!(warm >= round_trip, "{warm:?}");
    let many = time(20).await;
    assert!(many >= round_trip && many < round_trip * 20, "{many:?}");
}

#[test]
fn servers_run_where_there_is_no_runtime_and_answer_while_the_test_blocks() {
    let registry = Registry::builder().start_blocking();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let client = client(|builder| builder);
    let url = format!("{}/v2/", registry.url());
    let answer = runtime
        .block_on(async { client.get(&url).send().await })
        .unwrap();
    assert_eq!(answer.status(), 200);
}
