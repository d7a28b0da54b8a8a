//! What the services refuse. What they answer is judged by cosign, in the tests of `doorward-cli`.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::json;

use super::identity::SigstoreIdentity;
use super::services::{Services, now};
use crate::http::{Application, Endpoint, Exchange};

fn status(services: &Services, method: Method, path: &str, body: &str) -> StatusCode {
    let exchange = Exchange {
        endpoint: Endpoint::Main,
        method,
        path: path.to_owned(),
        query: None,
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(body.as_bytes()),
    };
    services.answer(&exchange).status
}

#[test]
fn what_is_no_request_is_refused_by_every_service() {
    let services = Services::new("acme");
    let hashed = json!({"kind": "hashedrekord", "apiVersion": "0.0.1", "spec": {}});
    for path in [
        "/api/v1/signingCert",
        "/api/v2/signingCert",
        "/api/v1/log/entries",
        "/api/v2/log/entries",
        "/api/v1/timestamp",
    ] {
        for body in [
            "",
            "{}",
            "0",
            "\u{30}\u{5}\u{2}\u{1}\u{1}",
            &hashed.to_string(),
        ] {
            let status = status(&services, Method::POST, path, body);
            assert_eq!(status, StatusCode::BAD_REQUEST, "{path} {body}");
        }
        let status = status(&services, Method::GET, path, "");
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn a_token_counts_by_the_key_of_its_instance_and_as_it_is_alone() {
    let (acme, other) = (Services::new("acme"), Services::new("other"));
    let identity = SigstoreIdentity::email("dev@acme.test");
    let (ours, theirs) = (&acme.authority.tokens, &other.authority.tokens);
    let token = identity.token("https://accounts.acme.test", ours, now());
    let (vouched, issuer) = SigstoreIdentity::vouched_for(&token, ours).unwrap();
    assert_eq!(vouched.subject(), "dev@acme.test");
    assert_eq!(issuer, "https://accounts.acme.test");
    assert!(SigstoreIdentity::vouched_for(&token, theirs).is_none());
    let eve = SigstoreIdentity::email("eve@acme.test").token(&issuer, theirs, now());
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (mut mixed, eve) = (parts(&token), parts(&eve));
    mixed[1].clone_from(&eve[1]);
    assert!(SigstoreIdentity::vouched_for(&mixed.join("."), ours).is_none());
    assert!(SigstoreIdentity::vouched_for("no token", ours).is_none());
}

#[test]
fn instances_of_different_names_have_no_key_in_common() {
    let keys = |services: &Services| {
        let authority = &services.authority;
        [
            authority.root.spki(),
            authority.issuer.spki(),
            authority.tokens.spki(),
            authority.log.spki(),
            services.first_log.key.spki(),
            services.second_log.key.spki(),
            services.stamps_root.spki(),
            services.stamps.spki(),
        ]
    };
    let all = [keys(&Services::new("acme")), keys(&Services::new("other"))].concat();
    let distinct: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
}
