//! What several test programs share.

use base64::Engine as _;
use serde_json::Value;

/// The parts of a response that the API server reads.
#[allow(dead_code, reason = "each test program uses its own part")]
pub(crate) struct Wire {
    pub(crate) review: Value,
    pub(crate) allowed: bool,
    pub(crate) patch: Value,
}

/// Reads a response as the API server does: the declared patch type, base64, JSON.
pub(crate) fn wire(body: &str) -> Wire {
    let review: Value = serde_json::from_str(body).expect("a response is JSON");
    let response = &review["response"];
    let allowed = response["allowed"]
        .as_bool()
        .expect("a response says whether it allows");
    let patch = match response.get("patch") {
        None => Value::Array(Vec::new()),
        Some(patch) => {
            assert_eq!(response["patchType"], "JSONPatch");
            let bytes = base64::engine::general_purpose::STANDARD
                .decode(patch.as_str().expect("a patch is text"))
                .expect("a patch is base64");
            serde_json::from_slice(&bytes).expect("a patch is JSON")
        }
    };
    Wire {
        allowed,
        patch,
        review,
    }
}

/// `object` after `patch`, by an implementation of RFC 6902 that is not ours.
pub(crate) fn patched(object: &Value, patch: &Value) -> Value {
    let patch: json_patch::Patch =
        serde_json::from_value(patch.clone()).expect("a patch is RFC 6902");
    let mut object = object.clone();
    json_patch::patch(&mut object, &patch).expect("the patch applies");
    object
}
