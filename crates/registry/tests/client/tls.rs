//! Whom a client believes.

use doorward_core::{FetchError, Resource};
use doorward_registry::{Builder, RegistryClient, Retries};
use doorward_testkit::{Fault, FaultRule, Image, Lookaside, Redirect, Registry, TlsAuthority};

use crate::support::*;

fn tls_builder() -> Builder {
    RegistryClient::builder()
        .no_proxy()
        .retries(Retries::none())
}

#[tokio::test]
async fn a_registry_is_believed_by_the_authority_given_for_it_or_for_all() {
    let authority = TlsAuthority::new();
    let registry = Registry::builder().tls_from(&authority).start().await;
    registry.push_image("team/app", "1", &Image::sample("app"));
    let resource = by_tag(&repository(&registry, "team/app"), "1");
    let address = registry.address();
    for builder in [
        tls_builder().ca_pem(None, authority.ca_pem()),
        tls_builder().ca_pem(Some(&address), authority.ca_pem()),
    ] {
        let answer = get(
            &builder.build().expect("a client").anonymous(),
            resource.clone(),
        )
        .await;
        assert!(answer.is_ok(), "{answer:?}");
    }
    for builder in [
        tls_builder(),
        tls_builder().ca_pem(None, TlsAuthority::new().ca_pem()),
        tls_builder().ca_pem(Some("r.example"), authority.ca_pem()),
        tls_builder().ca_pem(Some("127.0.0.1"), authority.ca_pem()),
    ] {
        let answer = get(
            &builder.build().expect("a client").anonymous(),
            resource.clone(),
        )
        .await;
        assert!(
            answer.as_ref().is_err_and(FetchError::is_unavailable),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_registry_without_tls_is_not_asked_unless_it_is_named() {
    let registry = Registry::builder().start().await;
    registry.push_image("team/app", "1", &Image::sample("app"));
    let client = tls_builder().build().expect("a client").anonymous();
    let answer = get(&client, by_tag(&repository(&registry, "team/app"), "1")).await;
    assert!(
        answer.as_ref().is_err_and(FetchError::is_unavailable),
        "{answer:?}"
    );
    assert!(registry.requests().is_empty());
}

#[tokio::test]
async fn a_redirect_never_leaves_tls() {
    let authority = TlsAuthority::new();
    let registry = Registry::builder().tls_from(&authority).start().await;
    let image = Image::sample("app");
    registry.push_image("team/app", "1", &image);
    let store = Lookaside::builder().tls_from(&authority).start().await;
    store.put_file("x", "signature");
    let client = tls_builder()
        .ca_pem(None, authority.ca_pem())
        .build()
        .expect("a client")
        .anonymous();
    registry.fault(FaultRule::new(Fault::Redirect(Redirect::Downgrade)).on("*/blobs/*"));
    store.fault(FaultRule::new(Fault::Redirect(Redirect::Downgrade)));
    for resource in [
        Resource::Blob {
            repository: repository(&registry, "team/app"),
            digest: image.blobs()[0].digest().clone(),
        },
        Resource::Lookaside {
            url: format!("{}/x", store.url()),
            access: None,
        },
    ] {
        let answer = get(&client, resource).await;
        assert!(
            answer.as_ref().is_err_and(FetchError::is_unavailable),
            "{answer:?}"
        );
    }
}
