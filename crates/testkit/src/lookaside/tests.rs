use doorward_core::{Basic, Digest};

use super::{Lookaside, LookasideDirectory};
use crate::Fault;
use crate::registry::tests::{RawResponse, send};

fn get(store: &Lookaside, path: &str, headers: &[(&str, &str)]) -> RawResponse {
    let url = store.url();
    let address = url.split('/').nth(2).unwrap();
    send(address, "GET", path, headers, b"")
}

#[test]
fn signatures_are_numbered_from_one_and_end_with_404() {
    let store = Lookaside::builder().start_blocking();
    let digest = Digest::sha256(b"manifest");
    assert_eq!(store.put("team/app", &digest, &b"first"[..]), 1);
    assert_eq!(store.put("team/app", &digest, &b"second"[..]), 2);
    let path = format!("/team/app@sha256={}/signature-", digest.hex());
    assert_eq!(get(&store, &format!("{path}1"), &[]).body, b"first");
    assert_eq!(get(&store, &format!("{path}2"), &[]).body, b"second");
    assert_eq!(get(&store, &format!("{path}3"), &[]).status, 404);
    assert_eq!(store.path("team/app", &digest, 3), format!("{path}3"));
}

#[test]
fn escapes_and_doubled_slashes_lead_to_the_same_file() {
    let store = Lookaside::builder().base_path("/sigs/").start_blocking();
    let digest = Digest::sha256(b"manifest");
    store.put("app", &digest, &b"blob"[..]);
    let hex = digest.hex();
    for path in [
        format!("/sigs/app@sha256={hex}/signature-1"),
        format!("/sigs//app@sha256={hex}/signature-1"),
        format!("/sigs/app%40sha256%3D{hex}/signature-1"),
    ] {
        assert_eq!(get(&store, &path, &[]).body, b"blob", "{path}");
    }
    assert_eq!(
        get(&store, &format!("/app@sha256={hex}/signature-1"), &[]).status,
        404
    );
}

#[test]
fn a_protected_store_asks_for_the_right_password() {
    let store = Lookaside::builder()
        .basic_auth(Basic::new("user", "pass"))
        .start_blocking();
    store.put_file("x", &b"content"[..]);
    let anonymous = get(&store, "/x", &[]);
    assert_eq!(anonymous.status, 401);
    assert!(
        anonymous
            .header("www-authenticate")
            .unwrap()
            .starts_with("Basic ")
    );
    let wrong = get(&store, "/x", &[("authorization", "Basic dXNlcjp3cm9uZw==")]);
    assert_eq!(wrong.status, 401);
    let right = get(&store, "/x", &[("authorization", "Basic dXNlcjpwYXNz")]);
    assert_eq!(right.body, b"content");
}

#[test]
fn nothing_can_be_written_over_http() {
    let store = Lookaside::builder().start_blocking();
    let url = store.url();
    let address = url.split('/').nth(2).unwrap();
    assert_eq!(send(address, "PUT", "/x", &[], b"evil").status, 405);
    assert_eq!(get(&store, "/x", &[]).status, 404);
}

#[test]
fn content_can_be_served_compressed() {
    let store = Lookaside::builder().start_blocking();
    store.put_file("x", "some content ".repeat(50));
    store.fault(Fault::Gzip);
    let answer = get(&store, "/x", &[]);
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    let mut plain = String::new();
    std::io::Read::read_to_string(
        &mut flate2::read::GzDecoder::new(&answer.body[..]),
        &mut plain,
    )
    .unwrap();
    assert_eq!(plain, "some content ".repeat(50));
}

#[test]
fn a_directory_store_lays_files_out_as_a_url_would_name_them() {
    let base = tempfile::tempdir().unwrap();
    let store = LookasideDirectory::new(base.path().join("store"));
    let digest = Digest::sha256(b"manifest");
    store.put("team/app", &digest, b"one").unwrap();
    let second = store.put("team/app", &digest, b"two").unwrap();
    let expected = format!("store/team/app@sha256={}/signature-2", digest.hex());
    assert_eq!(second, base.path().join(expected));
    assert_eq!(
        std::fs::read(store.path("team/app", &digest, 1)).unwrap(),
        b"one"
    );
    store.put_at("team/app", &digest, 7, b"seven").unwrap();
    assert!(!store.path("team/app", &digest, 3).exists());
    assert!(store.url().starts_with("file:///"));
}
