//! JSON as Notary v1 signs it, and as it sends it.

use std::fmt::Write as _;

use serde_json::{Number, Value};

/// 2^53: from here on a double no longer holds every integer.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The bytes that a Notary v1 signature is made over: members sorted by the bytes of their names, no white space, and
/// in strings nothing escaped but `"` and `\`, control characters included. Text is not normalised.
///
/// A number that is whole is written as an integer, however the value spells it. One that is not has no canonical form;
/// it is written as it is, so that a forgery with one can be signed.
///
/// ```
/// let value = serde_json::json!({"b": [1e2, null], "a b": "tab\there", "a!": "<\"é\\>", "a": true});
/// let expected = "{\"a\":true,\"a b\":\"tab\there\",\"a!\":\"<\\\"é\\\\>\",\"b\":[100,null]}";
/// assert_eq!(doorward_testkit::canonical_json(&value), expected.as_bytes());
/// ```
#[must_use]
pub fn canonical_json(value: &Value) -> Vec<u8> {
    let mut out = String::new();
    write(&mut out, value, Escapes::Canonical);
    out.into_bytes()
}

/// The same as publishers send it: control characters are escaped, as a JSON parser wants it, and so is what could be
/// taken for markup or the end of a line, as Go's encoder does it.
pub(super) fn wire_json(value: &Value) -> Vec<u8> {
    let mut out = String::new();
    write(&mut out, value, Escapes::Wire);
    out.into_bytes()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    Canonical,
    Wire,
}

fn write(out: &mut String, value: &Value, escapes: Escapes) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_string(out, text, escapes),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write(out, item, escapes);
            }
            out.push(']');
        }
        Value::Object(members) => {
            // The order of a map depends on features that other crates of a build may switch on.
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| name.as_bytes());
            out.push('{');
            for (place, (name, member)) in sorted.into_iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_string(out, name, escapes);
                out.push(':');
                write(out, member, escapes);
            }
            out.push('}');
        }
    }
}

fn write_number(out: &mut String, number: &Number) {
    let text = match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < EXACT => {
            (float as i64).to_string()
        }
        _ => number.to_string(),
    };
    out.push_str(&text);
}

fn write_string(out: &mut String, text: &str, escapes: Escapes) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}'
                if escapes == Escapes::Wire =>
            {
                write!(out, "\\u{:04x}", u32::from(character))
                    .expect("writing to a string cannot fail");
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(value: &Value) -> String {
        String::from_utf8(canonical_json(value)).unwrap()
    }

    #[test]
    fn members_are_sorted_by_the_bytes_of_their_unescaped_names() {
        let value = json!({"a!": 1, "a": 2, "a b": 3, "a\"": 4, "Z": 5, "é": 6, "a\\": 7, "": 8});
        assert_eq!(
            text(&value),
            r#"{"":8,"Z":5,"a":2,"a b":3,"a!":1,"a\"":4,"a\\":7,"é":6}"#
        );
    }

    #[test]
    fn astral_characters_sort_after_the_private_use_area() {
        // In UTF-16 it is the other way round.
        assert_eq!(
            text(&json!({"\u{1f600}": 1, "\u{e000}": 2})),
            "{\"\u{e000}\":2,\"\u{1f600}\":1}"
        );
    }

    #[test]
    fn composed_and_decomposed_letters_stay_different() {
        assert_eq!(
            text(&json!({"e\u{301}": 1, "\u{e9}": 2})),
            "{\"e\u{301}\":1,\"\u{e9}\":2}"
        );
    }

    #[test]
    fn only_quotes_and_backslashes_are_escaped() {
        assert_eq!(
            text(&json!("\"\\/<>&\u{2028}\n\t\0\u{7f}")),
            "\"\\\"\\\\/<>&\u{2028}\n\t\0\u{7f}\""
        );
    }

    #[test]
    fn whole_numbers_are_integers_however_they_are_spelt() {
        let value: Value =
            serde_json::from_str("[1e2, 1.0, -0.0, -3.0e0, 9007199254740993]").unwrap();
        assert_eq!(text(&value), "[100,1,0,-3,9007199254740993]");
    }

    #[test]
    fn what_is_sent_is_json_and_what_is_signed_need_not_be() {
        let value = json!({"tab\t": "new\nline\u{1}"});
        let wire = wire_json(&value);
        assert_eq!(serde_json::from_slice::<Value>(&wire).unwrap(), value);
        assert!(serde_json::from_slice::<Value>(&canonical_json(&value)).is_err());
    }

    #[test]
    fn what_could_be_markup_is_sent_escaped_and_signed_plain() {
        let value = json!("<&>\u{2028}");
        assert_eq!(wire_json(&value), br#""\u003c\u0026\u003e\u2028""#);
        assert_eq!(canonical_json(&value), "\"<&>\u{2028}\"".as_bytes());
    }

    #[test]
    fn empty_lists_and_objects_are_written_without_a_blank() {
        assert_eq!(text(&json!({"a": [], "b": {}})), r#"{"a":[],"b":{}}"#);
    }
}
