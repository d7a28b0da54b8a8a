//! What can be fetched.

mod stores;

use std::sync::Arc;

use doorward_core::{Digest, Fetch, FetchError, Fetcher, MediaType, Repository, Resource};
use doorward_registry::{ExchangeKind, ExchangeOutcome, RegistryClient};
use doorward_testkit::{
    ExtensionAnswer, Image, ImageBuilder, Lookaside, LookasideDirectory, Registry,
    SignatureExtension,
};

use crate::support::*;

fn extension(repository: &Repository, digest: &Digest) -> Resource {
    Resource::SignatureExtension {
        repository: repository.clone(),
        digest: digest.clone(),
    }
}

fn referrers(repository: &Repository, digest: &Digest) -> Resource {
    Resource::Referrers {
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

fn digests(bytes: &[u8]) -> Vec<String> {
    let index: serde_json::Value = serde_json::from_slice(bytes).expect("JSON");
    assert_eq!(index["schemaVersion"], 2);
    index["manifests"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|m| m["digest"].as_str().expect("a digest").to_owned())
        .collect()
}

#[tokio::test]
async fn referrers_are_found_by_the_api_and_by_the_tag() {
    for api in [true, false] {
        let registry = Registry::builder().referrers(api).start().await;
        let image = Image::sample("app");
        let digest = registry.push_image("team/app", "1", &image);
        let client = client(&registry).anonymous();
        let resource = referrers(&repository(&registry, "team/app"), &digest);

        // That there are none is an answer, not an error.
        let none = get(&client, resource.clone()).await.expect("an index");
        assert_eq!(digests(&none.bytes), Vec::<String>::new());

        let artifact = ImageBuilder::new()
            .subject(image.manifest().descriptor())
            .artifact_type("application/x.signature")
            .build();
        let referrer = registry.push_referrer("team/app", &artifact);
        let some = get(&client, resource).await.expect("an index");
        assert_eq!(digests(&some.bytes), [referrer.to_string()], "api: {api}");
        assert_eq!(some.media_type, Some(MediaType::OCI_INDEX));
    }
}

#[tokio::test]
async fn referrers_of_all_types_come_in_one_list_that_the_registry_did_not_filter() {
    let registry = Registry::builder().start().await;
    let image = Image::sample("app");
    let digest = registry.push_image("team/app", "1", &image);
    let client = client(&registry).anonymous();
    let mut pushed: Vec<String> = ["application/x.signature", "application/x.report"]
        .map(|kind| {
            let artifact = ImageBuilder::new()
                .subject(image.manifest().descriptor())
                .artifact_type(kind)
                .build();
            registry.push_referrer("team/app", &artifact).to_string()
        })
        .to_vec();
    pushed.sort_unstable();
    let resource = referrers(&repository(&registry, "team/app"), &digest);
    let answer = get(&client, resource).await.expect("an index");
    let mut listed = digests(&answer.bytes);
    listed.sort_unstable();
    assert_eq!(listed, pushed);
    let asked = registry.requests();
    let listings: Vec<_> = asked
        .iter()
        .filter(|request| request.path.contains("/referrers/"))
        .collect();
    assert_eq!(listings.len(), 1);
    assert_eq!(listings[0].query, None);
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
