//! The controllers of Kubernetes, and objects that are older than the webhook.

use serde_json::{Value, json};

use crate::door::Door;
use crate::objects::kind;
use crate::server::eventually;

/// What becomes of the images of the Pods.
#[derive(Clone, Copy, PartialEq)]
enum Becomes {
    Pinned,
    /// With the tag left beside the digest.
    PinnedUnderTag,
    AsWritten,
}

const UNPINNED: &str = "      mutateImage: false\n";

/// Two Deployments that are older than the webhook, of which one is restarted and the other gets another image.
///
/// Each must have one ReplicaSet more, and not a third also after the controller has looked at the Deployment again.
async fn rolls_out_once(door: &Door, old: &str, new: &str, becomes: Becomes) {
    for name in ["restarted", "changed"] {
        let mut object = kind("Deployment").object(old);
        object["metadata"]["name"] = name.into();
        let labels = json!({"app": name});
        object["spec"]["selector"]["matchLabels"] = labels.clone();
        object["spec"]["template"]["metadata"]["labels"] = labels;
        door.kubectl_does("create -f -", Some(&object));
        pods_of(door, name, 1).await;
    }
    door.guard().await;

    door.kubectl_does("rollout restart deployment/restarted", None);
    door.kubectl_does(&format!("set image deployment/changed main={new}"), None);
    for (name, image) in [("restarted", old), ("changed", new)] {
        // No node makes the new one ready, so the old one stays beside it.
        let pods = pods_of(door, name, 2).await;
        let judged: Vec<&Value> = pods.iter().filter(|pod| pod["image"] != old).collect();
        match becomes {
            Becomes::Pinned | Becomes::PinnedUnderTag => {
                let kept = match becomes {
                    Becomes::PinnedUnderTag => image,
                    _ => image.rsplit_once(':').unwrap().0,
                };
                assert_eq!(judged.len(), 1, "{name}: {pods:#?}");
                let pinned = judged[0]["image"].as_str().unwrap();
                assert!(
                    pinned.starts_with(&format!("{kept}@sha256:")),
                    "{name}: {pinned}"
                );
            }
            Becomes::AsWritten => assert!(
                pods.iter()
                    .all(|pod| pod["image"] == old || pod["image"] == new),
                "{name}: {pods:#?}"
            ),
        }
        // The controller writes this on the one ReplicaSet that it takes for the Deployment's own.
        let seen = "doorward.example/seen=yes";
        door.kubectl_does(&format!("annotate deployment/{name} {seen}"), None);
        let sets = eventually("the controller has found its ReplicaSet", async || {
            let sets = replica_sets(door, name).await;
            let own =
                |set: &Value| set["metadata"]["annotations"]["doorward.example/seen"] == "yes";
            sets.iter().any(own).then_some(sets)
        })
        .await;
        assert_eq!(sets.len(), 2, "{name}: {sets:#?}");
        let path = format!("/apis/apps/v1/namespaces/{}/deployments/{name}", door.name);
        let deployment = door.server.get(&path).await.succeeded();
        let collisions = &deployment["status"]["collisionCount"];
        assert_eq!(*collisions, Value::Null, "{name}: {deployment:#}");
        // A copy has what the template has: two of the one that was restarted, one of the other.
        let pointer = "/spec/template/spec/containers/0/image";
        let copies = sets
            .iter()
            .filter(|set| set.pointer(pointer) == deployment.pointer(pointer));
        let wanted = if image == old { 2 } else { 1 };
        assert_eq!(copies.count(), wanted, "{name}: {sets:#?}");
    }
}

/// The ReplicaSets of a Deployment.
async fn replica_sets(door: &Door, app: &str) -> Vec<Value> {
    let path = format!(
        "/apis/apps/v1/namespaces/{}/replicasets?labelSelector=app%3D{app}",
        door.name
    );
    let list = door.server.get(&path).await.succeeded();
    list["items"].as_array().unwrap().clone()
}

/// Waits until there are so many Pods. Returns name, image and owner of each.
pub(crate) async fn pods_of(door: &Door, app: &str, count: usize) -> Vec<Value> {
    let path = format!("{}?labelSelector=app%3D{app}", door.pods());
    eventually(&format!("{app} has {count} Pods"), async || {
        let list = door.server.get(&path).await.succeeded();
        let pods = list["items"].as_array().unwrap();
        let live = pods
            .iter()
            .filter(|pod| pod["metadata"]["deletionTimestamp"].is_null());
        let seen: Vec<Value> = live
            .map(|pod| {
                json!({
                    "name": pod["metadata"]["name"],
                    "image": pod["spec"]["containers"][0]["image"],
                })
            })
            .collect();
        (seen.len() == count).then_some(seen)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_older_than_the_webhook_rolls_out_once_and_its_new_pods_are_pinned() {
    let Some(door) = Door::build("rollout-enforce", "").await else {
        return;
    };
    let (old, _) = door.site.signed("old");
    let (new, _) = door.site.signed("new");
    rolls_out_once(&door, &old, &new, Becomes::Pinned).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_warn_mode_it_rolls_out_once_whether_or_not_the_images_are_signed() {
    let Some(door) = Door::build("rollout-warn", "      mode: warn\n").await else {
        return;
    };
    let (old, _) = door.site.unsigned("old");
    let (new, _) = door.site.unsigned("new");
    rolls_out_once(&door, &old, &new, Becomes::AsWritten).await;

    let Some(door) = Door::build("rollout-warn-signed", "      mode: warn\n").await else {
        return;
    };
    let (old, _) = door.site.signed("old");
    let (new, _) = door.site.signed("new");
    rolls_out_once(&door, &old, &new, Becomes::Pinned).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_audit_mode_it_rolls_out_once_whether_or_not_the_images_are_signed() {
    let Some(door) = Door::build("rollout-audit", "      mode: audit\n").await else {
        return;
    };
    let (old, _) = door.site.unsigned("old");
    let (new, _) = door.site.unsigned("new");
    rolls_out_once(&door, &old, &new, Becomes::AsWritten).await;

    let Some(door) = Door::build("rollout-audit-signed", "      mode: audit\n").await else {
        return;
    };
    let (old, _) = door.site.signed("old");
    let (new, _) = door.site.signed("new");
    rolls_out_once(&door, &old, &new, Becomes::Pinned).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_images_are_not_to_be_changed_it_rolls_out_once_and_nothing_is_pinned() {
    let Some(door) = Door::build("rollout-unpinned", UNPINNED).await else {
        return;
    };
    let (old, _) = door.site.signed("old");
    let (new, _) = door.site.signed("new");
    rolls_out_once(&door, &old, &new, Becomes::AsWritten).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_pods_alone_are_pinned_one_older_than_the_webhook_rolls_out_once_and_stays_as_it_is_written()
 {
    let Some(door) = Door::build("rollout-pods-only", "      mutateImage: pods-only\n").await
    else {
        return;
    };
    let (old, _) = door.site.signed("old");
    let (new, _) = door.site.signed("new");
    rolls_out_once(&door, &old, &new, Becomes::Pinned).await;
    for (name, image) in [("restarted", old), ("changed", new)] {
        let path = format!("/apis/apps/v1/namespaces/{}/deployments/{name}", door.name);
        let written = door.image(&path, &kind("Deployment").image()).await;
        assert_eq!(written, image, "{name}");
        for set in replica_sets(&door, name).await {
            let copied = &set["spec"]["template"]["spec"]["containers"][0]["image"];
            assert!(!copied.as_str().unwrap().contains('@'), "{name}: {copied}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_tags_are_kept_one_older_than_the_webhook_rolls_out_once_and_its_new_pods_have_tag_and_digest()
 {
    let Some(door) = Door::build("rollout-keep-tag", "      keepTag: true\n").await else {
        return;
    };
    let (old, _) = door.site.signed("old");
    let (new, _) = door.site.signed("new");
    rolls_out_once(&door, &old, &new, Becomes::PinnedUnderTag).await;
}

/// The text of an event about an object, once there is one.
pub(crate) async fn event(door: &Door, kind: &str, reason: &str) -> String {
    let path = format!(
        "/api/v1/namespaces/{}/events?fieldSelector=involvedObject.kind%3D{kind},reason%3D{reason}",
        door.name
    );
    eventually(&format!("there is an event {reason}"), async || {
        let events = door.server.get(&path).await.succeeded();
        Some(events["items"][0]["message"].as_str()?.to_owned())
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_pod_of_a_replica_set_leaves_an_event_with_our_text() {
    let Some(door) = Door::build("rollout-event", "").await else {
        return;
    };
    let (bad, digest) = door.site.unsigned("bad");
    let mut object = kind("Deployment").object(&bad);
    object["spec"]["template"]["metadata"]["labels"] = json!({"app": "app", "kind": "Deployment"});
    door.kubectl_does("create -f -", Some(&object));
    let pods = pods_of(&door, "app", 1).await;
    door.guard().await;
    let name = pods[0]["name"].as_str().unwrap();
    door.kubectl_does(&format!("delete pod {name}"), None);
    let text = event(&door, "ReplicaSet", "FailedCreate").await;
    let begins = format!(
        "Error creating: admission webhook \"mutate.doorward.dev\" denied the request: 1 of 1 image may not run in \
         namespace rollout-event\n  container main: {bad}\n    why:  {digest} has no signature; "
    );
    assert!(text.starts_with(&begins), "{text}");
    assert!(text.contains("(simple-no-signature)"), "{text}");
    assert!(text.ends_with("codes.html#simple-no-signature"), "{text}");

    // And so does the ReplicaSet that a restart would make.
    door.kubectl_does("rollout restart deployment/app", None);
    let text = event(&door, "Deployment", "ReplicaSetCreateError").await;
    assert!(
        text.contains("\"mutate.doorward.dev\" denied the request: 1 of 1 image may not run"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pods_that_older_controllers_make_again_are_pinned_and_made_once() {
    let Some(door) = Door::build("rollout-others", "").await else {
        return;
    };
    let (image, digest) = door.site.signed("app");
    let kinds = ["ReplicationController", "ReplicaSet", "StatefulSet", "Job"];
    for name in kinds {
        let mut object = kind(name).object(&image);
        let template = &mut object["spec"]["template"];
        template["metadata"]["labels"]["app"] = name.into();
        door.kubectl_does("create -f -", Some(&object));
    }
    let mut older = Vec::new();
    for name in kinds {
        let pod = pods_of(&door, name, 1).await.remove(0);
        assert_eq!(pod["image"], image, "{name}");
        older.push(pod["name"].as_str().unwrap().to_owned());
    }
    door.guard().await;
    door.kubectl_does(&format!("delete pod {}", older.join(" ")), None);
    for name in kinds {
        let pod = pods_of(&door, name, 1).await.remove(0);
        assert_eq!(pod["image"], door.pinned("app", &digest), "{name}");
        let owner = door
            .image(&kind(name).path(door.name), &kind(name).image())
            .await;
        assert_eq!(owner, image, "{name}");
    }
}
