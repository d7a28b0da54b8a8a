//! Providers at work: a registry that asks for credentials, and what comes of a provider that fails.

use std::sync::Arc;

use doorward_core::{Answer, Class, Code, Fetch, FetchError, Fetcher, Resource, Selector};
use doorward_credential_provider::CredentialProviders;
use doorward_registry::{Keychain, KeychainChain, PullSecret, RegistryClient};
use doorward_testkit::{Image, Profile, Registry};

use crate::site::{Site, answering};

/// A registry with the private image `team/app:1` and the public one `open/app:1`.
async fn registry() -> Registry {
    let registry = Registry::builder()
        .profile(Profile::Ecr)
        .account("cloud", "s3cret")
        .public("open/*")
        .start()
        .await;
    registry.push_image("team/app", "1", &Image::sample("private"));
    registry.push_image("open/app", "1", &Image::sample("public"));
    registry
}

/// What comes of asking for a tag, with these keychains one after the other.
async fn get(registry: &Registry, links: Vec<Arc<dyn Keychain>>, image: &str) -> Answer {
    let client = RegistryClient::builder()
        .no_proxy()
        .plain_http(registry.address());
    let client = client.build().unwrap();
    let client = client.with_keychain(Arc::new(KeychainChain::new(links)));
    let (path, tag) = image.split_once(':').unwrap();
    let resource = Resource::Manifest {
        repository: format!("{}/{path}", registry.address()).parse().unwrap(),
        selector: Selector::Tag(tag.parse().unwrap()),
    };
    client.fetch(&Fetch::new(resource, 1 << 20)).await
}

/// A provider for the registry that runs this script.
async fn site(registry: &Registry, script: &str) -> Site {
    Site::empty()
        .await
        .and("cloud", &registry.address(), script)
}

fn link(providers: CredentialProviders) -> Arc<dyn Keychain> {
    Arc::new(providers)
}

fn good(registry: &Registry) -> String {
    answering(
        "Registry",
        None,
        &[&format!("{} cloud s3cret", registry.address())],
    )
}

fn failure(answer: Answer) -> String {
    let error = answer.unwrap_err();
    assert!(
        matches!(error, FetchError::CredentialProvider { .. }),
        "{error:?}"
    );
    assert_eq!(Code::from(&error), Code::CREDENTIAL_PROVIDER_FAILED);
    assert_eq!(Code::from(&error).class(), Class::Unavailable);
    // No policy lets an image pass on it.
    assert_eq!(error.outage(), None);
    let told = error.to_string();
    assert!(!told.contains("s3cret"), "{told}");
    told
}

#[tokio::test]
async fn a_private_image_is_had_with_the_credential_of_a_provider() {
    let registry = registry().await;
    let site = site(&registry, &good(&registry)).await;
    let answer = get(&registry, vec![link(site.providers())], "team/app:1").await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(site.calls("cloud"), 1);
}

#[tokio::test]
async fn a_public_image_runs_no_provider() {
    let registry = registry().await;
    let site = site(&registry, "exit 1").await;
    let answer = get(&registry, vec![link(site.providers())], "open/app:1").await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(site.calls("cloud"), 0);
}

#[tokio::test]
async fn a_refusal_after_a_provider_failed_is_not_told_as_one() {
    let registry = registry().await;
    let site = site(&registry, "echo 'no role' >&2; exit 1").await;
    let told = failure(get(&registry, vec![link(site.providers())], "team/app:1").await);
    assert!(
        told.starts_with("access refused, and a credential provider failed: anonymously: "),
        "{told}"
    );
    assert!(
        told.ends_with(
            "; credential provider cloud failed: it failed with exit status: 1: no role"
        ),
        "{told}"
    );
    assert_eq!(told.matches("no role").count(), 1, "{told}");
}

#[tokio::test]
async fn a_refusal_after_a_provider_answered_is_a_refusal() {
    let registry = registry().await;
    let wrong = answering(
        "Image",
        None,
        &[&format!("{} cloud wr0ng", registry.address())],
    );
    for script in [
        wrong,
        answering("Image", None, &["other.example cloud s3cret"]),
    ] {
        let site = site(&registry, &script).await;
        let answer = get(&registry, vec![link(site.providers())], "team/app:1").await;
        let error = answer.unwrap_err();
        assert!(
            matches!(error, FetchError::Unauthorized { .. }),
            "{error:?}"
        );
        let told = error.to_string();
        assert!(
            !told.contains("wr0ng") && !told.contains("s3cret"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_pull_secret_that_opens_the_image_runs_no_provider() {
    let registry = registry().await;
    let site = site(&registry, "exit 1").await;
    let pull = pull_secret(&registry, "s3cret");
    let answer = get(&registry, vec![pull, link(site.providers())], "team/app:1").await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(site.calls("cloud"), 0);
}

#[tokio::test]
async fn a_credential_behind_a_provider_that_failed_opens_the_image_all_the_same() {
    let registry = registry().await;
    let site = site(&registry, "exit 1").await;
    let own = pull_secret(&registry, "s3cret");
    let answer = get(&registry, vec![link(site.providers()), own], "team/app:1").await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(site.calls("cloud"), 1);
}

#[tokio::test]
async fn a_provider_makes_up_for_a_pull_secret_that_opens_nothing() {
    let registry = registry().await;
    let site = site(&registry, &good(&registry)).await;
    let pull = pull_secret(&registry, "wr0ng");
    let answer = get(&registry, vec![pull, link(site.providers())], "team/app:1").await;
    assert!(answer.is_ok(), "{answer:?}");
}

#[tokio::test]
async fn that_a_private_image_does_not_exist_is_not_said_after_a_provider_failed() {
    // Some registries say of what may not be seen that it is not there.
    let registry = Registry::builder().start().await;
    let site = site(&registry, "exit 1").await;
    let told = failure(get(&registry, vec![link(site.providers())], "team/missing:1").await);
    assert!(
        told.contains("404") && told.ends_with("exit status: 1"),
        "{told}"
    );
    let without = get(&registry, Vec::new(), "team/missing:1").await;
    assert_eq!(without.unwrap_err(), FetchError::NotFound);
}

/// A pull secret with this password.
fn pull_secret(registry: &Registry, password: &str) -> Arc<dyn Keychain> {
    let json = format!(
        r#"{{"auths":{{"{}":{{"username":"cloud","password":"{password}"}}}}}}"#,
        registry.address()
    );
    let items = [(".dockerconfigjson".to_owned(), json.into_bytes())].into();
    Arc::new(PullSecret::read("shop", "pull", &items))
}
