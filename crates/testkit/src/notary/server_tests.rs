//! The server over a raw TCP client.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::Timestamp;
use serde_json::json;

use super::{Collection, Delegation, NotaryKey, NotaryServer, Target};
use crate::registry::tests::{RawResponse, send};
use crate::{Authentication, Fault, FaultRule, KeyKind, Profile, Registry};

const GUN: &str = "registry.example/team/app";
const ROOT: &str = "/v2/registry.example/team/app/_trust/tuf/root.json";

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn collection(gun: &str) -> Collection {
    let mut collection = Collection::new(gun, now());
    collection.add_target("1.0", Target::content(b"manifest"));
    collection
}

fn get(server: &NotaryServer, path: &str, authorization: Option<&str>) -> RawResponse {
    let headers: Vec<_> = authorization
        .map(|value| ("authorization", value))
        .into_iter()
        .collect();
    send(&server.address(), "GET", path, &headers, b"")
}

fn basic(user: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:secret")))
}

/// The value of `Authorization` that the token endpoint gives for a scope.
fn token(server: &NotaryServer, scope: &str, authorization: Option<&str>) -> String {
    let path = format!("/token?service=registry.example&scope={scope}");
    let answer = get(server, &path, authorization).json();
    format!("Bearer {}", answer["token"].as_str().unwrap())
}

#[test]
fn every_file_of_a_publication_is_served_as_text() {
    let server = NotaryServer::builder().start_blocking();
    let publication = collection(GUN).publish();
    server.publish(&publication);
    assert!(publication.files().count() >= 9);
    for (name, bytes) in publication.files() {
        let answer = get(&server, &server.path(GUN, name), None);
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(&answer.body, bytes, "{name}");
        let content_type = answer.header("content-type").unwrap();
        assert!(content_type.starts_with("text/plain"));
        let length = bytes.len().to_string();
        assert_eq!(answer.header("content-length"), Some(length.as_str()));
    }
}

#[test]
fn what_is_missing_is_told_with_the_servers_own_code() {
    let server = NotaryServer::builder().start_blocking();
    server.publish(&collection(GUN).publish());
    for path in [
        server.path(GUN, "targets/releases.json"),
        server.path(GUN, "2.root.json"),
        server.path("registry.example/team", "root.json"),
    ] {
        let answer = get(&server, &path, None);
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(
            answer.json()["errors"][0]["code"],
            "METADATA_NOT_FOUND",
            "{path}"
        );
    }
    server.remove(GUN);
    assert_eq!(get(&server, ROOT, None).status, 404);
}

#[test]
fn paths_outside_the_interface_and_other_methods_find_no_page() {
    let server = NotaryServer::builder().start_blocking();
    server.publish(&collection(GUN).publish());
    for path in [
        "/",
        "/v2/team/app/manifests/1",
        "/v1/x/_trust/tuf/root.json",
    ] {
        let answer = get(&server, path, None);
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.body.starts_with(b"{"), "{path}");
    }
    assert_eq!(send(&server.address(), "HEAD", ROOT, &[], b"").status, 404);
    assert_eq!(
        send(&server.address(), "POST", ROOT, &[], b"{}").status,
        404
    );
}

#[test]
fn an_open_server_answers_the_ping_and_the_health_check_with_an_empty_object() {
    let server = NotaryServer::builder().start_blocking();
    for path in ["/v2/", "/_notary_server/health"] {
        assert_eq!(get(&server, path, None).json(), json!({}), "{path}");
    }
}

#[test]
fn a_delegation_is_found_with_its_slash_escaped_or_not() {
    let server = NotaryServer::builder().start_blocking();
    let publication = collection(GUN)
        .delegate(Delegation::new(
            "targets/alice",
            &[NotaryKey::new(KeyKind::P256)],
        ))
        .touch("targets/alice")
        .publish();
    server.publish(&publication);
    for name in ["targets/alice.json", "targets%2Falice.json"] {
        let answer = get(&server, &server.path(GUN, name), None);
        assert_eq!(&answer.body, publication.role("targets/alice"), "{name}");
    }
}

#[test]
fn a_server_below_a_path_answers_nowhere_else() {
    let server = NotaryServer::builder()
        .base_path("/notary/")
        .start_blocking();
    server.publish(&collection(GUN).publish());
    assert!(server.url().ends_with("/notary"));
    assert_eq!(get(&server, &format!("/notary{ROOT}"), None).status, 200);
    assert_eq!(get(&server, ROOT, None).status, 404);
}

#[test]
fn chunked_metadata_has_no_length() {
    let server = NotaryServer::builder().chunked(true).start_blocking();
    let publication = collection(GUN).publish();
    server.publish(&publication);
    let answer = get(&server, ROOT, None);
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
    assert_eq!(answer.header("content-length"), None);
    let text = String::from_utf8(answer.body).unwrap();
    let root = std::str::from_utf8(publication.role("root")).unwrap();
    assert!(text.contains(root));
}

#[test]
fn publishing_moves_the_server_on_and_collections_do_not_mix() {
    let server = NotaryServer::builder().start_blocking();
    let (mut one, mut two) = (collection(GUN), collection("registry.example/other"));
    server.publish(&one.publish());
    let other = two.publish();
    server.publish(&other);
    let after = one.remove_target("1.0").publish();
    server.publish(&after);
    let timestamp = |gun| get(&server, &server.path(gun, "timestamp.json"), None).body;
    assert_eq!(&timestamp(GUN), after.role("timestamp"));
    assert_eq!(
        &timestamp("registry.example/other"),
        other.role("timestamp")
    );
    server.publish_as(GUN, &other);
    assert_eq!(&timestamp(GUN), other.role("timestamp"));
}

#[test]
fn a_challenge_names_the_scope_of_what_was_asked() {
    let server = NotaryServer::builder()
        .account("alice", "secret")
        .start_blocking();
    server.publish(&collection(GUN).publish());
    for (path, scope) in [
        (ROOT, "repository:registry.example/team/app:pull"),
        ("/v2/", "registry:catalog:*"),
    ] {
        let answer = get(&server, path, None);
        assert_eq!(answer.status, 401, "{path}");
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.starts_with("Bearer realm="), "{challenge}");
        assert!(
            challenge.contains(&format!("scope=\"{scope}\"")),
            "{challenge}"
        );
    }
}

#[test]
fn a_token_opens_the_collection_it_was_given_for_and_no_other() {
    let access = Registry::builder()
        .authentication(Authentication::Bearer)
        .account_for("alice", "secret", &["registry.example/team/*"])
        .account_for("bob", "secret", &["registry.example/bob/*"]);
    let server = NotaryServer::builder().access(access).start_blocking();
    server.publish(&collection(GUN).publish());
    let scope = "repository:registry.example/team/app:pull";
    let good = token(&server, scope, Some(&basic("alice")));
    assert_eq!(get(&server, ROOT, Some(&good)).status, 200);
    for (scope, asker) in [
        (scope, Some(basic("bob"))),
        (scope, None),
        ("registry:catalog:*", Some(basic("alice"))),
        (
            "repository:registry.example/team/other:pull",
            Some(basic("alice")),
        ),
    ] {
        let useless = token(&server, scope, asker.as_deref());
        let answer = get(&server, ROOT, Some(&useless));
        assert_eq!(answer.status, 401, "{scope} for {asker:?}");
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.contains("insufficient_scope"), "{challenge}");
    }
    server.expire_tokens();
    let answer = get(&server, ROOT, Some(&good));
    assert_eq!(answer.status, 401);
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.contains("invalid_token"), "{challenge}");
}

#[test]
fn a_trust_server_takes_on_the_manners_of_a_registry() {
    let access = Registry::builder()
        .profile(Profile::DockerHub)
        .public("docker.io/library/*");
    let server = NotaryServer::builder().access(access).start_blocking();
    let answer = get(&server, ROOT, None);
    assert_eq!(answer.status, 401);
    let challenge = answer.header("www-authenticate").unwrap();
    // The token endpoint is on another host.
    assert!(
        challenge.contains("realm=\"http://localhost:"),
        "{challenge}"
    );
}

#[test]
fn faults_are_injected_by_the_name_of_a_file() {
    let server = NotaryServer::builder().start_blocking();
    let mut collection = collection(GUN);
    let publication = collection.publish();
    server.publish(&publication);
    let timestamp = server.path(GUN, "timestamp.json");
    server.fault(
        FaultRule::new(Fault::Status(503))
            .on("*/timestamp.json")
            .times(1),
    );
    server.fault(FaultRule::new(Fault::WrongContent).on("*/targets.*"));
    assert_eq!(get(&server, &timestamp, None).status, 503);
    assert_eq!(get(&server, &timestamp, None).status, 200);
    let (name, honest) = publication
        .files()
        .find(|(name, _)| name.starts_with("targets."))
        .unwrap();
    let altered = get(&server, &server.path(GUN, name), None);
    assert_eq!(altered.body.len(), honest.len());
    assert_ne!(&altered.body, honest);
    server.clear_faults();
    assert_eq!(&get(&server, &server.path(GUN, name), None).body, honest);
}

#[test]
fn requests_are_recorded_with_the_fault_they_met() {
    let server = NotaryServer::builder().start_blocking();
    server.fault(FaultRule::new(Fault::Empty).on("*/root.json"));
    get(&server, ROOT, None);
    get(&server, "/v2/", None);
    let requests = server.take_requests();
    assert_eq!(requests[0].line(), format!("GET {ROOT}"));
    assert_eq!(requests[0].fault, Some("empty"));
    assert_eq!(requests[1].line(), "GET /v2/");
    assert_eq!(requests[1].fault, None);
    assert!(server.requests().is_empty());
}

#[test]
fn tls_is_spoken_where_it_is_asked_for() {
    let server = NotaryServer::builder().tls().start_blocking();
    assert!(server.url().starts_with("https://"));
    assert!(
        server
            .ca_pem()
            .unwrap()
            .starts_with("-----BEGIN CERTIFICATE-----")
    );
    assert_eq!(NotaryServer::builder().start_blocking().ca_pem(), None);
}
