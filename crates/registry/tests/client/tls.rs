//! Whom a client believes.

use doorward_core::{FetchError, Resource};
use doorward_registry::{Builder, RegistryClient, Retries, TlsMaterial};
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

#[tokio::test]
async fn a_server_that_asks_for_a_client_certificate_gets_that_which_was_given_for_it() {
    let (authority, clients) = (TlsAuthority::new(), TlsAuthority::new());
    let demanding = authority.demanding(&clients);
    let registry = Registry::builder().tls_from(&demanding).start().await;
    registry.push_image("team/app", "1", &Image::sample("app"));
    let resource = by_tag(&repository(&registry, "team/app"), "1");
    let address = registry.address();
    let own = clients.issue_client("doorward", &[]);
    let material = |host: &str, certificate: &doorward_testkit::IssuedCertificate| {
        TlsMaterial::new()
            .authority(None, authority.ca_pem())
            .client_certificate(
                host,
                certificate.certificate_pem.as_str(),
                certificate.key_pem.as_str(),
            )
    };
    let stranger = TlsAuthority::new().issue_client("doorward", &[]);
    for (material, expected) in [
        (material(&address, &own), true),
        (material("r.example", &own), false),
        (material(&address, &stranger), false),
        (
            TlsMaterial::new().authority(None, authority.ca_pem()),
            false,
        ),
    ] {
        let client = tls_builder().tls(material).build().expect("a client");
        let answer = get(&client.anonymous(), resource.clone()).await;
        assert_eq!(answer.is_ok(), expected, "{answer:?}");
        // It is no refusal of the image, and no credential was refused.
        assert!(answer.is_ok() || answer.is_err_and(|error| error.is_unavailable()));
    }
}

#[tokio::test]
async fn a_client_certificate_does_not_go_where_its_server_leads() {
    let (authority, clients) = (TlsAuthority::new(), TlsAuthority::new());
    let registry = Registry::builder().tls_from(&authority).start().await;
    let store = Lookaside::builder()
        .tls_from(&authority.demanding(&clients))
        .start()
        .await;
    store.put_file("x", "signature");
    let own = clients.issue_client("doorward", &[]);
    let of = |host: &str| {
        let material = TlsMaterial::new()
            .authority(None, authority.ca_pem())
            .client_certificate(host, own.certificate_pem.as_str(), own.key_pem.as_str());
        tls_builder().tls(material).build().expect("a client")
    };
    let resource = || Resource::Lookaside {
        url: format!("{}/x", store.url()),
        access: None,
    };
    let elsewhere = get(&of(&registry.address()).anonymous(), resource()).await;
    assert!(elsewhere.is_err_and(|error| error.is_unavailable()));
    assert!(
        get(&of(&store.address()).anonymous(), resource())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn other_certificates_take_the_place_of_those_in_use_and_broken_ones_do_not() {
    let authority = TlsAuthority::new();
    let registry = Registry::builder().tls_from(&authority).start().await;
    registry.push_image("team/app", "1", &Image::sample("app"));
    let resource = by_tag(&repository(&registry, "team/app"), "1");
    let client = tls_builder().build().expect("a client");
    let asks = async || get(&client.anonymous(), resource.clone()).await.is_ok();
    assert!(!asks().await);
    let good = TlsMaterial::new().authority(None, authority.ca_pem());
    client.renew_tls(&good).expect("it is good");
    assert!(asks().await);
    for broken in [
        TlsMaterial::new().authority(None, "x"),
        TlsMaterial::new().client_certificate("r.example", authority.ca_pem(), "x"),
        TlsMaterial::new().client_certificate("r.example", "x", "x"),
        TlsMaterial::new().client_certificate("not a host", "x", "x"),
    ] {
        client.renew_tls(&broken).expect_err("it is broken");
        assert!(asks().await);
    }
    client.renew_tls(&TlsMaterial::new()).expect("it is good");
    assert!(!asks().await);
}
