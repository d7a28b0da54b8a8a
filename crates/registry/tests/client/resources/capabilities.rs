//! What a registry says that it can do.

use doorward_testkit::{Fault, FaultRule, SignatureExtension};

use super::*;

async fn asked(registry: &Registry, repository: &str) -> doorward_registry::Capabilities {
    let client = RegistryClient::builder()
        .plain_http(registry.address())
        .no_proxy()
        .build()
        .unwrap();
    let repository = format!("{}/{repository}", registry.address());
    client
        .anonymous()
        .capabilities(&repository.parse().unwrap())
        .await
}

#[tokio::test]
async fn a_registry_says_what_it_lists_and_keeps() {
    for api in [true, false] {
        let registry = Registry::builder().referrers(api).start().await;
        registry.push_image("team/app", "1", &Image::sample("app"));
        let found = asked(&registry, "team/app").await;
        assert_eq!(found.asks, Ok(Vec::new()));
        assert_eq!(found.referrers, Ok(api));
        assert_eq!(found.filters.is_some(), api);
        assert_eq!(found.signatures, Ok(false));
        registry.set_signature_extension(SignatureExtension::supported());
        assert_eq!(asked(&registry, "team/app").await.signatures, Ok(true));
    }
}

#[tokio::test]
async fn what_could_not_be_asked_is_not_something_that_a_registry_cannot_do() {
    let registry = Registry::builder().referrers(true).start().await;
    registry.push_image("team/app", "1", &Image::sample("app"));
    registry.fault(FaultRule::new(Fault::Status(503)).on("*/referrers/*"));
    let found = asked(&registry, "team/app").await;
    assert!(found.referrers.is_err_and(|error| error.is_unavailable()));
    assert!(found.asks.is_ok());
}
