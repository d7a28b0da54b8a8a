//! Roll-backs, and controllers other than that of Deployments.

use serde_json::json;

use crate::door::Door;
use crate::objects::kind;
use crate::server::eventually;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn going_back_to_a_revision_that_was_stored_by_tag_pins_it_and_loops_not() {
    let Some(door) = Door::build("owners-undo", "").await else {
        return;
    };
    let (old, digest) = door.site.signed("old");
    let (new, _) = door.site.signed("new");
    let deployment = kind("Deployment");
    let sets = async |count: usize| {
        let path = "/apis/apps/v1/namespaces/owners-undo/replicasets";
        eventually(&format!("there are {count} ReplicaSets"), async || {
            let list = door.server.get(path).await.succeeded();
            let sets = list["items"].as_array().unwrap().clone();
            (sets.len() == count).then_some(sets)
        })
        .await
    };
    door.kubectl_does("create -f -", Some(&deployment.object(&old)));
    sets(1).await;
    door.guard().await;
    door.kubectl_does(&format!("set image deployment/app main={new}"), None);
    sets(2).await;
    door.kubectl_does("rollout undo deployment/app", None);
    // The revision that was stored by tag is not the one that is pinned.
    sets(3).await;
    let path = deployment.path(door.name);
    let image = door.image(&path, &deployment.image()).await;
    assert_eq!(image, door.pinned("old", &digest));
    door.kubectl_does("annotate deployment/app doorward.example/seen=yes", None);
    eventually("the controller has found its ReplicaSet", async || {
        let seen = |set: &serde_json::Value| {
            set["metadata"]["annotations"]["doorward.example/seen"] == "yes"
        };
        sets(3).await.iter().any(seen).then_some(())
    })
    .await;
    let collisions = door.image(&path, "/status/collisionCount").await;
    assert_eq!(collisions, json!(null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_of_a_cron_job_keeps_the_tag_and_its_pod_is_pinned() {
    let Some(door) = Door::build("owners-cron", "").await else {
        return;
    };
    let (image, digest) = door.site.signed("app");
    let (bad, _) = door.site.unsigned("bad");
    door.kubectl_does("create -f -", Some(&kind("CronJob").object(&image)));
    door.guard().await;
    let cron = kind("CronJob").path(door.name);
    let owner = json!({
        "apiVersion": "batch/v1beta1", "kind": "CronJob", "name": "app", "controller": true,
        "uid": door.image(&cron, "/metadata/uid").await,
    });
    // As its controller makes it.
    let made = |image: &str| {
        let mut job = kind("Job").object(image);
        job["metadata"]["ownerReferences"] = json!([owner]);
        job
    };
    let said = door.kubectl_fails("create -f -", Some(&made(&bad)));
    assert!(said.contains("1 of 1 image may not run"), "{said}");
    door.kubectl_does("create -f -", Some(&made(&image)));
    let job = kind("Job");
    assert_eq!(door.image(&job.path(door.name), &job.image()).await, image);
    let pods = format!("{}?labelSelector=job-name%3Dapp", door.pods());
    let pinned = eventually("the Job has a Pod", async || {
        let image = door.image(&pods, "/items/0/spec/containers/0/image").await;
        image.is_string().then_some(image)
    })
    .await;
    assert_eq!(pinned, door.pinned("app", &digest));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_set_older_than_the_webhook_has_one_pinned_pod_on_each_node() {
    let Some(door) = Door::build("owners-daemon", "").await else {
        return;
    };
    let (image, digest) = door.site.signed("app");
    let nodes = "/api/v1/nodes";
    let node = json!({"metadata": {"name": "node", "labels": {"doorward.example/for": "daemon"}}});
    door.server.post(nodes, &node).await.succeeded();
    let mut object = kind("DaemonSet").object(&image);
    object["spec"]["template"]["spec"]["nodeSelector"] = json!({"doorward.example/for": "daemon"});
    door.kubectl_does("create -f -", Some(&object));
    let the_pod = async |wanted: &str| {
        eventually("the node has its Pod", async || {
            let list = door.server.get(&door.pods()).await.succeeded();
            let [pod] = &list["items"].as_array().unwrap()[..] else {
                return None;
            };
            let image = &pod["spec"]["containers"][0]["image"];
            (image == wanted).then(|| pod["metadata"]["name"].as_str().unwrap().to_owned())
        })
        .await
    };
    let older = the_pod(&image).await;
    door.guard().await;
    door.kubectl_does(&format!("delete pod {older}"), None);
    the_pod(&door.pinned("app", &digest)).await;
    door.kubectl_does("rollout restart daemonset/app", None);
    let path = kind("DaemonSet").path(door.name);
    // Between the end of the old Pod and the new one there is none.
    let status = eventually("the node has a Pod after the restart", async || {
        let set = door.server.get(&path).await.succeeded();
        let status = &set["status"];
        let is_seen = status["observedGeneration"] == set["metadata"]["generation"];
        (is_seen && status["currentNumberScheduled"] == 1).then(|| status.clone())
    })
    .await;
    assert_eq!(status["collisionCount"], json!(null), "{status:#}");
    let stored = door.image(&path, &kind("DaemonSet").image()).await;
    assert_eq!(stored, image);
    door.server
        .delete(&format!("{nodes}/node"))
        .await
        .succeeded();
}
