//! Keychains with a source that failed: what it has is not known, so that nothing that servers say after it is a refusal.

use std::sync::Arc;

use doorward_core::{Answer, Code, FetchError, Repository};
use doorward_registry::{
    Credential, CredentialSource, DropReason, Dropped, Fingerprint, Keychain, KeychainChain, Offer,
    RegistryClient,
};
use doorward_testkit::{Authentication, Fault, FaultRule, Image, Registry};

use crate::scripted::{Reaction, Scripted};
use crate::support::*;

const WHY: &str = "credential provider cloud failed: it is out of order";

/// Nothing, because its only source failed.
struct Broken;

impl Keychain for Broken {
    fn credentials(&self, repository: &Repository) -> Vec<Credential> {
        self.offer(repository).credentials
    }

    fn offer(&self, repository: &Repository) -> Offer {
        Offer {
            credentials: Vec::new(),
            failed: self.dropped(repository),
        }
    }

    fn dropped(&self, _: &Repository) -> Vec<Dropped> {
        vec![Dropped {
            source: CredentialSource::Provider("cloud".to_owned()),
            why: DropReason::Failed {
                detail: "it is out of order".to_owned(),
            },
        }]
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(["broken"])
    }
}

/// What comes of a tag, with these credentials and a source that failed.
async fn asked(
    client: &RegistryClient,
    image: &Repository,
    tag: &str,
    credentials: &[Credential],
) -> Answer {
    let chain = KeychainChain::new([
        Arc::new(Fixed(credentials.to_vec())) as Arc<dyn Keychain>,
        Arc::new(Broken) as Arc<dyn Keychain>,
    ]);
    get(&client.with_keychain(Arc::new(chain)), by_tag(image, tag)).await
}

async fn private() -> Registry {
    let registry = Registry::builder()
        .authentication(Authentication::Bearer)
        .account("alice", "right")
        .public("open/*")
        .start()
        .await;
    registry.push_image("team/app", "1", &Image::sample("app"));
    registry.push_image("open/app", "1", &Image::sample("app"));
    registry
}

/// How it says that the source failed.
fn told(answer: Answer) -> String {
    let error = answer.expect_err("a refusal");
    assert!(
        matches!(error, FetchError::CredentialProvider { .. }),
        "{error:?}"
    );
    assert_eq!(Code::from(&error), Code::CREDENTIAL_PROVIDER_FAILED);
    assert!(!error.is_unavailable() && error.outage().is_none());
    let told = error.to_string();
    assert_eq!(told.matches(WHY).count(), 1, "{told}");
    told
}

#[tokio::test]
async fn a_refusal_of_all_there_is_does_not_say_that_nobody_may_read() {
    let registry = private().await;
    let image = repository(&registry, "team/app");
    let wrong = [password("alice", "wrong")];
    let told = told(asked(&client(&registry), &image, "1", &wrong).await);
    assert!(told.contains("anonymously: "), "{told}");
    assert!(told.contains("with credential 1 (password): "), "{told}");
    assert!(!told.contains("wrong"), "{told}");
    let without = get(&with(&client(&registry), &wrong), by_tag(&image, "1")).await;
    assert!(matches!(without, Err(FetchError::Unauthorized { .. })));
}

#[tokio::test]
async fn a_registry_that_forbids_does_not_say_that_nobody_may_read() {
    let registry = private().await;
    registry.fault(FaultRule::new(Fault::Status(403)).on("*/manifests/*"));
    let image = repository(&registry, "team/app");
    told(
        asked(
            &client(&registry),
            &image,
            "1",
            &[password("alice", "right")],
        )
        .await,
    );
}

#[tokio::test]
async fn another_credential_or_none_that_opens_the_image_is_all_that_counts() {
    let registry = private().await;
    let client = client(&registry);
    let image = repository(&registry, "team/app");
    let answer = asked(&client, &image, "1", &[password("alice", "right")]).await;
    assert!(answer.is_ok(), "{answer:?}");
    let answer = asked(&client, &repository(&registry, "open/app"), "1", &[]).await;
    assert!(answer.is_ok(), "{answer:?}");
}

#[tokio::test]
async fn what_nobody_found_may_be_hidden_from_all_but_the_source_that_failed() {
    let registry = private().await;
    let client = client(&registry);
    let image = repository(&registry, "open/app");
    let told = told(asked(&client, &image, "2", &[]).await);
    assert!(told.contains("404"), "{told}");
    // Who opened the image before and does not find the tag knows that it is not there.
    assert!(asked(&client, &image, "1", &[]).await.is_ok());
    assert_eq!(
        asked(&client, &image, "2", &[]).await,
        Err(FetchError::NotFound)
    );
}

#[tokio::test]
async fn a_registry_that_callers_without_a_name_ask_too_often_is_told_with_the_source_that_failed()
{
    let server = Scripted::start(|_, asked| match asked.path.as_str() {
        "/v2/" => Reaction::challenge(r#"Basic realm="r""#),
        _ => Reaction::status(429),
    })
    .await;
    let client = hasty()
        .plain_http(&server.address)
        .build()
        .expect("a client");
    let image = format!("{}/team/app", server.address)
        .parse()
        .expect("a repository");
    let told = told(asked(&client, &image, "1", &[]).await);
    assert!(told.contains("429"), "{told}");
}

#[tokio::test]
async fn a_registry_that_is_out_is_out_whatever_failed() {
    let client = hasty().plain_http("127.0.0.1:1").build().expect("a client");
    let image = "127.0.0.1:1/team/app".parse().expect("a repository");
    let error = asked(&client, &image, "1", &[])
        .await
        .expect_err("nobody there");
    assert!(error.outage().is_some(), "{error:?}");
}
