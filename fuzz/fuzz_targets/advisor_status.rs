//! What a vulnerability advisor answers: an image passes only where a plain reader of JSON finds a status with which one
//! does, in whichever spelling it looks for it.

#![no_main]

use doorward_documents::AdvisorStatus;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Ok(status) = AdvisorStatus::parse(bytes) else {
        return;
    };
    let plain: Value = match serde_json::from_slice(bytes) {
        Ok(plain) => plain,
        // Nobody asks for numbers here, so they are read as they are written.
        Err(error) if error.to_string().starts_with("number out of range") => return,
        Err(error) => panic!("what is read is no JSON: {error}"),
    };
    let members = plain.as_object().expect("an object");
    let spelt = members
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("status"));
    let spelt: Vec<_> = spelt.map(|(_, value)| value.as_str()).collect();
    assert_eq!(spelt, [Some(status.as_str())]);
    let is_good = matches!(status.as_str(), "OK" | "WARN" | "UNSUPPORTED");
    assert_eq!(status.admits(), is_good);
    assert!(!(status.admits() && status.is_unfinished()));
    assert!(!status.to_string().contains(['\n', '\r', '\u{1b}']));
});
