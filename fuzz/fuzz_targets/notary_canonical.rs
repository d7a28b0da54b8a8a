//! The form in which Notary v1 metadata is signed. It is one: what has it, read again, has the same; and it says to a
//! general parser what the original said.

#![no_main]

use doorward_core::json::{self, Limits};
use doorward_notary::canonical;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = json::parse(bytes, Limits::bytes(4096)) else {
        return;
    };
    let Ok(form) = canonical(&value) else {
        return;
    };
    // Escapes take more room than what they stand for.
    assert!(form.len() <= bytes.len());
    if form
        .iter()
        .any(|byte| byte.is_ascii_control() && *byte != 0x7f)
    {
        // Control characters stand as they are, which no strict parser reads.
        assert!(json::parse(&form, Limits::bytes(4096)).is_err());
        return;
    }
    let again = json::parse(&form, Limits::bytes(4096)).expect("the canonical form is JSON");
    assert_eq!(canonical(&again).as_deref(), Ok(form.as_slice()));
    let general: serde_json::Value = serde_json::from_slice(bytes).expect("JSON of integers");
    let same: serde_json::Value = serde_json::from_slice(&form).expect("JSON of integers");
    assert_eq!(general, same);
});
