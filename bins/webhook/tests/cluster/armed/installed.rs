//! The webhook as `doorward install` lays it down: with the options of its Deployment, as its account, and with no other
//! policies than a preset.

use clap::Parser as _;
use doorward_webhook::Args;
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::rig::{Rig, WORK, configurations, stop};
use crate::rights::kubeconfig_of;
use crate::server::eventually;
use crate::watched::apply;

const MANIFESTS: &str = include_str!("../../../../cli/src/commands/install/manifests.yaml");
pub(super) const OBSERVE: &str = include_str!("../../../deploy/chart/presets/observe.yaml");
const HOME: &str = "doorward";
pub(super) const POLICIES: &str = "/apis/doorward.dev/v1/clusterimagepolicies";

/// The objects, as a server of 1.20 knows them.
pub(super) fn objects() -> Vec<Value> {
    let documents = serde_yaml::Deserializer::from_str(MANIFESTS);
    let objects = documents.map(|document| Value::deserialize(document).unwrap());
    objects
        .map(|mut object| {
            if object["kind"] == "PodDisruptionBudget" {
                object["apiVersion"] = "policy/v1beta1".into();
            }
            object
        })
        .collect()
}

/// The options of the Deployment, with what is different on one machine.
pub(super) fn options(rig: &Rig, objects: &[Value], kubeconfig: &str) -> Args {
    let is_it = |object: &&Value| object["kind"] == "Deployment";
    let deployment = objects.iter().find(is_it).unwrap();
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    let mut words = vec!["doorward-webhook".to_owned()];
    for argument in container["args"].as_array().unwrap() {
        let argument = argument.as_str().unwrap();
        words.push(match argument {
            "--service=doorward:443" => format!("--service=doorward:{}", rig.address.port()),
            other => other.to_owned(),
        });
    }
    let (registry, store) = (rig.site.registry.address(), rig.site.store.address());
    words.extend([
        format!("--kubeconfig={kubeconfig}"),
        "--listen=127.0.0.1:0".to_owned(),
        "--admin-listen=127.0.0.1:0".to_owned(),
        format!("--plain-http={registry},{store}"),
        format!("--home-namespace={}", rig.home),
    ]);
    Args::parse_from(words)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_installed_arms_itself_observes_enforces_and_leaves_without_a_trace() {
    let Some(rig) = Rig::build(HOME).await else {
        return;
    };
    apply(rig.server).await;
    // The Service of the rig leads to a port of this machine, which one of the cluster cannot.
    let mut objects = objects();
    objects.retain(|object| object["kind"] != "Service");
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    let file = rig.files.path().join("installed.json");
    std::fs::write(&file, list.to_string()).unwrap();
    let kubectl = |words: &[&str]| {
        let output = rig
            .server
            .kubectl()
            .args(words)
            .arg(&file)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    kubectl(&["apply", "-f"]);
    let observe: Value = serde_yaml::from_str(OBSERVE).unwrap();
    rig.server.post(POLICIES, &observe).await.succeeded();
    let kubeconfig = rig.files.path().join("kubeconfig");
    std::fs::write(&kubeconfig, kubeconfig_of(rig.server, HOME)).unwrap();

    let running = rig
        .start_with(&options(&rig, &objects, kubeconfig.to_str().unwrap()))
        .await;
    rig.lead_to(running.address);
    rig.is_armed(&running).await;
    assert_eq!(
        rig.item("tls.crt")
            .await
            .map(|text| text.contains("BEGIN CERTIFICATE")),
        Some(true)
    );

    // Observed: admitted, and an event says what would have become of it.
    let (unsigned, _) = rig.site.unsigned("unsigned");
    let pods = format!("/api/v1/namespaces/{WORK}/pods");
    rig.server
        .post(&pods, &crate::objects::pod("watched", &unsigned))
        .await
        .succeeded();
    let events = format!("/api/v1/namespaces/{WORK}/events");
    eventually("an event tells of it", async || {
        let list = rig.server.get(&events).await.succeeded();
        let items = list["items"].as_array().unwrap();
        items
            .iter()
            .any(|event| event["reason"] == "simple-rejected-by-policy")
            .then_some(())
    })
    .await;

    // Without the preset, and without another policy, nothing is admitted.
    rig.server
        .delete(&format!("{POLICIES}/doorward-observe"))
        .await
        .succeeded();
    let refused = eventually("nothing is admitted", async || {
        let answer = rig.create(&unsigned).await;
        (answer.status == 403).then_some(answer)
    })
    .await;
    assert!(refused.refused().contains("(policy-none)"), "{refused:?}");

    stop(running).await;
    kubectl(&["delete", "-f"]);
    eventually("no configuration is left", async || {
        (rig.registered().await == 0).then_some(())
    })
    .await;
    assert_eq!(configurations().len(), 3);
}
