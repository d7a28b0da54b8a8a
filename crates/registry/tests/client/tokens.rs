//! How tokens are had, used and replaced.

use doorward_core::FetchError;
use doorward_registry::Credential;
use doorward_testkit::{Authentication, Fault, FaultRule, Image, Profile, Registry, TokenField};

use crate::support::*;

fn token(text: &str) -> Credential {
    Credential::IdentityToken {
        username: String::new(),
        token: text.to_owned(),
    }
}

#[tokio::test]
async fn a_token_is_had_once_and_used_for_all() {
    let registry = Registry::builder()
        .authentication(Authentication::Bearer)
        .account("alice", "right")
        .start()
        .await;
    let digest = registry.push_image("team/app", "1", &Image::sample("app"));
    let client = with(&client(&registry), &[password("alice", "right")]);
    let repository = repository(&registry, "team/app");
    get(&client, by_tag(&repository, "1")).await.expect("cold");
    assert_eq!(
        conversation(&registry),
        [
            "GET /v2/ - 401",
            "GET /token - 200",
            "GET /v2/team/app/manifests/1 bearer 401",
            "GET /token basic 200",
            "GET /v2/team/app/manifests/1 bearer 200",
        ]
    );
    get(&client, by_digest(&repository, &digest))
        .await
        .expect("warm");
    assert_eq!(
        conversation(&registry),
        [format!("GET /v2/team/app/manifests/{digest} bearer 200")]
    );
}

#[tokio::test]
async fn an_expired_token_is_replaced_once() {
    let registry = Registry::builder()
        .authentication(Authentication::Bearer)
        .account("alice", "right")
        .start()
        .await;
    registry.push_image("team/app", "1", &Image::sample("app"));
    let client = with(&client(&registry), &[password("alice", "right")]);
    let wanted = by_tag(&repository(&registry, "team/app"), "1");
    get(&client, wanted.clone()).await.expect("cold");
    registry.expire_tokens();
    registry.take_requests();
    get(&client, wanted.clone()).await.expect("again");
    assert_eq!(
        conversation(&registry),
        [
            "GET /v2/team/app/manifests/1 bearer 401",
            "GET /token basic 200",
            "GET /v2/team/app/manifests/1 bearer 200",
        ]
    );
    registry.close_account("alice");
    registry.expire_tokens();
    let answer = get(&client, wanted).await;
    assert!(
        matches!(answer, Err(FetchError::Unauthorized { .. })),
        "{answer:?}"
    );
}

#[tokio::test]
async fn tokens_of_all_kinds_open_a_repository() {
    for field in [TokenField::AccessToken, TokenField::Both, TokenField::Token] {
        let registry = Registry::builder()
            .authentication(Authentication::Bearer)
            .token_field(field)
            .account("alice", "right")
            .identity_token("refresh", "alice")
            .registry_token("ready")
            .separate_token_host(true)
            .start()
            .await;
        registry.push_image("team/app", "1", &Image::sample("app"));
        let wanted = by_tag(&repository(&registry, "team/app"), "1");
        for credential in [
            password("alice", "right"),
            token("refresh"),
            Credential::RegistryToken("ready".to_owned()),
        ] {
            let answer = get(&with(&client(&registry), &[credential]), wanted.clone()).await;
            assert!(answer.is_ok(), "{field:?} {answer:?}");
        }
        for credential in [
            token("wrong"),
            Credential::RegistryToken("wrong".to_owned()),
        ] {
            let answer = get(&with(&client(&registry), &[credential]), wanted.clone()).await;
            assert!(
                matches!(answer, Err(FetchError::Unauthorized { .. })),
                "{answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_service_that_does_not_take_identity_tokens_refuses_them() {
    for profile in [Profile::Harbor, Profile::Artifactory] {
        let registry = Registry::builder()
            .profile(profile)
            .account("alice", "right")
            .start()
            .await;
        registry.push_image("team/app", "1", &Image::sample("app"));
        let client = with(
            &client(&registry),
            &[token("refresh"), password("alice", "right")],
        );
        let answer = get(&client, by_tag(&repository(&registry, "team/app"), "1")).await;
        assert!(answer.is_ok(), "{profile:?} {answer:?}");
    }
}

#[tokio::test]
async fn trouble_of_those_who_show_nothing_keeps_no_good_credential_from_being_tried() {
    let limited = Fault::TooManyRequests {
        retry_after: Some(3600),
    };
    for (fault, place) in [
        (limited.clone(), "/token"),
        (Fault::Status(500), "/token"),
        (Fault::Html, "/token"),
        (Fault::Null, "/token"),
        (Fault::Truncated { after: 5 }, "/token"),
        (limited, "/v2/"),
    ] {
        let registry = Registry::builder()
            .authentication(Authentication::Bearer)
            .account("alice", "right")
            .start()
            .await;
        registry.push_image("team/app", "1", &Image::sample("app"));
        registry.fault(FaultRule::new(fault.clone()).on(place).times(1));
        let client = with(&client(&registry), &[password("alice", "right")]);
        let answer = get(&client, by_tag(&repository(&registry, "team/app"), "1")).await;
        assert!(answer.is_ok(), "{fault:?} at {place}: {answer:?}");
    }
}

#[tokio::test]
async fn a_token_service_that_breaks_every_connection_keeps_no_password_from_the_server_that_takes_it()
 {
    for fault in [Fault::Closed, Fault::Status(500)] {
        let registry = Registry::builder()
            .authentication(Authentication::Basic)
            .challenges(&[
                "Bearer realm=\"{realm}\",service=\"{service}\"",
                "Basic realm=\"r\"",
            ])
            .account("alice", "right")
            .start()
            .await;
        registry.push_image("team/app", "1", &Image::sample("app"));
        registry.fault(FaultRule::new(fault.clone()).on("/token"));
        let wanted = by_tag(&repository(&registry, "team/app"), "1");
        let client = client(&registry);
        let right = with(&client, &[password("alice", "right")]);
        let answer = get(&right, wanted.clone()).await;
        assert!(answer.is_ok(), "{fault:?}: {answer:?}");
        // It lets nobody in, and the answer names the trouble.
        for known in [
            client.anonymous(),
            with(&client, &[password("alice", "no")]),
        ] {
            let answer = get(&known, wanted.clone()).await;
            let error = answer.expect_err("no token, no password");
            assert!(error.is_unavailable(), "{fault:?}: {error:?}");
        }
    }
}

#[tokio::test]
async fn a_token_service_in_trouble_is_not_a_refusal() {
    for (fault, unavailable) in [
        (Fault::Status(500), true),
        (Fault::Status(503), true),
        (Fault::TooManyRequests { retry_after: None }, true),
        (Fault::Closed, true),
        (Fault::StallBeforeHeaders, true),
        (Fault::Truncated { after: 5 }, true),
        (Fault::Html, false),
        (Fault::Null, false),
    ] {
        let registry = Registry::builder()
            .authentication(Authentication::Bearer)
            .account("alice", "right")
            .start()
            .await;
        registry.push_image("team/app", "1", &Image::sample("app"));
        registry.fault(FaultRule::new(fault.clone()).on("/token"));
        let client = with(&client(&registry), &[password("alice", "right")]);
        let answer = get(&client, by_tag(&repository(&registry, "team/app"), "1")).await;
        match answer {
            Err(error) if unavailable && error.is_unavailable() => {}
            Err(FetchError::Malformed { .. }) if !unavailable => {}
            other => panic!("{fault:?}: {other:?}"),
        }
    }
    for status in [400, 401, 403, 404, 405] {
        let registry = Registry::builder()
            .authentication(Authentication::Bearer)
            .public("*")
            .start()
            .await;
        registry.push_image("team/app", "1", &Image::sample("app"));
        registry.fault(FaultRule::new(Fault::Status(status)).on("/token"));
        let answer = get(
            &client(&registry).anonymous(),
            by_tag(&repository(&registry, "team/app"), "1"),
        )
        .await;
        assert!(
            matches!(answer, Err(FetchError::Unauthorized { .. })),
            "{status}: {answer:?}"
        );
    }
}
