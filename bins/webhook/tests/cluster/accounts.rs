//! Images that not everybody may pull.

use doorward_testkit::{Authentication, Registry};
use serde_json::json;

use crate::door::Door;
use crate::objects::{kind, pod};
use crate::server::server;
use crate::support::{Site, secret};

const PASSWORD: &str = "correct horse";

async fn private(name: &'static str) -> Option<Door> {
    server()?;
    let registry = Registry::builder()
        .authentication(Authentication::Bearer)
        .account("alice", PASSWORD);
    let site = Site::with(registry.start().await).await;
    let policy = site.policy("");
    let door = Door::around(name, site, &policy, &[]).await?;
    let registry = door.site.registry.address();
    let config = json!({"auths": {registry: {"username": "alice", "password": PASSWORD}}});
    let config = config.to_string();
    let pull = secret(name, "pull", ".dockerconfigjson", config.as_bytes());
    door.write("policies/pull.yaml", &pull);
    Some(door)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pull_secrets_of_service_accounts_count_for_pods_and_for_templates() {
    let Some(mut door) = private("accounts-pull").await else {
        return;
    };
    let accounts = format!("/api/v1/namespaces/{}/serviceaccounts/default", door.name);
    let secrets = json!({"imagePullSecrets": [{"name": "pull"}]});
    door.server.patch(&accounts, &secrets).await.succeeded();
    // The same as the webhook sees it.
    let account = json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": door.name},
        "imagePullSecrets": [{"name": "pull"}],
    });
    door.write("policies/account.yaml", &account.to_string());
    // So that it has read them.
    let address = door.program().address.to_string();
    door.program = None;
    door.start(&address);
    door.guard().await;

    let (image, digest) = door.site.signed("app");
    let pinned = door.pinned("app", &digest);
    door.kubectl_does("create -f -", Some(&pod("web", &image)));
    let stored = door
        .image(&door.pod("web"), "/spec/containers/0/image")
        .await;
    assert_eq!(stored, pinned);
    for name in ["Deployment", "CronJob"] {
        let kind = kind(name);
        door.kubectl_does("create -f -", Some(&kind.object(&image)));
        let stored = door.image(&kind.path(door.name), &kind.image()).await;
        assert_eq!(stored, pinned, "{name}");
    }
    // Another account has none of them.
    door.server.service_account(door.name, "other").await;
    let mut stranger = pod("stranger", &image);
    stranger["spec"]["serviceAccountName"] = "other".into();
    let said = door.kubectl_fails("create -f -", Some(&stranger));
    assert!(said.contains("(registry-unauthorized)"), "{said}");
    assert!(!said.contains(PASSWORD), "{said}");
}
