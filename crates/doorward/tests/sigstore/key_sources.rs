//! Keys at addresses and in key management services: asked in the background, held to their pins, and kept.

#[path = "key_sources/kept.rs"]
mod kept;
#[path = "key_sources/refused.rs"]
mod refused;
#[path = "key_sources/world.rs"]
mod world;

use doorward::core::transcript::Transcript;
use doorward::core::{Fetch, FetchFuture, Fetcher};
use doorward::{Decision, KeyChange, Replaying, WatchedKey};
use doorward_testkit::{CosignForm, CosignKey};
use futures::future::{Either, select};

use self::world::{HOUR, World, fingerprint, numbered, pinned_file, pinned_key, served, unpinned};
use crate::site::{Site, allowed, refused as refused_with};

#[tokio::test]
async fn nobody_is_asked_while_an_image_waits() {
    let site = Site::new(true).await;
    site.tag("sig", &[site.signature(CosignForm::Layer)]);
    let pem = site.key.public_pem();
    let world = World::new([served(&pem)]);
    let source = pinned_file(&pem);
    let keys = world.watching(&[&source]);
    let verdict = world.decide(&site, &keys, &source).await;
    refused_with(&verdict, "key-source-unavailable");
    assert!(
        verdict
            .message()
            .contains("https://keys.example/release.pub")
    );
    assert_eq!(world.asked(), 0);
    assert_eq!(keys.refresh(&world).await.len(), 1);
    allowed(&world.decide(&site, &keys, &source).await);
    assert_eq!(world.asked(), 1);
}

#[tokio::test]
async fn a_key_is_what_its_pin_or_its_service_says() {
    let site = Site::new(true).await;
    site.tag("sig", &[site.signature(CosignForm::Layer)]);
    let pem = site.key.public_pem();
    for source in [pinned_file(&pem), pinned_key(&pem), unpinned()] {
        let world = World::new([served(&pem)]);
        let keys = world.watching(&[&source]);
        let renewed = keys.refresh(&world).await;
        assert_eq!(renewed[0].said, Ok(KeyChange::First(fingerprint(&pem))));
        allowed(&world.decide(&site, &keys, &source).await);
    }
    // Another key that is what its pin says is still not that of the signer.
    let other = CosignKey::generate().public_pem();
    let source = pinned_file(&other);
    let world = World::new([served(&other)]);
    let keys = world.watching(&[&source]);
    keys.refresh(&world).await;
    let verdict = world.decide(&site, &keys, &source).await;
    refused_with(&verdict, "sigstore-unknown-key");
}

#[tokio::test]
async fn those_that_are_named_first_are_asked_first() {
    let [a, b] = [(); 2].map(|()| CosignKey::generate().public_pem());
    let world = World::new([served(&a), served(&b)]);
    // Not in the order of their addresses.
    let (first, second) = (numbered(2, &a), numbered(1, &b));
    let keys = world.watching(&[&first, &second]);
    keys.refresh(&world).await;
    assert!(keys.get(&first).is_ok() && keys.get(&second).is_ok());
}

#[tokio::test]
async fn a_pin_of_the_key_lets_the_file_around_it_change_and_one_of_the_file_does_not() {
    let pem = CosignKey::generate().public_pem();
    let spaced = format!("{pem}\n\n");
    for (source, counts) in [(pinned_key(&pem), true), (pinned_file(&pem), false)] {
        let world = World::new([served(&spaced)]);
        let keys = world.watching(&[&source]);
        keys.refresh(&world).await;
        assert_eq!(keys.get(&source).is_ok(), counts);
    }
}

#[tokio::test]
async fn whatever_stands_around_a_key_it_is_the_same_key_to_all_who_use_it() {
    let pem = CosignKey::generate().public_pem();
    let body: String = pem.lines().filter(|line| !line.starts_with("--")).collect();
    let wrapped = format!(
        "-----BEGIN PUBLIC KEY-----\r\n{}\r\n{}\r\n-----END PUBLIC KEY-----\r\n",
        &body[..64],
        &body[64..]
    );
    let written = [
        pem.clone(),
        format!("{pem}\n \n"),
        pem.trim_end().to_owned(),
        wrapped,
    ];
    for source in [pinned_key(&pem), unpinned()] {
        for text in &written {
            let world = World::new([served(text)]);
            let keys = world.watching(&[&source]);
            keys.refresh(&world).await;
            let key = keys.get(&source).unwrap();
            assert_eq!(key.item("key"), Some(pem.as_bytes()), "{text:?}");
        }
    }
    // What is remembered for a pin of the file is the file.
    for text in &written {
        let source = pinned_file(text);
        let world = World::new([served(text), world::down()]);
        for _ in 0..2 {
            let keys = world.watching(&[&source]);
            keys.refresh(&world).await;
            let key = keys.get(&source).unwrap();
            assert_eq!(key.item("key"), Some(pem.as_bytes()), "{text:?}");
        }
        assert_eq!(world.asked(), 1);
    }
}

#[tokio::test]
async fn a_source_is_asked_once_an_hour_and_one_that_failed_sooner_and_then_less_and_less_often() {
    let pem = CosignKey::generate().public_pem();
    let source = pinned_key(&pem);
    let world = World::new([served(&pem)]);
    let keys = world.watching(&[&source]);
    keys.refresh(&world).await;
    assert!(keys.refresh(&world).await.is_empty());
    world.pass(HOUR / 2);
    assert!(keys.refresh(&world).await.is_empty());
    world.pass(HOUR);
    assert_eq!(keys.refresh(&world).await[0].said, Ok(KeyChange::Same));

    let world = World::new([world::down()]);
    let keys = world.watching(&[&source]);
    keys.refresh(&world).await;
    for seconds in [15, 30, 60, 120, 240] {
        world.pass(seconds - 1);
        assert!(keys.refresh(&world).await.is_empty(), "{seconds}");
        world.pass(1);
        assert_eq!(keys.refresh(&world).await.len(), 1, "{seconds}");
    }
    // It is left alone for no longer than one that answers.
    for _ in 0..20 {
        world.pass(2 * HOUR);
        assert_eq!(keys.refresh(&world).await.len(), 1);
    }
}

#[tokio::test]
async fn what_no_policy_names_any_more_is_let_go_and_no_more_are_asked_than_the_bound() {
    let pem = CosignKey::generate().public_pem();
    let source = pinned_key(&pem);
    let world = World::new([served(&pem)]);
    let keys = world.watching(&[&source]);
    keys.refresh(&world).await;
    world::watch(&keys, &[&source]);
    assert!(keys.get(&source).is_ok(), "it is watched still");
    assert_eq!(world::watch(&keys, &[]), 0);
    assert!(keys.get(&source).is_err());
    assert_eq!(keys.end(), None);

    let many: Vec<_> = (0..300).map(|number| numbered(number, &pem)).collect();
    let many: Vec<_> = many.iter().collect();
    assert_eq!(world::watch(&keys, &many), 44);
    assert_eq!(keys.refresh(&world).await.len(), 256);
    assert!(keys.get(many[255]).is_ok());
    assert!(keys.get(many[256]).is_err());
}

#[tokio::test]
async fn servers_that_tenants_name_and_that_never_answer_hold_up_no_new_key_of_the_operator() {
    let pem = CosignKey::generate().public_pem();
    let tenants: Vec<_> = (0..40).map(|number| numbered(number, &pem)).collect();
    let operators = pinned_key(&pem);
    let world = World::new([served(&pem)]);
    let keys = world.watching(&[]);
    let of_tenants = tenants.iter().map(|source| (source, false));
    let named = [(&operators, true)].into_iter().chain(of_tenants);
    let watched = named.map(|(source, is_kept)| WatchedKey { source, is_kept });
    keys.watch(watched.collect::<Vec<_>>());
    let silent = Silent;
    let tenants_round = std::pin::pin!(keys.refresh_those(false, &silent));
    let operators_round = std::pin::pin!(keys.refresh_those(true, &world));
    match select(tenants_round, operators_round).await {
        Either::Left((ended, _)) => panic!("nobody answers, and it ended: {ended:?}"),
        Either::Right((renewed, _)) => assert_eq!(renewed.len(), 1),
    }
    assert!(keys.get(&operators).is_ok());
    assert!(keys.get(&tenants[0]).is_err());
}

#[tokio::test]
async fn a_source_that_a_namespace_names_before_the_operator_is_not_asked_again_each_time() {
    let pem = CosignKey::generate().public_pem();
    let source = &pinned_key(&pem);
    let world = World::new([served(&pem)]);
    let keys = world.watching(&[]);
    let named = [false, true].map(|is_kept| WatchedKey { source, is_kept });
    keys.watch(named.clone());
    assert_eq!(keys.refresh(&world).await.len(), 1);
    keys.watch(named);
    assert!(keys.refresh(&world).await.is_empty());
    assert!(keys.get(source).is_ok());
}

/// A server that never answers.
struct Silent;

impl Fetcher for Silent {
    fn fetch<'a>(&'a self, _: &'a Fetch) -> FetchFuture<'a> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_recorded_decision_by_a_key_of_a_source_is_made_again_without_it() {
    let site = Site::new(true).await;
    site.tag("sig", &[site.signature(CosignForm::Layer)]);
    let pem = site.key.public_pem();
    let other = CosignKey::generate().public_pem();
    for (answer, source, code) in [
        (served(&pem), pinned_file(&pem), None),
        (served(&pem), unpinned(), None),
        (
            served(&other),
            pinned_key(&pem),
            Some("key-source-pin-mismatch"),
        ),
        (
            served("<html>"),
            pinned_key(&pem),
            Some("key-source-invalid"),
        ),
        (
            world::down(),
            pinned_key(&pem),
            Some("key-source-unavailable"),
        ),
    ] {
        let world = World::new([answer]);
        let keys = world.watching(&[&source]);
        keys.refresh(&world).await;
        let (first, transcript) = world.record(&site, &keys, &source).await;
        assert_eq!(first.code().map(|code| code.as_str()), code);
        let bytes = transcript.to_bytes().unwrap();
        let read = Transcript::from_bytes(&bytes).unwrap();
        let asked = world.asked();
        let again = Replaying::new(read).unwrap().decide().await;
        assert!(again.is_same());
        assert_eq!(world.asked(), asked);
        assert_eq!(
            again.verdicts()[0].decision() == Decision::Allow,
            code.is_none()
        );
    }
}
