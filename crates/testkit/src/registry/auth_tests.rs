//! Authentication over a raw TCP client.

mod profiles;
mod tokens;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::Digest;

use super::tests::{RawResponse, send};
use super::{Authentication, BlobRedirect, Profile, Registry, RegistryBuilder, TokenField};
use crate::{Endpoint, Image};

const MANIFEST: &str = "/v2/team/app/manifests/1";

fn started(builder: RegistryBuilder) -> Registry {
    let registry = builder.start_blocking();
    registry.push_image("team/app", "1", &Image::sample("app"));
    registry
}

fn get(registry: &Registry, path: &str, authorization: Option<&str>) -> RawResponse {
    let headers: Vec<_> = authorization
        .map(|value| ("authorization", value))
        .into_iter()
        .collect();
    send(&registry.address(), "GET", path, &headers, b"")
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// A parameter of a challenge.
fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = challenge.split_once(&format!("{name}=\""))?;
    rest.split('"').next()
}

/// Asks for a token as the challenge says.
fn token_answer(challenge: &str, authorization: Option<&str>) -> RawResponse {
    let realm = parameter(challenge, "realm").unwrap();
    let rest = realm.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let service = parameter(challenge, "service").unwrap();
    let scope = parameter(challenge, "scope").unwrap();
    let headers: Vec<_> = authorization
        .map(|value| ("authorization", value))
        .into_iter()
        .collect();
    send(
        &host.replace("localhost", "127.0.0.1"),
        "GET",
        &format!("/{path}?service={service}&scope={scope}"),
        &headers,
        b"",
    )
}

fn token(challenge: &str, authorization: Option<&str>) -> String {
    let answer = token_answer(challenge, authorization).json();
    let member = answer.get("token").or_else(|| answer.get("access_token"));
    format!("Bearer {}", member.unwrap().as_str().unwrap())
}

fn bearer() -> RegistryBuilder {
    Registry::builder()
        .authentication(Authentication::Bearer)
        .account("alice", "secret")
        .account_for("bob", "secret", &["other/*"])
}

#[test]
fn a_basic_registry_wants_the_password_every_time() {
    let registry = started(
        Registry::builder()
            .authentication(Authentication::Basic)
            .account("alice", "secret"),
    );
    for path in ["/v2/", MANIFEST] {
        let refused = get(&registry, path, None);
        assert_eq!(refused.status, 401);
        assert_eq!(
            get(&registry, path, Some(&basic("alice", "wrong"))).status,
            401
        );
        assert_eq!(get(&registry, path, Some("Bearer x")).status, 401);
        assert_eq!(
            get(&registry, path, Some(&basic("alice", "secret"))).status,
            200
        );
    }
}

#[test]
fn an_account_reaches_only_its_repositories() {
    let registry = started(
        Registry::builder()
            .authentication(Authentication::Basic)
            .account_for("bob", "secret", &["other/*"]),
    );
    let bob = basic("bob", "secret");
    assert_eq!(get(&registry, MANIFEST, Some(&bob)).status, 403);
    assert_eq!(
        get(&registry, "/v2/other/x/manifests/1", Some(&bob)).status,
        404
    );
}

#[test]
fn anybody_pulls_from_public_repositories_and_nobody_pushes_there() {
    let registry = started(
        Registry::builder()
            .authentication(Authentication::Basic)
            .account("alice", "secret")
            .public("team/*"),
    );
    assert_eq!(get(&registry, MANIFEST, None).status, 200);
    // Credentials that are wrong are wrong even where none are needed.
    assert_eq!(
        get(&registry, MANIFEST, Some(&basic("alice", "wrong"))).status,
        401
    );
    let push = send(&registry.address(), "PUT", MANIFEST, &[], b"{}");
    assert_eq!(push.status, 401);
    assert_eq!(get(&registry, "/v2/private/manifests/1", None).status, 401);
}

#[test]
fn the_signature_extension_needs_the_same_rights_as_the_image() {
    let registry = started(bearer().signature_extension(super::SignatureExtension::supported()));
    let ping = get(&registry, "/v2/", None);
    assert_eq!(ping.status, 401);
    assert_eq!(ping.header("x-registry-supports-signatures"), Some("1"));
    let path = format!(
        "/extensions/v2/team/app/signatures/{}",
        Digest::sha256(b"m")
    );
    let refused = get(&registry, &path, None);
    assert_eq!(refused.status, 401);
    let token = token(
        refused.header("www-authenticate").unwrap(),
        Some(&basic("alice", "secret")),
    );
    assert_eq!(get(&registry, &path, Some(&token)).status, 200);
}
