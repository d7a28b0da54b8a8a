//! How much of a cluster's policies one namespace can make the webhook hold.

use serde_json::json;

use crate::server::eventually;
use crate::watched::{open, policy};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_with_more_policies_than_are_read_is_denied_until_it_has_fewer() {
    let Some(door) = open("watched-shares", &[]).await else {
        return;
    };
    let (signed, _) = door.site.signed("app");
    let usual = policy(&door, "");
    door.server.post(&door.policies(), &usual).await.succeeded();
    door.comes(&signed, 201).await;

    // Each is one that the definition takes, and four of them are more than a mebibyte.
    let mut large = usual.clone();
    let repositories: Vec<_> = (0..300)
        .map(|number| {
            let name = format!("r.example/{number}/{}", "a".repeat(900));
            json!({"name": name, "policy": {"simple": {"requirements": [{"type": "reject"}]}}})
        })
        .collect();
    large["spec"]["repositories"] = repositories.into();
    for number in 0..4 {
        large["metadata"]["name"] = format!("large-{number}").into();
        door.server.post(&door.policies(), &large).await.succeeded();
    }
    let refused = eventually("the namespace is denied for that reason", async || {
        let answer = door.comes(&signed, 403).await;
        let is_so = answer.refused().contains("no more than 1048576 are read");
        is_so.then_some(answer)
    })
    .await;
    assert!(refused.refused().contains("policy-invalid"), "{refused:?}");

    let path = format!("{}/large-2", door.policies());
    door.server.delete(&path).await.succeeded();
    door.comes(&signed, 201).await;
    // And what is written afterwards is in force, as before.
    let path = format!("{}/releases", door.policies());
    door.server.delete(&path).await.succeeded();
    door.comes(&signed, 403).await;
}
