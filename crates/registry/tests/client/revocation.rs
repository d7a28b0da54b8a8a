//! What certificates name: asked without a credential, and not on private networks.

use bytes::Bytes;
use doorward_core::{FetchError, Resource};
use doorward_registry::Builder;
use doorward_testkit::Lookaside;

use crate::scripted::{Reaction, Scripted};
use crate::support::*;

fn list(address: &str, path: &str) -> Resource {
    Resource::Revocation {
        url: format!("http://{address}/{path}"),
        request: None,
    }
}

fn question(address: &str) -> Resource {
    Resource::Revocation {
        url: format!("http://{address}/ocsp"),
        request: Some(Bytes::from_static(b"is it good?")),
    }
}

fn allowing() -> Builder {
    hasty().allow_address("127.0.0.0/8")
}

#[tokio::test]
async fn a_list_is_fetched_and_a_question_posted_where_the_operator_allows_it() {
    let server = Lookaside::builder().start().await;
    server.put_file("ca.crl", b"list".to_vec());
    let client = allowing().build().expect("a client").anonymous();
    let fetched = get(&client, list(&server.address(), "ca.crl?part=1"))
        .await
        .expect("a list");
    assert_eq!(&fetched.bytes[..], b"list");
    assert_eq!(
        fetched.source,
        format!("http://{}/ca.crl", server.address())
    );

    let responder =
        Scripted::start(|_, _| Reaction::Reply(200, String::new(), "good".to_owned())).await;
    let fetched = get(&client, question(&responder.address))
        .await
        .expect("an answer");
    assert_eq!(&fetched.bytes[..], b"good");
    let asked = responder.log();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].0.is_form && asked[0].0.path == "/ocsp");
}

#[tokio::test]
async fn nothing_on_a_private_network_is_asked_because_a_certificate_names_it() {
    let server = Lookaside::builder().start().await;
    server.put_file("ca.crl", b"list".to_vec());
    // Also where the operator chooses images and policies: certificates are others' all the same.
    for client in [hasty(), hasty().guard_addresses()] {
        let client = client.build().expect("a client").anonymous();
        for resource in [
            list(&server.address(), "ca.crl"),
            question(&server.address()),
        ] {
            let told = get(&client, resource).await;
            assert!(
                matches!(told, Err(FetchError::AddressNotAllowed { .. })),
                "{told:?}"
            );
        }
        let inner = get(&client, list("10.255.255.1", "ca.crl")).await;
        assert!(matches!(inner, Err(FetchError::AddressNotAllowed { .. })));
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn what_is_asked_of_an_issuer_shows_no_credential() {
    let server = Lookaside::builder().start().await;
    server.put_file("ca.crl", b"list".to_vec());
    let client = allowing().build().expect("a client");
    let keychain = with(&client, &[password("user", "s3cret")]);
    get(&keychain, list(&server.address(), "ca.crl"))
        .await
        .expect("a list");
    for request in server.requests() {
        assert_eq!(request.header("authorization"), None);
    }
    let responder = Scripted::start(|_, asked| match &asked.authorization {
        None => Reaction::challenge("Basic realm=\"x\""),
        Some(_) => Reaction::status(200),
    })
    .await;
    let told = get(&keychain, question(&responder.address)).await;
    assert!(told.is_err_and(|error| error.is_unavailable()));
    assert!(
        responder
            .log()
            .iter()
            .all(|(asked, _)| asked.authorization.is_none())
    );
}

#[tokio::test]
async fn an_issuer_that_is_out_is_never_an_outage() {
    let stopped = Lookaside::builder().start().await;
    let address = stopped.address();
    stopped.stop();
    let client = allowing().build().expect("a client").anonymous();
    let silent = Scripted::start(|_, _| Reaction::Silence).await;
    let failing = Scripted::start(|_, _| Reaction::status(503)).await;
    for address in [&address, &silent.address, &failing.address] {
        for resource in [list(address, "ca.crl"), question(address)] {
            let told = get(&client, resource).await.expect_err("no answer");
            assert!(told.is_unavailable(), "{told:?}");
            assert_eq!(told.outage(), None, "{told:?}");
        }
    }
}

#[tokio::test]
async fn a_list_that_is_missing_or_too_long_is_none() {
    let server = Lookaside::builder().start().await;
    let client = allowing().build().expect("a client").anonymous();
    let address = server.address();
    assert_eq!(
        get(&client, list(&address, "none.crl")).await,
        Err(FetchError::NotFound)
    );
    server.put_file("long.crl", vec![0; LIMIT + 1]);
    assert_eq!(
        get(&client, list(&address, "long.crl")).await,
        Err(FetchError::TooLarge { limit: LIMIT })
    );
}

#[tokio::test]
async fn what_a_certificate_names_leads_nowhere_where_it_may_not_go_itself() {
    let inner = Lookaside::builder().start().await;
    let address = inner.address();
    let leading = Scripted::start(move |_, _| {
        let location = format!("Location: https://{address}/ca.crl\r\n");
        Reaction::Reply(302, location, String::new())
    })
    .await;
    // That server is allowed, and no other.
    let client = hasty().allow_address(&leading.address).build();
    let client = client.expect("a client").anonymous();
    let told = get(&client, list(&leading.address, "ca.crl")).await;
    assert!(
        matches!(told, Err(FetchError::AddressNotAllowed { .. })),
        "{told:?}"
    );
    assert_eq!(inner.connections(), 0);
}
