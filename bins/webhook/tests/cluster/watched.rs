//! Policies, Secrets and accounts that come from the cluster itself.

use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use doorward_testkit::ApiServer;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::configuration::LABEL;
use crate::door::Door;
use crate::objects::pod;
use crate::server::{eventually, server};
use crate::support::Site;

const DEFINITIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/crds");
const POLICIES: &str = "/apis/doorward.dev/v1/namespaces";

/// A namespace whose webhook follows the cluster and has no files.
pub(crate) async fn open(name: &'static str, options: &[&str]) -> Option<Door> {
    server()?;
    open_around(name, Site::start().await, options).await
}

/// The same around this site.
pub(crate) async fn open_around(name: &'static str, site: Site, options: &[&str]) -> Option<Door> {
    install(server()?).await;
    let mut door = Door::bare(name, site).await?;
    door.follow(&door.server.kubeconfig(), options);
    let key = within(json_of(&door.site.key()), name);
    let secrets = format!("/api/v1/namespaces/{name}/secrets");
    door.server.post(&secrets, &key).await.succeeded();
    door.register().await;
    Some(door)
}

/// The definitions of all groups, as they are delivered, once. This server drops the rules in them, which are for later ones.
pub(crate) async fn install(server: &ApiServer) {
    static INSTALLED: OnceCell<()> = OnceCell::const_new();
    INSTALLED.get_or_init(|| apply(server)).await;
}

pub(crate) async fn apply(server: &ApiServer) {
    let mut kubectl: Command = server.kubectl();
    kubectl.args(["apply", "--validate=false", "-f", DEFINITIONS]);
    let output = kubectl.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    eventually("the definitions are served", async || {
        let served = server.get("/apis/doorward.dev/v1/imagepolicies").await;
        let old =
            server.get("/apis/securityenforcement.admission.cloud.ibm.com/v1beta1/imagepolicies");
        (served.status == 200 && old.await.status == 200).then_some(())
    })
    .await;
}

pub(crate) fn json_of(yaml: &str) -> Value {
    serde_yaml::from_str(yaml).unwrap()
}

pub(crate) fn within(mut object: Value, namespace: &str) -> Value {
    object["metadata"]["namespace"] = namespace.into();
    object
}

/// The usual policy of the site as one of the namespace, whose key is there too.
pub(crate) fn policy(door: &Door, more: &str) -> Value {
    let mut object = json_of(&door.site.policy(more));
    object["kind"] = "ImagePolicy".into();
    object["metadata"] = json!({"name": "releases", "namespace": door.name});
    let requirement = &mut object["spec"]["repositories"][0]["policy"]["simple"]["requirements"][0];
    requirement
        .as_object_mut()
        .unwrap()
        .remove("keySecretNamespace");
    object
}

impl Door {
    pub(crate) fn policies(&self) -> String {
        format!("{POLICIES}/{}/imagepolicies", self.name)
    }

    /// Has the webhook review policies of this namespace.
    async fn review_policies(&self) {
        let policies = json!({
            "apiGroups": ["doorward.dev"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"],
            "resources": ["imagepolicies", "clusterimagepolicies"],
        });
        let url = format!("https://{}/policies", self.program().address);
        let authority = BASE64_STANDARD.encode(self.authority.ca_pem());
        let webhook = json!({
            "name": "policies.doorward.dev", "rules": [policies], "sideEffects": "None", "failurePolicy": "Ignore",
            "admissionReviewVersions": ["v1"], "clientConfig": {"url": url, "caBundle": authority},
            "namespaceSelector": {"matchLabels": {LABEL: self.name}},
        });
        let configuration = json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": format!("{}-policies", self.name)}, "webhooks": [webhook],
        });
        let path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
        self.server.post(path, &configuration).await.succeeded();
    }

    pub(crate) async fn merge(&self, path: &str, patch: &Value) {
        let media = "application/merge-patch+json";
        let answer = self.server.send(Method::PATCH, path, media, Some(patch));
        answer.await.succeeded();
    }

    /// What a creation of this image is answered, once that is this status.
    pub(crate) async fn comes(&self, image: &str, status: u16) -> doorward_testkit::ApiAnswer {
        let dry = format!("{}?dryRun=All", self.pods());
        eventually("the creation is answered so", async || {
            let answer = self.server.post(&dry, &pod("web", image)).await;
            (answer.status == status).then_some(answer)
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_of_the_cluster_is_in_force_as_soon_as_it_is_written_and_as_long_as_it_is_there() {
    let Some(door) = open("watched-policy", &[]).await else {
        return;
    };
    let (signed, digest) = door.site.signed("app");
    let (unsigned, _) = door.site.unsigned("other");
    let none = door.comes(&signed, 403).await;
    // Another test may have policies of the cluster meanwhile, which are for its own namespace.
    assert!(none.refused().contains("policy-no"), "{none:?}");

    let strict = policy(&door, "");
    door.server
        .post(&door.policies(), &strict)
        .await
        .succeeded();
    let admitted = door.comes(&signed, 201).await;
    let image = &admitted.body["spec"]["containers"][0]["image"];
    assert_eq!(*image, door.pinned("app", &digest));
    let refused = door.comes(&unsigned, 403).await;
    assert!(
        refused.refused().contains("simple-no-signature"),
        "{refused:?}"
    );
    // It names the object, which no file has.
    assert!(
        refused
            .refused()
            .contains("ImagePolicy watched-policy/releases"),
        "{refused:?}"
    );

    let path = format!("{}/releases", door.policies());
    let lax = json!({"spec": {"repositories": [{"name": "*", "policy": {"unchecked": true}}]}});
    door.merge(&path, &lax).await;
    door.comes(&unsigned, 201).await;

    door.server.delete(&path).await.succeeded();
    door.comes(&signed, 403).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_the_definition_lets_pass_and_that_cannot_work_denies_what_it_governs() {
    let Some(door) = open("watched-broken", &[]).await else {
        return;
    };
    let (signed, _) = door.site.signed("app");
    let mut object = policy(&door, "");
    object["spec"]["repositories"][0]["policy"]["unchecked"] = true.into();
    door.server
        .post(&door.policies(), &object)
        .await
        .succeeded();
    let refused = eventually("the policy is seen", async || {
        let answer = door.comes(&signed, 403).await;
        (!answer.refused().contains("policy-no")).then_some(answer)
    })
    .await;
    assert!(refused.refused().contains("policy-invalid"), "{refused:?}");
    let (status, ready) = door.program().ask("/readyz").await.unwrap();
    assert_eq!(status, 200);
    assert!(
        ready.contains("wrong in policies or beside them"),
        "{ready}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawn_key_counts_for_seconds_and_one_that_is_added_at_once() {
    let Some(door) = open("watched-key", &["--proof-lifetime=0s"]).await else {
        return;
    };
    let (signed, _) = door.site.signed("app");
    door.server
        .post(&door.policies(), &policy(&door, ""))
        .await
        .succeeded();
    door.comes(&signed, 201).await;
    let path = "/api/v1/namespaces/watched-key/secrets";
    let name = json_of(&door.site.key())["metadata"]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    door.server
        .delete(&format!("{path}/{name}"))
        .await
        .succeeded();
    let refused = door.comes(&signed, 403).await;
    assert!(
        refused.refused().contains("secret-not-found"),
        "{refused:?}"
    );
    let key = within(json_of(&door.site.key()), "watched-key");
    door.server.post(path, &key).await.succeeded();
    door.comes(&signed, 201).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_or_would_be_is_an_event_of_its_namespace_and_a_dry_run_none() {
    let Some(door) = open("watched-events", &[]).await else {
        return;
    };
    let (unsigned, _) = door.site.unsigned("app");
    let audit = policy(&door, "      mode: audit\n");
    door.server.post(&door.policies(), &audit).await.succeeded();
    // Dry runs, of which nothing is to be seen.
    door.comes(&unsigned, 201).await;
    door.server
        .post(&door.pods(), &pod("watched", &unsigned))
        .await
        .succeeded();
    let path = format!("{}/releases", door.policies());
    let enforce = json!({"spec": policy(&door, "")["spec"]});
    door.merge(&path, &enforce).await;
    door.comes(&unsigned, 403).await;
    for _ in 0..3 {
        let refused = door
            .server
            .post(&door.pods(), &pod("refused", &unsigned))
            .await;
        assert_eq!(refused.status, 403);
    }
    let list = "/api/v1/namespaces/watched-events/events";
    let events = eventually("the events are there", async || {
        let list = door.server.get(list).await.succeeded();
        let items = list["items"].as_array().unwrap().clone();
        (items.len() >= 2).then_some(items)
    })
    .await;
    let about = |name: &str| {
        let of_it = events
            .iter()
            .filter(|event| event["involvedObject"]["name"] == name);
        of_it.collect::<Vec<_>>()
    };
    assert!(about("web").is_empty(), "{events:?}");
    for (name, begins) in [
        ("watched", "admitted in mode audit: "),
        ("refused", "refused: "),
    ] {
        let [event] = about(name)[..] else {
            panic!("{name}: {events:?}");
        };
        assert_eq!(event["reason"], "simple-no-signature");
        assert_eq!(event["involvedObject"]["kind"], "Pod");
        let message = event["message"].as_str().unwrap();
        let place = format!("{begins}container main: {unsigned}: ");
        assert!(message.starts_with(&place), "{message}");
    }
    // As people look at it.
    let (table, _) = door.kubectl_does("get events", None);
    assert!(
        table.contains("simple-no-signature") && table.contains("pod/refused"),
        "{table}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_with_a_mistake_is_refused_as_it_is_written_and_can_be_deleted() {
    let Some(door) = open("watched-lint", &[]).await else {
        return;
    };
    let mut broken = policy(&door, "");
    broken["spec"]["repositories"][0]["policy"]["unchecked"] = true.into();
    door.server
        .post(&door.policies(), &broken)
        .await
        .succeeded();
    door.review_policies().await;
    broken["metadata"]["name"] = "second".into();
    let said = eventually("policies are reviewed", async || {
        let output = door.kubectl("create -f -", Some(&broken));
        let said = String::from_utf8(output.stderr).unwrap();
        if output.status.success() {
            door.kubectl_does("delete imagepolicies.doorward.dev second", None);
            return None;
        }
        Some(said)
    })
    .await;
    let head = "admission webhook \"policies.doorward.dev\" denied the request: the policy has a mistake, and would deny what \
                it governs\n  spec.repositories[0].policy.unchecked: ";
    assert!(said.contains(head), "{said}");
    assert!(
        said.contains("(unchecked-with-checks)") || said.contains("unchecked"),
        "{said}"
    );
    // What was stored before can be labelled and deleted.
    door.kubectl_does("label imagepolicies.doorward.dev releases team=till", None);
    door.kubectl_does("delete imagepolicies.doorward.dev releases", None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_that_is_relabelled_is_judged_by_other_policies() {
    const NAME: &str = "watched-labels";
    let Some(door) = open(NAME, &["--home-namespace=watched-labels"]).await else {
        return;
    };
    let (signed, _) = door.site.signed("app");
    let (unsigned, _) = door.site.unsigned("app-dev");
    // Cluster policies are for all tests here, so each of these is for this namespace alone.
    let mut strict = json_of(&door.site.policy(""));
    let mut lax = json_of(&door.site.policy("      mode: warn\n"));
    for (object, stage) in [(&mut strict, "production"), (&mut lax, "development")] {
        object["metadata"] = json!({"name": format!("{NAME}-{stage}")});
        let labels = json!({LABEL: NAME, "stage": stage});
        object["spec"]["namespaceSelector"] = json!({"matchLabels": labels});
        let path = "/apis/doorward.dev/v1/clusterimagepolicies";
        door.server.post(path, object).await.succeeded();
    }
    let none = door.comes(&signed, 403).await;
    assert!(none.refused().contains("policy-no"), "{none:?}");

    let namespace = format!("/api/v1/namespaces/{NAME}");
    let stage = async |stage: &str| {
        let labels = json!({"metadata": {"labels": {"stage": stage}}});
        door.server.patch(&namespace, &labels).await.succeeded();
    };
    stage("development").await;
    let warned = door.comes(&unsigned, 201).await;
    assert_eq!(warned.warnings.len(), 1, "{warned:?}");
    stage("production").await;
    let refused = door.comes(&unsigned, 403).await;
    let rule = format!("ClusterImagePolicy {NAME}-production");
    assert!(refused.refused().contains(&rule), "{refused:?}");
    door.comes(&signed, 201).await;
    for stage in ["production", "development"] {
        let path = format!("/apis/doorward.dev/v1/clusterimagepolicies/{NAME}-{stage}");
        door.server.delete(&path).await.succeeded();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_says_in_its_status_whether_it_is_in_force_as_it_is_written() {
    let Some(door) = open("watched-status", &[]).await else {
        return;
    };
    let mut broken = policy(&door, "");
    broken["spec"]["repositories"][0]["policy"]["unchecked"] = true.into();
    door.server
        .post(&door.policies(), &broken)
        .await
        .succeeded();
    let path = format!("{}/releases", door.policies());
    let accepted = async |status: &str| {
        eventually("the status is there", async || {
            let object = door.server.get(&path).await.succeeded();
            let condition = object["status"]["conditions"][0].clone();
            (condition["status"] == status).then_some(object)
        })
        .await
    };
    let object = accepted("False").await;
    let findings = object["status"]["findings"].as_array().unwrap();
    assert_eq!(findings[0]["path"], "spec.repositories[0].policy.unchecked");
    let (table, _) = door.kubectl_does("get imagepolicies.doorward.dev", None);
    let columns: Vec<_> = table.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(columns[1..3], ["False", "Mistakes"], "{table}");

    let mended = json!({"spec": policy(&door, "")["spec"]});
    door.merge(&path, &mended).await;
    let object = accepted("True").await;
    let generation = &object["metadata"]["generation"];
    assert_eq!(
        object["status"]["conditions"][0]["observedGeneration"],
        *generation
    );
}
