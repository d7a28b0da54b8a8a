//! The list of signatures that a registry with the signature extension keeps itself (containers "Signature access
//! protocols", "docker/distribution API extension").

use base64::Engine;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

use doorward_core::json::{self, Limits, Value};

use crate::SignatureBlob;
use crate::limits::ANSWER_BYTES;

/// As Go's standard decoder, which first read these lists: padded, and lenient about the last bits.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// The only version and type of entry that is used; others are skipped.
const SCHEMA_VERSION: i64 = 2;
const TYPE: &str = "atomic";

/// Why an answer is not a list of signatures.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureListError {
    /// The content of an entry is not base64.
    #[error("entry {index} of the signature list is not base64")]
    Base64 {
        /// The entry, from 0.
        index: usize,
    },
    /// The answer is not JSON of the right form.
    #[error("the signature list is not valid: {detail}")]
    Json {
        /// What is wrong, and where.
        detail: String,
    },
}

/// The signatures in the answer `bytes` that came from `source`.
///
/// # Errors
/// [`SignatureListError`]. One malformed entry spoils the list, one of another kind does not.
pub fn parse_signature_list(
    bytes: &[u8],
    source: &str,
) -> Result<Vec<SignatureBlob>, SignatureListError> {
    let document = json::parse(bytes, Limits::bytes(ANSWER_BYTES))
        .map_err(|error| malformed(error.to_string()))?;
    if document.as_object().is_none() {
        return Err(malformed("expected an object".into()));
    }
    let entries = match document.get("signatures") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(list) => list
            .as_array()
            .ok_or_else(|| malformed("signatures is not a list".into()))?,
    };
    let mut blobs = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let Entry {
            known,
            name,
            content,
        } = Entry::read(entry).ok_or_else(|| malformed(format!("entry {index} is malformed")))?;
        let text: String = content
            .chars()
            .filter(|c| !matches!(c, '\r' | '\n'))
            .collect();
        let bytes = BASE64
            .decode(text)
            .map_err(|_| SignatureListError::Base64 { index })?;
        if known {
            // The part of the name behind the digest tells the entries of one digest apart.
            let name = name.rsplit('@').next().unwrap_or_default();
            let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
            blobs.push(SignatureBlob::new(
                bytes,
                format!("{source} entry {name:?}"),
            ));
        }
    }
    Ok(blobs)
}

/// The details may quote the answer, which may be long.
fn malformed(detail: String) -> SignatureListError {
    SignatureListError::Json {
        detail: detail.chars().take(256).collect(),
    }
}

struct Entry<'a> {
    /// Whether it is of the version and type that are used.
    known: bool,
    name: &'a str,
    content: &'a str,
}

impl<'a> Entry<'a> {
    /// The entry in `value`; what it lacks is empty, what is of another type makes it malformed.
    fn read(value: &'a Value) -> Option<Self> {
        value.as_object()?;
        let text = |name: &str| match value.get(name) {
            None | Some(Value::Null) => Some(""),
            Some(text) => text.as_str(),
        };
        let version = match value.get("schemaVersion") {
            None | Some(Value::Null) => 0,
            Some(Value::Number(number)) => number.parse::<i64>().ok()?,
            Some(_) => return None,
        };
        Some(Self {
            known: version == SCHEMA_VERSION && text("type")? == TYPE,
            name: text("name")?,
            content: text("content")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<SignatureBlob>, SignatureListError> {
        parse_signature_list(text.as_bytes(), "r.example")
    }

    fn entry(fields: &str) -> String {
        format!(r#"{{"signatures":[{{{fields}}}]}}"#)
    }

    #[test]
    fn entries_of_the_known_kind_are_decoded() {
        let list = entry(
            r#""schemaVersion":2,"type":"atomic","name":"sha256:00@n1","content":"AQID","x":1"#,
        );
        assert_eq!(
            parse(&list),
            Ok(vec![SignatureBlob::new(
                [1, 2, 3],
                "r.example entry \"n1\""
            )])
        );
    }

    #[test]
    fn lists_that_are_absent_null_or_empty_hold_nothing() {
        for text in ["{}", r#"{"signatures":null}"#, r#"{"signatures":[]}"#] {
            assert_eq!(parse(text), Ok(Vec::new()));
        }
    }

    #[test]
    fn entries_of_another_version_or_type_are_skipped() {
        for fields in [
            r#""schemaVersion":1,"type":"atomic","content":"AQID""#,
            r#""schemaVersion":2,"type":"other","content":"AQID""#,
            r#""schemaVersion":2,"content":"AQID""#,
            r#""type":"atomic","content":"AQID""#,
        ] {
            assert_eq!(parse(&entry(fields)), Ok(Vec::new()));
        }
    }

    #[test]
    fn a_malformed_entry_spoils_the_list_even_if_it_would_be_skipped() {
        for fields in [
            r#""schemaVersion":"2","type":"atomic""#,
            r#""schemaVersion":2.0,"type":"atomic""#,
            r#""schemaVersion":2,"type":7"#,
            r#""schemaVersion":1,"type":"x","content":"!!!""#,
            r#""schemaVersion":2,"type":"atomic","content":"AQI""#,
            r#""schemaVersion":2,"type":"atomic","content":"_-_-""#,
        ] {
            assert!(parse(&entry(fields)).is_err(), "{fields}");
        }
    }

    #[test]
    fn an_error_quotes_no_more_of_the_answer_than_fits_a_message() {
        let name = "n".repeat(100_000);
        let error = parse(&format!(r#"{{"{name}":1,"{name}":2}}"#)).expect_err("a duplicate");
        assert!(error.to_string().len() < 400);
    }

    #[test]
    fn answers_that_are_not_a_list_are_refused() {
        for text in [
            "",
            "<html>",
            "[]",
            "7",
            r#"{"signatures":{}}"#,
            r#"{"signatures":[[]]}"#,
            "{}{}",
        ] {
            assert!(
                matches!(parse(text), Err(SignatureListError::Json { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn the_name_of_an_entry_cannot_smuggle_control_characters_into_messages() {
        let list =
            entry(r#""schemaVersion":2,"type":"atomic","name":"a@\u001b[2Jb\n","content":"AQID""#);
        let blobs = parse(&list).expect("valid");
        assert!(!blobs[0].source.contains(char::is_control));
    }
}
