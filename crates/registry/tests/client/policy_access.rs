//! Credentials that a policy names for one repository, in the place of the caller's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_core::{Access, Digest, Fetch, FetchError, Fetcher, Resource};
use doorward_registry::{Anonymous, PullSecret, ScopedClient};
use doorward_testkit::{Authentication, BlobRedirect, Endpoint, Image, Registry, TlsAuthority};

use crate::identity::believing;
use crate::support::*;

/// A pull secret with a login for a registry.
fn secret(registry: &Registry, username: &str) -> PullSecret {
    let login = serde_json::json!({"username": username, "password": "p"});
    let config = serde_json::json!({"auths": {registry.address(): login}}).to_string();
    let items = BTreeMap::from([(".dockerconfigjson".to_owned(), config.into_bytes())]);
    PullSecret::read("n", username, &items)
}

fn access(registry: &Registry, username: &str) -> Access {
    secret(registry, username).access(Digest::sha256(username.as_bytes()))
}

async fn shut() -> Registry {
    Registry::builder()
        .authentication(Authentication::Bearer)
        .account("policy", "p")
        .account("caller", "p")
        .start()
        .await
}

fn blob(registry: &Registry, image: &Image) -> Resource {
    Resource::Blob {
        repository: repository(registry, "app"),
        digest: image.blobs()[0].digest().clone(),
    }
}

fn caller(registry: &Registry) -> ScopedClient {
    client(registry).with_keychain(Arc::new(secret(registry, "caller")))
}

#[tokio::test]
async fn what_the_policy_names_opens_and_the_callers_own_is_not_shown() {
    let registry = shut().await;
    let image = Image::sample("app");
    registry.push_image("app", "1", &image);
    let resource = blob(&registry, &image);
    let fetch = Fetch::new(resource, LIMIT);
    let nobody = client(&registry).with_keychain(Arc::new(Anonymous));
    let opened = fetch.clone().opened_by(Some(access(&registry, "policy")));
    assert!(nobody.fetch(&opened).await.is_ok());
    assert!(nobody.fetch(&fetch).await.is_err());
    // What the caller has would open it, and does where the policy names nothing.
    let caller = caller(&registry);
    assert!(caller.fetch(&fetch).await.is_ok());
    let stranger = fetch.opened_by(Some(access(&registry, "stranger")));
    let refused = caller.fetch(&stranger).await;
    assert!(
        matches!(refused, Err(FetchError::Unauthorized { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn what_one_secret_opened_is_not_given_to_who_has_another() {
    let registry = shut().await;
    let image = Image::sample("app");
    registry.push_image("app", "1", &image);
    registry.set_latency(std::time::Duration::from_millis(20));
    let fetch = Fetch::new(blob(&registry, &image), LIMIT);
    let caller = caller(&registry);
    let good = fetch.clone().opened_by(Some(access(&registry, "policy")));
    let bad = fetch.opened_by(Some(access(&registry, "stranger")));
    // Together, so that they could share a flight.
    let (good, bad) = tokio::join!(caller.fetch(&good), caller.fetch(&bad));
    assert!(good.is_ok(), "{good:?}");
    assert!(bad.is_err(), "{bad:?}");
}

#[tokio::test]
async fn a_redirect_to_another_host_takes_no_credential_of_a_policy_along() {
    let authority = TlsAuthority::new();
    let registry = Registry::builder()
        .tls_from(&authority)
        .authentication(Authentication::Bearer)
        .account("policy", "p")
        .blob_redirect(BlobRedirect::OtherHost)
        .start()
        .await;
    let image = Image::sample("app");
    registry.push_image("app", "1", &image);
    let fetch = Fetch::new(blob(&registry, &image), LIMIT);
    let fetch = fetch.opened_by(Some(access(&registry, "policy")));
    let caller = believing(&authority).with_keychain(Arc::new(Anonymous));
    // The other host refuses whatever has a credential in it.
    let answer = caller.fetch(&fetch).await;
    assert!(answer.is_ok(), "{answer:?}");
    let requests = registry.requests();
    let mut led = requests
        .iter()
        .filter(|request| request.endpoint == Endpoint::Elsewhere)
        .peekable();
    assert!(led.peek().is_some(), "{requests:?}");
    for request in led {
        assert!(!request.has_authorization(), "{request:?}");
    }
}

#[tokio::test]
async fn what_another_transport_made_opens_nothing() {
    let registry = shut().await;
    let image = Image::sample("app");
    registry.push_image("app", "1", &image);
    registry.take_requests();
    let foreign = Access::new(Digest::sha256(b"x"), "keys".to_owned());
    let fetch = Fetch::new(blob(&registry, &image), LIMIT).opened_by(Some(foreign));
    let refused = caller(&registry).fetch(&fetch).await;
    assert!(
        matches!(refused, Err(FetchError::Internal { .. })),
        "{refused:?}"
    );
    assert!(registry.requests().is_empty());
}
