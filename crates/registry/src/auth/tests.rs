use std::time::{Duration, Instant};

use http::{HeaderMap, header::WWW_AUTHENTICATE};

use super::token::TokenError;
use super::*;
use crate::endpoint::{Endpoint, PlainHttp};

const REALM: &str = "Bearer realm=\"https://auth.example/token?x=1\",service=\"reg\"";

fn challenges(headers: &[&str]) -> Vec<Challenge> {
    let mut map = HeaderMap::new();
    for header in headers {
        map.append(WWW_AUTHENTICATE, header.parse().expect("a header value"));
    }
    crate::challenge::usable(&map)
}

fn space(repository: &str, plain: bool) -> ProtectionSpace {
    let repository: doorward_core::Repository = repository.parse().expect("a repository");
    let mut hosts = PlainHttp::default();
    if plain {
        hosts.add(repository.authority().clone());
    }
    Endpoint::of(&repository, &hosts)
        .expect("an endpoint")
        .space()
}

fn password() -> Credential {
    Credential::Basic(Basic::new("u", "p"))
}

fn identity_token() -> Credential {
    Credential::IdentityToken {
        username: String::new(),
        token: "t".to_owned(),
    }
}

fn planned(headers: &[&str], identity: Option<&Credential>) -> String {
    match plan(&space("r.example/a", false), &challenges(headers), identity) {
        Ok(Plan::Nothing) => "nothing".to_owned(),
        Ok(Plan::Password(_)) => "password".to_owned(),
        Ok(Plan::Ready(_)) => "ready".to_owned(),
        Ok(Plan::Token(service, fallback)) => {
            format!("token {} {}", service.host(), fallback.is_some())
        }
        Err(AuthError::Refused(_)) => "refused".to_owned(),
        Err(AuthError::Failed(error)) => format!("{error:?}"),
    }
}

#[test]
fn nobody_asking_means_nothing_is_shown() {
    assert_eq!(planned(&[], None), "nothing");
    for credential in [
        password(),
        identity_token(),
        Credential::RegistryToken("t".to_owned()),
    ] {
        assert_eq!(planned(&[], Some(&credential)), "refused");
        assert_eq!(planned(&["Digest realm=x"], Some(&credential)), "refused");
    }
}

#[test]
fn each_credential_is_shown_where_it_is_understood() {
    let registry_token = Credential::RegistryToken("t".to_owned());
    assert_eq!(planned(&["Basic realm=x"], None), "nothing");
    assert_eq!(planned(&["Basic realm=x"], Some(&password())), "password");
    assert_eq!(
        planned(&["Basic realm=x"], Some(&identity_token())),
        "refused"
    );
    assert_eq!(
        planned(&["Basic realm=x"], Some(&registry_token)),
        "refused"
    );
    assert_eq!(planned(&[REALM], None), "token auth.example false");
    assert_eq!(
        planned(&[REALM], Some(&password())),
        "token auth.example false"
    );
    assert_eq!(
        planned(&[REALM], Some(&identity_token())),
        "token auth.example false"
    );
    assert_eq!(planned(&[REALM], Some(&registry_token)), "ready");
    for both in [["Basic realm=x", REALM], [REALM, "Basic realm=x"]] {
        assert_eq!(planned(&both, None), "token auth.example false");
        assert_eq!(planned(&both, Some(&password())), "token auth.example true");
    }
}

#[test]
fn a_realm_that_cannot_be_used_is_refused_or_gone_around() {
    for realm in [
        "auth.example/token",
        "/token",
        "ftp://auth.example/token",
        "file:///token",
        "http://auth.example/token",
        "http://127.0.0.1/token",
        "https://u:p@auth.example/token",
        "https://u@auth.example/token",
        "https://",
    ] {
        let header = format!("Bearer realm=\"{realm}\"");
        assert_eq!(planned(&[&header], None), "refused", "{realm}");
        assert_eq!(planned(&[&header], Some(&password())), "refused", "{realm}");
        assert_eq!(
            planned(&[&header, "Basic realm=x"], Some(&password())),
            "password",
            "{realm}"
        );
    }
    assert_eq!(planned(&["Bearer service=x"], None), "refused");
    let long = format!(
        "Bearer realm=\"https://a.example\",service=\"{}\"",
        "s".repeat(513)
    );
    assert_eq!(planned(&[&long], None), "refused");
}

#[test]
fn a_realm_without_tls_is_only_for_registries_without_it_or_on_this_machine() {
    let service = |repository: &str, plain: bool, realm: &str| {
        let found = challenges(&[&format!("Bearer realm=\"{realm}\"")]);
        TokenService::of(&found[0], &space(repository, plain)).is_ok()
    };
    assert!(service("r.example/a", true, "http://auth.example/token"));
    assert!(service(
        "127.0.0.1:5000/a",
        false,
        "http://localhost:5001/token"
    ));
    assert!(service("r.example/a", true, "https://auth.example/token"));
    assert!(!service(
        "127.0.0.1:5000/a",
        false,
        "http://auth.example/token"
    ));
    assert!(!service(
        "r.example/a",
        false,
        "http://localhost:5001/token"
    ));
}

#[test]
fn a_token_is_asked_for_with_what_the_service_needs() {
    let service = TokenService::of(&challenges(&[REALM])[0], &space("r.example/a/b", false))
        .expect("a service");
    let scope = Scope::pull(&"r.example/a/b".parse().expect("a repository"));
    let anonymous = service.request(&scope, None);
    assert_eq!(
        anonymous.url.as_str(),
        "https://auth.example/token?x=1&service=reg&scope=repository%3Aa%2Fb%3Apull"
    );
    assert!(anonymous.authorization.is_none() && anonymous.form.is_none());

    let with_password = service.request(&scope, Some(&password()));
    assert_eq!(with_password.url, anonymous.url);
    let header = with_password.authorization.expect("a header");
    assert_eq!(header.as_bytes(), b"Basic dTpw");
    assert!(header.is_sensitive());

    let with_token = service.request(&scope, Some(&identity_token()));
    assert_eq!(with_token.url.as_str(), "https://auth.example/token?x=1");
    assert!(with_token.authorization.is_none());
    let form = with_token.form.expect("a form");
    assert!(form.contains(&("refresh_token", "t".to_owned())));
    assert!(form.contains(&("grant_type", "refresh_token".to_owned())));
    assert!(form.contains(&("service", "reg".to_owned())));
    assert!(form.contains(&("scope", "repository:a/b:pull".to_owned())));
}

fn now() -> doorward_core::Timestamp {
    "2026-01-01T00:10:00Z".parse().expect("a time")
}

fn token(json: &str) -> Result<(String, u64), TokenError> {
    Token::parse(json.as_bytes(), now()).map(|token| {
        (
            token.header.to_str().expect("text").to_owned(),
            token.lifetime.as_secs(),
        )
    })
}

#[test]
fn a_token_goes_by_two_names() {
    let expected = Ok(("Bearer abc".to_owned(), 60));
    assert_eq!(token(r#"{"token": "abc"}"#), expected);
    assert_eq!(token(r#"{"access_token": "abc"}"#), expected);
    assert_eq!(token(r#"{"token": "abc", "access_token": "x"}"#), expected);
    assert_eq!(token(r#"{"token": "", "access_token": "abc"}"#), expected);
    assert_eq!(
        token(r#"{"token": null, "access_token": "abc", "x": {}}"#),
        expected
    );
}

#[test]
fn a_token_lives_as_long_as_its_service_says_within_bounds() {
    let lifetime = |rest: &str| {
        token(&format!(r#"{{"token": "abc", {rest}}}"#))
            .expect("a token")
            .1
    };
    assert_eq!(lifetime(r#""expires_in": 300"#), 300);
    assert_eq!(lifetime(r#""expires_in": 1"#), 60);
    assert_eq!(lifetime(r#""expires_in": 0"#), 60);
    assert_eq!(lifetime(r#""expires_in": -5"#), 60);
    assert_eq!(lifetime(r#""expires_in": 1e300"#), 60);
    assert_eq!(lifetime(r#""expires_in": 31536000"#), 3600);
    assert_eq!(lifetime(r#""expires_in": null"#), 60);
    assert_eq!(lifetime(r#""expires_in": "300", "issued_at": 5"#), 60);
    let issued = |at: &str| lifetime(&format!(r#""expires_in": 300, "issued_at": "{at}""#));
    assert_eq!(issued("2026-01-01T00:10:00Z"), 300);
    assert_eq!(issued("2026-01-01T00:08:00.5Z"), 180);
    // The service's clock is ahead, or far behind, or unreadable.
    assert_eq!(issued("2026-01-01T01:00:00Z"), 300);
    assert_eq!(issued("2025-01-01T00:00:00Z"), 60);
    assert_eq!(issued("yesterday"), 300);
}

#[test]
fn what_is_not_a_token_is_refused() {
    for json in [
        "",
        "<html>",
        "[]",
        "null",
        "{}",
        r#"{"token": 1}"#,
        r#"{"token": "a b"}"#,
        r#"{"token": "a\nb"}"#,
        r#"{"token": "ä"}"#,
        r#"{"token": null}"#,
    ] {
        assert_eq!(token(json), Err(TokenError::Malformed), "{json}");
    }
    assert_eq!(token(r#"{"token": ""}"#), Err(TokenError::None));
    assert_eq!(
        token(r#"{"token": "", "access_token": ""}"#),
        Err(TokenError::None)
    );
}

fn key(identity: Option<&Credential>) -> TokenKey {
    TokenKey {
        origin: "https://r.example/".to_owned(),
        service: TokenService::of(&challenges(&[REALM])[0], &space("r.example/a", false))
            .expect("a service"),
        scope: Scope::pull(&"r.example/a".parse().expect("a repository")),
        identity: fingerprint(identity),
    }
}

#[test]
fn a_token_is_kept_until_shortly_before_it_expires_and_for_its_owner_only() {
    let (cache, start) = (TokenCache::default(), Instant::now());
    let token = Token::parse(br#"{"token": "abc", "expires_in": 100}"#, now()).expect("a token");
    cache.keep(key(None), &token, start);
    let at = |seconds| start + Duration::from_secs(seconds);
    assert!(cache.find(&key(None), at(94)).is_some());
    assert!(cache.find(&key(None), at(95)).is_none());
    assert!(cache.find(&key(Some(&password())), start).is_none());
}

#[test]
fn only_the_token_that_was_refused_is_forgotten() {
    let (cache, start) = (TokenCache::default(), Instant::now());
    let token = |text| {
        Token::parse(format!(r#"{{"token": "{text}"}}"#).as_bytes(), now()).expect("a token")
    };
    cache.keep(key(None), &token("new"), start);
    cache.forget(&key(None), Some(&token("old").header));
    assert!(cache.find(&key(None), start).is_some());
    cache.forget(&key(None), Some(&token("new").header));
    assert!(cache.find(&key(None), start).is_none());
}

#[test]
fn tokens_do_not_show_in_debug_output() {
    let token = Token::parse(br#"{"token": "s3cret"}"#, now()).expect("a token");
    assert!(!format!("{token:?}").contains("s3cret"));
}
