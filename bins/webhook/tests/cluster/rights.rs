//! The rights that the guide gives the webhook.

use std::path::PathBuf;

use doorward_core::{Scheme, StateKey, StateStore as _, Stored};
use doorward_kube::ReportKind;
use doorward_kube::client::{ApiServer as Client, ClusterMemory};
use doorward_testkit::ApiServer;
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::door::Door;
use crate::objects::pod;
use crate::reports::{define, path};
use crate::server::{eventually, server};
use crate::watched::{install, json_of, policy, within};

const GUIDE: &str = include_str!("../../../../docs/guides/install.md");
const FIRST_LINE: &str = "```yaml\napiVersion: v1\nkind: ServiceAccount\n";

/// The account and its rights as the guide has them, with another namespace and name.
pub(crate) fn of_the_guide(name: &str) -> Vec<Value> {
    let start = GUIDE.find(FIRST_LINE).expect("the guide has them") + "```yaml\n".len();
    let text = GUIDE[start..].split("```").next().unwrap();
    let text = text
        .replace("name: doorward", &format!("name: {name}"))
        .replace("namespace: doorward", &format!("namespace: {name}"));
    let documents = serde_yaml::Deserializer::from_str(&text);
    documents
        .map(|document| Value::deserialize(document).unwrap())
        .collect()
}

/// A kubeconfig of the account that the guide makes in a namespace of this name.
async fn account(server: &'static ApiServer, door: &Door) -> PathBuf {
    for object in of_the_guide(door.name) {
        door.kubectl_does("apply -f -", Some(&object));
    }
    door.write("kubeconfig", &kubeconfig_of(server, door.name));
    door.path("kubeconfig")
}

/// A kubeconfig of the account that is called like its namespace.
pub(crate) fn kubeconfig_of(server: &ApiServer, name: &str) -> String {
    let mut command = server.kubectl();
    command.args(["--namespace", name, "create", "token", name]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let token = String::from_utf8(output.stdout).unwrap();
    let authority =
        base64::Engine::encode(&base64::prelude::BASE64_STANDARD, server.authority_pem());
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": server.url(), "certificate-authority-data": authority}}],
        "users": [{"name": "c", "user": {"token": token.trim()}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
    });
    kubeconfig.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rights_of_the_guide_are_enough_and_list_no_secrets() {
    const NAME: &str = "rights";
    let Some(server) = server() else {
        return;
    };
    install(server).await;
    let mut door = Door::standing(NAME).await.unwrap();
    let kubeconfig = account(server, &door).await;
    let home = format!("--home-namespace={NAME}");
    define(server, ReportKind::OpenReports).await;
    let options = [&home, "--state-in-cluster", "--reports=openreports"];
    door.follow(&kubeconfig, &options);
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
    let (signed, digest) = door.site.signed("app");
    let (unsigned, _) = door.site.unsigned("other");
    let admitted = door.comes(&signed, 201).await;
    assert_eq!(
        admitted.body["spec"]["containers"][0]["image"],
        door.pinned("app", &digest)
    );
    let refused = server.post(&door.pods(), &pod("refused", &unsigned)).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    let events = format!("/api/v1/namespaces/{NAME}/events");
    eventually("the refusal is an event", async || {
        let list = server.get(&events).await.succeeded();
        (!list["items"].as_array().unwrap().is_empty()).then_some(())
    })
    .await;
    let report = path(ReportKind::OpenReports, NAME);
    eventually("the refusal is in a report", async || {
        let report = server.get(&report).await.body;
        (report["summary"]["fail"] == 1).then_some(())
    })
    .await;

    let memory = ClusterMemory::new(Client::connect(Some(&kubeconfig)).await.unwrap(), NAME);
    let key = StateKey::new(
        "cluster",
        Scheme::custom("toy"),
        Vec::new(),
        "r.example/app",
    );
    assert_eq!(memory.replace(&key, None, "1".into()).await, Ok(true));
    assert_eq!(memory.load(&key).await, Ok(Stored::Found("1".into())));

    for (may, verb, what) in [
        ("yes", "get", "secrets"),
        ("no", "list", "secrets"),
        ("no", "watch", "secrets"),
        ("no", "create", "secrets"),
        ("no", "update", "imagepolicies.doorward.dev"),
        ("no", "delete", "pods"),
        ("no", "create", "configmaps"),
    ] {
        let said = door.kubectl(
            &format!(
                "auth can-i {verb} {what} --as=system:serviceaccount:{NAME}:{NAME} -n default"
            ),
            None,
        );
        let said = String::from_utf8(said.stdout).unwrap();
        assert_eq!(said.trim(), may, "{verb} {what}");
    }
}
