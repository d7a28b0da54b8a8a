//! The form in which metadata is signed.

use doorward_core::json::Value;

/// Why a value has no canonical form here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CanonicalError {
    /// A number is not an integer of 64 bits, or is not spelled as one: a fraction, an exponent, a minus before zero.
    #[error("the number {spelling} is not a plain integer of 64 bits")]
    NotInteger {
        /// As it was written, cut short.
        spelling: String,
    },
}

/// Encodes a value as Notary v1 does before it signs it.
///
/// Members are sorted by the bytes of their unescaped names; there is no white space; in strings only `"` and `\` are
/// escaped, everything else stands as it is, also control characters and whatever Unicode could be normalised. This is
/// neither RFC 8785 nor the canonical JSON of TUF 1.0. Numbers must be integers: the original passes them through a
/// float, which changes those beyond 2^53; here they stay exact.
///
/// # Errors
/// [`CanonicalError`].
pub fn canonical(value: &Value) -> Result<Vec<u8>, CanonicalError> {
    let mut out = Vec::new();
    encode(value, &mut out)?;
    Ok(out)
}

/// An integer spelled as JSON spells it and in no other way.
pub(crate) fn integer(spelling: &str) -> Result<i64, CanonicalError> {
    spelling
        .parse()
        .ok()
        .filter(|number: &i64| number.to_string() == spelling)
        .ok_or_else(|| CanonicalError::NotInteger {
            spelling: spelling.chars().take(32).collect(),
        })
}

/// The parser bounds the depth of `value`, and so this recursion.
fn encode(value: &Value, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    match value {
        Value::Array(elements) => {
            out.push(b'[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                encode(element, out)?;
            }
            out.push(b']');
        }
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Null => out.extend_from_slice(b"null"),
        Value::Number(spelling) => {
            integer(spelling)?;
            out.extend_from_slice(spelling.as_bytes());
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by(|(a, _), (b, _)| a.as_bytes().cmp(b.as_bytes()));
            out.push(b'{');
            for (index, (name, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                string(name, out);
                out.push(b':');
                encode(member, out)?;
            }
            out.push(b'}');
        }
        Value::String(text) => string(text, out),
    }
    Ok(())
}

fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use doorward_core::json::{Limits, parse};

    use super::*;

    fn encoded(text: &str) -> Result<String, CanonicalError> {
        let value = parse(text.as_bytes(), Limits::bytes(1 << 16)).expect("JSON");
        canonical(&value).map(|bytes| String::from_utf8(bytes).expect("text"))
    }

    #[test]
    fn members_are_sorted_by_the_bytes_of_their_names_before_escaping() {
        assert_eq!(
            encoded(r#"{"a b":1,"a!":2,"a":3,"\u00e9":4,"z":5,"a\"":6}"#).as_deref(),
            Ok("{\"a\":3,\"a b\":1,\"a!\":2,\"a\\\"\":6,\"z\":5,\"\u{e9}\":4}")
        );
    }

    #[test]
    fn only_quotes_and_backslashes_are_escaped() {
        assert_eq!(
            encoded("\"\\u003c&\\/\\\\\\\"\\u2028\\n\\t\\u0001e\\u0301\"").as_deref(),
            Ok("\"<&/\\\\\\\"\u{2028}\n\t\u{1}e\u{301}\"")
        );
    }

    #[test]
    fn white_space_and_spelling_do_not_count() {
        assert_eq!(
            encoded(" [ true , null,\n{ } ,[] ] ").as_deref(),
            Ok("[true,null,{},[]]")
        );
        assert_eq!(encoded(r#"{"\u0061":-7}"#).as_deref(), Ok(r#"{"a":-7}"#));
    }

    #[test]
    fn integers_stay_exact_up_to_64_bits() {
        for spelling in [
            "0",
            "9007199254740993",
            "9223372036854775807",
            "-9223372036854775808",
        ] {
            assert_eq!(encoded(spelling).as_deref(), Ok(spelling));
        }
    }

    #[test]
    fn what_is_not_a_plain_integer_has_no_canonical_form() {
        for spelling in [
            "1.0",
            "1e0",
            "1E2",
            "-0",
            "0.5",
            "9223372036854775808",
            "-9223372036854775809",
            "123456789012345678901234567890",
        ] {
            assert!(encoded(&format!("[{spelling}]")).is_err(), "{spelling}");
        }
    }
}
