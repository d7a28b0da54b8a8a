//! Objects held against the types of Kubernetes, to the last field.

use doorward_policy::{Document, PolicySet, read_documents};
use k8s_openapi::api::admissionregistration::v1::{
    MutatingWebhookConfiguration, ValidatingWebhookConfiguration,
};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// What is wrong with an object: nothing, or the first thing that its type does not know. Custom resources of others are
/// known by name alone, policies are read as the webhook reads them.
pub(crate) fn fault(object: &Value) -> Option<String> {
    let text = |field: &str| object[field].as_str().unwrap_or_default();
    match (text("apiVersion"), text("kind")) {
        ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration") => {
            typed::<MutatingWebhookConfiguration>(object)
        }
        ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration") => {
            typed::<ValidatingWebhookConfiguration>(object)
        }
        ("apps/v1", "Deployment") => typed::<Deployment>(object),
        ("v1", "ConfigMap") => typed::<ConfigMap>(object),
        ("v1", "Service") => typed::<Service>(object),
        ("v1", "ServiceAccount") => typed::<ServiceAccount>(object),
        ("networking.k8s.io/v1", "NetworkPolicy") => typed::<NetworkPolicy>(object),
        ("policy/v1", "PodDisruptionBudget") => typed::<PodDisruptionBudget>(object),
        ("rbac.authorization.k8s.io/v1", "ClusterRole") => typed::<ClusterRole>(object),
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding") => {
            typed::<ClusterRoleBinding>(object)
        }
        ("rbac.authorization.k8s.io/v1", "Role") => typed::<Role>(object),
        ("rbac.authorization.k8s.io/v1", "RoleBinding") => typed::<RoleBinding>(object),
        ("cert-manager.io/v1", "Issuer" | "Certificate") => None,
        ("monitoring.coreos.com/v1", "ServiceMonitor" | "PrometheusRule") => None,
        (
            "doorward.dev/v1" | "portieris.cloud.ibm.com/v1",
            "ImagePolicy" | "ClusterImagePolicy",
        ) => mistakes(object),
        (version, kind) => Some(format!("{kind} of {version} is not expected")),
    }
}

/// What the linter says of a policy.
fn mistakes(object: &Value) -> Option<String> {
    let text = serde_yaml::to_string(object).unwrap();
    let (documents, mut found) = read_documents("chart", text.as_bytes());
    let policies = documents.into_iter().map(|document| match document {
        Document::Policy(policy) => policy,
        other => panic!("{other:?}"),
    });
    found.extend(PolicySet::compile(policies.collect()).1);
    found.retain(doorward_policy::Diagnostic::is_error);
    (!found.is_empty()).then(|| format!("{found:?}"))
}

/// Reads the object as its type and writes it again: what the type does not know is then missing.
fn typed<T: DeserializeOwned + Serialize>(object: &Value) -> Option<String> {
    let read = match serde_json::from_value::<T>(object.clone()) {
        Ok(read) => read,
        Err(error) => return Some(error.to_string()),
    };
    missing(object, &serde_json::to_value(read).unwrap(), "")
}

/// Where `there` has not what `wanted` has. A null is the same as nothing.
fn missing(wanted: &Value, there: &Value, path: &str) -> Option<String> {
    match (wanted, there) {
        (Value::Object(wanted), Value::Object(there)) => wanted
            .iter()
            .filter(|(_, value)| !value.is_null())
            .find_map(|(name, value)| {
                let path = format!("{path}/{name}");
                match there.get(name) {
                    Some(there) => missing(value, there, &path),
                    None => Some(format!("{path} is not known")),
                }
            }),
        (Value::Array(wanted), Value::Array(there)) if wanted.len() == there.len() => {
            let pairs = wanted.iter().zip(there).enumerate();
            pairs.into_iter().find_map(|(index, (wanted, there))| {
                missing(wanted, there, &format!("{path}/{index}"))
            })
        }
        _ => (wanted != there).then(|| format!("{path} is {there}, not {wanted}")),
    }
}

#[test]
fn a_field_that_kubernetes_does_not_know_is_found_wherever_it_stands() {
    let budget = |spec: Value| json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "spec": spec});
    assert_eq!(
        fault(&budget(json!({"minAvailable": 1, "maxUnavailable": null}))),
        None
    );
    assert_eq!(
        fault(&budget(json!({"minavailable": 1}))).unwrap(),
        "/spec/minavailable is not known"
    );
    let inner = fault(&budget(
        json!({"selector": {"matchExpressions": [{"key": "a", "operator": "In", "value": []}]}}),
    ));
    assert_eq!(
        inner.unwrap(),
        "/spec/selector/matchExpressions/0/value is not known"
    );
    assert!(fault(&budget(json!({"minAvailable": {}}))).is_some());
    let old = json!({"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget"});
    assert_eq!(
        fault(&old).unwrap(),
        "PodDisruptionBudget of policy/v1beta1 is not expected"
    );
}

#[test]
fn a_preset_with_a_mistake_is_found() {
    let policy = json!({
        "apiVersion": "doorward.dev/v1", "kind": "ClusterImagePolicy", "metadata": {"name": "x"},
        "spec": {"repositories": [{"name": "*", "policy": {}}]},
    });
    assert!(fault(&policy).is_some());
}
