//! Objects that change.

use serde_json::json;

use crate::door::Door;
use crate::objects::{KINDS, Kind, one_of_each};

/// What kubectl replaces an image by.
fn replacing(kind: &Kind, image: &str) -> String {
    let patch = json!([{"op": "replace", "path": kind.image(), "value": image}]);
    format!("patch {} app --type=json --patch={patch}", kind.resource)
}

/// All whose template may change: that of a Job may not.
fn changeable() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().filter(|kind| kind.name != "Job")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_to_a_signed_image_is_pinned_and_one_to_an_unsigned_image_changes_nothing() {
    let Some(door) = Door::open("updates-images", "").await else {
        return;
    };
    let (first, _) = door.site.signed("first");
    let (second, digest) = door.site.signed("second");
    let (bad, _) = door.site.unsigned("bad");
    door.kubectl_does("create -f -", Some(&one_of_each(&first)));
    for kind in changeable() {
        door.kubectl_does(&replacing(kind, &second), None);
        let said = door.kubectl_fails(&replacing(kind, &bad), None);
        assert!(
            said.contains("denied the request: 1 of 1 image may not run"),
            "{said}"
        );
        let path = kind.path(door.name);
        let pinned = door.pinned("second", &digest);
        assert_eq!(
            door.image(&path, &kind.image()).await,
            pinned,
            "{}",
            kind.name
        );
        let written = json!({"containers/main": second}).to_string();
        assert_eq!(
            door.image(&path, &kind.original()).await,
            written,
            "{}",
            kind.name
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kubectl_set_image_and_replace_are_judged_like_every_update() {
    let Some(door) = Door::open("updates-kubectl", "").await else {
        return;
    };
    let (first, _) = door.site.signed("first");
    let (second, digest) = door.site.signed("second");
    let (bad, _) = door.site.unsigned("bad");
    door.kubectl_does("create -f -", Some(&one_of_each(&first)));
    let all = "pod/app rc/app deployment/app rs/app sts/app ds/app";
    door.kubectl_does(&format!("set image {all} main={second}"), None);
    for kind in &KINDS[..6] {
        let image = door.image(&kind.path(door.name), &kind.image()).await;
        assert_eq!(image, door.pinned("second", &digest), "{}", kind.name);
    }
    let said = door.kubectl_fails(&format!("set image {all} main={bad}"), None);
    assert_eq!(
        said.matches("1 of 1 image may not run").count(),
        6,
        "{said}"
    );
    let cron = crate::objects::kind("CronJob");
    let said = door.kubectl_fails("replace -f -", Some(&cron.object(&bad)));
    assert!(said.contains("1 of 1 image may not run"), "{said}");
    door.kubectl_does("replace -f -", Some(&cron.object(&second)));
    let image = door.image(&cron.path(door.name), &cron.image()).await;
    assert_eq!(image, door.pinned("second", &digest));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_that_hold_a_refused_image_are_labelled_and_scaled_and_keep_it() {
    let Some(door) = Door::build("updates-others", "").await else {
        return;
    };
    let (bad, _) = door.site.unsigned("bad");
    door.kubectl_does("create -f -", Some(&one_of_each(&bad)));
    door.guard().await;
    let all: Vec<String> = KINDS
        .iter()
        .map(|kind| format!("{}/app", kind.resource))
        .collect();
    let all = all.join(" ");
    door.kubectl_does(&format!("label {all} team=till"), None);
    door.kubectl_does(&format!("annotate {all} doorward.example/note=kept"), None);
    door.kubectl_does(
        "scale rc/app deployment/app rs/app sts/app --replicas=0",
        None,
    );
    for kind in &KINDS {
        let path = kind.path(door.name);
        assert_eq!(door.image(&path, &kind.image()).await, bad, "{}", kind.name);
        assert_eq!(door.image(&path, "/metadata/labels/team").await, "till");
    }
    for kind in &KINDS[1..5] {
        let replicas = door.image(&kind.path(door.name), "/spec/replicas").await;
        assert_eq!(replicas, 0, "{}", kind.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renamed_container_is_judged_although_its_image_was_there_before() {
    let Some(door) = Door::build("updates-renamed", "").await else {
        return;
    };
    let (bad, _) = door.site.unsigned("bad");
    let deployment = crate::objects::kind("Deployment");
    door.kubectl_does("create -f -", Some(&deployment.object(&bad)));
    door.guard().await;
    let mut renamed = deployment.object(&bad);
    renamed["spec"]["template"]["spec"]["containers"][0]["name"] = "other".into();
    let said = door.kubectl_fails("replace -f -", Some(&renamed));
    assert!(said.contains(&format!("container other: {bad}")), "{said}");
}
