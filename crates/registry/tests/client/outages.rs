//! What is evidence of an outage, and what the deployer could have made.

use std::sync::Mutex;
use std::time::Duration;

use doorward_core::{Answer, Basic, Distrust, FetchError, OutageCause, Resource};
use doorward_registry::{RegistryClient, Retries, Timeouts};
use doorward_testkit::{Image, Registry, TlsAuthority};

use crate::scripted::{Asked, Reaction, Scripted};
use crate::support::*;

pub(crate) const MANIFEST: &str = r#"{"schemaVersion":2}"#;

/// A client that loses no time.
pub(crate) fn quick(servers: &[&str]) -> RegistryClient {
    let mut builder = RegistryClient::builder()
        .no_proxy()
        .retries(Retries::none())
        .timeouts(
            Timeouts::default()
                .connect(Duration::from_millis(300))
                .idle(Duration::from_millis(100)),
        );
    for server in servers {
        builder = builder.plain_http(*server);
    }
    builder.build().expect("a client")
}

pub(crate) fn manifest(address: &str, name: &str) -> Resource {
    by_tag(&format!("{address}/{name}").parse().expect("a name"), "1")
}

pub(crate) fn is_outage(answer: &Answer) -> bool {
    answer.as_ref().is_err_and(|error| error.outage().is_some())
}

/// A registry that gives nobody anything, and does to everybody who shows a credential what `react` says.
pub(crate) async fn private(
    react: impl Fn(&Asked) -> Reaction + Send + Sync + 'static,
) -> Scripted {
    Scripted::start(move |address, asked| {
        if asked.shows_credential() {
            react(asked)
        } else if asked.path.starts_with("/token") {
            Reaction::json(200, r#"{"token":"anonymous"}"#)
        } else {
            let realm = format!("Bearer realm=\"http://{address}/token\",service=\"r\"");
            Reaction::challenge(&realm)
        }
    })
    .await
}

#[tokio::test]
async fn a_credential_whose_token_service_is_in_trouble_is_refused_and_the_next_one_is_tried() {
    for trouble in [
        Reaction::status(429),
        Reaction::status(500),
        Reaction::status(503),
        Reaction::Reset,
        Reaction::Silence,
        Reaction::json(200, "no token"),
    ] {
        let limited = trouble.clone();
        let registry = private(move |asked| {
            let shown = asked.authorization.clone().unwrap_or_default();
            match (asked.path.starts_with("/token"), shown.as_str()) {
                // bGltaXRlZDpw is limited:p
                (true, "Basic bGltaXRlZDpw") => limited.clone(),
                (true, _) => Reaction::json(200, r#"{"token":"good"}"#),
                (false, _) => Reaction::json(200, MANIFEST),
            }
        })
        .await;
        let wanted = manifest(&registry.address, "app");
        let (limited, good) = (password("limited", "p"), password("good", "p"));
        let only = with(&quick(&[&registry.address]), std::slice::from_ref(&limited));
        let answer = get(&only, wanted.clone()).await;
        assert!(
            matches!(answer, Err(FetchError::Unauthorized { .. })),
            "{trouble:?}: {answer:?}"
        );
        let both = with(&quick(&[&registry.address]), &[limited, good]);
        let answer = get(&both, wanted).await;
        assert!(answer.is_ok(), "{trouble:?}: {answer:?}");
    }
}

#[tokio::test]
async fn anonymous_access_that_was_asked_too_often_does_not_keep_a_credential_from_being_tried() {
    let registry = Scripted::start(
        |_, asked| match (asked.path.as_str(), &asked.authorization) {
            ("/v2/", _) => Reaction::challenge("Basic realm=r"),
            (_, None) => Reaction::status(429),
            (_, Some(_)) => Reaction::json(200, MANIFEST),
        },
    )
    .await;
    let wanted = manifest(&registry.address, "app");
    let client = quick(&[&registry.address]);
    let answer = get(&with(&client, &[password("u", "p")]), wanted.clone()).await;
    assert!(answer.is_ok(), "{answer:?}");
    let answer = get(&client.anonymous(), wanted).await;
    assert!(
        matches!(answer, Err(FetchError::Unavailable { .. })),
        "{answer:?}"
    );
}

#[tokio::test]
async fn the_patience_of_a_registry_that_others_used_up_is_no_outage() {
    for after in [1, 2, 7] {
        for trouble in [Reaction::status(503), Reaction::Reset, Reaction::Silence] {
            let count = Mutex::new(0);
            let registry = Scripted::start(move |_, _| {
                let mut count = count.lock().expect("not poisoned");
                *count += 1;
                if *count > after {
                    trouble.clone()
                } else {
                    Reaction::json(200, MANIFEST)
                }
            })
            .await;
            let client = quick(&[&registry.address]).anonymous();
            for number in 0..10 {
                let answer = get(&client, manifest(&registry.address, &format!("n{number}"))).await;
                assert!(!is_outage(&answer), "{answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn one_image_that_a_registry_has_trouble_with_is_no_outage() {
    for trouble in [Reaction::status(500), Reaction::Reset, Reaction::Silence] {
        // Also if the version check was long ago, which a first answer to it that is odd stands for.
        for check in [Reaction::status(200), Reaction::status(404)] {
            let trouble = trouble.clone();
            let registry = Scripted::start(move |_, asked| match asked.path.as_str() {
                "/v2/" => check.clone(),
                _ => trouble.clone(),
            })
            .await;
            let client = quick(&[&registry.address]).anonymous();
            let answer = get(&client, manifest(&registry.address, "app")).await;
            assert!(
                matches!(answer, Err(FetchError::Unavailable { .. })),
                "{answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_registry_that_is_out_is_an_outage() {
    for (trouble, cause) in [
        (Reaction::Reset, OutageCause::ConnectionLost),
        (Reaction::Silence, OutageCause::Silent),
    ] {
        let registry = Scripted::start(move |_, _| trouble.clone()).await;
        let client = quick(&[&registry.address]).anonymous();
        let answer = get(&client, manifest(&registry.address, "app")).await;
        let outage = answer
            .expect_err("out")
            .outage()
            .cloned()
            .expect("evidence");
        assert_eq!(outage.cause(), cause);
    }
    let registry = Scripted::start(|_, _| Reaction::status(503)).await;
    let url = registry.address.clone();
    let client = quick(&[&url]).anonymous();
    assert!(is_outage(&get(&client, manifest(&url, "app")).await));
    // A server that was there and is gone, whatever it said before.
    drop(registry);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let gone = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let answer = get(&quick(&[&gone]).anonymous(), manifest(&gone, "app")).await;
    let outage = answer
        .expect_err("gone")
        .outage()
        .cloned()
        .expect("evidence");
    assert_eq!(outage.cause(), OutageCause::ConnectionRefused);
    let answer = get(
        &quick(&[]).anonymous(),
        manifest("does-not-exist.invalid", "app"),
    )
    .await;
    let outage = answer
        .expect_err("no name")
        .outage()
        .cloned()
        .expect("evidence");
    assert_eq!(outage.cause(), OutageCause::NameNotResolved);
}

#[tokio::test]
async fn a_token_service_that_is_out_for_everybody_is_an_outage_and_one_that_is_not_is_none() {
    for (scoped, bare, expected) in [(503, 503, true), (503, 200, false), (429, 429, false)] {
        let registry = Scripted::start(move |address, asked| {
            if asked.path.starts_with("/token") {
                let is_scoped = asked.path.contains("scope=");
                return Reaction::status(if is_scoped { scoped } else { bare });
            }
            // On a port of its own, or the registry itself would be seen to be up.
            let realm = format!("Bearer realm=\"http://{address}/token\",service=\"r\"");
            Reaction::challenge(&realm)
        })
        .await;
        let front = Scripted::start({
            let realm = registry.address.clone();
            move |_, _| {
                Reaction::challenge(&format!(
                    "Bearer realm=\"http://{realm}/token\",service=\"r\""
                ))
            }
        })
        .await;
        let client = quick(&[&front.address, &registry.address]).anonymous();
        let answer = get(&client, manifest(&front.address, "app")).await;
        assert_eq!(is_outage(&answer), expected, "{scoped} {bare}: {answer:?}");
    }
}

#[tokio::test]
async fn a_store_is_out_only_if_it_is_for_those_who_show_nothing_and_choose_nothing() {
    let access = || Some(Basic::new("u", "p"));
    for (object, root, access, expected) in [
        (503, 503, None, true),
        (503, 200, None, false),
        (503, 404, None, false),
        (503, 503, access(), false),
        (500, 503, access(), false),
    ] {
        let store = Scripted::start(move |_, asked| match asked.path.as_str() {
            "/" => Reaction::status(root),
            _ => Reaction::status(object),
        })
        .await;
        let url = format!("http://{}/store/app@sha256=00/signature-1", store.address);
        let client = quick(&[&store.address]).anonymous();
        let answer = get(&client, Resource::Lookaside { url, access }).await;
        assert_eq!(is_outage(&answer), expected, "{object} {root}: {answer:?}");
    }
}

#[tokio::test]
async fn a_fetch_that_takes_too_long_in_all_is_no_outage() {
    let registry = Scripted::start(|_, _| Reaction::Silence).await;
    let client = RegistryClient::builder()
        .no_proxy()
        .plain_http(&registry.address)
        .timeouts(Timeouts::default().total(Duration::from_millis(200)))
        .build()
        .expect("a client");
    let answer = get(&client.anonymous(), manifest(&registry.address, "app")).await;
    assert!(
        matches!(answer, Err(FetchError::Unavailable { .. })),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_server_that_is_not_believed_is_no_outage_and_the_reason_is_typed() {
    let stranger = TlsAuthority::new();
    let registry = Registry::builder().tls_from(&stranger).start().await;
    registry.push_image("team/app", "1", &Image::sample("app"));
    let client = quick(&[]).anonymous();
    let answer = get(&client, manifest(&registry.address(), "team/app")).await;
    let Err(FetchError::Handshake(handshake)) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(handshake.host, registry.address());
    assert!(
        matches!(handshake.distrust, Distrust::UnknownIssuer(Some(_))),
        "{handshake:?}"
    );

    let plain = Registry::builder().start().await;
    let answer = get(&client, manifest(&plain.address(), "team/app")).await;
    let Err(FetchError::Handshake(handshake)) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(handshake.distrust, Distrust::NotTls);
    assert_eq!(
        handshake.to_string(),
        format!("{} speaks HTTP, not TLS", plain.address())
    );
}
