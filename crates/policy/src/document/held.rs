//! Policies within other objects, where nobody reads them.

use serde_json::Value;

use super::recognise::{is_ours, misspelt};

/// Whether a value, or one at whatever depth within it, is written like a policy: with API version, kind and `spec`.
/// Names of objects have no `spec`, and texts are not looked into.
pub(super) fn holds_policies(value: &Value) -> bool {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(members) => {
                let text = |key| members.get(key).and_then(Value::as_str).unwrap_or_default();
                let (api_version, kind) = (text("apiVersion"), text("kind"));
                if members.contains_key("spec")
                    && (is_ours(api_version) || misspelt(api_version, kind).is_some())
                {
                    return true;
                }
                open.extend(members.values());
            }
            Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {}
        }
    }
    false
}
