//! What `kubectl get` shows.

use serde_json::{Value, json};

use crate::{Group, PolicyKind};

/// The columns behind the name.
pub(super) fn columns(kind: PolicyKind, group: Group) -> Value {
    let mut columns = accepted("policy");
    // Behind the reason, which is why it is accepted or not.
    columns.insert(
        2,
        json!({
            "name": "Ready",
            "type": "string",
            "description": "Whether the Secrets and ConfigMaps that it names can be used.",
            "jsonPath": condition("Ready", "status"),
        }),
    );
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

/// The columns of exceptions behind the name.
pub(super) fn of_exceptions() -> Value {
    let column = |name: &str, path: &str, about: &str| json!({"name": name, "type": "string", "description": about, "jsonPath": path});
    let mut columns = vec![
        column("Until", ".spec.until", "It counts before this time."),
        column("Why", ".spec.reason", "Why there is the exception."),
        column(
            "Codes",
            ".spec.codes",
            "Which reasons for a refusal it overrides.",
        ),
    ];
    columns.extend(accepted("exception"));
    Value::Array(columns)
}

/// Where a field of a condition is.
fn condition(name: &str, field: &str) -> String {
    format!(".status.conditions[?(@.type==\"{name}\")].{field}")
}

/// Whether it is in force, why, and how old it is.
fn accepted(what: &str) -> Vec<Value> {
    let accepted = |field: &str| condition("Accepted", field);
    vec![
        json!({
            "name": "Accepted",
            "type": "string",
            "description": format!("Whether the {what} is in force as it is written."),
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
    ]
}
