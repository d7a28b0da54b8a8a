//! Requests of every form: names that are generated, dry runs, server-side apply, finalizers, namespaces that go.

use serde_json::json;

use crate::configuration::of_the_guide;
use crate::door::Door;
use crate::objects::{KINDS, kind, pod};
use crate::server::eventually;

const IMAGE: &str = "/spec/containers/0/image";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_generated_name_changes_nothing_about_the_verdict() {
    let Some(door) = Door::open("requests-generated", "").await else {
        return;
    };
    let (good, digest) = door.site.signed("app");
    let (bad, _) = door.site.unsigned("bad");
    let generated = |image: &str| {
        let mut object = pod("", image);
        object["metadata"] = json!({"generateName": "web-"});
        object
    };
    let (name, _) = door.kubectl_does("create --output=name -f -", Some(&generated(&good)));
    let name = name.trim().strip_prefix("pod/").unwrap();
    assert!(name.starts_with("web-"));
    assert_eq!(
        door.image(&door.pod(name), IMAGE).await,
        door.pinned("app", &digest)
    );
    let said = door.kubectl_fails("create -f -", Some(&generated(&bad)));
    assert!(
        said.contains("denied the request: 1 of 1 image may not run"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_shows_what_would_be_and_stores_nothing() {
    let Some(door) = Door::open("requests-dry", "").await else {
        return;
    };
    let (good, digest) = door.site.signed("app");
    let (bad, _) = door.site.unsigned("bad");
    let dry = "create --dry-run=server --output=json -f -";
    for kind in &KINDS {
        let (shown, _) = door.kubectl_does(dry, Some(&kind.object(&good)));
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(
            shown.pointer(&kind.image()),
            Some(&json!(door.pinned("app", &digest)))
        );
        assert_eq!(door.server.get(&kind.path(door.name)).await.status, 404);
    }
    let said = door.kubectl_fails(dry, Some(&pod("web", &bad)));
    assert!(
        said.contains("denied the request: 1 of 1 image may not run"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_applied_again_is_pinned_alike_and_rolls_nothing_out() {
    let Some(door) = Door::open("requests-applied", "").await else {
        return;
    };
    let (good, digest) = door.site.signed("app");
    let (bad, _) = door.site.unsigned("bad");
    let deployment = kind("Deployment");
    let path = deployment.path(door.name);
    for apply in [
        "apply -f -",
        "apply --server-side --field-manager=pipeline -f -",
    ] {
        for _ in 0..2 {
            door.kubectl_does(apply, Some(&deployment.object(&good)));
            let stored = door.server.get(&path).await.succeeded();
            let image = stored.pointer(&deployment.image()).unwrap();
            assert_eq!(*image, door.pinned("app", &digest), "{apply}");
            assert_eq!(stored["metadata"]["generation"], 1, "{apply}");
        }
        let said = door.kubectl_fails(apply, Some(&deployment.object(&bad)));
        assert!(
            said.contains("denied the request: 1 of 1 image may not run"),
            "{said}"
        );
        door.kubectl_does("delete deployment app --cascade=background", None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finalizer_comes_off_an_object_whose_image_is_refused_by_now() {
    let Some(door) = Door::build("requests-finalizers", "").await else {
        return;
    };
    let (image, _) = door.site.unsigned("app");
    for name in ["Pod", "Deployment", "Job"] {
        let mut object = kind(name).object(&image);
        object["metadata"]["finalizers"] = json!(["doorward.example/hold"]);
        door.kubectl_does("create -f -", Some(&object));
    }
    door.guard().await;
    for name in ["Pod", "Deployment", "Job"] {
        let path = kind(name).path(door.name);
        door.kubectl_does(&format!("delete {name} app --wait=false"), None);
        let held = door.server.get(&path).await.succeeded();
        assert!(held["metadata"]["deletionTimestamp"].is_string(), "{held}");
        // It may be changed otherwise at the same time, as controllers do.
        let freed = r#"{"metadata":{"finalizers":null,"labels":{"freed":"yes"}}}"#;
        door.kubectl_does(
            &format!("patch {name} app --type=merge --patch={freed}"),
            None,
        );
        eventually(name, async || {
            (door.server.get(&path).await.status == 404).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_full_of_refused_images_can_be_deleted_also_while_the_webhook_is_down() {
    let Some(mut door) = Door::build("requests-namespace", "").await else {
        return;
    };
    let (image, _) = door.site.unsigned("app");
    door.kubectl_does("create -f -", Some(&crate::objects::one_of_each(&image)));
    door.guard().await;
    door.program = None;
    door.kubectl_does("delete namespace requests-namespace --wait=false", None);
    eventually("the namespace is gone", async || {
        let path = "/api/v1/namespaces/requests-namespace";
        (door.server.get(path).await.status == 404).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configuration_that_sends_reviews_of_v1beta1_gets_the_same_answers() {
    let Some(door) = Door::build("requests-v1beta1", "").await else {
        return;
    };
    let url = format!("https://{}", door.program().address);
    for (path, mut object) in of_the_guide(door.name, &url, door.authority.ca_pem()) {
        object["webhooks"][0]["admissionReviewVersions"] = json!(["v1beta1"]);
        door.server.post(&path, &object).await.succeeded();
    }
    door.is_asked().await;
    let (good, digest) = door.site.signed("app");
    let (bad, _) = door.site.unsigned("bad");
    door.kubectl_does("create -f -", Some(&pod("web", &good)));
    assert_eq!(
        door.image(&door.pod("web"), IMAGE).await,
        door.pinned("app", &digest)
    );
    let said = door.kubectl_fails("create -f -", Some(&pod("bad", &bad)));
    assert!(
        said.contains("denied the request: 1 of 1 image may not run"),
        "{said}"
    );
}
