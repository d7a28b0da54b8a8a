//! Tokens that are kept.

use super::*;
use crate::auth::token::MAX_BYTES;

fn key(identity: Option<&Credential>) -> TokenKey {
    TokenKey {
        server: "https://r.example/".to_owned(),
        service: service(REALM, &space("r.example/a", &[])).expect("a service"),
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
fn the_tokens_of_a_registry_that_gives_the_longest_take_bounded_memory() {
    let (cache, start) = (TokenCache::default(), Instant::now());
    let text = format!(r#"{{"token": "{}"}}"#, "a".repeat(MAX_TOKEN));
    let token = Token::parse(text.as_bytes(), now()).expect("a token");
    for number in 0..2_000 {
        let repository = format!("evil.example/{number}").parse().expect("valid");
        let key = TokenKey {
            scope: Scope::pull(&repository),
            ..key(None)
        };
        cache.keep(key, &token, start);
        assert!(cache.size().1 <= MAX_BYTES);
    }
    assert!(cache.size().0 > 100);
}
