//! Strict JSON. Whatever it accepts, a general parser reads as the same document: no member is added, lost, renamed
//! or replaced. (The converse does not hold: being stricter is the point.)

#![no_main]

use doorward_core::json::{self, Limits, Value};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = json::parse(bytes, Limits::bytes(4096)) else {
        return;
    };
    assert!(bytes.len() <= 4096);
    match serde_json::from_slice::<serde_json::Value>(bytes) {
        Ok(general) => assert!(same(&value, &general), "{value:?} is not {general:?}"),
        // The general parser turns numbers into machine numbers, which some do not fit.
        Err(error) => assert!(
            error.to_string().starts_with("number out of range"),
            "{error}"
        ),
    }
});

fn same(ours: &Value, theirs: &serde_json::Value) -> bool {
    match (ours, theirs) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(a), serde_json::Value::Bool(b)) => a == b,
        (Value::Number(a), serde_json::Value::Number(b)) => a.parse::<f64>().ok() == b.as_f64(),
        (Value::String(a), serde_json::Value::String(b)) => a == b,
        (Value::Array(a), serde_json::Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), serde_json::Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => false,
    }
}
