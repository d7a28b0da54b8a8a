//! What the webhook writes about a policy.

use serde_json::{Value, json};

/// The most findings in a status, as many as are collected of one object of each sort. A status with more, or with a longer text
/// than these bounds say, is refused by an API server.
pub const MAX_FINDINGS: usize = 200;
/// The longest message of a finding, in characters.
pub const MAX_MESSAGE: usize = 2048;
/// The longest path of a finding, in characters.
pub const MAX_PATH: usize = 1024;

/// The schema of `status`. Nobody need write one.
pub(super) fn status() -> Value {
    json!({
        "type": "object",
        "description": "What became of the policy; written by the webhook.",
        "properties": {
            "conditions": {
                "type": "array",
                "description": "`Accepted`: whether the policy is in force as it is written. `Ready`: whether the Secrets and ConfigMaps that it names can be used.",
                "maxItems": 8,
                "items": condition(),
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["type"],
            },
            "findings": {
                "type": "array",
                "description": "What the linter says of the policy.",
                "maxItems": MAX_FINDINGS,
                "items": finding(),
                "x-kubernetes-list-type": "atomic",
            },
        },
    })
}

fn condition() -> Value {
    let text = |most: usize, about: &str| json!({"type": "string", "maxLength": most, "description": about});
    json!({
        "type": "object",
        "description": "One aspect of the state.",
        "required": ["lastTransitionTime", "message", "reason", "status", "type"],
        "properties": {
            "type": text(316, "`Accepted` or `Ready`."),
            "status": {
                "type": "string",
                "description": "Whether it is so.",
                "enum": ["True", "False", "Unknown"],
            },
            "reason": text(1024, "Why, in a word for programs."),
            "message": text(32_768, "Why, for people."),
            "observedGeneration": {
                "type": "integer",
                "format": "int64",
                "minimum": 0,
                "description": "The `metadata.generation` that this was said of.",
            },
            "lastTransitionTime": {
                "type": "string",
                "format": "date-time",
                "maxLength": 64,
                "description": "Since when it is so.",
            },
        },
    })
}

fn finding() -> Value {
    let text = |most: usize, about: &str| json!({"type": "string", "maxLength": most, "description": about});
    json!({
        "type": "object",
        "description": "One finding.",
        "required": ["code", "message", "severity"],
        "properties": {
            "code": text(64, "The lint code."),
            "severity": {
                "type": "string",
                "description": "An error denies; a warning is a risk.",
                "enum": ["error", "warning"],
            },
            "message": text(MAX_MESSAGE, "What is wrong, and why."),
            "path": text(MAX_PATH, "The field, such as `spec.repositories[0].policy.mode`."),
        },
    })
}
