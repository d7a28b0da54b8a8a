//! How soon a change in the cluster counts: from the API server's answer to the first creation that is decided by it.

use std::time::{Duration, Instant};

use doorward_testkit::ApiServer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::cluster::{PODS, POLICIES, pod};
use crate::site::Site;

/// How often each is changed.
const TURNS: usize = 20;
/// The policy of the site, and one that selects by a label.
const SELECTING: &str = "selecting";

pub(crate) async fn measure(server: &ApiServer, site: &Site) {
    let unsigned = site.unsigned("other");
    let labelled = json!({
        "apiVersion": "doorward.dev/v1", "kind": "ClusterImagePolicy", "metadata": {"name": SELECTING},
        "spec": {
            "namespaceSelector": {"matchLabels": {"checked": "no"}},
            "repositories": [{"name": unsigned, "policy": {"unchecked": true}}],
        },
    });
    println!();
    let lax =
        json!({"spec": {"repositories": [{"name": unsigned, "policy": {"unchecked": true}}]}});
    server.post(POLICIES, &with_name(&lax)).await.succeeded();
    let strict = json!({"spec": {"repositories": [{"name": unsigned, "policy": {"simple": {"requirements": [{"type": "reject"}]}}}]}});
    let path = format!("{POLICIES}/changing");
    until(server, &unsigned, 201).await;
    tell(
        "a policy that changes",
        server,
        &unsigned,
        &path,
        [&strict, &lax],
    )
    .await;
    server.delete(&path).await.succeeded();
    until(server, &unsigned, 403).await;
    server.post(POLICIES, &labelled).await.succeeded();
    let label = |value: &str| json!({"metadata": {"labels": {"checked": value}}});
    let path = "/api/v1/namespaces/load";
    server.patch(path, &label("no")).await.succeeded();
    until(server, &unsigned, 201).await;
    tell(
        "a namespace that is relabelled",
        server,
        &unsigned,
        path,
        [&label("yes"), &label("no")],
    )
    .await;
}

fn with_name(spec: &Value) -> Value {
    let mut policy = spec.clone();
    policy["apiVersion"] = "doorward.dev/v1".into();
    policy["kind"] = "ClusterImagePolicy".into();
    policy["metadata"] = json!({"name": "changing"});
    policy
}

/// Changes an object to and fro, from what refuses to what admits, and prints how long each took to count.
async fn tell(name: &str, server: &ApiServer, image: &str, path: &str, changes: [&Value; 2]) {
    let mut took = Vec::new();
    for turn in 0..TURNS {
        let media = "application/merge-patch+json";
        let patch = Some(changes[turn % 2]);
        server
            .send(Method::PATCH, path, media, patch)
            .await
            .succeeded();
        let started = Instant::now();
        until(server, image, [403, 201][turn % 2]).await;
        took.push(started.elapsed());
    }
    took.sort_unstable();
    println!(
        "{name} counts after {:.0} ms (p50), {:.0} ms at most, of {TURNS} changes",
        took[TURNS / 2].as_secs_f64() * 1e3,
        took[TURNS - 1].as_secs_f64() * 1e3,
    );
}

/// Creates a Pod, on a dry run, until that is answered so.
async fn until(server: &ApiServer, image: &str, status: u16) {
    loop {
        if server.post(PODS, &pod(image)).await.status == status {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
