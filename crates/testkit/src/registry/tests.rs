//! The registry over a raw TCP client, so that nothing between the test and the wire can smooth anything over.

mod extension;
mod referrers;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use doorward_core::Digest;
use serde_json::{Value, json};

use super::{ExtensionAnswer, Registry, SignatureExtension};
use crate::image::{Image, ImageBuilder, IndexBuilder};

/// A response as it came over the wire.
#[derive(Debug)]
pub(crate) struct RawResponse {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl RawResponse {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        self.head
            .lines()
            .filter_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name).then(|| value.trim())
            })
            .collect()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// One request on a connection of its own, read to the end of the connection.
pub(crate) fn send(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> RawResponse {
    let mut socket = TcpStream::connect(address).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    socket.write_all(request.as_bytes()).unwrap();
    socket.write_all(body).unwrap();
    let mut raw = Vec::new();
    socket.read_to_end(&mut raw).unwrap();
    parse(&raw)
}

pub(crate) fn parse(raw: &[u8]) -> RawResponse {
    let end = raw
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap_or_else(|| panic!("no response head in {:?}", String::from_utf8_lossy(raw)));
    let head = String::from_utf8_lossy(&raw[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    RawResponse {
        status,
        head,
        body: raw[end + 4..].to_vec(),
    }
}

fn get(registry: &Registry, path: &str) -> RawResponse {
    send(&registry.address(), "GET", path, &[], b"")
}

#[test]
fn a_manifest_is_served_by_tag_and_by_digest_with_its_digest_and_type() {
    let registry = Registry::builder().start_blocking();
    let image = Image::sample("app");
    let digest = registry.push_image("team/app", "1.0", &image);
    for reference in ["1.0", digest.as_str()] {
        let answer = get(&registry, &format!("/v2/team/app/manifests/{reference}"));
        assert_eq!(answer.status, 200);
        assert!(digest.matches(&answer.body));
        assert_eq!(
            answer.header("docker-content-digest"),
            Some(digest.as_str())
        );
        assert_eq!(
            answer.header("content-type"),
            Some("application/vnd.oci.image.manifest.v1+json")
        );
    }
}

#[test]
fn every_blob_of_every_platform_of_an_index_is_served() {
    let registry = Registry::builder().start_blocking();
    let index = IndexBuilder::new()
        .image("linux/amd64", Image::sample("amd"))
        .image("linux/arm64", Image::sample("arm"))
        .build();
    registry.push_image("app", "multi", &index);
    for child in index.children() {
        let answer = get(&registry, &format!("/v2/app/manifests/{}", child.digest()));
        assert!(child.digest().matches(&answer.body));
        for blob in child.blobs() {
            let answer = get(&registry, &format!("/v2/app/blobs/{}", blob.digest()));
            assert_eq!(answer.status, 200);
            assert!(blob.digest().matches(&answer.body));
        }
    }
}

#[test]
fn head_announces_the_length_and_sends_nothing() {
    let registry = Registry::builder().start_blocking();
    let image = Image::sample("app");
    registry.push_image("app", "1", &image);
    let answer = send(&registry.address(), "HEAD", "/v2/app/manifests/1", &[], b"");
    let length = image.manifest().bytes().len().to_string();
    assert_eq!(answer.header("content-length"), Some(length.as_str()));
    assert!(answer.body.is_empty());
}

#[test]
fn what_is_missing_is_told_with_the_code_of_the_specification() {
    let registry = Registry::builder().start_blocking();
    registry.push_image("app", "1", &Image::sample("app"));
    let absent = Digest::sha256(b"absent");
    for (path, code) in [
        ("/v2/app/manifests/2".to_owned(), "MANIFEST_UNKNOWN"),
        (format!("/v2/app/manifests/{absent}"), "MANIFEST_UNKNOWN"),
        (format!("/v2/app/blobs/{absent}"), "BLOB_UNKNOWN"),
        ("/v2/other/manifests/1".to_owned(), "NAME_UNKNOWN"),
        ("/v2/other/tags/list".to_owned(), "NAME_UNKNOWN"),
    ] {
        let answer = get(&registry, &path);
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.json()["errors"][0]["code"], code, "{path}");
    }
    assert_eq!(get(&registry, "/v1/search").status, 404);
}

#[test]
fn a_pushed_image_can_be_pulled_again() {
    let registry = Registry::builder().start_blocking();
    let address = registry.address();
    let image = Image::sample("pushed");
    let blob = &image.blobs()[0];
    // In one piece, as the specification's monolithic upload.
    let begun = send(&address, "POST", "/v2/new/app/blobs/uploads/", &[], b"");
    assert_eq!(begun.status, 202);
    let session = begun.header("location").unwrap().to_owned();
    let done = send(
        &address,
        "PUT",
        &format!("{session}?digest={}", blob.digest()),
        &[],
        blob.bytes(),
    );
    assert_eq!(done.status, 201);
    // In pieces, as skopeo does.
    let blob = &image.blobs()[1];
    let begun = send(&address, "POST", "/v2/new/app/blobs/uploads/", &[], b"");
    let session = begun.header("location").unwrap().to_owned();
    let (first, second) = blob.bytes().split_at(7);
    for piece in [first, second] {
        assert_eq!(send(&address, "PATCH", &session, &[], piece).status, 202);
    }
    let done = send(
        &address,
        "PUT",
        &format!("{session}?digest=sha256%3A{}", blob.digest().hex()),
        &[],
        b"",
    );
    assert_eq!(done.status, 201);
    let put = send(
        &address,
        "PUT",
        "/v2/new/app/manifests/1",
        &[("content-type", image.manifest().media_type().as_str())],
        image.manifest().bytes(),
    );
    assert_eq!(put.status, 201);
    assert_eq!(
        registry.resolve("new/app", "1").as_ref(),
        Some(image.digest())
    );
    assert_eq!(
        get(&registry, "/v2/new/app/manifests/1").body,
        image.manifest().bytes()[..]
    );
}

#[test]
fn an_upload_with_another_digest_is_refused() {
    let registry = Registry::builder().start_blocking();
    let digest = Digest::sha256(b"something else");
    let path = format!("/v2/app/blobs/uploads/?digest={digest}");
    let answer = send(&registry.address(), "POST", &path, &[], b"content");
    assert_eq!(answer.status, 400);
    assert_eq!(
        get(&registry, &format!("/v2/app/blobs/{digest}")).status,
        404
    );
    let path = format!("/v2/app/manifests/{digest}");
    assert_eq!(
        send(&registry.address(), "PUT", &path, &[], b"{}").status,
        400
    );
    let path = "/v2/app/manifests/1";
    assert_eq!(
        send(&registry.address(), "PUT", path, &[], b"not json").status,
        400
    );
}

#[test]
fn a_blob_can_be_mounted_from_another_repository() {
    let registry = Registry::builder().start_blocking();
    let image = Image::sample("app");
    registry.push_image("one", "1", &image);
    let digest = image.blobs()[0].digest();
    let path = format!("/v2/two/blobs/uploads/?mount={digest}&from=one");
    assert_eq!(
        send(&registry.address(), "POST", &path, &[], b"").status,
        201
    );
    assert_eq!(
        get(&registry, &format!("/v2/two/blobs/{digest}")).status,
        200
    );
}

#[test]
fn requests_are_recorded_with_their_headers_and_status() {
    let registry = Registry::builder().start_blocking();
    let address = registry.address();
    send(
        &address,
        "GET",
        "/v2/?n=1",
        &[("authorization", "Bearer s3cret")],
        b"",
    );
    get(&registry, "/v2/nope/manifests/1");
    let requests = registry.take_requests();
    let lines: Vec<_> = requests.iter().map(crate::RecordedRequest::line).collect();
    assert_eq!(lines, ["GET /v2/", "GET /v2/nope/manifests/1"]);
    assert_eq!(requests[0].query.as_deref(), Some("n=1"));
    assert_eq!(
        requests[0].authorization_scheme().as_deref(),
        Some("bearer")
    );
    assert!(!format!("{requests:?}").contains("s3cret"));
    assert!(!requests[1].has_authorization());
    assert_eq!(requests[1].status.unwrap(), 404);
    assert_ne!(requests[0].connection, requests[1].connection);
    assert!(registry.requests().is_empty());
}

#[test]
fn a_stopped_registry_refuses_connections() {
    let registry = Registry::builder().start_blocking();
    assert!(TcpStream::connect(registry.address()).is_ok());
    registry.stop();
    // The listener closes when its task is next looked at.
    let refused = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        TcpStream::connect(registry.address()).is_err()
    });
    assert!(refused);
}
