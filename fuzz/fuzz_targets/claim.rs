//! Claims. What is accepted, a general parser reads as the same claim, with no member that we did not see.

#![no_main]

use doorward_simple_signing::UnverifiedClaim;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Ok(claim) = UnverifiedClaim::from_unverified_json(bytes) else {
        return;
    };
    let general: Value = match serde_json::from_slice(bytes) {
        Ok(general) => general,
        // Numbers under `optional` that no machine number can hold.
        Err(error) => {
            assert!(
                error.to_string().starts_with("number out of range"),
                "{error}"
            );
            return;
        }
    };
    let members = |value: &Value, names: &[&str]| {
        let object = value.as_object().expect("an object");
        assert_eq!(object.len(), names.len(), "{object:?}");
        assert!(
            names.iter().all(|name| object.contains_key(*name)),
            "{object:?}"
        );
    };
    members(&general, &["critical", "optional"]);
    let critical = &general["critical"];
    members(critical, &["identity", "image", "type"]);
    members(&critical["identity"], &["docker-reference"]);
    members(&critical["image"], &["docker-manifest-digest"]);
    assert_eq!(critical["type"], "atomic container signature");
    assert_eq!(
        critical["identity"]["docker-reference"],
        claim.unverified_reference()
    );
    assert_eq!(
        critical["image"]["docker-manifest-digest"],
        claim.unverified_digest().as_str()
    );
});
