//! What `doorward install` prints, taken by the API server; and a webhook that runs with the account and options of it.

use std::fs;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::door::Door;
use crate::server::server;
use crate::watched::{install, json_of, policy, within};

const MANIFESTS: &str = include_str!("../../../cli/src/commands/install/manifests.yaml");
const NAME: &str = "doorward";

/// The objects, as a server of 1.20 knows them: its budgets are of an older version with the same fields.
fn objects() -> Vec<Value> {
    let documents = serde_yaml::Deserializer::from_str(MANIFESTS);
    let objects = documents.map(|document| Value::deserialize(document).unwrap());
    objects
        .map(|mut object| {
            if object["kind"] == "PodDisruptionBudget" {
                assert_eq!(object["apiVersion"], "policy/v1");
                object["apiVersion"] = "policy/v1beta1".into();
            }
            object
        })
        .collect()
}

/// A kubeconfig of the account that the manifests make.
fn account(door: &Door) -> std::path::PathBuf {
    let (token, _) = door.kubectl_does(&format!("create token {NAME}"), None);
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {
            "server": door.server.url(), "certificate-authority-data": BASE64_STANDARD.encode(door.server.authority_pem()),
        }}],
        "users": [{"name": "c", "user": {"token": token.trim()}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
    });
    let path = door.path("kubeconfig");
    fs::write(&path, kubeconfig.to_string()).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_server_takes_what_is_installed_twice_and_its_account_has_the_rights_that_the_webhook_needs()
 {
    let Some(server) = server() else {
        return;
    };
    install(server).await;
    let mut door = Door::standing(NAME).await.unwrap();
    let objects = objects();
    // The order in which kubectl gets them, and once more, as after an upgrade.
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    door.kubectl_does("apply -f -", Some(&list));
    let (again, _) = door.kubectl_does("apply -f -", Some(&list));
    assert_eq!(
        again
            .lines()
            .filter(|line| line.ends_with(" unchanged"))
            .count(),
        objects.len(),
        "{again}"
    );

    // What was stored has every field that was sent: a server drops those that it does not know.
    let path = "/apis/apps/v1/namespaces/doorward/deployments/doorward";
    let stored = server.get(path).await.succeeded();
    let sent = objects
        .iter()
        .find(|object| object["kind"] == "Deployment")
        .unwrap();
    let container = "/spec/template/spec/containers/0";
    for field in ["args", "ports", "securityContext", "resources"] {
        let pointer = format!("{container}/{field}");
        assert!(stored.pointer(&pointer).is_some(), "{field}");
        assert_eq!(stored.pointer(&pointer), sent.pointer(&pointer), "{field}");
    }
    let spec = "/spec/template/spec";
    for field in [
        "topologySpreadConstraints",
        "dnsConfig",
        "securityContext",
        "terminationGracePeriodSeconds",
    ] {
        let pointer = format!("{spec}/{field}");
        assert_eq!(stored.pointer(&pointer), sent.pointer(&pointer), "{field}");
    }

    let kubeconfig = account(&door);
    door.follow(
        &kubeconfig,
        &["--home-namespace=doorward", "--state-in-cluster"],
    );
    door.register().await;
    let secrets = format!("/api/v1/namespaces/{NAME}/secrets");
    server
        .post(&secrets, &within(json_of(&door.site.key()), NAME))
        .await
        .succeeded();
    server
        .post(&door.policies(), &policy(&door, ""))
        .await
        .succeeded();
    let (signed, _) = door.site.signed("app");
    door.comes(&signed, 201).await;
    let (unsigned, _) = door.site.unsigned("other");
    door.comes(&unsigned, 403).await;

    for (may, verb, what) in [
        (
            "yes",
            "update",
            "leases.coordination.k8s.io/doorward -n doorward",
        ),
        ("yes", "create", "leases.coordination.k8s.io -n doorward"),
        (
            "no",
            "update",
            "leases.coordination.k8s.io/other -n doorward",
        ),
        ("no", "create", "leases.coordination.k8s.io -n default"),
        ("yes", "update", "secrets/doorward-tls -n doorward"),
        ("no", "update", "secrets/release-key -n doorward"),
        ("no", "list", "secrets -n doorward"),
        ("no", "update", "secrets/doorward-tls -n default"),
        ("yes", "get", "namespaces/doorward -n doorward"),
        ("no", "get", "namespaces/default -n default"),
        ("yes", "update", "mutatingwebhookconfigurations/doorward"),
        (
            "yes",
            "delete",
            "validatingwebhookconfigurations/doorward-policies",
        ),
        ("no", "update", "mutatingwebhookconfigurations/other"),
        ("no", "list", "mutatingwebhookconfigurations"),
        ("yes", "get", "clusterroles/doorward"),
        ("no", "get", "clusterroles/cluster-admin"),
        ("no", "update", "clusterroles/doorward"),
        ("no", "create", "subjectaccessreviews.authorization.k8s.io"),
        ("no", "create", "pods -n doorward"),
    ] {
        let words = format!("auth can-i {verb} {what} --as=system:serviceaccount:{NAME}:{NAME}");
        let said = String::from_utf8(door.kubectl(&words, None).stdout).unwrap();
        assert_eq!(said.trim(), may, "{verb} {what}");
    }
    door.kubectl_does("delete -f -", Some(&list));
}
