//! What `doorward doctor` finds, of a real API server: nothing in what is installed and armed, and each fault that is planted.

use std::time::Duration;

use doorward_kube::checkup::{CheckupCode, CheckupFinding, checkup};
use doorward_kube::client::ApiServer;
use doorward_webhook::now;
use serde_json::{Value, json};

use super::installed::{OBSERVE, POLICIES, objects, options};
use super::rig::{Rig, WORK, configurations, stop};
use crate::rights::kubeconfig_of;
use crate::watched::apply;

/// Another than the other test of what is installed has, which leaves it behind.
const HOME: &str = "checkup";
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

/// What is installed, in this namespace and with an account of its name.
fn moved(mut object: Value) -> Value {
    if object["metadata"]["namespace"].is_string() {
        object["metadata"]["namespace"] = HOME.into();
    }
    for subject in object["subjects"].as_array_mut().into_iter().flatten() {
        subject["namespace"] = HOME.into();
        subject["name"] = HOME.into();
    }
    match object["kind"].as_str() {
        Some("Deployment") => {
            object["spec"]["template"]["spec"]["serviceAccountName"] = HOME.into();
        }
        Some("ServiceAccount") => object["metadata"]["name"] = HOME.into(),
        _ => {}
    }
    object
}

async fn look(server: &ApiServer) -> Vec<CheckupFinding> {
    let installation = server.installation(HOME, "doorward").await;
    checkup(&installation, now(), Duration::from_secs(14 * 86_400))
}

/// The finding of this code, which there has to be.
fn found(all: &[CheckupFinding], code: CheckupCode) -> &CheckupFinding {
    let found = all.iter().find(|one| one.code == code);
    found.unwrap_or_else(|| panic!("{code} in {all:#?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_installation_that_is_armed_has_no_finding_and_each_planted_fault_is_named() {
    let Some(rig) = Rig::build(HOME).await else {
        return;
    };
    apply(rig.server).await;
    let mut objects: Vec<Value> = objects().into_iter().map(moved).collect();
    objects.retain(|object| object["kind"] != "Service");
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    let file = rig.files.path().join("installed.json");
    std::fs::write(&file, list.to_string()).unwrap();
    let kubectl = |words: &[&str]| {
        let mut command = rig.server.kubectl();
        let output = command.args(words).arg(&file).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    kubectl(&["apply", "-f"]);
    let observe: Value = serde_yaml::from_str(OBSERVE).unwrap();
    rig.server.post(POLICIES, &observe).await.succeeded();
    let account = rig.files.path().join("kubeconfig");
    std::fs::write(&account, kubeconfig_of(rig.server, HOME)).unwrap();
    let running = rig
        .start_with(&options(&rig, &objects, account.to_str().unwrap()))
        .await;
    rig.lead_to(running.address);
    rig.is_armed(&running).await;

    let admin = ApiServer::connect(Some(&rig.server.kubeconfig()))
        .await
        .unwrap();
    // The status of a policy is written a moment after it.
    let mut left = look(&admin).await;
    for _ in 0..300 {
        if left.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        left = look(&admin).await;
    }
    assert_eq!(left, [], "{left:#?}");

    // Somebody who may not look at everything sees which rights are missing, and nothing is called wrong.
    let short = look(&ApiServer::connect(Some(&account)).await.unwrap()).await;
    for one in &short {
        assert_eq!(one.code, CheckupCode::NotAnswered, "{short:#?}");
    }
    let right = "list clusterrolebindings.rbac.authorization.k8s.io";
    assert!(
        short.iter().any(|one| one.remedy.contains(right)),
        "{short:#?}"
    );

    // Nobody puts right what is planted from here on.
    stop(running).await;
    let [mutating, validating, _] = configurations();
    let weak = json!({"webhooks": [{
        "name": "mutate.doorward.dev", "failurePolicy": "Ignore",
        "namespaceSelector": {"matchExpressions": [{"key": "judged", "operator": "NotIn", "values": ["no"]}]},
    }]});
    let work = format!("/api/v1/namespaces/{WORK}");
    let labelled = json!({"metadata": {"labels": {"judged": "no"}}});
    rig.server.patch(&work, &labelled).await.succeeded();
    rig.server.patch(&mutating, &weak).await.succeeded();
    rig.server.delete(&validating).await.succeeded();
    let other = doorward_testkit::TlsAuthority::new().issue(&format!("doorward.{HOME}.svc"));
    let data = json!({"stringData": {"tls.crt": other.certificate_pem}});
    rig.server
        .patch(&rig.secret_path(), &data)
        .await
        .succeeded();
    let policy = format!("{POLICIES}/doorward-observe");
    let mut changed = rig.server.get(&policy).await.succeeded();
    let again = changed["spec"]["repositories"][0].clone();
    let mut more = again;
    more["name"] = json!("registry.example/new/*");
    changed["spec"]["repositories"]
        .as_array_mut()
        .unwrap()
        .push(more);
    rig.server.put(&policy, &changed).await.succeeded();
    let role = json!({"metadata": {"name": "opens-the-door"}, "rules": [{
        "apiGroups": ["admissionregistration.k8s.io"], "resources": ["mutatingwebhookconfigurations"], "verbs": ["delete"],
    }]});
    rig.server
        .post(&format!("{RBAC}/clusterroles"), &role)
        .await
        .succeeded();
    let binding = json!({
        "metadata": {"name": "opens-the-door"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "opens-the-door"},
        "subjects": [{"kind": "ServiceAccount", "namespace": "ci", "name": "deployer"}],
    });
    rig.server
        .post(&format!("{RBAC}/clusterrolebindings"), &binding)
        .await
        .succeeded();

    let all = look(&admin).await;
    let names = |code: CheckupCode, part: &str| {
        let one = found(&all, code);
        let text = format!("{} {}", one.object, one.message);
        assert!(text.contains(part), "{part} in {one:#?}");
    };
    names(
        CheckupCode::FailurePolicyIgnore,
        "MutatingWebhookConfiguration doorward",
    );
    names(
        CheckupCode::ValidatingMissing,
        "ValidatingWebhookConfiguration doorward",
    );
    names(CheckupCode::NamespacesExcluded, "the namespaces work:");
    names(CheckupCode::CaBundleMismatch, "Secret checkup/doorward-tls");
    names(
        CheckupCode::PolicyNotSynced,
        "ClusterImagePolicy doorward-observe",
    );
    names(
        CheckupCode::RightsConfigurations,
        "ServiceAccount ci/deployer",
    );

    // No policy at all, and no Service.
    rig.server.delete(&policy).await.succeeded();
    let service = format!("/api/v1/namespaces/{HOME}/services/doorward");
    rig.server.delete(&service).await.succeeded();
    let all = look(&admin).await;
    found(&all, CheckupCode::NoPolicy);
    found(&all, CheckupCode::ServiceMissing);
    // One that leads to nobody: no kubelet makes a Pod ready here.
    let service = json!({"metadata": {"name": "doorward"}, "spec": {
        "ports": [{"port": 443}], "selector": {"app.kubernetes.io/name": "doorward"},
    }});
    let services = format!("/api/v1/namespaces/{HOME}/services");
    rig.server.post(&services, &service).await.succeeded();
    let all = look(&admin).await;
    found(&all, CheckupCode::ServiceEndpoints);
    found(&all, CheckupCode::ServicePort);

    let unlabelled = json!({"metadata": {"labels": {"judged": null}}});
    rig.server.patch(&work, &unlabelled).await.succeeded();
    for kind in ["clusterroles", "clusterrolebindings"] {
        rig.server
            .delete(&format!("{RBAC}/{kind}/opens-the-door"))
            .await
            .succeeded();
    }
    kubectl(&["delete", "-f"]);
}
