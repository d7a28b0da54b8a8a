//! How an installation goes, and what it may do while it is there.

use std::process::{Command, Output};

use serde_json::json;

use super::rig::{Rig, SECRET, configurations, health, stop};
use crate::rights::{kubeconfig_of, of_the_guide};
use crate::server::eventually;

const OPTIONS: [&str; 3] = ["--tls-secret", SECRET, "--arm"];

/// A program that ends with the test, however that ends.
struct Killed(std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn owner(rig: &Rig) -> String {
    format!(
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/{}",
        rig.home
    )
}

fn disarm(rig: &Rig, home: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_doorward-webhook"))
        .env_clear()
        .args(["disarm", "--home-namespace", home, "--kubeconfig"])
        .arg(rig.server.kubeconfig())
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_its_owner_the_configurations_go_while_the_webhook_runs_and_do_not_come_back() {
    let Some(rig) = Rig::build("armed-owner").await else {
        return;
    };
    let running = rig.start(&OPTIONS).await;
    rig.is_armed(&running).await;
    rig.refuses().await;
    rig.server.delete(&owner(&rig)).await.succeeded();
    eventually("they are collected", async || {
        (rig.registered().await == 0).then_some(())
    })
    .await;
    // It has looked several times by then.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(rig.registered().await, 0);
    assert!(
        health(&running, "/readyz")
            .await
            .1
            .contains("\nnot armed: ")
    );
    let (unsigned, _) = rig.site.unsigned("after");
    eventually("nothing is judged any more", async || {
        (rig.create(&unsigned).await.status == 201).then_some(())
    })
    .await;
    stop(running).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disarming_by_hand_deletes_what_is_ours_without_a_webhook_and_nothing_else() {
    let Some(rig) = Rig::build("armed-disarm").await else {
        return;
    };
    let running = rig.start(&OPTIONS).await;
    rig.is_armed(&running).await;
    stop(running).await;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let elsewhere = disarm(&rig, "elsewhere");
    assert_eq!(elsewhere.status.code(), Some(6));
    let said = text(elsewhere.stderr);
    assert!(
        said.contains("it is of the webhook in the namespace armed-disarm"),
        "{said}"
    );
    assert_eq!(rig.registered().await, 3);

    let path = &configurations()[0];
    let label = json!({"metadata": {"labels": {"app.kubernetes.io/managed-by": "somebody"}}});
    rig.server.patch(path, &label).await.succeeded();
    let done = disarm(&rig, rig.home);
    assert_eq!(done.status.code(), Some(6));
    let (out, err) = (text(done.stdout), text(done.stderr));
    assert_eq!(
        out.matches("deleted: ValidatingWebhookConfiguration")
            .count(),
        2,
        "{out}"
    );
    assert!(
        err.contains("MutatingWebhookConfiguration doorward is not ours"),
        "{err}"
    );
    assert_eq!(rig.registered().await, 1);

    let label =
        json!({"metadata": {"labels": {"app.kubernetes.io/managed-by": "doorward-webhook"}}});
    rig.server.patch(path, &label).await.succeeded();
    let done = disarm(&rig, rig.home);
    assert!(done.status.success(), "{done:?}");
    assert_eq!(rig.registered().await, 0);
    let again = disarm(&rig, rig.home);
    assert_eq!(
        (again.status.code(), text(again.stdout).as_str()),
        (Some(0), "nothing to delete\n")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rights_of_the_guide_are_enough_to_arm_and_without_them_nothing_happens() {
    const NAME: &str = "armed-rights";
    let Some(rig) = Rig::build(NAME).await else {
        return;
    };
    let account = format!("/api/v1/namespaces/{NAME}/serviceaccounts");
    let named = json!({"metadata": {"name": NAME}});
    rig.server.post(&account, &named).await.succeeded();
    let kubeconfig = rig.files.path().join("kubeconfig");
    std::fs::write(&kubeconfig, kubeconfig_of(rig.server, NAME)).unwrap();
    let kubectl = |words: &str, object: Option<&serde_json::Value>| {
        let mut command = rig.server.kubectl();
        command.args(["--namespace", NAME]).args(words.split(' '));
        if let Some(object) = object {
            let file = rig.files.path().join("object.json");
            std::fs::write(&file, object.to_string()).unwrap();
            command.arg("-f").arg(file);
        }
        command.output().unwrap()
    };
    let log = rig.files.path().join("log");
    let options = [
        "--from-cluster",
        "--arm",
        "--tls-secret",
        SECRET,
        "--home-namespace",
        NAME,
        "--arm-owner",
        NAME,
        "--listen",
        "127.0.0.1:0",
        "--admin-listen",
        "127.0.0.1:0",
    ];
    let service = format!("doorward:{}", rig.address.port());
    let output = std::fs::File::create(&log).unwrap();
    let program = Command::new(env!("CARGO_BIN_EXE_doorward-webhook"))
        .env_clear()
        .args(options)
        .args(["--service", &service, "--kubeconfig"])
        .arg(&kubeconfig)
        .stdout(output.try_clone().unwrap())
        .stderr(output)
        .spawn();
    let _program = Killed(program.unwrap());
    let logged = |text: &str| std::fs::read_to_string(&log).unwrap().contains(text);
    // Who sees no policies leads nobody.
    eventually("it waits for the policies", async || {
        logged("waiting for the policies of the cluster").then_some(())
    })
    .await;
    assert!(!logged("doorward-tls"));
    // The guide's names, but for its namespace and account: first the rights on the cluster's objects.
    let (of_cluster, within): (Vec<_>, Vec<_>) = of_the_guide(NAME)
        .into_iter()
        .partition(|object| object["kind"].as_str().unwrap().starts_with("Cluster"));
    let give = |objects: Vec<serde_json::Value>| {
        for mut object in objects {
            if object["kind"] == "ClusterRole" {
                for rule in object["rules"].as_array_mut().unwrap() {
                    if rule["apiGroups"][0] == "rbac.authorization.k8s.io" {
                        rule["resourceNames"] = json!([NAME]);
                    }
                }
            }
            let output = kubectl("apply", Some(&object));
            assert!(output.status.success(), "{output:?}");
        }
    };
    give(of_cluster);
    eventually("the log says what is not allowed", async || {
        let both = [
            "doorward-tls has no certificate that can be served, and this replica does not lead: ",
            "leases/doorward: not allowed: ",
        ];
        both.iter().all(|text| logged(text)).then_some(())
    })
    .await;
    assert_eq!(rig.registered().await, 0);
    give(within);
    eventually("it is armed", async || {
        logged("armed: the API server asks").then_some(())
    })
    .await;
    assert_eq!(rig.registered().await, 3);
    for (may, what) in [
        ("no", "update secrets/other"),
        ("yes", "update secrets/doorward-tls"),
        ("no", "delete mutatingwebhookconfigurations/other"),
        ("no", "update validatingwebhookconfigurations/other"),
        ("yes", "update mutatingwebhookconfigurations/doorward"),
        ("no", "list mutatingwebhookconfigurations"),
        ("no", "update leases/other"),
        ("no", "get clusterroles/cluster-admin"),
        ("no", "create clusterroles"),
    ] {
        let words = format!("auth can-i {what} --as=system:serviceaccount:{NAME}:{NAME}");
        let said = String::from_utf8(kubectl(&words, None).stdout).unwrap();
        assert_eq!(said.trim(), may, "{what}");
    }
}
