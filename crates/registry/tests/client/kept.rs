//! Answers that are kept, where they are.

use doorward_core::FetchError;
use doorward_testkit::{Authentication, Image, Registry};

use crate::support::*;

#[tokio::test]
async fn what_was_asked_for_lately_is_not_asked_for_again_and_a_moved_tag_is_seen_soon() {
    let registry = Registry::builder().start().await;
    let digest = registry.push_image("team/app", "1", &Image::sample("app"));
    let client = builder(&registry).keep_answers(1 << 20).build().unwrap();
    let repository = repository(&registry, "team/app");
    let (tag, fixed) = (by_tag(&repository, "1"), by_digest(&repository, &digest));
    let first = get(&client.anonymous(), tag.clone()).await.unwrap();
    get(&client.anonymous(), fixed.clone()).await.unwrap();
    registry.take_requests();
    for _ in 0..3 {
        let again = get(&client.anonymous(), tag.clone()).await.unwrap();
        assert_eq!(again.bytes, first.bytes);
        get(&client.anonymous(), fixed.clone()).await.unwrap();
    }
    assert!(registry.take_requests().is_empty());
    registry.push_image("team/app", "1", &Image::sample("other"));
    let moved = async {
        while get(&client.anonymous(), tag.clone()).await.unwrap().bytes == first.bytes {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let patience = std::time::Duration::from_secs(20);
    tokio::time::timeout(patience, moved)
        .await
        .expect("it is seen");
}

#[tokio::test]
async fn what_was_opened_with_a_credential_is_kept_for_nobody_else() {
    let registry = Registry::builder()
        .authentication(Authentication::Bearer)
        .account("alice", "right")
        .start()
        .await;
    let digest = registry.push_image("team/app", "1", &Image::sample("app"));
    let client = builder(&registry).keep_answers(1 << 20).build().unwrap();
    let resource = by_digest(&repository(&registry, "team/app"), &digest);
    let alice = with(&client, &[password("alice", "right")]);
    get(&alice, resource.clone()).await.expect("hers");
    for other in [
        client.anonymous(),
        with(&client, &[password("alice", "wrong")]),
        with(&client, &[password("mallory", "right")]),
    ] {
        let answer = get(&other, resource.clone()).await;
        assert!(
            matches!(answer, Err(FetchError::Unauthorized { .. })),
            "{answer:?}"
        );
    }
    registry.take_requests();
    get(&with(&client, &[password("alice", "right")]), resource)
        .await
        .expect("hers");
    assert!(registry.take_requests().is_empty());
}

#[tokio::test]
async fn that_a_registry_failed_is_not_kept() {
    let registry = Registry::builder().start().await;
    let digest = registry.push_image("team/app", "1", &Image::sample("app"));
    let client = builder(&registry)
        .retries(doorward_registry::Retries::none())
        .keep_answers(1 << 20)
        .build()
        .unwrap();
    let resource = by_digest(&repository(&registry, "team/app"), &digest);
    registry.fault(doorward_testkit::FaultRule::new(doorward_testkit::Fault::Status(500)).times(1));
    let failed = get(&client.anonymous(), resource.clone()).await;
    assert!(failed.is_err(), "{failed:?}");
    registry.clear_faults();
    get(&client.anonymous(), resource)
        .await
        .expect("it is there");
}
