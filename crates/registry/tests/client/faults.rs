//! Every fault, on every kind of resource, gives the class of error that says what is known.

use std::time::{Duration, Instant};

use doorward_core::{Answer, Digest, FetchError, Resource};
use doorward_registry::RegistryClient;
use doorward_testkit::{
    Fault, FaultRule, Image, Lookaside, NotaryServer, Redirect, Registry, SignatureExtension,
};

use crate::support::*;

/// What may come of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The right bytes.
    Right,
    /// Some bytes, which only the caller can judge.
    Bytes,
    NotFound,
    Refused,
    Unavailable,
    Malformed,
    TooLarge,
    Mismatch,
}

fn outcome(answer: &Answer, right: &[u8]) -> Outcome {
    match answer {
        Ok(fetched) if fetched.bytes == right => Outcome::Right,
        Ok(_) => Outcome::Bytes,
        Err(FetchError::NotFound) => Outcome::NotFound,
        Err(FetchError::Unauthorized { .. }) => Outcome::Refused,
        Err(error) if error.is_unavailable() => Outcome::Unavailable,
        Err(FetchError::Malformed { .. }) => Outcome::Malformed,
        Err(FetchError::TooLarge { .. }) => Outcome::TooLarge,
        Err(FetchError::DigestMismatch { .. }) => Outcome::Mismatch,
        Err(other) => panic!("{other:?}"),
    }
}

/// What a fault that does not go away means for a fetch whose bytes are (`checked`) or are not known by digest.
fn expected(fault: &Fault, checked: bool) -> Outcome {
    let other_bytes = if checked {
        Outcome::Mismatch
    } else {
        Outcome::Bytes
    };
    match fault {
        Fault::Status(404) => Outcome::NotFound,
        Fault::Status(401 | 403) => Outcome::Refused,
        Fault::Status(406 | 410) => Outcome::Malformed,
        // Without TLS a redirect stays with its server.
        Fault::Redirect(Redirect::SameHost) => Outcome::Right,
        Fault::FalseGzip => Outcome::Malformed,
        Fault::Endless | Fault::Oversize { .. } => Outcome::TooLarge,
        Fault::Empty | Fault::Html | Fault::Null | Fault::WrongContent => other_bytes,
        Fault::ContentType(_)
        | Fault::Delayed(_)
        | Fault::Gzip
        | Fault::NoDigestHeader
        | Fault::SlowDrip { .. }
        | Fault::WrongDigestHeader => Outcome::Right,
        _ => Outcome::Unavailable,
    }
}

/// Runs every fault on one path and collects what is not as expected.
async fn table(
    make: impl Fn() -> RegistryClient,
    resource: &Resource,
    right: &[u8],
    inject: impl Fn(Fault),
    clear: impl Fn(),
    expect: impl Fn(&Fault) -> Outcome,
) {
    let mut wrong = Vec::new();
    for fault in Fault::all() {
        clear();
        inject(fault.clone());
        let start = Instant::now();
        // Without what the one before has learnt.
        let client = make().anonymous();
        let got = outcome(&get(&client, resource.clone()).await, right);
        if got != expect(&fault) {
            wrong.push(format!(
                "{fault:?}: expected {:?}, got {got:?}",
                expect(&fault)
            ));
        }
        assert!(start.elapsed() < Duration::from_secs(25), "{fault:?}");
    }
    clear();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn served() -> (Registry, Digest, Image) {
    let registry = Registry::builder().start().await;
    let image = Image::sample("app");
    let digest = registry.push_image("team/app", "1", &image);
    (registry, digest, image)
}

#[tokio::test]
async fn faults_of_a_manifest_by_tag() {
    let (registry, _, image) = served().await;
    let right = image.manifest().bytes().clone();
    table(
        || client(&registry),
        &by_tag(&repository(&registry, "team/app"), "1"),
        &right,
        |fault| registry.fault(FaultRule::new(fault).on("*/manifests/*")),
        || registry.clear_faults(),
        |fault| expected(fault, false),
    )
    .await;
}

#[tokio::test]
async fn faults_of_a_manifest_by_digest() {
    let (registry, digest, image) = served().await;
    let right = image.manifest().bytes().clone();
    table(
        || client(&registry),
        &by_digest(&repository(&registry, "team/app"), &digest),
        &right,
        |fault| registry.fault(FaultRule::new(fault).on("*/manifests/*")),
        || registry.clear_faults(),
        |fault| expected(fault, true),
    )
    .await;
}

#[tokio::test]
async fn faults_of_a_blob() {
    let (registry, _, image) = served().await;
    let blob = &image.blobs()[0];
    table(
        || client(&registry),
        &Resource::Blob {
            repository: repository(&registry, "team/app"),
            digest: blob.digest().clone(),
        },
        blob.bytes(),
        |fault| registry.fault(FaultRule::new(fault).on("*/blobs/*")),
        || registry.clear_faults(),
        |fault| expected(fault, true),
    )
    .await;
}

#[tokio::test]
async fn faults_of_the_signature_extension() {
    let registry = Registry::builder()
        .signature_extension(SignatureExtension::supported())
        .start()
        .await;
    let digest = registry.push_image("team/app", "1", &Image::sample("app"));
    registry.put_signature("team/app", &digest, b"a signature");
    let resource = Resource::SignatureExtension {
        repository: repository(&registry, "team/app"),
        digest,
    };
    let right = get(&client(&registry).anonymous(), resource.clone())
        .await
        .expect("signatures")
        .bytes;
    table(
        || client(&registry),
        &resource,
        &right,
        |fault| registry.fault(FaultRule::new(fault).on("/extensions/*")),
        || registry.clear_faults(),
        |fault| match (fault, expected(fault, false)) {
            // The extension has no such answer.
            (_, Outcome::NotFound) => Outcome::Malformed,
            // JSON, and so for the reader to judge.
            (Fault::Null | Fault::WrongContent, other) => other,
            (_, Outcome::Bytes) => Outcome::Malformed,
            (_, other) => other,
        },
    )
    .await;
}

#[tokio::test]
async fn faults_of_the_version_check_never_mean_that_there_is_no_extension() {
    let registry = Registry::builder()
        .signature_extension(SignatureExtension::supported())
        .start()
        .await;
    let digest = registry.push_image("team/app", "1", &Image::sample("app"));
    let resource = Resource::SignatureExtension {
        repository: repository(&registry, "team/app"),
        digest,
    };
    for fault in Fault::all() {
        registry.clear_faults();
        registry.fault(FaultRule::new(fault.clone()).on("/v2/"));
        let answer = get(&client(&registry).anonymous(), resource.clone()).await;
        match &fault {
            // A status or a header that is there is the answer, whatever the body.
            Fault::Status(401) | Fault::Html | Fault::Null | Fault::Empty => {}
            _ => assert!(answer != Err(FetchError::NotSupported), "{fault:?}"),
        }
        assert!(answer != Err(FetchError::NotFound), "{fault:?}");
    }
}

#[tokio::test]
async fn faults_of_a_lookaside_store() {
    let (registry, digest, _) = served().await;
    let store = Lookaside::builder().start().await;
    store.put(
        "team/app",
        &digest,
        b"a signature with some length".to_vec(),
    );
    let resource = Resource::Lookaside {
        url: format!(
            "{}/team/app@sha256={}/signature-1",
            store.url(),
            digest.hex()
        ),
        access: None,
    };
    table(
        || client_and(&registry, &store.address()),
        &resource,
        b"a signature with some length",
        |fault| store.fault(FaultRule::new(fault)),
        || store.clear_faults(),
        |fault| expected(fault, false),
    )
    .await;
}

#[tokio::test]
async fn faults_of_trust_metadata() {
    let (registry, ..) = served().await;
    let server = NotaryServer::builder().start().await;
    let publication = collection();
    server.publish(&publication);
    table(
        || client(&registry),
        &metadata(&[&server.url()], "root.json"),
        publication.role("root"),
        |fault| server.fault(FaultRule::new(fault)),
        || server.clear_faults(),
        |fault| expected(fault, false),
    )
    .await;
}

#[tokio::test]
async fn a_store_that_cannot_be_reached_is_unavailable() {
    let (registry, ..) = served().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let client = builder(&registry)
        .plain_http(format!("127.0.0.1:{port}"))
        .plain_http("does-not-exist.invalid")
        .build()
        .expect("a client")
        .anonymous();
    for url in [
        format!("http://127.0.0.1:{port}/x"),
        "https://does-not-exist.invalid/x".to_owned(),
    ] {
        let answer = get(&client, Resource::Lookaside { url, access: None }).await;
        assert!(
            answer.as_ref().is_err_and(FetchError::is_unavailable),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_passing_trouble_is_waited_out() {
    let (registry, _, image) = served().await;
    for fault in [
        Fault::Status(502),
        Fault::Status(503),
        Fault::Status(504),
        Fault::TooManyRequests { retry_after: None },
        Fault::TooManyRequests {
            retry_after: Some(0),
        },
        Fault::Closed,
        Fault::Reset,
    ] {
        registry.clear_faults();
        registry.fault(FaultRule::new(fault.clone()).on("*/manifests/*").times(2));
        let answer = get(
            &client(&registry).anonymous(),
            by_tag(&repository(&registry, "team/app"), "1"),
        )
        .await;
        assert_eq!(
            answer.expect("an answer").bytes,
            image.manifest().bytes(),
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn what_does_not_pass_is_not_asked_again() {
    let (registry, ..) = served().await;
    for (fault, times) in [
        (Fault::Status(500), 1),
        (Fault::Status(404), 1),
        (Fault::Status(403), 1),
        (Fault::Status(503), 3),
        // Longer than anyone waits.
        (
            Fault::TooManyRequests {
                retry_after: Some(3600),
            },
            1,
        ),
        (Fault::Truncated { after: 10 }, 1),
        (Fault::StallInBody { after: 10 }, 1),
    ] {
        registry.clear_faults();
        registry.take_requests();
        registry.fault(FaultRule::new(fault.clone()).on("*/manifests/*"));
        let answer = get(
            &client(&registry).anonymous(),
            by_tag(&repository(&registry, "team/app"), "1"),
        )
        .await;
        assert!(answer.is_err(), "{fault:?}");
        let asked = registry
            .requests()
            .iter()
            .filter(|request| request.path.contains("/manifests/"))
            .count();
        assert_eq!(asked, times, "{fault:?}");
    }
}

#[tokio::test]
async fn the_total_deadline_wins_over_everything() {
    let (registry, ..) = served().await;
    registry.fault(
        FaultRule::new(Fault::SlowDrip {
            bytes: 1,
            every: Duration::from_millis(50),
        })
        .on("*/manifests/*"),
    );
    let client = builder(&registry)
        .timeouts(
            doorward_registry::Timeouts::default()
                .idle(Duration::from_secs(5))
                .total(Duration::from_millis(500)),
        )
        .build()
        .expect("a client")
        .anonymous();
    let start = Instant::now();
    let answer = get(&client, by_tag(&repository(&registry, "team/app"), "1")).await;
    assert!(
        matches!(answer, Err(FetchError::Unavailable { .. })),
        "{answer:?}"
    );
    assert!(start.elapsed() < Duration::from_secs(4));
}
