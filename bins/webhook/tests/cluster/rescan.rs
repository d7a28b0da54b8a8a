//! What runs, judged again.

use serde_json::{Value, json};

use crate::door::Door;
use crate::objects::pod;
use crate::server::eventually;
use crate::warm_up::{runs, standing};

/// The events of the namespace that an image failed for.
async fn told(door: &Door) -> Vec<Value> {
    let path = format!("/api/v1/namespaces/{}/events", door.name);
    let list = door.server.get(&path).await.succeeded();
    let items = list["items"].as_array().unwrap().clone();
    let ours = |event: &Value| event["reason"] == "simple-no-signature";
    items.into_iter().filter(ours).collect()
}

/// Starts a webhook that judges what runs again every two seconds, at home in a namespace of its own: there is the Lease by which
/// one of several does.
async fn rescans(door: &mut Door) {
    let home = format!("{}-home", door.name);
    door.server.namespace(&home, &[]).await;
    let home = format!("--home-namespace={home}");
    let kubeconfig = door.server.kubeconfig();
    door.follow(&kubeconfig, &[&home, "--rescan-every=2s"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_and_would_be_refused_now_is_told_of_once_for_pods_that_are_alike() {
    let Some(mut door) = standing("rescanned").await else {
        return;
    };
    let (good, _) = door.site.signed("app");
    let (bad, _) = door.site.unsigned("bad");
    runs(&door, "good", &good).await;
    for name in ["bad-1", "bad-2"] {
        runs(&door, name, &bad).await;
    }
    // It does not run.
    let waits = pod("waits", &bad);
    door.server.post(&door.pods(), &waits).await.succeeded();
    rescans(&mut door).await;
    let events = eventually("what fails has an event", async || {
        let events = told(&door).await;
        (!events.is_empty()).then_some(events)
    })
    .await;
    let message = events[0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("runs, and would be refused now: "),
        "{message}"
    );
    let about = events[0]["involvedObject"]["name"].as_str().unwrap();
    assert!(["bad-1", "bad-2"].contains(&about), "{about}");
    // A second round tells nothing else.
    let rounds = "doorward_rescans_total{outcome=\"whole\"}";
    let before = door.program().count(rounds).await;
    eventually("there were further rounds", async || {
        (door.program().count(rounds).await >= before + 2.0).then_some(())
    })
    .await;
    assert_eq!(told(&door).await.len(), 1);
    assert!(
        door.program()
            .count("doorward_running_images{verdict=\"deny\"}")
            .await
            >= 1.0
    );
    assert!(
        door.program()
            .count("doorward_running_images{verdict=\"allow\"}")
            .await
            >= 1.0
    );
    // Nothing was stopped.
    for name in ["bad-1", "bad-2", "good"] {
        let pod = door.server.get(&door.pod(name)).await.succeeded();
        assert_eq!(pod["status"]["phase"], "Running");
        assert!(pod["metadata"]["deletionTimestamp"].is_null());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_changes_counts_in_the_next_round() {
    let Some(mut door) = standing("rescanned-later").await else {
        return;
    };
    let (bad, _) = door.site.unsigned("bad");
    runs(&door, "bad", &bad).await;
    let path = format!("{}/releases", door.policies());
    let signed = door.server.get(&path).await.succeeded()["spec"].clone();
    let lax = json!({"repositories": [{"name": "*", "policy": {"unchecked": true}}]});
    door.merge(&path, &json!({"spec": lax})).await;
    rescans(&mut door).await;
    let rounds = "doorward_rescans_total{outcome=\"whole\"}";
    eventually("there was a round", async || {
        (door.program().count(rounds).await >= 1.0).then_some(())
    })
    .await;
    assert_eq!(told(&door).await.len(), 0);
    door.merge(&path, &json!({"spec": signed})).await;
    eventually("what fails has an event", async || {
        (told(&door).await.len() == 1).then_some(())
    })
    .await;
}
