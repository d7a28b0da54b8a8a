mod cache;

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header::WWW_AUTHENTICATE};

use super::token::{MAX_TOKEN, TokenError};
use super::*;
use crate::endpoint::Endpoint;
use crate::plain_http::PlainHttp;
use crate::transport::reply::Direct;
use crate::transport::{Content, Hop};

const REALM: &str = "Bearer realm=\"https://auth.example/token?x=1\",service=\"reg\"";

/// What the server at `url` asks for with these headers.
fn asked(url: &str, headers: &[&str], is_local: bool) -> Challenges {
    let mut map = HeaderMap::new();
    for header in headers {
        map.append(WWW_AUTHENTICATE, header.parse().expect("a header value"));
    }
    let origin = Origin::of(&url.parse().expect("an URL")).expect("an origin");
    Direct {
        origin,
        content: Content {
            host: "r.example".to_owned(),
            status: StatusCode::UNAUTHORIZED,
            headers: map,
            body: Bytes::new(),
            is_local,
        },
    }
    .challenges()
}

fn challenges(headers: &[&str]) -> Challenges {
    asked("https://r.example/v2/", headers, false)
}

fn service(header: &str, space: &ProtectionSpace) -> Result<TokenService, AuthError> {
    let found = challenges(&[header]);
    TokenService::of(found.of_scheme("bearer").expect("one"), false, space)
}

fn space(repository: &str, plain: &[&str]) -> ProtectionSpace {
    let repository: doorward_core::Repository = repository.parse().expect("a repository");
    let mut hosts = PlainHttp::default();
    for host in plain {
        hosts.add(host.parse().expect("an authority"));
    }
    Endpoint::of(&repository, &hosts)
        .expect("an endpoint")
        .space(&hosts)
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
    match plan(&space("r.example/a", &[]), &challenges(headers), identity) {
        Ok(Plan::Nothing) => "nothing".to_owned(),
        Ok(Plan::Password(_)) => "password".to_owned(),
        Ok(Plan::Ready(_)) => "ready".to_owned(),
        Ok(Plan::Token(service, fallback)) => {
            format!("token {} {}", service.host(), fallback.is_some())
        }
        Err(AuthError::Refused(_)) => "refused".to_owned(),
        Err(AuthError::Failed(error) | AuthError::Limited(error)) => format!("{error:?}"),
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
fn what_another_origin_asks_for_is_answered_by_nobody() {
    let space = space("r.example/a", &[]);
    for url in [
        "https://cdn.example/",
        "https://r.example:444/",
        "http://r.example/",
        "https://r.example.test/",
    ] {
        for headers in [&["Basic realm=x"][..], &[REALM]] {
            let others = asked(url, headers, false);
            for identity in [None, Some(&password()), Some(&identity_token())] {
                assert!(
                    matches!(plan(&space, &others, identity), Err(AuthError::Refused(_))),
                    "{url}"
                );
            }
        }
    }
}

#[test]
fn a_credential_that_is_too_long_for_any_server_is_not_sent() {
    let fits = Credential::Basic(Basic::new("u", "p".repeat(MAX_CREDENTIAL - 1)));
    assert_eq!(planned(&["Basic realm=x"], Some(&fits)), "password");
    for long in [
        Credential::Basic(Basic::new("u", "p".repeat(MAX_CREDENTIAL))),
        Credential::RegistryToken("t".repeat(MAX_CREDENTIAL + 1)),
        Credential::IdentityToken {
            username: "u".repeat(MAX_CREDENTIAL),
            token: "t".to_owned(),
        },
    ] {
        assert_eq!(planned(&["Basic realm=x", REALM], Some(&long)), "refused");
    }
}

#[test]
fn a_realm_on_another_host_gets_a_credential_only_over_tls_or_if_it_was_named() {
    let takes = |repository: &str, plain: &[&str], realm: &str| {
        let header = format!("Bearer realm=\"{realm}\"");
        service(&header, &space(repository, plain)).is_ok()
    };
    for (repository, plain, realm) in [
        ("r.example/a", &[][..], "https://auth.example/token"),
        ("r.example/a", &["r.example"], "http://r.example/token"),
        ("r.example/a", &["r.example"], "http://r.example:5001/token"),
        ("r.example/a", &["r.example"], "https://r.example/token"),
        (
            "r.example/a",
            &["r.example", "auth.example"],
            "http://auth.example/token",
        ),
        (
            "r.example/a",
            &["r.example", "auth.example"],
            "https://auth.example/token",
        ),
        ("127.0.0.1:5000/a", &[], "http://localhost:5001/token"),
        (
            "127.0.0.1:5000/a",
            &["127.0.0.1:5000"],
            "http://127.0.0.1:5001/token",
        ),
    ] {
        assert!(takes(repository, plain, realm), "{repository} {realm}");
    }
    for (repository, plain, realm) in [
        ("r.example/a", &[][..], "http://r.example/token"),
        ("r.example/a", &[], "http://localhost:5001/token"),
        ("r.example/a", &["r.example"], "http://auth.example/token"),
        ("r.example/a", &["r.example"], "https://auth.example/token"),
        (
            "r.example/a",
            &["r.example", "auth.example:5001"],
            "http://auth.example/token",
        ),
        ("127.0.0.1:5000/a", &[], "http://auth.example/token"),
    ] {
        assert!(!takes(repository, plain, realm), "{repository} {realm}");
    }
}

#[test]
fn a_realm_on_another_host_is_dialled_like_a_redirect_to_it() {
    let space = space("r.example/a", &[]);
    let hop = |realm: &str, is_local| {
        let header = format!("Bearer realm=\"{realm}\"");
        let found = asked("https://r.example/v2/", &[&header], is_local);
        let bearer = found.of_scheme("bearer").expect("one");
        let service = TokenService::of(bearer, found.is_local(), &space).expect("a service");
        let scope = Scope::pull(&"r.example/a".parse().expect("a repository"));
        (service.request(&scope, None).hop, service.probe().hop)
    };
    let led = |from_local| Hop::Led { from_local };
    assert_eq!(
        hop("https://auth.example/t", false),
        (led(false), led(false))
    );
    assert_eq!(hop("https://auth.example/t", true), (led(true), led(true)));
    assert_eq!(hop("https://r.example/t", false), (Hop::First, Hop::First));
}

#[test]
fn a_probe_of_a_token_service_has_nothing_of_an_image_in_it() {
    let service = service(REALM, &space("r.example/a/b", &[])).expect("a service");
    let probe = service.probe();
    assert_eq!(
        probe.url.as_str(),
        "https://auth.example/token?x=1&service=reg"
    );
    assert!(!probe.shows_credential());
}

#[test]
fn a_token_is_asked_for_with_what_the_service_needs() {
    let service = service(REALM, &space("r.example/a/b", &[])).expect("a service");
    let scope = Scope::pull(&"r.example/a/b".parse().expect("a repository"));
    let anonymous = service.request(&scope, None);
    assert_eq!(
        anonymous.url.as_str(),
        "https://auth.example/token?x=1&service=reg&scope=repository%3Aa%2Fb%3Apull"
    );
    assert!(anonymous.authorization.is_none() && anonymous.form.is_none());

    let with_password = service.request(&scope, Some(&password()));
    assert_eq!(with_password.url, anonymous.url);
    assert!(with_password.shows_credential());
    let shown = with_password.authorization.expect("a header");
    assert_eq!(shown.header().as_bytes(), b"Basic dTpw");
    assert!(shown.header().is_sensitive());
    assert_eq!(shown.origin().to_string(), "https://auth.example:443");

    let with_token = service.request(&scope, Some(&identity_token()));
    assert!(with_token.shows_credential());
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

#[test]
fn a_token_that_is_longer_than_servers_take_is_refused() {
    let of = |length| format!(r#"{{"token": "{}"}}"#, "a".repeat(length));
    assert!(token(&of(MAX_TOKEN)).is_ok());
    assert_eq!(token(&of(MAX_TOKEN + 1)), Err(TokenError::TooLong));
}

#[test]
fn tokens_do_not_show_in_debug_output() {
    let token = Token::parse(br#"{"token": "s3cret"}"#, now()).expect("a token");
    assert!(!format!("{token:?}").contains("s3cret"));
}
