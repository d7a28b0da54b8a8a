//! Registries that want to be asked less.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use doorward_core::FetchError;
use doorward_registry::Retries;

use crate::outages::manifest;
use crate::scripted::{Reaction, Scripted};
use crate::support::*;

const MANIFEST: &str = r#"{"schemaVersion":2,"config":{},"layers":[]}"#;

/// A registry that refuses everything under this path with the status 429 while it is tired.
async fn tired(header: &'static str) -> (Scripted, Arc<AtomicBool>) {
    let is_tired = Arc::new(AtomicBool::new(true));
    let tired = Arc::clone(&is_tired);
    let registry = Scripted::start(move |_, asked| {
        if asked.path == "/v2/" {
            return Reaction::challenge("Basic realm=\"r\"");
        }
        if asked.authorization.is_none() && tired.load(Ordering::SeqCst) {
            return Reaction::Reply(429, header.to_owned(), String::new());
        }
        Reaction::json(200, MANIFEST)
    })
    .await;
    (registry, is_tired)
}

fn asked(registry: &Scripted) -> usize {
    let log = registry.log();
    log.iter()
        .filter(|(asked, _)| asked.path.contains("/manifests/"))
        .count()
}

#[tokio::test]
async fn one_refusal_for_too_many_requests_holds_back_everyone_who_would_ask_in_the_same_name() {
    let (registry, _) = tired("Retry-After: 3600\r\n").await;
    let client = hasty()
        .plain_http(&registry.address)
        .retries(Retries::none())
        .build()
        .unwrap();
    let first = get(&client.anonymous(), manifest(&registry.address, "a")).await;
    assert!(
        matches!(first, Err(FetchError::Unavailable { .. })),
        "{first:?}"
    );
    for name in ["b", "c", "d"] {
        let started = Instant::now();
        let held = get(&client.anonymous(), manifest(&registry.address, name)).await;
        let Err(FetchError::Unavailable { detail }) = held else {
            panic!("{held:?}");
        };
        assert!(
            detail.contains("asked too often, and is asked again in"),
            "{detail}"
        );
        assert!(started.elapsed() < Duration::from_secs(5));
    }
    assert_eq!(asked(&registry), 1);
    // Who shows an account has a limit of their own.
    let account = with(&client, &[password("alice", "right")]);
    let answer = get(&account, manifest(&registry.address, "e")).await;
    assert!(answer.is_ok(), "{answer:?}");
}

#[tokio::test]
async fn a_short_wait_is_waited_for_together_and_nobody_is_refused() {
    let (registry, is_tired) = tired("Retry-After: 1\r\n").await;
    let client = hasty()
        .plain_http(&registry.address)
        .retries(Retries::default().base(Duration::from_millis(1)).count(8))
        .build()
        .unwrap();
    let opened = Arc::clone(&is_tired);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(500)).await;
        opened.store(false, Ordering::SeqCst);
    });
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    get(&client.anonymous(), manifest(&registry.address, "first"))
        .await
        .expect("in the end");
    let answers = futures::future::join_all(names.map(|name| {
        let (client, resource) = (client.anonymous(), manifest(&registry.address, name));
        async move { get(&client, resource).await }
    }))
    .await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    // Each was asked once, and the first one once more than that.
    assert_eq!(asked(&registry), names.len() + 2);
}
