//! A replica that begins, and what runs already.

use serde_json::json;

use crate::door::Door;
use crate::objects::pod;
use crate::server::{eventually, server};
use crate::watched::{install, json_of, policy, within};

const LOOKED_AT: &str = "doorward_warm_up_total";

/// A namespace with a policy and its key, and no webhook yet.
pub(crate) async fn standing(name: &'static str) -> Option<Door> {
    install(server()?).await;
    let door = Door::standing(name).await?;
    let secrets = format!("/api/v1/namespaces/{name}/secrets");
    let key = within(json_of(&door.site.key()), name);
    door.server.post(&secrets, &key).await.succeeded();
    let policy = policy(&door, "");
    door.server
        .post(&door.policies(), &policy)
        .await
        .succeeded();
    Some(door)
}

/// A Pod that runs, as far as the API server is concerned.
pub(crate) async fn runs(door: &Door, name: &str, image: &str) {
    door.server
        .post(&door.pods(), &pod(name, image))
        .await
        .succeeded();
    let status = json!({"status": {"phase": "Running"}});
    door.merge(&format!("{}/status", door.pod(name)), &status)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_is_known_to_a_new_replica_before_somebody_asks() {
    let Some(mut door) = standing("warm-up").await else {
        return;
    };
    let (_, digest) = door.site.signed("app");
    let (_, bad) = door.site.unsigned("bad");
    let (good, bad) = (door.pinned("app", &digest), door.pinned("bad", &bad));
    for name in ["web-1", "web-2"] {
        runs(&door, name, &good).await;
    }
    runs(&door, "bad", &bad).await;
    door.site.registry.take_requests();

    let kubeconfig = door.server.kubeconfig();
    door.follow(&kubeconfig, &["--warm-up"]);
    eventually("what runs was looked at", async || {
        // The Pods that are alike are one.
        (door.program().count(LOOKED_AT).await >= 2.0).then_some(())
    })
    .await;
    let requests = door.site.registry.take_requests();
    assert!(!requests.is_empty());
    door.site.store.take_requests();

    door.guard().await;
    let asked = |requests: &[doorward_testkit::RecordedRequest]| {
        let paths = requests.iter().map(|request| request.path.clone());
        paths.filter(|path| path.contains("/app")).count()
    };
    door.site.registry.take_requests();
    let created = door.server.post(&door.pods(), &pod("web-3", &good)).await;
    created.succeeded();
    assert_eq!(asked(&door.site.registry.take_requests()), 0);
    assert_eq!(asked(&door.site.store.take_requests()), 0);
    let refused = door.server.post(&door.pods(), &pod("bad-2", &bad)).await;
    assert!(
        refused.refused().contains("simple-no-signature"),
        "{refused:?}"
    );
    // There is no event about what only runs.
    let events = format!("/api/v1/namespaces/{}/events", door.name);
    let list = door.server.get(&events).await.succeeded();
    let told = list["items"].as_array().unwrap().iter();
    let about: Vec<_> = told
        .map(|event| event["involvedObject"]["name"].clone())
        .collect();
    assert!(!about.contains(&json!("bad")), "{about:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_list_pods_takes_reviews_as_before() {
    let Some(mut door) = standing("warm-up-not").await else {
        return;
    };
    let (image, _) = door.site.signed("app");
    for mut object in crate::rights::of_the_guide(door.name) {
        if object["kind"] == "ClusterRole" {
            let rules = object["rules"].as_array_mut().unwrap();
            rules.retain(|rule| rule["resources"] != json!(["pods"]));
        }
        door.kubectl_does("apply -f -", Some(&object));
    }
    door.write(
        "kubeconfig",
        &crate::rights::kubeconfig_of(door.server, door.name),
    );
    let home = format!("--home-namespace={}", door.name);
    door.follow(&door.path("kubeconfig"), &[&home, "--warm-up"]);
    door.register().await;
    door.comes(&image, 201).await;
    assert!(door.program().count(LOOKED_AT).await < 1.0);
}
