//! What an API server is told to ask about: the parts of webhook configurations that do not depend on who is asked.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cluster::NAME_LABEL;
use crate::resource::{GroupVersionResource, OWN_GROUPS, WorkloadKind};

/// The subresource of Pods through which containers come in.
pub(crate) const EPHEMERAL: &str = "pods/ephemeralcontainers";
/// The longest `timeoutSeconds` that the API server takes.
const LONGEST: u64 = 30;

/// One webhook about everything with Pods in it, and `extra`. `left_out` are namespaces that it is not asked about.
pub(crate) fn about_workloads(
    name: &str,
    client: Value,
    timeout: Duration,
    left_out: &[String],
    extra: &[GroupVersionResource],
) -> Value {
    let mut values: Vec<&String> = Vec::new();
    for namespace in left_out {
        if !values.contains(&namespace) {
            values.push(namespace);
        }
    }
    let selector = match values.is_empty() {
        true => json!({}),
        false => json!({"matchExpressions": [
            {"key": NAME_LABEL, "operator": "NotIn", "values": values},
        ]}),
    };
    json!({
        "name": name,
        "clientConfig": client,
        "rules": rules(extra),
        "failurePolicy": "Fail",
        "timeoutSeconds": whole_seconds(timeout),
        "sideEffects": "None",
        "matchPolicy": "Equivalent",
        "admissionReviewVersions": ["v1"],
        "namespaceSelector": selector,
        "objectSelector": {},
    })
}

/// What an API server waits, in seconds: whole ones, those begun too, and within what it takes.
pub(crate) fn whole_seconds(timeout: Duration) -> u64 {
    let whole = timeout.as_secs() + u64::from(timeout.subsec_nanos() > 0);
    whole.clamp(1, LONGEST)
}

/// The same webhook as one that may change what it is asked about, and is asked again where others do.
pub(crate) fn mutating(mut webhook: Value) -> Value {
    if let Some(members) = webhook.as_object_mut() {
        members.insert("reinvocationPolicy".to_owned(), "IfNeeded".into());
    }
    webhook
}

/// The rules that send everything with Pods in it to the webhook: what the walk knows, and `extra`.
pub(crate) fn rules(extra: &[GroupVersionResource]) -> Value {
    let mut resources: Vec<&str> = WorkloadKind::ALL
        .iter()
        .map(|kind| kind.resource())
        .collect();
    resources.push(EPHEMERAL);
    let rule = |groups: Value, version: &str, resources: Value| {
        json!({
            "apiGroups": groups, "apiVersions": [version], "operations": ["CREATE", "UPDATE"],
            "resources": resources, "scope": "*",
        })
    };
    let mut rules = vec![rule(json!(OWN_GROUPS), "*", json!(resources))];
    rules.extend(extra.iter().map(|other| {
        let version = match other.version.as_str() {
            "" => "*",
            version => version,
        };
        rule(json!([other.group]), version, json!([other.resource]))
    }));
    rules.into()
}
