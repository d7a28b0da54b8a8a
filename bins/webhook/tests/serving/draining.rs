//! The end of a replica, seen from its connections.

use reqwest::{Client, Version};
use serde_json::Value;

use super::support::{UNCHECKED, pod};
use super::{Duration, Files, client, eventually};

/// Has one review decided. Returns what the answer says about its connection.
async fn said_of_the_connection(client: &Client, url: &str, version: Version) -> Option<String> {
    let answer = client.post(url).json(&pod(&["r.example/app:1"])).send();
    let answer = answer.await.unwrap();
    assert_eq!(answer.version(), version);
    let said = answer.headers().get("connection");
    let said = said.map(|value| value.to_str().unwrap().to_owned());
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["response"]["allowed"], true);
    said
}

#[tokio::test]
async fn a_replica_that_ends_drops_no_review_of_a_connection_that_was_kept() {
    let files = Files::new(UNCHECKED);
    let running = files.start(&[]).await;
    let url = format!("https://{}/mutate", running.address);
    let ready = format!("http://{}/readyz", running.admin_address);
    let kept = client(&files.authority).http1_only().build().unwrap();
    let http11 = Version::HTTP_11;
    assert_eq!(said_of_the_connection(&kept, &url, http11).await, None);

    let stopping = tokio::spawn(running.stop(Duration::from_secs(30), Duration::from_secs(1)));
    eventually(async || reqwest::get(&ready).await.unwrap().status() == 503).await;
    let last = Some("close".to_owned());
    assert_eq!(said_of_the_connection(&kept, &url, http11).await, last);
    // So does the next, in a connection of its own.
    assert_eq!(said_of_the_connection(&kept, &url, http11).await, last);
    // In h2 such a header is an error.
    let h2 = client(&files.authority).build().unwrap();
    let said = said_of_the_connection(&h2, &url, Version::HTTP_2).await;
    assert_eq!(said, None);
    stopping.abort();
}

/// Asks without a pause until nobody listens any more. Returns how often there was an answer.
async fn ask_to_the_end(client: Client, url: String) -> usize {
    let mut answered = 0;
    loop {
        let review = pod(&["r.example/app:1"]);
        match client.post(&url).json(&review).send().await {
            Ok(answer) => {
                assert_eq!(answer.status(), 200);
                answer.bytes().await.unwrap();
                answered += 1;
            }
            Err(error) if error.is_connect() => return answered,
            Err(error) => panic!("a review was lost: {error:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_h2_every_review_that_a_replica_took_before_its_end_is_answered() {
    for _ in 0..3 {
        let files = Files::new(UNCHECKED);
        let running = files.start(&[]).await;
        let url = format!("https://{}/mutate", running.address);
        let clients: Vec<_> = (0..16)
            .map(|_| client(&files.authority).build().unwrap())
            .map(|client| tokio::spawn(ask_to_the_end(client, url.clone())))
            .collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        running
            .stop(Duration::from_millis(300), Duration::from_secs(10))
            .await;
        for client in clients {
            assert!(client.await.unwrap() > 0);
        }
    }
}
