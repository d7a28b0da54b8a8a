//! What an object is besides its images: one that was there before, owned, or made from a template.

use super::*;

fn update(old: &[&str], new: &[&str]) -> Value {
    let mut review = pod(new);
    review["request"]["operation"] = json!("UPDATE");
    review["request"]["oldObject"] = pod(old)["request"]["object"].clone();
    review
}

#[tokio::test]
async fn an_update_checks_changed_images_only() {
    let site = Site::start().await;
    let ((one, _), (two, _)) = (site.unsigned("one"), site.unsigned("two"));
    let webhook = site.webhook();
    assert!(
        ask(&webhook, "/mutate", &update(&[&one], &[&one]))
            .await
            .allowed()
    );
    assert!(
        site.registry.requests().is_empty(),
        "an unchanged image is not looked at"
    );
    let answer = ask(&webhook, "/mutate", &update(&[&one], &[&two])).await;
    assert!(!answer.allowed() && answer.message().contains(&two));
}

#[tokio::test]
async fn an_image_that_moves_to_another_container_is_no_unchanged_image() {
    let site = Site::start().await;
    let ((one, _), (two, _)) = (site.unsigned("one"), site.signed("two"));
    let mut review = update(&[&two], &[&two]);
    review["request"]["object"]["spec"]["initContainers"] = json!([{"name": "c0", "image": one}]);
    assert!(!ask(&site.webhook(), "/mutate", &review).await.allowed());
}

#[tokio::test]
async fn owner_references_exempt_nothing() {
    let mut review = pod(&["r.example/a"]);
    review["request"]["object"]["metadata"]["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "x", "uid": "u", "controller": true}]);
    assert!(!ask(&offline(&[REJECT]), "/mutate", &review).await.allowed());
}

/// The creation of a ReplicaSet by the controller of a Deployment.
fn replica_set(image: &str) -> Value {
    let mut review = pod(&[image]);
    let template = json!({"spec": review["request"]["object"]["spec"]});
    let owner = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "u", "controller": true});
    review["request"]["resource"] =
        json!({"group": "apps", "version": "v1", "resource": "replicasets"});
    review["request"]["object"] = json!({
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": "web-5d6f", "namespace": "shop", "ownerReferences": [owner]},
        "spec": {"template": template},
    });
    review
}

#[tokio::test]
async fn a_replica_set_of_a_deployment_by_tag_is_judged_and_left_and_its_pods_are_pinned() {
    let site = Site::start().await;
    let ((signed, digest), (unsigned, _)) = (site.signed("app"), site.unsigned("bad"));
    let webhook = site.webhook();
    for path in ["/mutate", "/validate"] {
        let answer = ask(&webhook, path, &replica_set(&signed)).await;
        assert!(answer.allowed() && answer.patch().is_empty(), "{answer:?}");
        let answer = ask(&webhook, path, &replica_set(&unsigned)).await;
        assert!(
            answer.message().contains("simple-no-signature"),
            "{answer:?}"
        );
    }
    let answer = ask(&webhook, "/mutate", &pod(&[&signed])).await;
    let pinned = format!("{}/app@{digest}", site.registry.address());
    assert_eq!(answer.patched(C0), Some(json!(pinned)));
}
