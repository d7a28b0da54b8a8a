//! Tokens: who gets one, for what and for how long.

use super::*;

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
