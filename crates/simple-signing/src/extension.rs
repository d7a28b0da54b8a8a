//! The list of signatures that a registry with the signature extension keeps itself.

use base64::Engine;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

use crate::SignatureBlob;

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

#[derive(serde::Deserialize)]
struct List {
    #[serde(default)]
    signatures: Option<Vec<Entry>>,
}

#[derive(serde::Deserialize)]
struct Entry {
    #[serde(rename = "schemaVersion", default)]
    schema_version: i64,
    #[serde(default)]
    name: String,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    content: Option<String>,
}

/// The signatures in the answer `bytes` that came from `source`.
///
/// # Errors
/// [`SignatureListError`]. One malformed entry spoils the list, one of another kind does not.
pub fn parse_signature_list(
    bytes: &[u8],
    source: &str,
) -> Result<Vec<SignatureBlob>, SignatureListError> {
    let list: List = serde_json::from_slice(bytes).map_err(|error| SignatureListError::Json {
        detail: error.to_string(),
    })?;
    let mut blobs = Vec::new();
    for (index, entry) in list.signatures.unwrap_or_default().into_iter().enumerate() {
        let text: String = entry
            .content
            .unwrap_or_default()
            .chars()
            .filter(|c| !matches!(c, '\r' | '\n'))
            .collect();
        let bytes = BASE64
            .decode(text)
            .map_err(|_| SignatureListError::Base64 { index })?;
        if entry.schema_version == SCHEMA_VERSION && entry.kind == TYPE {
            // The part of the name behind the digest tells the entries of one digest apart.
            let name = entry.name.rsplit('@').next().unwrap_or_default();
            let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
            blobs.push(SignatureBlob::new(
                bytes,
                format!("{source} entry {name:?}"),
            ));
        }
    }
    Ok(blobs)
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
    fn answers_that_are_not_a_list_are_refused() {
        for text in ["", "<html>", "[]", "7", r#"{"signatures":{}}"#, "{}{}"] {
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
