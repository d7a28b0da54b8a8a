//! What can be fetched.

mod capabilities;
mod referrers;
mod stores;

use std::sync::Arc;

use doorward_core::{Digest, Fetch, FetchError, Fetcher, MediaType, Repository, Resource};
use doorward_registry::{ExchangeKind, ExchangeOutcome, RegistryClient};
use doorward_testkit::{
    ExtensionAnswer, Image, Lookaside, LookasideDirectory, Registry, SignatureExtension,
};

use crate::support::*;

fn extension(repository: &Repository, digest: &Digest) -> Resource {
    Resource::SignatureExtension {
        repository: repository.clone(),
        digest: digest.clone(),
    }
}

fn lookaside(url: String) -> Resource {
    Resource::Lookaside { url, access: None }
}

#[tokio::test]
async fn a_manifest_comes_with_its_type_and_its_source() {
    let registry = Registry::builder().start().await;
    let image = Image::sample("app");
    let digest = registry.push_image("team/app", "1", &image);
    let client = client(&registry).anonymous();
    let repository = repository(&registry, "team/app");
    let fetched = get(&client, by_tag(&repository, "1"))
        .await
        .expect("a manifest");
    assert_eq!(Digest::sha256(&fetched.bytes), digest);
    assert_eq!(
        fetched.media_type,
        Some(image.manifest().media_type().clone())
    );
    assert_eq!(
        fetched.source,
        format!("http://{}/v2/team/app/manifests/1", registry.address())
    );
    let asked = registry.requests();
    let accept = asked
        .last()
        .and_then(|r| r.header("accept"))
        .expect("a header");
    for wanted in MediaType::ACCEPTED_MANIFESTS {
        assert!(accept.contains(wanted.as_str()), "{accept}");
    }
    assert_eq!(
        get(&client, by_digest(&repository, &Digest::sha256(b"other"))).await,
        Err(FetchError::NotFound)
    );
}

#[tokio::test]
async fn an_answer_of_exactly_the_bound_is_taken_and_one_byte_more_is_not() {
    let registry = Registry::builder().start().await;
    let image = Image::sample("app");
    registry.push_image("team/app", "1", &image);
    let client = client(&registry).anonymous();
    let resource = by_tag(&repository(&registry, "team/app"), "1");
    let size = image.manifest().bytes().len();
    let at = |max| {
        let fetch = Fetch::new(resource.clone(), max);
        let client = client.clone();
        async move {
            client
                .fetch(&fetch)
                .await
                .map(|fetched| fetched.bytes.len())
        }
    };
    assert_eq!(at(size).await, Ok(size));
    assert_eq!(
        at(size - 1).await,
        Err(FetchError::TooLarge { limit: size - 1 })
    );
    assert_eq!(at(0).await, Err(FetchError::TooLarge { limit: 0 }));
}

#[tokio::test]
async fn only_an_announced_extension_is_asked() {
    for (announcement, supported) in [
        (None, false),
        (Some("0"), false),
        (Some("true"), false),
        (Some("01"), false),
        (Some("1, 1"), false),
        (Some("1"), true),
    ] {
        let registry = Registry::builder()
            .signature_extension(SignatureExtension {
                announcement: announcement.map(str::to_owned),
                ..SignatureExtension::supported()
            })
            .start()
            .await;
        let digest = registry.push_image("team/app", "1", &Image::sample("app"));
        registry.put_signature("team/app", &digest, b"signature");
        let answer = get(
            &client(&registry).anonymous(),
            extension(&repository(&registry, "team/app"), &digest),
        )
        .await;
        if supported {
            assert!(answer.is_ok(), "{answer:?}");
        } else {
            assert_eq!(answer, Err(FetchError::NotSupported), "{announcement:?}");
            assert_eq!(conversation(&registry), ["GET /v2/ - 200"]);
        }
    }
}

#[tokio::test]
async fn an_announced_extension_answers_or_fails() {
    let registry = Registry::builder().start().await;
    let digest = registry.push_image("team/app", "1", &Image::sample("app"));
    let resource = extension(&repository(&registry, "team/app"), &digest);
    let ask = |answer: ExtensionAnswer| {
        registry.set_signature_extension(SignatureExtension::answering(answer));
        let client = client(&registry).anonymous();
        let resource = resource.clone();
        async move { get(&client, resource).await }
    };
    assert!(ask(ExtensionAnswer::List).await.is_ok());
    assert!(ask(ExtensionAnswer::NullList).await.is_ok());
    for malformed in [
        ExtensionAnswer::Html,
        ExtensionAnswer::Raw(String::new()),
        ExtensionAnswer::Raw("{\"signatures\":[".to_owned()),
        ExtensionAnswer::Status(404),
        ExtensionAnswer::Status(406),
        ExtensionAnswer::Status(410),
    ] {
        let answer = ask(malformed.clone()).await;
        assert!(
            matches!(answer, Err(FetchError::Malformed { .. })),
            "{malformed:?} {answer:?}"
        );
    }
    assert_eq!(
        ask(ExtensionAnswer::Padded(LIMIT + 1)).await,
        Err(FetchError::TooLarge { limit: LIMIT })
    );
    for status in [401, 403] {
        let answer = ask(ExtensionAnswer::Status(status)).await;
        assert!(
            matches!(answer, Err(FetchError::Unauthorized { .. })),
            "{answer:?}"
        );
    }
    for status in [201, 204, 400, 405, 429, 500, 503] {
        let answer = ask(ExtensionAnswer::Status(status)).await;
        assert!(
            answer.as_ref().is_err_and(FetchError::is_unavailable),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn fetching_goes_to_the_mirror_and_nothing_to_the_original() {
    let registry = Registry::builder().start().await;
    let image = Image::sample("app");
    let digest = registry.push_image("cache/app", "1", &image);
    let client = builder(&registry)
        .mirror("r.invalid/team", format!("{}/cache", registry.address()))
        .build()
        .expect("a client")
        .anonymous();
    let logical: Repository = "r.invalid/team/app".parse().expect("a repository");
    assert_eq!(client.locate(&logical), repository(&registry, "cache/app"));
    let fetched = get(&client, by_digest(&logical, &digest))
        .await
        .expect("a manifest");
    assert_eq!(fetched.bytes, image.manifest().bytes());
    let elsewhere: Repository = "r.invalid/teams/app".parse().expect("a repository");
    assert_eq!(client.locate(&elsewhere), elsewhere);
}

#[tokio::test]
async fn every_exchange_is_told_to_the_observer() {
    let registry = Registry::builder().start().await;
    registry.push_image("team/app", "1", &Image::sample("app"));
    let seen = Arc::new(Seen::default());
    let client: RegistryClient = builder(&registry)
        .observer(Arc::clone(&seen) as Arc<_>)
        .build()
        .expect("a client");
    let repository = repository(&registry, "team/app");
    let found = get(&client.anonymous(), by_tag(&repository, "1"))
        .await
        .expect("a manifest");
    get(&client.anonymous(), by_tag(&repository, "2"))
        .await
        .expect_err("none");
    assert_eq!(
        seen.kinds(),
        [
            ExchangeKind::Ping,
            ExchangeKind::Manifest,
            ExchangeKind::Manifest
        ]
    );
    let all = seen.0.lock().expect("not poisoned").clone();
    assert_eq!(all[1].outcome, ExchangeOutcome::Answered(200));
    assert_eq!(all[1].bytes, found.bytes.len());
    assert_eq!(all[1].host, registry.address());
    assert_eq!(all[2].outcome, ExchangeOutcome::Answered(404));
}
