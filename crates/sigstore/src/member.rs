//! Members of JSON as protobuf writes it: a member that is `null` is absent, and integers of 64 bits may be texts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::json::Value;

/// Why a member is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape(pub(crate) String);

impl Shape {
    fn of(name: &str, should: &str) -> Self {
        Self(format!("`{name}` is {should}"))
    }
}

/// The member `name`. Returns `None` if it is absent.
pub(crate) fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value
        .get(name)
        .filter(|value| !matches!(value, Value::Null))
}

/// The object `name`, which must be there.
pub(crate) fn object<'v>(value: &'v Value, name: &str) -> Result<&'v Value, Shape> {
    match member(value, name) {
        Some(value @ Value::Object(_)) => Ok(value),
        _ => Err(Shape::of(name, "no object")),
    }
}

/// The list `name`, which is empty if it is absent.
pub(crate) fn list<'v>(value: &'v Value, name: &str) -> Result<&'v [Value], Shape> {
    match member(value, name) {
        None => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(Shape::of(name, "no list")),
    }
}

/// The text `name`, which must be there.
pub(crate) fn text<'v>(value: &'v Value, name: &str) -> Result<&'v str, Shape> {
    optional_text(value, name)?.ok_or_else(|| Shape::of(name, "missing"))
}

/// The text `name`.
pub(crate) fn optional_text<'v>(value: &'v Value, name: &str) -> Result<Option<&'v str>, Shape> {
    match member(value, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Shape::of(name, "no text")),
    }
}

/// The bytes `name` in base64 (RFC 4648, section 4), with its padding and without anything between; they must be there.
pub(crate) fn bytes(value: &Value, name: &str) -> Result<Vec<u8>, Shape> {
    let text = text(value, name)?;
    base64(text).ok_or_else(|| Shape::of(name, "not base64"))
}

/// The bytes of a text in base64.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// The same, written.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The integer `name`, which is 0 if it is absent.
pub(crate) fn integer(value: &Value, name: &str) -> Result<u64, Shape> {
    let written = match member(value, name) {
        None => return Ok(0),
        Some(Value::Number(written) | Value::String(written)) => written,
        Some(_) => return Err(Shape::of(name, "no integer")),
    };
    // As protobuf writes it: neither signs nor zeros in front.
    let plain = written.bytes().all(|b| b.is_ascii_digit())
        && (written == "0" || !written.starts_with('0'));
    let read = written.parse::<i64>().ok().filter(|_| plain);
    read.and_then(|read| u64::try_from(read).ok())
        .ok_or_else(|| Shape::of(name, "no integer of 63 bits"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward_core::json::{Limits, parse};

    fn read(text: &str) -> Value {
        parse(text.as_bytes(), Limits::bytes(1024)).unwrap()
    }

    #[test]
    fn integers_are_numbers_or_texts_without_signs_and_zeros_in_front() {
        let ok = [
            ("0", 0),
            ("\"0\"", 0),
            ("17", 17),
            ("\"17\"", 17),
            ("null", 0),
        ];
        for (written, expected) in ok {
            let value = read(&format!("{{\"n\": {written}}}"));
            assert_eq!(integer(&value, "n"), Ok(expected), "{written}");
        }
        assert_eq!(integer(&read("{}"), "n"), Ok(0));
        let bad = [
            "-1",
            "\"-1\"",
            "\"+1\"",
            "\"01\"",
            "1.0",
            "1e3",
            "\"\"",
            "true",
            "[]",
            "9223372036854775808",
            "\"0x1\"",
            "\" 1\"",
        ];
        for written in bad {
            let value = read(&format!("{{\"n\": {written}}}"));
            assert!(integer(&value, "n").is_err(), "{written}");
        }
    }

    #[test]
    fn base64_has_one_spelling() {
        assert_eq!(base64("AQ=="), Some(vec![1]));
        for text in ["AQ", "AQ=", "AR==", "A Q=", "AQ==\n", "-_8="] {
            assert_eq!(base64(text), None, "{text}");
        }
    }
}
