//! The Secret with the certificate, and who writes it.

use std::collections::BTreeMap;

use doorward_kube::client::{ApiError, ApiServer, ServingSecret, StoredSecret};
use serde_json::json;

use super::rig::{Rig, SECRET, health, stop};
use crate::server::eventually;

const OPTIONS: [&str; 3] = ["--tls-secret", SECRET, "--arm"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_armed_before_a_replica_is_ready_and_a_secret_of_somebody_else_is_left_alone() {
    let Some(rig) = Rig::build("armed-first").await else {
        return;
    };
    let foreign = json!({"metadata": {"name": SECRET}, "data": {"password": "aHVudGVyMg=="}});
    let secrets = format!("/api/v1/namespaces/{}/secrets", rig.home);
    let foreign = rig.server.post(&secrets, &foreign).await.succeeded();
    let (args, pace) = (rig.args(&OPTIONS), rig.pace());
    let judges = tokio::runtime::Handle::current();
    let starts = tokio::spawn(async move {
        doorward_webhook::Running::start_at_pace(&judges, &args, pace).await
    });
    let lease = format!(
        "/apis/coordination.k8s.io/v1/namespaces/{}/leases/doorward",
        rig.home
    );
    eventually("it leads", async || {
        (rig.server.get(&lease).await.status == 200).then_some(())
    })
    .await;
    // It has looked at the Secret several times by then.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert!(!starts.is_finished());
    assert_eq!(rig.registered().await, 0);
    let (unsigned, _) = rig.site.unsigned("before");
    assert_eq!(rig.create(&unsigned).await.status, 201);
    let there = rig.server.get(&rig.secret_path()).await.succeeded();
    assert_eq!(there, foreign);

    rig.server.delete(&rig.secret_path()).await.succeeded();
    let running = starts.await.unwrap().unwrap();
    rig.lead_to(running.address);
    rig.is_armed(&running).await;
    rig.refuses().await;
    let (signed, digest) = rig.site.signed("app");
    let pod = rig.create(&signed).await.succeeded();
    let pinned = format!("{}/app@{digest}", rig.site.registry.address());
    assert_eq!(pod["spec"]["containers"][0]["image"], pinned);
    let (image, _) = rig.site.unsigned("web");
    let deployment = json!({"metadata": {"name": "web"}, "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": image}]}},
    }});
    let refused = rig
        .server
        .post("/apis/apps/v1/namespaces/work/deployments", &deployment)
        .await;
    assert_eq!(refused.status, 403, "{refused:?}");
    // Its own namespace is not judged.
    let own = format!("/api/v1/namespaces/{}/pods?dryRun=All", rig.home);
    let pod = crate::objects::pod("web", &unsigned);
    rig.server.post(&own, &pod).await.succeeded();
    // Down is no way around it, and does not keep its own Pods from coming back.
    stop(running).await;
    assert_eq!(rig.registered().await, 3);
    assert_eq!(rig.create(&unsigned).await.status, 500);
    rig.server.post(&own, &pod).await.succeeded();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_used_in_our_secret_is_replaced_and_an_empty_one_is_taken_over() {
    let Some(rig) = Rig::build("armed-broken").await else {
        return;
    };
    let empty =
        json!({"metadata": {"name": SECRET, "labels": {"app.kubernetes.io/managed-by": "Helm"}}});
    let secrets = format!("/api/v1/namespaces/{}/secrets", rig.home);
    rig.server.post(&secrets, &empty).await.succeeded();
    let running = rig.start(&OPTIONS).await;
    rig.is_armed(&running).await;
    let before = rig.item("tls.crt").await.unwrap();
    let patch = json!({"data": {"tls.key": "eA=="}});
    rig.server
        .patch(&rig.secret_path(), &patch)
        .await
        .succeeded();
    eventually("the certificate is another one", async || {
        let now = rig.item("tls.crt").await?;
        (now != before).then_some(())
    })
    .await;
    rig.hang_up();
    // What was trusted is gone with what was in the Secret, and for a moment the API server believes nobody.
    let (unsigned, _) = rig.site.unsigned("again");
    eventually("the new one is believed", async || {
        let answer = rig.create(&unsigned).await;
        assert_ne!(answer.status, 201);
        (answer.status == 403).then_some(())
    })
    .await;
    rig.is_armed(&running).await;
    let secret = rig.server.get(&rig.secret_path()).await.succeeded();
    assert_eq!(
        secret["metadata"]["labels"]["app.kubernetes.io/managed-by"],
        "Helm"
    );
    stop(running).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_replicas_leads_and_the_other_takes_over_when_it_ends() {
    let Some(rig) = Rig::build("armed-two").await else {
        return;
    };
    let holder = async || {
        let lease = format!(
            "/apis/coordination.k8s.io/v1/namespaces/{}/leases/doorward",
            rig.home
        );
        let lease = rig.server.get(&lease).await.succeeded();
        lease["spec"]["holderIdentity"].as_str().unwrap().to_owned()
    };
    let first = rig.start(&OPTIONS).await;
    let before = holder().await;
    let second = rig.start(&OPTIONS).await;
    rig.is_armed(&first).await;
    rig.is_armed(&second).await;
    let certificate = rig.item("tls.crt").await;
    assert_eq!(holder().await, before, "who leads goes on to lead");

    rig.leave(first.address);
    stop(first).await;
    let path = &super::rig::configurations()[0];
    rig.server.delete(path).await.succeeded();
    eventually("the other one has put it back", async || {
        rig.configuration(path).await.map(drop)
    })
    .await;
    let after = holder().await;
    assert!(after != before && !after.is_empty(), "{after}");
    assert_eq!(rig.item("tls.crt").await, certificate);
    rig.hang_up();
    rig.refuses().await;
    stop(second).await;
    assert_eq!(
        holder().await,
        "",
        "nobody has to wait for one that has ended"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_write_the_secret_at_once_one_learns_of_it() {
    let Some(rig) = Rig::build("armed-conflict").await else {
        return;
    };
    let server = ApiServer::connect(Some(&rig.server.kubeconfig()))
        .await
        .unwrap();
    let secret = ServingSecret::new(server, rig.home, SECRET).unwrap();
    let items = |text: &str| {
        let bytes = text.as_bytes().to_vec();
        BTreeMap::from([("tls.crt", bytes.clone()), ("tls.key", bytes)])
    };
    assert!(matches!(secret.read().await, Ok(StoredSecret::Absent)));
    let (first, second) = (items("one"), items("other"));
    let (one, other) = tokio::join!(secret.write(None, &first), secret.write(None, &second));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let conflict = one.err().or(other.err()).unwrap();
    assert!(
        matches!(conflict, ApiError::Conflict { .. }),
        "{conflict:?}"
    );
    let Ok(StoredSecret::Ours { version, .. }) = secret.read().await else {
        panic!("ours");
    };
    secret
        .write(Some(version.clone()), &items("new"))
        .await
        .unwrap();
    let late = secret.write(Some(version), &items("late")).await;
    assert!(matches!(late, Err(ApiError::Conflict { .. })), "{late:?}");
    assert_eq!(rig.item("tls.crt").await.as_deref(), Some("new"));
    for name in ["../x", "", "A"] {
        let server = ApiServer::connect(Some(&rig.server.kubeconfig()))
            .await
            .unwrap();
        assert!(ServingSecret::new(server, rig.home, name).is_none());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_in_files_arms_only_with_authorities_that_vouch_for_it() {
    let Some(rig) = Rig::build("armed-files").await else {
        return;
    };
    let authority = doorward_testkit::TlsAuthority::new();
    let issued = authority.issue(&format!("doorward.{}.svc", rig.home));
    let path = |name: &str| rig.files.path().join(name).display().to_string();
    std::fs::write(path("tls.crt"), &issued.certificate_pem).unwrap();
    std::fs::write(path("tls.key"), &issued.key_pem).unwrap();
    let other = doorward_testkit::TlsAuthority::new();
    std::fs::write(path("ca.crt"), other.ca_pem()).unwrap();
    let (certificate, key, bundle) = (path("tls.crt"), path("tls.key"), path("ca.crt"));
    let options = [
        "--tls-cert",
        &certificate,
        "--tls-key",
        &key,
        "--arm",
        "--ca-bundle",
        &bundle,
    ];
    let running = rig.start(&options).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(rig.registered().await, 0);
    let (status, text) = health(&running, "/readyz").await;
    assert!(status == 200 && text.contains("\nnot armed: "), "{text}");
    std::fs::write(path("ca.crt"), authority.ca_pem()).unwrap();
    rig.is_armed(&running).await;
    rig.refuses().await;
    // A bundle that is of no use any more changes nothing, and what is there is still put right.
    std::fs::write(path("ca.crt"), other.ca_pem()).unwrap();
    let weak = json!({"webhooks": [{"name": "mutate.doorward.dev", "failurePolicy": "Ignore"}]});
    let configuration = &super::rig::configurations()[0];
    rig.server.patch(configuration, &weak).await.succeeded();
    eventually("it is put right", async || {
        let now = rig.configuration(configuration).await?;
        (now["webhooks"][0]["failurePolicy"] == "Fail").then_some(())
    })
    .await;
    rig.refuses().await;
    let without = rig.args(&["--tls-cert", &certificate, "--tls-key", &key, "--arm"]);
    let error = doorward_webhook::Running::start(&without)
        .await
        .unwrap_err();
    assert!(format!("{error:#}").contains("--ca-bundle"), "{error:#}");
    stop(running).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_lead_writes_nothing_and_leads_again_once_the_lease_stands_still() {
    let Some(rig) = Rig::build("armed-lease").await else {
        return;
    };
    let running = rig.start(&OPTIONS).await;
    rig.is_armed(&running).await;
    let lease = format!(
        "/apis/coordination.k8s.io/v1/namespaces/{}/leases/doorward",
        rig.home
    );
    let path = &super::rig::configurations()[0];
    for turn in 1..=20 {
        let renewed = format!("2026-01-01T00:00:{turn:02}.000000Z");
        let spec = json!({"spec": {"holderIdentity": "somebody", "renewTime": renewed}});
        rig.server.patch(&lease, &spec).await.succeeded();
        if turn == 4 {
            rig.server.delete(path).await.succeeded();
        }
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        let is_there = rig.configuration(path).await.is_some();
        assert!(turn < 4 || !is_there, "turn {turn}");
    }
    eventually("it leads again", async || {
        let lease = rig.server.get(&lease).await.succeeded();
        (lease["spec"]["holderIdentity"] != "somebody").then_some(())
    })
    .await;
    eventually("it is put back", async || {
        rig.configuration(path).await.map(drop)
    })
    .await;
    stop(running).await;
}
