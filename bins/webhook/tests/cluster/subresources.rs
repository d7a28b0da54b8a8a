//! Subresources: ephemeral containers are judged, everything else is left alone.

use reqwest::Method;
use serde_json::{Value, json};

use crate::configuration::of_the_guide;
use crate::door::Door;
use crate::objects::{kind, pod};

/// Adds an ephemeral container by `kubectl`, which shows what a person reads. `kubectl debug` of today asks as no server of
/// 1.20 is asked, so that it is given the words of the time.
async fn debug(door: &Door, name: &str, image: &str) -> std::process::Output {
    let path = format!("{}/ephemeralcontainers", door.pod("web"));
    let mut present = door.server.get(&path).await.succeeded();
    assert_eq!(present["kind"], "EphemeralContainers");
    let container = json!({"name": name, "image": image, "terminationMessagePolicy": "File"});
    let list = &mut present["ephemeralContainers"];
    match list.as_array_mut() {
        Some(containers) => containers.push(container),
        None => *list = json!([container]),
    }
    door.kubectl(&format!("replace --raw {path} -f -"), Some(&present))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ephemeral_container_is_pinned_if_signed_and_refused_if_not() {
    let Some(door) = Door::open("sub-ephemeral", "").await else {
        return;
    };
    let (app, _) = door.site.signed("app");
    let (tools, digest) = door.site.signed("tools");
    let (bad, _) = door.site.unsigned("bad");
    door.kubectl_does("create -f -", Some(&pod("web", &app)));
    let refused = debug(&door, "bad", &bad).await;
    let said = String::from_utf8(refused.stderr).unwrap();
    let place = format!("ephemeral container bad: {bad}");
    assert!(!refused.status.success() && said.contains(&place), "{said}");
    let good = debug(&door, "good", &tools).await;
    assert!(good.status.success(), "{good:?}");
    // The first passes unchanged beside a second, also when its signature is gone.
    door.site.store.clear();
    let (more, _) = door.site.signed("more");
    let beside = debug(&door, "more", &more).await;
    assert!(beside.status.success(), "{beside:?}");
    let stored = door.server.get(&door.pod("web")).await.succeeded();
    let images: Vec<&Value> = stored["spec"]["ephemeralContainers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|container| &container["image"])
        .collect();
    assert_eq!(images.len(), 2, "{stored}");
    assert_eq!(*images[0], door.pinned("tools", &digest));
    assert!(
        images[1].as_str().unwrap().contains("/more@sha256:"),
        "{stored}"
    );
}

/// Has every operation on Pods, Deployments and their subresources sent, which the guide does not.
async fn send_everything(door: &Door) {
    let program = door.program();
    let url = format!("https://{}", program.address);
    for (path, mut object) in of_the_guide(door.name, &url, door.authority.ca_pem()) {
        for webhook in object["webhooks"].as_array_mut().unwrap() {
            let rule = &mut webhook["rules"][0];
            rule["operations"] = json!(["*"]);
            rule["resources"] = json!(["pods", "pods/*", "deployments", "deployments/*"]);
        }
        door.server.post(&path, &object).await.succeeded();
    }
    door.is_asked().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_scale_exec_binding_and_eviction_pass_where_a_rule_sends_them() {
    let Some(door) = Door::build("sub-others", "").await else {
        return;
    };
    let (bad, _) = door.site.unsigned("bad");
    let deployment = kind("Deployment");
    let mut object = deployment.object(&bad);
    object["spec"]["replicas"] = 0.into();
    door.kubectl_does("create -f -", Some(&object));
    door.kubectl_does("create -f -", Some(&pod("web", &bad)));
    door.kubectl_does("create -f -", Some(&pod("bound", &bad)));
    send_everything(&door).await;

    let ready = json!({"status": {"message": "seen"}});
    let status = format!("{}/status", door.pod("web"));
    let stored = door.server.patch(&status, &ready).await.succeeded();
    assert_eq!(stored["status"]["message"], "seen");
    let path = deployment.path(door.name);
    let status = json!({"status": {"observedGeneration": 1}});
    door.server
        .patch(&format!("{path}/status"), &status)
        .await
        .succeeded();
    let scale = json!({"spec": {"replicas": 0}});
    let merge = "application/merge-patch+json";
    let scaled = format!("{path}/scale");
    door.server
        .send(Method::PATCH, &scaled, merge, Some(&scale))
        .await
        .succeeded();
    let binding =
        json!({"metadata": {"name": "bound"}, "target": {"kind": "Node", "name": "node"}});
    let answer = door
        .server
        .post(&format!("{}/binding", door.pod("bound")), &binding)
        .await;
    answer.succeeded();
    // There is no node that could run it, which is said by what comes after admission.
    let said = door.kubectl_fails("exec bound -- true", None);
    assert!(!said.contains("webhook"), "{said}");
    let eviction =
        json!({"apiVersion": "policy/v1beta1", "kind": "Eviction", "metadata": {"name": "web"}});
    let answer = door
        .server
        .post(&format!("{}/eviction", door.pod("web")), &eviction)
        .await;
    answer.succeeded();
    door.kubectl_does("delete deployment app", None);
}
