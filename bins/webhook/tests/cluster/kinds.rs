//! Every kind that has Pods, created and deleted with kubectl.

use serde_json::{Value, json};

use crate::door::Door;
use crate::objects::{KINDS, one_of_each};
use crate::server::eventually;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_with_a_signed_image_is_pinned_when_it_is_created_and_goes_when_it_is_deleted() {
    let Some(door) = Door::open("kinds-signed", "").await else {
        return;
    };
    let (image, digest) = door.site.signed("app");
    let list = one_of_each(&image);
    let (created, warnings) = door.kubectl_does("create -f -", Some(&list));
    assert_eq!(created.lines().count(), KINDS.len(), "{created}");
    assert_eq!(warnings_of_doorward(&warnings), Vec::<&str>::new());
    let pinned = door.pinned("app", &digest);
    let written = json!({"containers/main": image}).to_string();
    for kind in &KINDS {
        let path = kind.path(door.name);
        let name = kind.name;
        assert_eq!(door.image(&path, &kind.image()).await, pinned, "{name}");
        assert_eq!(door.image(&path, &kind.original()).await, written, "{name}");
    }
    // Whatever its images are by now.
    door.site.store.clear();
    let (deleted, _) = door.kubectl_does("delete --wait=false -f -", Some(&list));
    assert_eq!(deleted.lines().count(), KINDS.len(), "{deleted}");
    for kind in &KINDS {
        let path = kind.path(door.name);
        eventually(kind.name, async || {
            (door.server.get(&path).await.status == 404).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_with_an_unsigned_image_is_refused_and_not_stored() {
    let Some(door) = Door::open("kinds-unsigned", "").await else {
        return;
    };
    let (image, _) = door.site.unsigned("app");
    let said = door.kubectl_fails("create -f -", Some(&one_of_each(&image)));
    let refusals = said.matches(REFUSED).count();
    assert_eq!(refusals, KINDS.len(), "{said}");
    let reasons = said.matches("(simple-no-signature)").count();
    assert_eq!(reasons, KINDS.len(), "{said}");
    for kind in &KINDS {
        let stored = door.server.get(&kind.path(door.name)).await;
        assert_eq!(stored.status, 404, "{}", kind.name);
    }
}

/// What kubectl shows before the text of the webhook.
const REFUSED: &str = "admission webhook \"mutate.doorward.dev\" denied the request: 1 of 1 image may not run in \
                       namespace kinds-unsigned";

/// Warnings but those of the API server itself, about versions that are going.
fn warnings_of_doorward(stderr: &str) -> Vec<&str> {
    let lines = stderr.lines().filter(|line| line.starts_with("Warning: "));
    lines.filter(|line| !line.contains("deprecated")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_unsigned_image_among_signed_ones_refuses_the_object() {
    let Some(door) = Door::open("kinds-mixed", "").await else {
        return;
    };
    let (good, _) = door.site.signed("app");
    let (bad, _) = door.site.unsigned("sidecar");
    let places: [(&str, Value); 2] = [
        (
            "containers",
            json!([{"name": "main", "image": good}, {"name": "side", "image": bad}]),
        ),
        ("initContainers", json!([{"name": "side", "image": bad}])),
    ];
    for (list, containers) in places {
        let mut pod = crate::objects::pod("app", &good);
        pod["spec"][list] = containers;
        let said = door.kubectl_fails("create -f -", Some(&pod));
        assert!(
            said.contains("denied the request: 1 of 2 images may not run"),
            "{said}"
        );
        assert!(said.contains(&format!("container side: {bad}")), "{said}");
        assert!(!said.contains("container main"), "{said}");
    }
    let pods = door.server.get(&door.pods()).await.succeeded();
    assert_eq!(pods["items"], json!([]));
}
