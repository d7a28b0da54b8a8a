//! What the configurations say, and what becomes of changes by others.

use serde_json::{Value, json};

use super::rig::{Rig, SECRET, configurations, health, metric, stop};
use crate::server::eventually;

const OPTIONS: [&str; 3] = ["--tls-secret", SECRET, "--arm"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_weakens_is_put_right_and_counted_and_labels_of_others_stay() {
    let Some(rig) = Rig::build("armed-drift").await else {
        return;
    };
    let options = [&OPTIONS[..], &["--exclude-namespace", "kube-system"]].concat();
    let running = rig.start(&options).await;
    rig.is_armed(&running).await;
    let drifts = async || metric(&running, "doorward_arming_drifts_total").await;
    assert!(drifts().await < 1.0);
    let path = &configurations()[0];
    let whole = rig.configuration(path).await.unwrap();
    let selector = &whole["webhooks"][0]["namespaceSelector"]["matchExpressions"][0];
    assert_eq!(selector["values"], json!([rig.home, "kube-system"]));
    let mut changes: Vec<Value> = Vec::new();
    let mut changed = |pointer: &str, value: Value| {
        let mut weak = whole.clone();
        *weak.pointer_mut(pointer).unwrap() = value;
        changes.push(weak);
    };
    changed("/webhooks/0/failurePolicy", json!("Ignore"));
    changed("/webhooks/0/rules/0/operations", json!(["CREATE"]));
    changed(
        "/webhooks/0/namespaceSelector",
        json!({"matchLabels": {"judged": "yes"}}),
    );
    changed(
        "/webhooks/0/objectSelector",
        json!({"matchLabels": {"judged": "yes"}}),
    );
    changed("/webhooks", json!([]));
    changed("/metadata/ownerReferences", json!([]));
    changed("/metadata/labels", json!({"team": "ops"}));
    for (number, weak) in changes.iter_mut().enumerate() {
        let now = rig.configuration(path).await.unwrap();
        weak["metadata"]["resourceVersion"] = now["metadata"]["resourceVersion"].clone();
        rig.server.put(path, weak).await.succeeded();
        eventually("it is put right", async || {
            let now = rig.configuration(path).await?;
            let is_right = now["webhooks"] == whole["webhooks"]
                && now["metadata"]["ownerReferences"] == whole["metadata"]["ownerReferences"]
                && now["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "doorward-webhook";
            is_right.then_some(())
        })
        .await;
        let wanted = f64::from(u32::try_from(number).unwrap()) + 1.0;
        eventually("it is counted", async || {
            (drifts().await >= wanted).then_some(())
        })
        .await;
    }
    let last = rig.configuration(path).await.unwrap();
    assert_eq!(last["metadata"]["labels"]["team"], "ops");
    let before = drifts().await;
    rig.server.delete(path).await.succeeded();
    eventually("it is back", async || {
        rig.configuration(path).await.map(drop)
    })
    .await;
    eventually("that it was gone is counted", async || {
        (drifts().await > before).then_some(())
    })
    .await;
    rig.refuses().await;
    stop(running).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configuration_of_somebody_else_is_left_alone_and_the_rest_is_armed() {
    let Some(rig) = Rig::build("armed-foreign").await else {
        return;
    };
    let foreign = json!({"metadata": {"name": "doorward", "labels": {"app.kubernetes.io/managed-by": "Helm"}}, "webhooks": []});
    let collection = configurations()[0].rsplit_once('/').unwrap().0.to_owned();
    let foreign = rig.server.post(&collection, &foreign).await.succeeded();
    let running = rig.start(&OPTIONS).await;
    eventually("the others are made", async || {
        (rig.registered().await == 3).then_some(())
    })
    .await;
    let (status, text) = health(&running, "/readyz").await;
    assert!(status == 200 && text.contains("\nnot armed: "), "{text}");
    assert!(metric(&running, "doorward_armed").await < 1.0);
    assert_eq!(rig.configuration(&configurations()[0]).await, Some(foreign));
    rig.refuses().await;
    rig.server.delete(&configurations()[0]).await.succeeded();
    rig.is_armed(&running).await;
    assert!(metric(&running, "doorward_armed").await > 0.0);
    stop(running).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_own_namespace_could_not_be_left_out_nothing_is_armed() {
    let Some(rig) = Rig::labelled(
        "armed-unlabelled",
        &[("kubernetes.io/metadata.name", "other")],
    )
    .await
    else {
        return;
    };
    let running = rig.start(&OPTIONS).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(rig.registered().await, 0);
    assert!(
        health(&running, "/readyz")
            .await
            .1
            .contains("\nnot armed: ")
    );
    let label = json!({"metadata": {"labels": {"kubernetes.io/metadata.name": rig.home}}});
    let path = format!("/api/v1/namespaces/{}", rig.home);
    rig.server.patch(&path, &label).await.succeeded();
    rig.is_armed(&running).await;
    stop(running).await;
}
