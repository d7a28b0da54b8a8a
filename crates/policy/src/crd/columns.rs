//! What `kubectl get` shows.

use serde_json::{Value, json};

use crate::{Group, PolicyKind};

/// The columns behind the name.
pub(super) fn columns(kind: PolicyKind, group: Group) -> Value {
    let accepted = |field: &str| format!(".status.conditions[?(@.type==\"Accepted\")].{field}");
    let mut columns = vec![
        json!({
            "name": "Accepted",
            "type": "string",
            "description": "Whether the policy is in force as it is written.",
            "jsonPath": accepted("status"),
        }),
        json!({
            "name": "Reason",
            "type": "string",
            "description": "Why, in a word.",
            "jsonPath": accepted("reason"),
        }),
        json!({
            "name": "Age",
            "type": "date",
            "description": "How long ago it was made.",
            "jsonPath": ".metadata.creationTimestamp",
        }),
    ];
    if kind == PolicyKind::ClusterImagePolicy && group == Group::Doorward {
        columns.insert(
            0,
            json!({
                "name": "Floor",
                "type": "boolean",
                "description": "Whether its entries apply in addition to whatever else does.",
                "jsonPath": ".spec.floor",
            }),
        );
    }
    Value::Array(columns)
}
