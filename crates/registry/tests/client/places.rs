//! Where requests do not go, and what is no registry.

use doorward_core::{FetchError, Resource};
use doorward_registry::BuildError;
use doorward_testkit::{Image, NotaryServer, Registry};

use crate::scripted::{Reaction, Scripted};
use crate::support::*;

#[tokio::test]
async fn a_service_asks_no_address_of_its_own_machine_that_an_image_or_a_policy_chose() {
    let registry = Scripted::start(|_, _| Reaction::json(200, "{}")).await;
    let (_, port) = registry.address.split_once(':').expect("a port");
    let client = hasty().guard_addresses().build().expect("a client");
    let client = client.anonymous();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "0.0.0.0",
        "127.0.0.2",
        "169.254.169.254",
    ] {
        // Not every form is one of a reference, but all are of an URL.
        let image = format!("{host}:{port}/a").parse();
        let image = image.ok().map(|image| by_tag(&image, "1"));
        let store = Resource::Lookaside {
            url: format!("https://{host}:{port}/s/signature-1"),
            access: None,
        };
        let trust = metadata(&[&format!("https://{host}:{port}")], "root.json");
        for resource in image.into_iter().chain([store, trust]) {
            let answer = get(&client, resource).await;
            assert!(
                matches!(answer, Err(FetchError::AddressNotAllowed { .. })),
                "{host}: {answer:?}"
            );
        }
    }
    assert!(registry.log().is_empty());
}

#[tokio::test]
async fn what_the_operator_names_is_asked_wherever_it_is() {
    let registry = Registry::builder().start().await;
    registry.push_image("team/app", "1", &Image::sample("app"));
    let wanted = by_tag(&repository(&registry, "team/app"), "1");
    let named = builder(&registry).guard_addresses();
    let answer = get(&named.build().expect("a client").anonymous(), wanted).await;
    assert!(answer.is_ok(), "{answer:?}");
    // Of the others, what is allowed gets as far as TLS, which this one does not speak.
    let other = by_tag(
        &format!("{}/a", registry.address().replace("127.0.0.1", "localhost"))
            .parse()
            .expect("a name"),
        "1",
    );
    for (allowed, is_asked) in [
        ("127.0.0.0/8", true),
        ("localhost", true),
        ("10.0.0.0/8", false),
        ("localhost:1", false),
        ("r.example", false),
    ] {
        let client = hasty().guard_addresses().allow_address(allowed);
        let client = client.build().expect("a client").anonymous();
        let answer = get(&client, other.clone()).await;
        assert_eq!(
            matches!(answer, Err(FetchError::Handshake(_))),
            is_asked,
            "{allowed}: {answer:?}"
        );
    }
    for text in ["", "127.0.0.1/33", "http://r.example", "r.example/a"] {
        assert!(
            matches!(
                hasty().allow_address(text).build(),
                Err(BuildError::InvalidAddress { .. })
            ),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_redirect_without_tls_to_another_server_is_not_followed_and_nothing_goes_there() {
    let other = Scripted::start(|address, _| {
        Reaction::challenge(&format!("Bearer realm=\"http://{address}/token\""))
    })
    .await;
    let location = format!("Location: http://{}/x\r\n", other.address);
    let registry = Scripted::start(move |_, asked| match asked.path.as_str() {
        "/v2/" => Reaction::challenge("Basic realm=r"),
        _ => Reaction::Reply(307, location.clone(), String::new()),
    })
    .await;
    // No matter who was named, a store could lead to a registry that only this machine reaches.
    let client = hasty()
        .plain_http(&registry.address)
        .plain_http(&other.address)
        .build()
        .expect("a client");
    let client = with(&client, &[password("robot", "s3cret")]);
    let wanted = by_tag(
        &format!("{}/a", registry.address).parse().expect("a name"),
        "1",
    );
    let store = Resource::Lookaside {
        url: format!("http://{}/s/signature-1", registry.address),
        access: None,
    };
    for resource in [wanted, store] {
        let answer = get(&client, resource).await;
        assert!(
            matches!(
                answer,
                Err(FetchError::Unavailable { .. } | FetchError::Unauthorized { .. })
            ),
            "{answer:?}"
        );
    }
    assert!(other.log().is_empty(), "{:?}", other.log());
}

#[tokio::test]
async fn a_store_without_tls_is_asked_only_on_this_machine_or_if_it_was_named() {
    let wanted = || Resource::Lookaside {
        url: "http://does-not-exist.invalid/s/signature-1".to_owned(),
        access: None,
    };
    let answer = get(&loopback().anonymous(), wanted()).await;
    assert!(
        matches!(answer, Err(FetchError::Insecure { .. })),
        "{answer:?}"
    );
    let client = hasty().plain_http("does-not-exist.invalid");
    let client = client.build().expect("a client").anonymous();
    assert!(
        get(&client, wanted())
            .await
            .is_err_and(|e| e.outage().is_some())
    );
}

#[tokio::test]
async fn a_web_server_that_answers_404_to_everything_is_no_registry_without_the_image() {
    let page = || {
        Reaction::Reply(
            404,
            "Content-Type: text/html\r\n".to_owned(),
            "<h1>".to_owned(),
        )
    };
    let web = Scripted::start(move |_, _| page()).await;
    let client = hasty().plain_http(&web.address).build().expect("a client");
    let wanted = by_tag(&format!("{}/a", web.address).parse().expect("a name"), "1");
    for credentials in [&[][..], &[password("u", "p")]] {
        let answer = get(&with(&client, credentials), wanted.clone()).await;
        let Err(FetchError::Malformed { detail }) = &answer else {
            panic!("{answer:?}");
        };
        assert!(detail.contains("does not answer as a registry"), "{detail}");
    }
    // One that answers as a registry about the image is one, whatever it makes of the version check.
    let unknown = r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#;
    let registry = Scripted::start(move |_, asked| match asked.path.as_str() {
        "/v2/" => page(),
        _ => Reaction::json(404, unknown),
    })
    .await;
    let client = hasty()
        .plain_http(&registry.address)
        .build()
        .expect("a client");
    let wanted = by_tag(
        &format!("{}/a", registry.address).parse().expect("a name"),
        "1",
    );
    let answer = get(&client.anonymous(), wanted).await;
    assert_eq!(answer, Err(FetchError::NotFound));
}

#[tokio::test]
async fn a_web_server_that_answers_404_to_everything_is_no_trust_server_where_nothing_is_signed() {
    let web = Scripted::start(|_, _| Reaction::status(404)).await;
    let url = format!("http://{}/notary/v2", web.address);
    let answer = get(&loopback().anonymous(), metadata(&[&url], "root.json")).await;
    let Err(FetchError::Malformed { detail }) = &answer else {
        panic!("{answer:?}");
    };
    assert!(
        detail.contains("does not answer as a trust server"),
        "{detail}"
    );
    // A file that may be missing is missing.
    let answer = get(&loopback().anonymous(), metadata(&[&url], "7.root.json")).await;
    assert_eq!(answer, Err(FetchError::NotFound));
    let server = NotaryServer::builder().start().await;
    let answer = get(
        &loopback().anonymous(),
        metadata(&[&server.url()], "root.json"),
    )
    .await;
    assert_eq!(answer, Err(FetchError::NotFound));
}
