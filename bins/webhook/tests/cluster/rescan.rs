//! What runs, judged again.

use doorward_kube::ReportKind;
use serde_json::{Value, json};

use crate::door::Door;
use crate::objects::pod;
use crate::reports::{about, define, report};
use crate::server::eventually;
use crate::warm_up::{runs, standing};

/// The rounds that a replica made to their end.
const ROUNDS: &str = "doorward_rescans_total{outcome=\"whole\"}";

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
    home(door).await;
    rescans_with(door, &[]);
}

async fn home(door: &Door) {
    let home = format!("{}-home", door.name);
    door.server.namespace(&home, &[]).await;
}

/// The same with more options, where the home is there.
fn rescans_with(door: &mut Door, options: &[&str]) {
    let home = format!("--home-namespace={}-home", door.name);
    let kubeconfig = door.server.kubeconfig();
    let options = [&[&*home, "--rescan-every=2s"], options].concat();
    door.follow(&kubeconfig, &options);
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
    let before = door.program().count(ROUNDS).await;
    eventually("there were further rounds", async || {
        (door.program().count(ROUNDS).await >= before + 2.0).then_some(())
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
    eventually("there was a round", async || {
        (door.program().count(ROUNDS).await >= 1.0).then_some(())
    })
    .await;
    assert_eq!(told(&door).await.len(), 0);
    door.merge(&path, &json!({"spec": signed})).await;
    eventually("what fails has an event", async || {
        (told(&door).await.len() == 1).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_writes_a_report_of_what_runs() {
    const KIND: ReportKind = ReportKind::OpenReports;
    let Some(mut door) = standing("rescan-reported").await else {
        return;
    };
    define(door.server, KIND).await;
    let (good, digest) = door.site.signed("app");
    let (bad, bad_digest) = door.site.unsigned("bad");
    // Nobody asks the webhook about them: what is written of them is written by a round.
    runs(&door, "good", &good).await;
    runs(&door, "bad", &bad).await;
    home(&door).await;
    rescans_with(&mut door, &["--reports=openreports"]);
    let said = report(door.server, (KIND, door.name), |said| {
        said["summary"]["fail"] == 1 && said["summary"]["pass"] == 1
    })
    .await;
    let [bad_line] = about(&said, "bad")[..] else {
        panic!("{said:#}");
    };
    assert_eq!(bad_line["result"], "fail");
    assert_eq!(bad_line["properties"]["code"], "simple-no-signature");
    assert_eq!(bad_line["properties"]["image"], bad);
    let [good_line] = about(&said, "good")[..] else {
        panic!("{said:#}");
    };
    assert_eq!(good_line["result"], "pass");
    assert_eq!(good_line["properties"]["digest"], digest.to_string());
    // What is signed since passes in a later round, and its line says so.
    let signature = door.site.signer.sign(&bad, &bad_digest);
    door.site.store.put("bad", &bad_digest, signature);
    let said = report(door.server, (KIND, door.name), |said| {
        said["summary"]["fail"] == 0 && said["summary"]["pass"] == 2
    })
    .await;
    assert_eq!(about(&said, "bad")[0]["result"], "pass");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_replicas_one_makes_rounds_and_the_other_once_that_one_has_ended() {
    let Some(mut door) = standing("rescanned-once").await else {
        return;
    };
    let (bad, _) = door.site.unsigned("bad");
    runs(&door, "bad", &bad).await;
    home(&door).await;
    rescans_with(&mut door, &[]);
    let one = door.program.take().unwrap();
    rescans_with(&mut door, &[]);
    let other = door.program.take().unwrap();
    let rounds = async || [one.count(ROUNDS).await, other.count(ROUNDS).await];
    let made = eventually("there were four rounds", async || {
        let made = rounds().await;
        (made[0] + made[1] >= 4.0).then_some(made)
    })
    .await;
    assert!(made.contains(&0.0), "{made:?}");
    // One of them told it.
    assert_eq!(told(&door).await.len(), 1);
    let (leader, waiting) = match made[0] > 0.0 {
        true => (one, other),
        false => (other, one),
    };
    leader.terminate();
    eventually("the other makes rounds now", async || {
        (waiting.count(ROUNDS).await >= 1.0).then_some(())
    })
    .await;
    drop(leader);
}
