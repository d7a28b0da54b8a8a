//! Challenges of registries. Their number and that of their parameters is bounded, and no name or scheme is anything
//! but a token in lower case.

#![no_main]

use doorward_registry::parse_challenges;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let headers = bytes.split(|byte| *byte == b'\n').take(32);
    let Ok(challenges) = parse_challenges(headers) else {
        return;
    };
    assert!(challenges.len() <= 16);
    let token = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase())
            && !text.contains(['"', ',', '=', ' '])
    };
    for challenge in &challenges {
        assert!(token(challenge.scheme()), "{challenge:?}");
        assert!(challenge.parameters().count() <= 32);
        for (name, value) in challenge.parameters() {
            assert!(token(name), "{challenge:?}");
            assert!(!value.contains(['\r', '\n', '\0']), "{challenge:?}");
            assert_eq!(challenge.parameter(name), Some(value));
        }
    }
});
