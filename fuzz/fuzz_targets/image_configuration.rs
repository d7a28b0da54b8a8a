//! The configuration of an image, of which policies ask for age, user, labels and platform. What is read is what a plain
//! reader of JSON finds there.

#![no_main]

use doorward_core::ImageConfiguration;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Ok(configuration) = ImageConfiguration::parse(bytes) else {
        return;
    };
    let plain: Value = match serde_json::from_slice(bytes) {
        Ok(plain) => plain,
        // Nobody asks for numbers here, so they are read as they are written.
        Err(error) if error.to_string().starts_with("number out of range") => return,
        Err(error) => panic!("what is read is no JSON: {error}"),
    };
    let user = plain.pointer("/config/User").and_then(Value::as_str);
    assert_eq!(configuration.user, user.unwrap_or_default());
    for (name, value) in &configuration.labels {
        let label = plain["config"]["Labels"][name.as_str()].as_str();
        assert_eq!(label, Some(value.as_str()), "{name}");
    }
    let again = ImageConfiguration::parse(plain.to_string().as_bytes());
    assert_eq!(again.as_ref(), Ok(&configuration), "{plain}");
});
