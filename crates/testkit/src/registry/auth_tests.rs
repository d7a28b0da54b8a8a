//! Authentication over a raw TCP client.

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
fn a_token_is_good_for_the_scope_it_was_asked_for() {
    let registry = started(bearer());
    let refused = get(&registry, MANIFEST, None);
    assert_eq!(refused.status, 401);
    let challenge = refused.header("www-authenticate").unwrap();
    assert_eq!(
        parameter(challenge, "scope"),
        Some("repository:team/app:pull")
    );
    let token = token(challenge, Some(&basic("alice", "secret")));
    assert_eq!(get(&registry, MANIFEST, Some(&token)).status, 200);
    assert_eq!(get(&registry, "/v2/", Some(&token)).status, 200);
    let other = get(&registry, "/v2/other/manifests/1", Some(&token));
    assert_eq!(other.status, 401);
    let challenge = other.header("www-authenticate").unwrap();
    assert_eq!(parameter(challenge, "error"), Some("insufficient_scope"));
    let push = send(
        &registry.address(),
        "PUT",
        MANIFEST,
        &[("authorization", &token)],
        b"{}",
    );
    assert_eq!(push.status, 401);
    let challenge = push.header("www-authenticate").unwrap();
    assert_eq!(
        parameter(challenge, "scope"),
        Some("repository:team/app:pull,push")
    );
}

#[test]
fn an_anonymous_token_reaches_public_repositories_only() {
    let registry = started(bearer().public("public/*"));
    registry.push_image("public/app", "1", &Image::sample("public"));
    let public = "/v2/public/app/manifests/1";
    let refused = get(&registry, public, None);
    assert_eq!(refused.status, 401);
    let anonymous = token(refused.header("www-authenticate").unwrap(), None);
    assert_eq!(get(&registry, public, Some(&anonymous)).status, 200);
    let refused = get(&registry, MANIFEST, None);
    let anonymous = token(refused.header("www-authenticate").unwrap(), None);
    assert_eq!(get(&registry, MANIFEST, Some(&anonymous)).status, 401);
}

#[test]
fn a_wrong_password_gets_no_token_and_a_stranger_gets_one_for_nothing() {
    let registry = started(bearer());
    let refused = get(&registry, MANIFEST, None);
    let challenge = refused.header("www-authenticate").unwrap();
    assert_eq!(
        token_answer(challenge, Some(&basic("alice", "wrong"))).status,
        401
    );
    let bob = token(challenge, Some(&basic("bob", "secret")));
    assert_eq!(get(&registry, MANIFEST, Some(&bob)).status, 401);
    let wrong_service = challenge.replace("registry.example", "elsewhere.example");
    let answer = token_answer(&wrong_service, Some(&basic("alice", "secret")));
    assert_eq!(answer.status, 400);
}

#[test]
fn tokens_end_when_their_time_is_over_or_when_told() {
    let registry = started(bearer().token_lifetime(Duration::from_millis(40)));
    let challenge = |registry: &Registry| {
        let refused = get(registry, MANIFEST, None);
        refused.header("www-authenticate").unwrap().to_owned()
    };
    let alice = basic("alice", "secret");
    let short = token(&challenge(&registry), Some(&alice));
    std::thread::sleep(Duration::from_millis(60));
    let refused = get(&registry, MANIFEST, Some(&short));
    assert_eq!(refused.status, 401);
    let text = refused.header("www-authenticate").unwrap();
    assert_eq!(parameter(text, "error"), Some("invalid_token"));

    let registry = started(bearer());
    let long = token(&challenge(&registry), Some(&alice));
    assert_eq!(get(&registry, MANIFEST, Some(&long)).status, 200);
    registry.expire_tokens();
    assert_eq!(get(&registry, MANIFEST, Some(&long)).status, 401);
    registry.close_account("alice");
    let answer = token_answer(&challenge(&registry), Some(&alice));
    assert_eq!(answer.status, 401);
}

#[test]
fn tokens_come_by_post_for_a_password_or_a_refresh_token() {
    let registry = started(bearer().identity_token("refresh-me", "alice"));
    let post = |body: &str| {
        let body = format!("{body}&service=registry.example&scope=repository%3Ateam%2Fapp%3Apull");
        send(&registry.address(), "POST", "/token", &[], body.as_bytes())
    };
    for good in [
        "grant_type=password&username=alice&password=secret",
        "grant_type=refresh_token&refresh_token=refresh-me",
    ] {
        let answer = post(good);
        assert_eq!(answer.status, 200);
        let token = format!("Bearer {}", answer.json()["token"].as_str().unwrap());
        assert_eq!(get(&registry, MANIFEST, Some(&token)).status, 200);
    }
    for bad in [
        "grant_type=password&username=alice&password=wrong",
        "grant_type=refresh_token&refresh_token=other",
        "grant_type=client_credentials",
        "",
    ] {
        assert_eq!(post(bad).status, 401, "{bad}");
    }
}

#[test]
fn a_registry_token_needs_no_token_endpoint() {
    let registry = started(bearer().registry_token("brought-along"));
    assert_eq!(
        get(&registry, MANIFEST, Some("Bearer brought-along")).status,
        200
    );
    assert_eq!(get(&registry, MANIFEST, Some("Bearer brought")).status, 401);
}

#[test]
fn several_scopes_can_be_asked_for_at_once() {
    let registry = started(bearer());
    registry.push_image("team/base", "1", &Image::sample("base"));
    for query in [
        "scope=repository:team/app:pull&scope=repository:team/base:pull",
        "scope=repository:team/app:pull%20repository:team/base:pull",
    ] {
        let answer = send(
            &registry.address(),
            "GET",
            &format!("/token?service=registry.example&{query}"),
            &[("authorization", &basic("alice", "secret"))],
            b"",
        );
        let token = format!("Bearer {}", answer.json()["token"].as_str().unwrap());
        for path in [MANIFEST, "/v2/team/base/manifests/1"] {
            assert_eq!(get(&registry, path, Some(&token)).status, 200);
        }
    }
}

#[test]
fn every_profile_lets_its_account_in_by_the_way_it_describes() {
    for profile in Profile::ALL {
        let registry = started(
            Registry::builder()
                .profile(profile)
                .account("alice", "secret"),
        );
        let refused = get(&registry, MANIFEST, None);
        assert_eq!(refused.status, 401, "{profile:?}");
        let challenges = refused.headers("www-authenticate").join(", ");
        let alice = basic("alice", "secret");
        let authorization = if challenges.starts_with("Bearer") {
            token(&challenges, Some(&alice))
        } else {
            alice
        };
        let answer = get(&registry, MANIFEST, Some(&authorization));
        assert_eq!(answer.status, 200, "{profile:?}");
        let ping = get(&registry, "/v2/", None);
        assert_eq!(ping.status, 401, "{profile:?}");
    }
}

#[test]
fn profiles_differ_as_they_say() {
    let with = |profile| {
        started(
            Registry::builder()
                .profile(profile)
                .account("alice", "secret"),
        )
    };
    let headers = |registry: &Registry, path: &str| {
        let answer = get(registry, path, None);
        let all = answer.headers("www-authenticate");
        all.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let alice = basic("alice", "secret");

    let acr = with(Profile::Acr);
    let both = headers(&acr, MANIFEST);
    assert_eq!(both.len(), 2);
    assert!(both[1].starts_with("Basic "));
    let answer = token_answer(&both[0], Some(&alice)).json();
    assert!(answer.get("token").is_none() && answer.get("access_token").is_some());

    let artifactory = with(Profile::Artifactory);
    let one = headers(&artifactory, MANIFEST);
    assert_eq!(one.len(), 1);
    assert!(one[0].starts_with("Bearer ") && one[0].contains(", Basic realm="));

    let hub = with(Profile::DockerHub);
    let realm = headers(&hub, MANIFEST);
    let realm = parameter(&realm[0], "realm").unwrap().to_owned();
    assert!(realm.starts_with("http://localhost:"), "{realm}");
    assert_ne!(realm.split(':').nth(2), hub.url().split(':').nth(2));
    token(&headers(&hub, MANIFEST)[0], Some(&alice));
    assert_eq!(hub.requests().last().unwrap().endpoint, Endpoint::Token);

    let ghcr = with(Profile::Ghcr);
    let ping = headers(&ghcr, "/v2/");
    assert_eq!(
        parameter(&ping[0], "scope"),
        Some("repository:user/image:pull")
    );
    assert_eq!(token_answer(&headers(&ghcr, MANIFEST)[0], None).status, 403);

    let ecr = get(&with(Profile::Ecr), "/v2/", None);
    assert_eq!(ecr.body, b"Not Authorized\n");

    let harbor = with(Profile::Harbor);
    let challenge = headers(&harbor, MANIFEST).remove(0);
    let post = send(
        &harbor.address(),
        "POST",
        "/service/token",
        &[],
        b"grant_type=password",
    );
    assert_eq!(post.status, 404);
    let token = token(&challenge, Some(&alice));
    let missing = get(&harbor, "/v2/team/app/manifests/2", Some(&token));
    assert_eq!(missing.json()["errors"][0]["code"], "NOT_FOUND");

    let quay = headers(&with(Profile::Quay), MANIFEST);
    assert!(quay[0].contains("\", service="));
}

#[test]
fn blobs_are_redirected_to_a_host_that_refuses_credentials() {
    let image = Image::sample("app");
    let digest = image.blobs()[0].digest();
    let path = format!("/v2/team/app/blobs/{digest}");
    let registry = started(Registry::builder().blob_redirect(BlobRedirect::OtherHost));
    let redirect = get(&registry, &path, None);
    assert_eq!(redirect.status, 307);
    let location = redirect.header("location").unwrap();
    assert!(location.starts_with("http://localhost:"));
    let host = location.split('/').nth(2).unwrap();
    let host = host.replace("localhost", "127.0.0.1");
    assert!(digest.matches(&send(&host, "GET", &path, &[], b"").body));
    let leaking = [("authorization", "Bearer secret")];
    assert_eq!(send(&host, "GET", &path, &leaking, b"").status, 400);
    let last = registry.requests().pop().unwrap();
    assert_eq!(last.endpoint, Endpoint::Elsewhere);
    assert!(last.has_authorization());

    let registry = started(Registry::builder().blob_redirect(BlobRedirect::SameHost));
    let redirect = get(&registry, &path, None);
    let location = redirect.header("location").unwrap();
    assert!(location.starts_with('/') && location != path);
    assert!(digest.matches(&get(&registry, location, None).body));
}

#[test]
fn challenges_can_have_any_form() {
    let registry = started(
        bearer()
            .challenges(&["Negotiate", r#"bearer REALM="{realm}"{,scope}"#])
            .token_field(TokenField::Both)
            .announced_token_lifetime(None),
    );
    let answer = get(&registry, MANIFEST, None);
    let all = answer.headers("www-authenticate");
    assert_eq!(all[0], "Negotiate");
    let expected = format!(
        "bearer REALM=\"{}/token\",scope=\"repository:team/app:pull\"",
        registry.url()
    );
    assert_eq!(all[1], expected);
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
