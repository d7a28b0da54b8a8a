//! Remembered trust in objects of the cluster.

use bytes::Bytes;
use doorward_core::{Scheme, StateError, StateKey, StateQuota, StateStore as _, Stored};
use doorward_kube::client::{ApiServer, ClusterMemory};

use crate::server::server;

const TOY: Scheme = Scheme::custom("toy");

fn key(name: &str) -> StateKey {
    StateKey::new(
        "cluster",
        TOY,
        vec!["https://trust.example".to_owned()],
        name,
    )
}

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

/// Two replicas that remember in a namespace of this name. `None` if there is no API server.
async fn replicas(namespace: &str) -> Option<(ClusterMemory, ClusterMemory)> {
    let server = server()?;
    let _ = rustls::crypto::ring::default_provider().install_default();
    server.namespace(namespace, &[]).await;
    let connect = async || {
        let kubeconfig = server.kubeconfig();
        let server = ApiServer::connect(Some(&kubeconfig)).await.unwrap();
        ClusterMemory::new(server, namespace)
    };
    Some((connect().await, connect().await))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_replica_remembers_the_other_knows() {
    let Some((one, other)) = replicas("memory-shared").await else {
        return;
    };
    let key = key("r.example/app");
    assert_eq!(one.load(&key).await, Ok(Stored::Nothing));
    assert_eq!(one.replace(&key, None, bytes("1")).await, Ok(true));
    assert_eq!(other.load(&key).await, Ok(Stored::Found(bytes("1"))));
    assert_eq!(
        other.replace(&key, Some(&bytes("1")), bytes("2")).await,
        Ok(true)
    );
    assert_eq!(one.load(&key).await, Ok(Stored::Found(bytes("2"))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_replicas_that_write_at_once_one_is_told_to_begin_again() {
    let Some((one, other)) = replicas("memory-race").await else {
        return;
    };
    for round in 0..20 {
        let key = key(&format!("r.example/{round}"));
        let (first, second) = tokio::join!(
            one.replace(&key, None, bytes("one")),
            other.replace(&key, None, bytes("other")),
        );
        let (first, second) = (first.unwrap(), second.unwrap());
        assert!(first != second, "round {round}: {first} {second}");
        let known = bytes(if first { "one" } else { "other" });
        assert_eq!(one.load(&key).await, Ok(Stored::Found(known.clone())));
        let (first, second) = tokio::join!(
            one.replace(&key, Some(&known), bytes("1")),
            other.replace(&key, Some(&known), bytes("2")),
        );
        assert!(first.unwrap() != second.unwrap(), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_expected_is_not_replaced() {
    let Some((one, _)) = replicas("memory-expected").await else {
        return;
    };
    let key = key("r.example/app");
    assert_eq!(
        one.replace(&key, Some(&bytes("1")), bytes("2")).await,
        Ok(false)
    );
    assert_eq!(one.replace(&key, None, bytes("1")).await, Ok(true));
    assert_eq!(one.replace(&key, None, bytes("2")).await, Ok(false));
    assert_eq!(
        one.replace(&key, Some(&bytes("0")), bytes("2")).await,
        Ok(false)
    );
    assert_eq!(one.load(&key).await, Ok(Stored::Found(bytes("1"))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_memory_that_somebody_deletes_is_lost_and_not_new() {
    let Some((one, _)) = replicas("memory-lost").await else {
        return;
    };
    let key = key("r.example/app");
    one.replace(&key, None, bytes("1")).await.unwrap();
    let path = format!(
        "/api/v1/namespaces/memory-lost/configmaps/doorward-trust-{}",
        key.digest().hex()
    );
    server().unwrap().delete(&path).await.succeeded();
    assert_eq!(one.load(&key).await, Ok(Stored::Lost));
    assert_eq!(one.replace(&key, None, bytes("2")).await, Ok(true));
    assert_eq!(one.load(&key).await, Ok(Stored::Found(bytes("2"))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_memory_that_somebody_damages_is_said_to_be_damaged() {
    let Some((one, _)) = replicas("memory-damaged").await else {
        return;
    };
    let key = key("r.example/app");
    one.replace(&key, None, bytes("1")).await.unwrap();
    let path = format!(
        "/api/v1/namespaces/memory-damaged/configmaps/doorward-trust-{}",
        key.digest().hex()
    );
    let server = server().unwrap();
    let mut object = server.get(&path).await.succeeded();
    object["binaryData"] = serde_json::json!({"other": "MQ=="});
    server.put(&path, &object).await.succeeded();
    let damaged = one.load(&key).await;
    assert!(
        matches!(damaged, Err(StateError::Invalid { .. })),
        "{damaged:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_fills_their_share_takes_nothing_from_others() {
    let Some((one, _)) = replicas("memory-full").await else {
        return;
    };
    let one = one.with_quota(StateQuota {
        bytes: 30,
        least: 10,
    });
    let put = async |namespace: &str, name: &str, text: &'static str| {
        one.replace_for(namespace, &key(name), None, bytes(text))
            .await
    };
    for name in ["a", "b", "c"] {
        assert_eq!(put("evil", name, "x").await, Ok(true));
    }
    let full = put("evil", "d", "x").await;
    assert!(matches!(full, Err(StateError::Full { .. })), "{full:?}");
    assert_eq!(put("shop", "e", "x").await, Ok(true));
    // What is there already can be brought up to date, up to what it counts.
    let known = key("a");
    let (short, long) = (bytes("x"), bytes("0123456789"));
    let next = one.replace_for("evil", &known, Some(&short), long.clone());
    assert_eq!(next.await, Ok(true));
    let grows = one.replace_for("evil", &known, Some(&long), bytes("0123456789x"));
    let grows = grows.await;
    assert!(matches!(grows, Err(StateError::Full { .. })), "{grows:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_written_is_no_memory_and_says_so() {
    if replicas("memory-gone").await.is_none() {
        return;
    }
    let nowhere = ClusterMemory::new(
        ApiServer::connect(Some(&server().unwrap().kubeconfig()))
            .await
            .unwrap(),
        "memory-nowhere",
    );
    let key = key("r.example/app");
    let put = nowhere.replace(&key, None, bytes("1")).await;
    assert!(
        matches!(put, Err(StateError::Unavailable { .. })),
        "{put:?}"
    );
    let no_name = ClusterMemory::new(
        ApiServer::connect(Some(&server().unwrap().kubeconfig()))
            .await
            .unwrap(),
        "../kube-system",
    );
    let load = no_name.load(&key).await;
    assert!(
        matches!(load, Err(StateError::Unavailable { .. })),
        "{load:?}"
    );
}
