//! Who is shown to whom, and when.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use doorward_core::{FetchError, Repository, Resource};
use doorward_registry::{Credential, Fingerprint, Keychain, RegistryClient};
use doorward_testkit::{
    Authentication, BlobRedirect, Fault, FaultRule, Image, Profile, Registry, TlsAuthority,
};

use crate::support::*;

/// A client that believes an authority.
pub(crate) fn believing(authority: &TlsAuthority) -> RegistryClient {
    hasty()
        .ca_pem(None, authority.ca_pem())
        .build()
        .expect("a client")
}

#[tokio::test]
async fn a_public_image_of_every_kind_of_registry_is_had_anonymously() {
    // Some lead to another server for blobs, which only TLS allows.
    let authority = TlsAuthority::new();
    for profile in Profile::ALL {
        let registry = Registry::builder()
            .tls_from(&authority)
            .profile(profile)
            .account("alice", "right")
            .public("open/*")
            .start()
            .await;
        let image = Image::sample("app");
        let digest = registry.push_image("open/app", "1", &image);
        let client = with(&believing(&authority), &[password("alice", "right")]);
        let repository = repository(&registry, "open/app");
        for resource in [
            by_tag(&repository, "1"),
            by_digest(&repository, &digest),
            Resource::Blob {
                repository: repository.clone(),
                digest: image.blobs()[0].digest().clone(),
            },
        ] {
            let answer = get(&client, resource).await;
            assert!(answer.is_ok(), "{profile:?}: {answer:?}");
        }
        let shown = registry
            .requests()
            .iter()
            .filter(|request| request.authorization_scheme().as_deref() == Some("basic"))
            .count();
        assert_eq!(shown, 0, "{profile:?}: {:?}", conversation(&registry));
    }
}

#[tokio::test]
async fn a_private_image_of_every_kind_of_registry_is_had_with_the_right_password() {
    // Some lead to another server for blobs, which only TLS allows.
    let authority = TlsAuthority::new();
    for profile in Profile::ALL {
        let registry = Registry::builder()
            .tls_from(&authority)
            .profile(profile)
            .account("alice", "right")
            .account_for("bob", "right", &["other/*"])
            .start()
            .await;
        let image = Image::sample("app");
        let digest = registry.push_image("team/app", "1", &image);
        let client = with(
            &believing(&authority),
            &[
                password("alice", "wrong"),
                password("bob", "right"),
                password("alice", "right"),
            ],
        );
        let repository = repository(&registry, "team/app");
        for resource in [
            by_tag(&repository, "1"),
            by_digest(&repository, &digest),
            Resource::Blob {
                repository: repository.clone(),
                digest: image.blobs()[0].digest().clone(),
            },
        ] {
            let answer = get(&client, resource).await;
            assert!(
                answer.is_ok(),
                "{profile:?}: {answer:?} {:?}",
                conversation(&registry)
            );
        }
        assert_eq!(
            get(&client, by_tag(&repository, "2")).await,
            Err(FetchError::NotFound),
            "{profile:?}"
        );
    }
}

#[tokio::test]
async fn nobody_gets_a_private_image_with_the_wrong_password() {
    for profile in Profile::ALL {
        let registry = Registry::builder()
            .profile(profile)
            .account("alice", "s3cret-right")
            .start()
            .await;
        registry.push_image("team/app", "1", &Image::sample("app"));
        for credentials in [
            &[][..],
            &[password("alice", "s3cret-wrong"), password("bob", "x")],
        ] {
            let client = with(&client(&registry), credentials);
            let answer = get(&client, by_tag(&repository(&registry, "team/app"), "1")).await;
            let Err(FetchError::Unauthorized { detail }) = &answer else {
                panic!("{profile:?}: {answer:?}");
            };
            assert!(!detail.contains("s3cret"), "{detail}");
        }
    }
}

#[tokio::test]
async fn a_blob_elsewhere_is_had_without_showing_anything() {
    let authority = TlsAuthority::new();
    for redirect in [BlobRedirect::OtherHost, BlobRedirect::SameHost] {
        let registry = Registry::builder()
            .tls_from(&authority)
            .profile(Profile::Distribution)
            .account("alice", "right")
            .blob_redirect(redirect)
            .start()
            .await;
        let image = Image::sample("app");
        registry.push_image("team/app", "1", &image);
        let client = with(&believing(&authority), &[password("alice", "right")]);
        let answer = get(
            &client,
            Resource::Blob {
                repository: repository(&registry, "team/app"),
                digest: image.blobs()[0].digest().clone(),
            },
        )
        .await;
        assert!(
            answer.is_ok(),
            "{redirect:?} {answer:?} {:?}",
            conversation(&registry)
        );
        for request in registry.requests() {
            if request.endpoint == doorward_testkit::Endpoint::Elsewhere {
                assert!(!request.has_authorization(), "{request:?}");
            }
        }
    }
}

#[tokio::test]
async fn challenges_that_are_not_understood_do_not_spoil_the_others() {
    let registry = Registry::builder()
        .authentication(Authentication::Bearer)
        .account("alice", "right")
        .challenges(&[
            "Negotiate",
            "Digest param",
            r#"bearer REALM="{realm}", Service="{service}"{,scope}"#,
        ])
        .start()
        .await;
    registry.push_image("team/app", "1", &Image::sample("app"));
    let client = with(&client(&registry), &[password("alice", "right")]);
    let answer = get(&client, by_tag(&repository(&registry, "team/app"), "1")).await;
    assert!(answer.is_ok(), "{answer:?}");
}

#[tokio::test]
async fn a_realm_that_is_no_place_for_credentials_gets_none() {
    for realm in [
        "ftp://auth.example/token",
        "https://u:p@auth.example/token",
        "token",
    ] {
        let registry = Registry::builder()
            .authentication(Authentication::Bearer)
            .account("alice", "right")
            .challenges(&[&format!("Bearer realm=\"{realm}\"")])
            .start()
            .await;
        registry.push_image("team/app", "1", &Image::sample("app"));
        let client = with(&client(&registry), &[password("alice", "right")]);
        let answer = get(&client, by_tag(&repository(&registry, "team/app"), "1")).await;
        assert!(
            matches!(answer, Err(FetchError::Unauthorized { .. })),
            "{answer:?}"
        );
        assert!(registry.requests().iter().all(|r| !r.has_authorization()));
    }
}

/// Counts how often it is asked.
struct Counting(AtomicUsize);

impl Keychain for Counting {
    fn credentials(&self, _: &Repository) -> Vec<Credential> {
        self.0.fetch_add(1, Ordering::SeqCst);
        vec![password("alice", "wrong")]
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(["counting"])
    }
}

#[tokio::test]
async fn a_keychain_is_not_asked_as_long_as_nothing_is_refused() {
    let registry = Registry::builder().start().await;
    registry.push_image("team/app", "1", &Image::sample("app"));
    let keychain = Arc::new(Counting(AtomicUsize::new(0)));
    let client = client(&registry).with_keychain(Arc::clone(&keychain) as Arc<dyn Keychain>);
    let repository = repository(&registry, "team/app");
    get(&client, by_tag(&repository, "1"))
        .await
        .expect("public");
    // And what the one who opened it does not find is not there.
    assert_eq!(
        get(&client, by_tag(&repository, "2")).await,
        Err(FetchError::NotFound)
    );
    assert_eq!(keychain.0.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_useless_credential_does_not_turn_not_found_into_could_not_ask() {
    let registry = Registry::builder()
        .authentication(Authentication::Bearer)
        .account("alice", "right")
        .public("*")
        .start()
        .await;
    registry.push_image("team/app", "1", &Image::sample("app"));
    let client = with(&client(&registry), &[password("alice", "wrong")]);
    assert_eq!(
        get(&client, by_tag(&repository(&registry, "team/app"), "2")).await,
        Err(FetchError::NotFound)
    );
}

#[tokio::test]
async fn a_credential_that_spoils_the_request_is_refused_and_no_outage() {
    for (authentication, challenge) in [
        (Authentication::Basic, "Basic realm=\"r\""),
        (
            Authentication::Bearer,
            "Bearer realm=\"{realm}\",service=\"{service}\"{,scope}",
        ),
    ] {
        for status in [400, 405, 413, 431] {
            let registry = Registry::builder()
                .authentication(authentication)
                .challenges(&[challenge])
                .account("alice", "right")
                .account("bob", "right")
                .start()
                .await;
            registry.push_image("team/app", "1", &Image::sample("app"));
            let wanted = by_tag(&repository(&registry, "team/app"), "1");
            // The anonymous attempt comes first.
            let rule = FaultRule::new(Fault::Status(status))
                .on("*/manifests/*")
                .after(1);
            registry.fault(rule.clone());
            let both = [password("alice", "right"), password("bob", "right")];
            let answer = get(&with(&client(&registry), &both), wanted.clone()).await;
            assert!(
                matches!(answer, Err(FetchError::Unauthorized { .. })),
                "{status}: {answer:?}"
            );
            registry.clear_faults();
            registry.fault(rule.times(1));
            let answer = get(&with(&client(&registry), &both), wanted).await;
            assert!(answer.is_ok(), "{status}: {answer:?}");
        }
    }
}
