//! What the nodes of a cluster say of a Pod.

use serde_json::Value;

/// Where the states of its containers are.
const STATES: [&str; 3] = [
    "/status/containerStatuses",
    "/status/initContainerStatuses",
    "/status/ephemeralContainerStatuses",
];

/// The states of all containers of a Pod.
pub(super) fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    let lists = STATES
        .iter()
        .filter_map(|list| pod.pointer(list)?.as_array());
    lists.flatten()
}

/// Whether a node has started any container of a Pod.
pub(super) fn has_started(pod: &Value) -> bool {
    let is_named = |state: &Value| {
        let id = state.get("containerID").and_then(Value::as_str);
        id.is_some_and(|id| !id.is_empty())
    };
    phase(pod) == Some("Running") || containers(pod).any(is_named)
}

/// Whether a Pod has ended, so that nothing of it runs or will.
pub(super) fn has_ended(pod: &Value) -> bool {
    matches!(phase(pod), Some("Succeeded" | "Failed"))
}

fn phase(pod: &Value) -> Option<&str> {
    pod.pointer("/status/phase").and_then(Value::as_str)
}

/// Whether an object is being deleted.
pub(super) fn is_leaving(object: &Value) -> bool {
    let deleted = object.pointer("/metadata/deletionTimestamp");
    deleted.is_some_and(|time| !time.is_null())
}
