//! What is done once for all who want it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use doorward_core::{FetchError, Resource};
use doorward_testkit::{Authentication, Image, Registry};
use futures::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::*;

async fn slow() -> (Registry, Resource) {
    let registry = Registry::builder()
        .authentication(Authentication::Bearer)
        .account("alice", "right")
        .account("bob", "right")
        .public("*")
        .latency(Duration::from_millis(30))
        .start()
        .await;
    registry.push_image("team/app", "1", &Image::sample("app"));
    let resource = by_tag(&repository(&registry, "team/app"), "1");
    (registry, resource)
}

fn manifests(registry: &Registry) -> usize {
    registry
        .take_requests()
        .iter()
        .filter(|request| request.path.contains("/manifests/"))
        .count()
}

#[tokio::test]
async fn the_same_fetch_at_the_same_time_is_done_once() {
    let (registry, resource) = slow().await;
    let client = client(&registry);
    let answers = join_all((0..20).map(|_| {
        let (client, resource) = (client.anonymous(), resource.clone());
        async move { get(&client, resource).await }
    }))
    .await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(
        conversation(&registry),
        [
            "GET /v2/ - 401",
            "GET /token - 200",
            "GET /v2/team/app/manifests/1 bearer 200",
        ]
    );
    // The answer is not kept: a tag may move.
    get(&client.anonymous(), resource).await.expect("again");
    assert_eq!(manifests(&registry), 1);
}

#[tokio::test]
async fn callers_with_other_credentials_do_not_share() {
    let (registry, resource) = slow().await;
    let client = client(&registry);
    let answers = join_all(["alice", "bob"].map(|name| {
        let (client, resource) = (with(&client, &[password(name, "right")]), resource.clone());
        async move { get(&client, resource).await }
    }))
    .await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(manifests(&registry), 2);
}

#[tokio::test]
async fn different_fetches_share_the_ping_and_the_token() {
    let (registry, _) = slow().await;
    let client = client(&registry).anonymous();
    let repository = repository(&registry, "team/app");
    for tag in ["2", "3", "4"] {
        registry.push_image("team/app", tag, &Image::sample(tag));
    }
    let answers =
        join_all(["1", "2", "3", "4"].map(|tag| get(&client, by_tag(&repository, tag)))).await;
    assert!(answers.iter().all(Result::is_ok));
    let lines = conversation(&registry);
    assert_eq!(
        lines.iter().filter(|line| line.contains("/v2/ ")).count(),
        1,
        "{lines:?}"
    );
    assert_eq!(
        lines.iter().filter(|line| line.contains("/token")).count(),
        1,
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_caller_that_gives_up_does_not_take_the_answer_with_it() {
    let (registry, resource) = slow().await;
    let client = client(&registry);
    let first = tokio::spawn({
        let (client, resource) = (client.anonymous(), resource.clone());
        async move { get(&client, resource).await }
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    let second = tokio::spawn({
        let (client, resource) = (client.anonymous(), resource.clone());
        async move { get(&client, resource).await }
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    first.abort();
    assert!(second.await.expect("not cancelled").is_ok());
    assert_eq!(manifests(&registry), 1);
}

#[tokio::test]
async fn connections_are_used_again() {
    let registry = Registry::builder().start().await;
    registry.push_image("team/app", "1", &Image::sample("app"));
    let client = client(&registry).anonymous();
    let repository = repository(&registry, "team/app");
    for tag in ["1", "2", "1", "3", "1"] {
        let _ = get(&client, by_tag(&repository, tag)).await;
    }
    assert_eq!(registry.connections(), 1);
}

#[tokio::test]
async fn no_more_exchanges_are_under_way_with_one_server_than_its_bound() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let open = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let server = tokio::spawn({
        let (open, most) = (Arc::clone(&open), Arc::clone(&most));
        async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let open = Arc::clone(&open);
                tokio::spawn(async move {
                    let _ = stream.read(&mut [0; 4096]).await;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    open.fetch_sub(1, Ordering::SeqCst);
                    let gone = "HTTP/1.1 404 x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                    let _ = stream.write_all(gone.as_bytes()).await;
                });
            }
        }
    });
    let client = hasty().plain_http(&address).build().expect("a client");
    let client = client.anonymous();
    let wanted = (0..200).map(|number| Resource::Lookaside {
        url: format!("http://{address}/{number}"),
        access: None,
    });
    let answers = join_all(wanted.map(|wanted| get(&client, wanted))).await;
    for answer in answers {
        assert_eq!(answer.err(), Some(FetchError::NotFound));
    }
    let most = most.load(Ordering::SeqCst);
    assert!((2..=32).contains(&most), "{most}");
    server.abort();
}
