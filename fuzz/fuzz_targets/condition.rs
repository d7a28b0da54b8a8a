//! Conditions: parsed within their bounds, and decided of a document.
//!
//! The engine's parser and evaluator are recursive: an overflow of the stack or a panic in them is a finding.

#![no_main]

use doorward_core::json::{Limits, parse};
use doorward_documents::{Condition, Predicate};

const DOCUMENT: &[u8] = br#"{"name": "app", "count": 3, "score": 7.5, "none": null, "flag": true,
    "packages": [{"name": "musl", "licenses": ["MIT"]}, {"name": "busybox", "licenses": ["GPL-2.0-only", "x"]}, {}]}"#;

thread_local! {
    static PREDICATE: Predicate = Predicate::new(&parse(DOCUMENT, Limits::bytes(4096)).expect("JSON"));
}

libfuzzer_sys::fuzz_target!(|source: &str| {
    if let Ok(condition) = Condition::parse(source) {
        let decided = PREDICATE.with(|predicate| condition.evaluate(predicate));
        let again = PREDICATE.with(|predicate| condition.evaluate(predicate));
        assert_eq!(decided.is_ok(), again.is_ok());
        let _ = decided.map_err(|error| error.to_string());
    }
});
