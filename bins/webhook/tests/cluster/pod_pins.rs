//! Where the digest is written, and with which tag.

use serde_json::{Value, json};

use crate::controllers::pods_of;
use crate::door::Door;
use crate::objects::{KINDS, kind, one_of_each, pod};
use crate::server::eventually;
use crate::watched;

const IMAGE: &str = "/spec/containers/0/image";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_pods_only_a_deployment_stays_as_it_is_written_and_its_pods_are_pinned() {
    let Some(door) = Door::open("pods-only", "      mutateImage: pods-only\n").await else {
        return;
    };
    let (image, digest) = door.site.signed("app");
    let mut object = kind("Deployment").object(&image);
    object["spec"]["template"]["metadata"]["labels"]["app"] = "app".into();
    object["spec"]["selector"]["matchLabels"] =
        object["spec"]["template"]["metadata"]["labels"].clone();
    // Both webhooks take it: the validating one asks for no digest in a template.
    door.kubectl_does("apply -f -", Some(&object));
    let pods = pods_of(&door, "app", 1).await;
    assert_eq!(pods[0]["image"], door.pinned("app", &digest));
    let path = kind("Deployment").path(door.name);
    let deployment = door.server.get(&path).await.succeeded();
    let template = &deployment["spec"]["template"];
    assert_eq!(template.pointer(IMAGE), Some(&json!(image)));
    assert_eq!(template["metadata"]["annotations"], Value::Null);
    // The controller has looked at it again, and made no second ReplicaSet.
    door.kubectl_does("annotate deployment/app doorward.example/seen=yes", None);
    let path = format!("/apis/apps/v1/namespaces/{}/replicasets", door.name);
    let sets = eventually("the controller has found its ReplicaSet", async || {
        let sets = door.server.get(&path).await.succeeded()["items"]
            .as_array()
            .unwrap()
            .clone();
        let own = |set: &Value| set["metadata"]["annotations"]["doorward.example/seen"] == "yes";
        sets.iter().any(own).then_some(sets)
    })
    .await;
    assert_eq!(sets.len(), 1, "{sets:#?}");
    assert_eq!(
        sets[0].pointer("/spec/template/spec/containers/0/image"),
        Some(&json!(image))
    );
    // What is applied again is what is there.
    let (said, _) = door.kubectl_does("diff -f -", Some(&object));
    assert_eq!(said, "");

    // An unsigned image is refused in a template all the same.
    let (bad, _) = door.site.unsigned("bad");
    let said = door.kubectl_fails(&format!("set image deployment/app main={bad}"), None);
    assert!(said.contains("1 of 1 image may not run"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_keep_tag_every_kind_has_tag_and_digest_and_is_not_pinned_again() {
    let Some(door) = Door::open("keep-tag", "      keepTag: true\n").await else {
        return;
    };
    let (image, digest) = door.site.signed("app");
    let pinned = format!("{image}@{digest}");
    door.kubectl_does("create -f -", Some(&one_of_each(&image)));
    for kind in &KINDS {
        let path = kind.path(door.name);
        assert_eq!(
            door.image(&path, &kind.image()).await,
            pinned,
            "{}",
            kind.name
        );
    }
    // What Pods come of that is judged again, by the same name.
    door.kubectl_does("create -f -", Some(&pod("again", &pinned)));
    assert_eq!(door.image(&door.pod("again"), IMAGE).await, pinned);
    // The digest counts, and not the tag beside it.
    let (_, evil) = door.site.unsigned("app2");
    let said = door.kubectl_fails(
        "create -f -",
        Some(&pod("evil", &format!("{image}@{evil}"))),
    );
    assert!(said.contains("1 of 1 image may not run"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_server_takes_a_truth_or_the_word_and_nothing_else_for_where_digests_are_written() {
    let Some(door) = watched::open("pin-values", &[]).await else {
        return;
    };
    let policies = format!("{}?dryRun=All", door.policies());
    let with = |value: Value| {
        let mut policy = watched::policy(&door, "");
        policy["spec"]["repositories"][0]["policy"]["mutateImage"] = value;
        policy
    };
    for value in [json!(true), json!(false), json!("pods-only")] {
        let stored = door
            .server
            .post(&policies, &with(value.clone()))
            .await
            .succeeded();
        assert_eq!(
            stored["spec"]["repositories"][0]["policy"]["mutateImage"],
            value
        );
    }
    for value in [
        json!("pods"),
        json!("true"),
        json!(1),
        json!({"pods": true}),
        json!([]),
    ] {
        let answer = door.server.post(&policies, &with(value.clone())).await;
        assert_eq!(answer.status, 422, "{value}: {}", answer.body);
    }
    let mut kept = watched::policy(&door, "");
    kept["spec"]["repositories"][0]["policy"]["keepTag"] = json!("yes");
    assert_eq!(door.server.post(&policies, &kept).await.status, 422);
}
