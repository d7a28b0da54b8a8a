//! Portieris' chart values, with the policy set that it installs for IBM Cloud, on a real API server: what they make of the chart is
//! taken, and each scope of the set admits and refuses.

use std::path::Path;
use std::process::Command;

use serde::Deserialize as _;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::configuration::LABEL;
use crate::door::Door;
use crate::objects::pod;
use crate::server::{eventually, server};
use crate::watched::open;

/// The namespace of the set that is nobody's but its own, after which the webhook is called here.
const SYSTEM: &str = "ibm-system";
/// A namespace for which there is only the cluster's policy.
const SHOP: &str = "policy-set-shop";
/// That of the release.
const RELEASE: &str = "policy-set-release";

/// What each scope made of an image that it names, and of one that it does not.
#[derive(Debug)]
pub(crate) struct Played {
    /// The namespace, the image, and the words of the refusal if there was one.
    pub(crate) answers: Vec<(&'static str, String, Option<String>)>,
}

/// The objects that the chart gives for these values of Portieris, and two that no file of values has.
fn rendered(namespace: &str, allowed: &str) -> Vec<Value> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let home = tempfile::tempdir().unwrap();
    let values = package.join("tests/chart/portieris-values.yaml");
    let output = Command::new("helm")
        .args([
            "template",
            "doorward",
            "deploy/chart",
            "--namespace",
            namespace,
        ])
        .args(["--values", values.to_str().unwrap()])
        .args([
            "--set",
            "image.repository=registry.example/doorward-webhook",
        ])
        .args(["--set", "PolicySet=IKS"])
        .args([
            "--set",
            &format!("clusterPolicy.allowedRepositories={{{allowed}}}"),
        ])
        .env_remove("KUBECONFIG")
        .env("HOME", home.path())
        .current_dir(package)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let documents = serde_yaml::Deserializer::from_str(&text);
    let objects = documents.map(|document| Value::deserialize(document).unwrap());
    objects.filter(|object| !object.is_null()).collect()
}

/// Whether this is there, which is said if not.
fn has_helm() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has = std::env::split_paths(&path).any(|folder| folder.join("helm").is_file());
    let is_required = std::env::var_os("DOORWARD_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    assert!(has || !is_required, "not installed: helm");
    if !has {
        eprintln!("skipped: not installed: helm");
    }
    has
}

/// Plays it once for all tests that ask. `None` if a program is missing.
pub(crate) async fn played() -> Option<&'static Played> {
    static PLAYED: OnceCell<Option<Played>> = OnceCell::const_new();
    PLAYED.get_or_init(play).await.as_ref()
}

async fn play() -> Option<Played> {
    let server = server()?;
    if !has_helm() {
        return None;
    }
    let door = open(SYSTEM, &["--home-namespace", SYSTEM]).await?;
    server.namespace(SHOP, &[(LABEL, SYSTEM)]).await;
    let judged = format!("label namespace kube-system {LABEL}={SYSTEM}");
    door.kubectl_does(&judged, None);
    // Without it no Pod is created, and in this namespace the controllers make it late or never.
    door.kubectl(
        "create serviceaccount default --namespace kube-system",
        None,
    );

    // For the registry of this test alone: the cluster's policy is for all tests here.
    let allowed = format!("{}/allowed/*", door.site.registry.address());
    // Where the webhook of this test is not asked about what would run.
    server.namespace(RELEASE, &[]).await;
    let (policies, others): (Vec<_>, Vec<_>) = rendered(RELEASE, &allowed)
        .into_iter()
        .partition(|object| object["kind"].as_str().unwrap().ends_with("ImagePolicy"));
    assert_eq!(policies.len(), 3);
    for mut object in others {
        // As a server of 1.20 knows it, with the same fields.
        if object["kind"] == "PodDisruptionBudget" {
            object["apiVersion"] = "policy/v1beta1".into();
        }
        let words = format!("apply --dry-run=server --namespace {RELEASE} -f -");
        door.kubectl_does(&words, Some(&object));
    }
    for policy in &policies {
        let mut policy = policy.clone();
        let namespace = policy["metadata"]["namespace"].as_str().map(str::to_owned);
        // Not called after the chart: it is one of several here.
        policy["metadata"]["labels"] = Value::Null;
        let words = match &namespace {
            Some(namespace) => format!("apply --validate=false --namespace {namespace} -f -"),
            None => "apply --validate=false -f -".to_owned(),
        };
        // The last `--namespace` counts.
        door.kubectl_does(&words, Some(&policy));
    }
    let registry = door.site.registry.address();
    let mut answers = Vec::new();
    for (namespace, image, status) in [
        ("kube-system", "quay.io/anybody/app:1".to_owned(), 201),
        ("kube-system", "No-Name&1".to_owned(), 403),
        (SYSTEM, "icr.io/armada/app:1".to_owned(), 201),
        (SYSTEM, "nginx:1.26.0".to_owned(), 403),
        (SHOP, format!("{registry}/allowed/app:1"), 201),
        (SHOP, format!("{registry}/other/app:1"), 403),
    ] {
        let said = answer(&door, namespace, &image, status).await;
        answers.push((namespace, image, said));
    }
    let group = "portieris.cloud.ibm.com";
    for (namespace, object) in [
        ("kube-system", format!("imagepolicies.{group} default")),
        (SYSTEM, format!("clusterimagepolicies.{group} default")),
    ] {
        door.kubectl_does(&format!("delete --namespace {namespace} {object}"), None);
    }
    door.kubectl_does(&format!("label namespace kube-system {LABEL}-"), None);
    Some(Played { answers })
}

/// What the creation of a Pod comes to, once that is this status.
async fn answer(door: &Door, namespace: &str, image: &str, status: u16) -> Option<String> {
    let path = format!("/api/v1/namespaces/{namespace}/pods?dryRun=All");
    let object = pod("web", image);
    let answer = eventually(
        &format!("{image} in {namespace} is answered {status}"),
        async || {
            let answer = door.server.post(&path, &object).await;
            let is_late = answer.status == 403 && !answer.body.to_string().contains("may not run");
            (answer.status == status && !is_late).then_some(answer)
        },
    )
    .await;
    (status == 403).then(|| answer.refused().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chart_values_of_portieris_are_taken_and_each_scope_of_its_policy_set_admits_and_refuses()
 {
    let Some(played) = played().await else {
        return;
    };
    let refused: Vec<_> = played
        .answers
        .iter()
        .filter_map(|(namespace, image, said)| Some((*namespace, image, said.as_ref()?)))
        .collect();
    assert_eq!((played.answers.len(), refused.len()), (6, 3), "{played:?}");
    // Of `kube-system` everything that has a name, and of the others what they list.
    let codes = ["reference-invalid", "policy-no-match", "policy-no-match"];
    for ((namespace, image, said), code) in refused.into_iter().zip(codes) {
        let is_told = said.contains(code) && said.contains(namespace);
        assert!(is_told, "{namespace}: {image}: {said}");
    }
}
