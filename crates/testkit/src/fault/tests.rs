//! Every fault as it arrives over a raw TCP connection.

use std::collections::BTreeSet;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::{Fault, FaultRule, Nature, Redirect, glob};
use crate::registry::tests::{RawResponse, parse};
use crate::{Endpoint, Image, Registry};

const PATH: &str = "/v2/app/manifests/1";
/// What is read of a body that does not end.
const ENOUGH: usize = 1 << 20;

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Orderly,
    Reset,
    /// Nothing came any more, or more than enough came.
    Open,
}

fn ask(registry: &Registry, path: &str) -> (Vec<u8>, End) {
    let mut socket = TcpStream::connect(registry.address()).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(1)))
        .unwrap();
    let host = registry.address();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).unwrap();
    let mut raw = Vec::new();
    let mut space = vec![0; 64 << 10];
    loop {
        match socket.read(&mut space) {
            Ok(0) => return (raw, End::Orderly),
            Ok(count) => raw.extend_from_slice(&space[..count]),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                return (raw, End::Reset);
            }
            Err(_) => return (raw, End::Open),
        }
        if raw.len() > ENOUGH {
            return (raw, End::Open);
        }
    }
}

fn registry() -> (Registry, Image) {
    let registry = Registry::builder().start_blocking();
    let image = Image::sample("app");
    registry.push_image("app", "1", &image);
    (registry, image)
}

/// The answer to one request under a fault, whole.
fn under(fault: Fault) -> (RawResponse, End, Image) {
    let (registry, image) = registry();
    registry.fault(fault);
    let (raw, end) = ask(&registry, PATH);
    (parse(&raw), end, image)
}

fn announced(answer: &RawResponse) -> usize {
    answer.header("content-length").unwrap().parse().unwrap()
}

#[test]
fn every_fault_is_recorded_by_name_and_leaves_the_registry_usable() {
    let (registry, image) = registry();
    for fault in Fault::all() {
        registry.clear_faults();
        registry.fault(FaultRule::new(fault.clone()).times(1));
        registry.take_requests();
        let (raw, end) = ask(&registry, PATH);
        let (first, _) = ask(&registry, PATH);
        assert!(
            image.digest().matches(&parse(&first).body),
            "{fault:?} applied twice"
        );
        let requests = registry.take_requests();
        assert_eq!(requests[0].fault, Some(fault.name()));
        assert_eq!(requests[1].fault, None);
        // A fault that changes nothing would test nothing.
        let (honest, orderly) = ask(&registry, PATH);
        let slow = matches!(fault, Fault::Delayed(_) | Fault::SlowDrip { .. });
        let differs = without_date(&raw) != without_date(&honest) || end != orderly;
        assert_eq!(differs, !slow, "{fault:?}");
    }
}

fn without_date(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw)
        .lines()
        .filter(|line| !line.starts_with("date:"))
        .collect()
}

#[test]
fn the_list_of_faults_has_every_name_and_every_nature() {
    let all = Fault::all();
    let names: BTreeSet<_> = all.iter().map(Fault::name).collect();
    assert_eq!(names.len(), 30);
    let natures: BTreeSet<_> = all.iter().map(Fault::nature).collect();
    assert_eq!(natures.len(), 6);
    assert_eq!(Fault::Status(404).nature(), Nature::Absent);
    assert_eq!(Fault::Status(429).nature(), Nature::Unavailable);
    assert_eq!(Fault::Status(204).nature(), Nature::Dishonest);
}

#[test]
fn statuses_come_with_an_error_document_where_a_body_is_allowed() {
    let (answer, end, _) = under(Fault::Status(503));
    assert_eq!((answer.status, end), (503, End::Orderly));
    assert_eq!(answer.json()["errors"][0]["code"], "UNKNOWN");
    let (answer, end, _) = under(Fault::Status(204));
    assert_eq!((answer.status, end), (204, End::Orderly));
    assert!(answer.body.is_empty() && answer.header("content-length").is_none());
}

#[test]
fn too_many_requests_may_say_when_to_come_back() {
    let (answer, ..) = under(Fault::TooManyRequests {
        retry_after: Some(7),
    });
    assert_eq!(answer.status, 429);
    assert_eq!(answer.header("retry-after"), Some("7"));
    let (answer, ..) = under(Fault::TooManyRequests { retry_after: None });
    assert_eq!(answer.header("retry-after"), None);
}

#[test]
fn a_truncated_body_was_announced_whole_and_ends_in_order() {
    for after in [0, 10, usize::MAX] {
        let (answer, end, image) = under(Fault::Truncated { after });
        let whole = image.manifest().bytes();
        assert_eq!(end, End::Orderly);
        assert_eq!(announced(&answer), whole.len());
        let expected = after.min(whole.len() - 1);
        assert_eq!(answer.body, whole[..expected], "{after}");
    }
}

#[test]
fn resets_reach_the_client_as_resets() {
    let (registry, _) = registry();
    registry.fault(FaultRule::new(Fault::Reset).times(1));
    assert_eq!(ask(&registry, PATH), (Vec::new(), End::Reset));
    registry.fault(Fault::ResetInBody { after: 10 });
    let (raw, end) = ask(&registry, PATH);
    assert_eq!(end, End::Reset);
    // A reset may overtake what was sent before it, but it never completes an answer.
    if !raw.is_empty() {
        let answer = parse(&raw);
        assert!(answer.body.len() < announced(&answer));
    }
}

#[test]
fn a_closed_connection_gives_no_byte() {
    let (registry, _) = registry();
    registry.fault(Fault::Closed);
    assert_eq!(ask(&registry, PATH), (Vec::new(), End::Orderly));
}

#[test]
fn stalls_keep_the_connection_open() {
    let (registry, image) = registry();
    registry.fault(FaultRule::new(Fault::StallBeforeHeaders).times(1));
    assert_eq!(ask(&registry, PATH), (Vec::new(), End::Open));
    registry.fault(Fault::StallInBody { after: 10 });
    let (raw, end) = ask(&registry, PATH);
    assert_eq!(end, End::Open);
    assert_eq!(parse(&raw).body, image.manifest().bytes()[..10]);
}

#[test]
fn a_slow_drip_and_a_delay_take_their_time_and_lose_nothing() {
    for fault in [
        Fault::SlowDrip {
            bytes: 100,
            every: Duration::from_millis(30),
        },
        Fault::Delayed(Duration::from_millis(90)),
    ] {
        let begun = Instant::now();
        let (answer, end, image) = under(fault);
        assert!(begun.elapsed() >= Duration::from_millis(90));
        assert_eq!(end, End::Orderly);
        assert!(image.digest().matches(&answer.body));
    }
}

#[test]
fn an_oversized_body_has_the_length_it_announces() {
    let (answer, end, image) = under(Fault::Oversize { bytes: 100_000 });
    assert_eq!(end, End::Orderly);
    assert_eq!(announced(&answer), 100_000);
    assert_eq!(answer.body.len(), 100_000);
    assert!(answer.body.starts_with(image.manifest().bytes()));
}

#[test]
fn an_endless_body_announces_nothing_and_goes_on() {
    let (answer, end, _) = under(Fault::Endless);
    assert_eq!(end, End::Open);
    assert_eq!(answer.header("content-length"), None);
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
    assert!(answer.body.len() > ENOUGH / 2);
}

#[test]
fn wrong_content_differs_in_one_byte_and_still_claims_the_right_digest() {
    let (answer, _, image) = under(Fault::WrongContent);
    let right = image.manifest().bytes();
    assert_eq!(answer.body.len(), right.len());
    let differing = answer.body.iter().zip(right).filter(|(a, b)| a != b);
    assert_eq!(differing.count(), 1);
    assert_eq!(
        answer.header("docker-content-digest"),
        Some(image.digest().as_str())
    );
    assert!(answer.json().is_object());
}

#[test]
fn digest_headers_can_lie_or_be_missing() {
    let (answer, _, image) = under(Fault::WrongDigestHeader);
    assert_ne!(
        answer.header("docker-content-digest"),
        Some(image.digest().as_str())
    );
    assert!(image.digest().matches(&answer.body));
    let (answer, _, image) = under(Fault::NoDigestHeader);
    assert_eq!(answer.header("docker-content-digest"), None);
    assert!(image.digest().matches(&answer.body));
}

#[test]
fn bodies_can_be_something_else_altogether() {
    assert!(under(Fault::Empty).0.body.is_empty());
    assert_eq!(under(Fault::Null).0.body, b"null");
    let (answer, ..) = under(Fault::Html);
    assert!(answer.body.starts_with(b"<!DOCTYPE html>"));
    let (answer, _, image) = under(Fault::FalseGzip);
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert!(image.digest().matches(&answer.body));
    let (registry, _) = registry();
    registry.fault(Fault::NotHttp);
    let (raw, _) = ask(&registry, PATH);
    assert!(!raw.is_empty() && !raw.starts_with(b"HTTP/"));
}

#[test]
fn headers_can_be_huge() {
    let (answer, _, image) = under(Fault::HugeHeaders { bytes: 100 << 10 });
    assert!(answer.head.len() > 100 << 10);
    assert!(image.digest().matches(&answer.body));
}

#[test]
fn redirects_lead_where_they_say() {
    let (registry, image) = registry();
    let location = |redirect| {
        registry.clear_faults();
        registry.fault(Fault::Redirect(redirect));
        let (raw, _) = ask(&registry, PATH);
        let answer = parse(&raw);
        assert_eq!(answer.status, 307);
        answer.header("location").map(str::to_owned)
    };
    assert_eq!(location(Redirect::NoLocation), None);
    let port = registry.address().split(':').nth(1).unwrap().to_owned();
    let again = location(Redirect::Loop).unwrap();
    assert_eq!(again, format!("http://127.0.0.1:{port}{PATH}"));
    let file = location(Redirect::File).unwrap();
    assert!(file.starts_with("file:"));

    let same = location(Redirect::SameHost).unwrap();
    assert!(same.starts_with('/'));
    // The fault is still there, yet the target is served.
    let (raw, _) = ask(&registry, &same);
    assert!(image.digest().matches(&parse(&raw).body));

    let other = location(Redirect::OtherHost).unwrap();
    let host = other.split('/').nth(2).unwrap();
    assert!(host.starts_with("localhost:"), "{host}");
    let answer = crate::registry::tests::send(
        &host.replace("localhost", "127.0.0.1"),
        "GET",
        PATH,
        &[],
        b"",
    );
    assert!(image.digest().matches(&answer.body));
    let seen = registry.take_requests().pop().unwrap();
    assert_eq!(seen.endpoint, Endpoint::Elsewhere);
}

#[test]
fn a_redirect_that_gives_tls_up_leads_to_plain_http() {
    let registry = Registry::builder().tls().start_blocking();
    let addresses = registry.url();
    assert!(addresses.starts_with("https://"));
    assert!(registry.plaintext_url().starts_with("http://localhost:"));
    assert!(registry.elsewhere_url().starts_with("https://localhost:"));
}

#[test]
fn rules_count_the_requests_that_match_them() {
    let (registry, _) = registry();
    registry.fault(
        FaultRule::new(Fault::Status(500))
            .on("/v2/*/manifests/*")
            .method(http::Method::GET)
            .after(1)
            .times(2),
    );
    let status = |path: &str| parse(&ask(&registry, path).0).status;
    assert_eq!(status("/v2/"), 200);
    let statuses: Vec<_> = (0..5).map(|_| status(PATH)).collect();
    assert_eq!(statuses, [200, 500, 500, 200, 200]);
}

#[test]
fn the_first_rule_that_is_still_due_is_taken() {
    let (registry, _) = registry();
    registry.fault(FaultRule::new(Fault::Status(500)).times(1));
    registry.fault(FaultRule::new(Fault::Status(502)).times(1));
    let status = |path: &str| parse(&ask(&registry, path).0).status;
    assert_eq!([status(PATH), status(PATH), status(PATH)], [500, 502, 200]);
}

#[test]
fn patterns_cross_slashes_and_match_the_whole_path() {
    for (pattern, text) in [
        ("*", ""),
        ("*", "/v2/a"),
        ("/v2/*/manifests/*", "/v2/a/b/manifests/1"),
        ("*signature-2", "/x/app@sha256=00/signature-2"),
        ("/v2/", "/v2/"),
        ("a*b*c", "a1b2b3c"),
    ] {
        assert!(glob(pattern, text), "{pattern} {text}");
    }
    for (pattern, text) in [
        ("", "/"),
        ("/v2/", "/v2/a"),
        ("*signature-2", "/signature-20"),
        ("/v2/*/manifests/*", "/v2/a/blobs/1"),
        ("a*bc*c", "abc"),
    ] {
        assert!(!glob(pattern, text), "{pattern} {text}");
    }
}

#[test]
fn latency_is_paid_per_round_trip_and_shared_by_overlapping_requests() {
    let round_trip = Duration::from_millis(100);
    let (registry, _) = registry();
    registry.set_latency(round_trip);
    let begun = Instant::now();
    ask(&registry, PATH);
    // One for the TCP handshake, one for the request.
    assert!(begun.elapsed() >= round_trip * 2);

    let mut socket = TcpStream::connect(registry.address()).unwrap();
    let request = format!("GET /v2/ HTTP/1.1\r\nhost: {}\r\n\r\n", registry.address());
    let mut exchange = || {
        let begun = Instant::now();
        socket.write_all(request.as_bytes()).unwrap();
        let mut space = [0; 4096];
        assert!(socket.read(&mut space).unwrap() > 0);
        begun.elapsed()
    };
    exchange();
    assert!(exchange() >= round_trip, "a warm connection pays one");

    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| ask(&registry, PATH));
        }
    });
    // What they would need one after another.
    assert!(begun.elapsed() < round_trip * 16, "requests queue up");
}
