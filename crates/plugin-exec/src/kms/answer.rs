//! The two documents of the protocol.

use doorward_core::json::{Limits, Value, parse};

/// The version of the protocol.
const API_VERSION: &str = "kms.doorward.dev/v1";

/// What a program answers.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KmsAnswer {
    /// The public key, in PEM as the program says.
    pub public_key: String,
}

/// Why an answer cannot be read. A lowercase fragment that shows nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KmsAnswerError {
    /// It is of another version than it was asked in.
    #[error("its apiVersion is not {API_VERSION}")]
    ApiVersion,
    /// It is no JSON, or larger or deeper than is read.
    #[error("it is no JSON document")]
    Json,
    /// It has a member that is none of the protocol.
    #[error("it has a member that is none of the protocol")]
    Member,
    /// It has no key.
    #[error("its publicKey is not a text")]
    PublicKey,
}

impl KmsAnswer {
    /// The most bytes of an answer. A key has some hundred.
    pub const MAX_BYTES: usize = 32 << 10;

    /// Reads an answer.
    ///
    /// # Errors
    /// [`KmsAnswerError`]. Members that are not known are refused: they may change what the others mean.
    pub fn parse(bytes: &[u8]) -> Result<Self, KmsAnswerError> {
        let document = parse(bytes, Limits::bytes(Self::MAX_BYTES).depth(2));
        let document = document.map_err(|_| KmsAnswerError::Json)?;
        let members = document.as_object().ok_or(KmsAnswerError::Json)?;
        let text = |name: &str| document.get(name).and_then(Value::as_str);
        if text("apiVersion") != Some(API_VERSION) {
            return Err(KmsAnswerError::ApiVersion);
        }
        let is_known = |name: &str| matches!(name, "apiVersion" | "publicKey");
        if !members.iter().all(|(name, _)| is_known(name)) {
            return Err(KmsAnswerError::Member);
        }
        let public_key = text("publicKey").ok_or(KmsAnswerError::PublicKey)?;
        Ok(Self {
            public_key: public_key.to_owned(),
        })
    }
}

impl std::fmt::Debug for KmsAnswer {
    /// Shows no key: a program may give the wrong one.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KmsAnswer").finish_non_exhaustive()
    }
}

/// The question for a key.
pub(super) fn request(uri: &str) -> Vec<u8> {
    // `{uri:?}` is no JSON; the addresses of keys are ASCII without control characters, so that these two are all to escape.
    let uri = uri.replace('\\', "\\\\").replace('"', "\\\"");
    format!(r#"{{"apiVersion":"{API_VERSION}","uri":"{uri}"}}"#).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, KmsAnswerError> {
        KmsAnswer::parse(text.as_bytes()).map(|answer| answer.public_key)
    }

    #[test]
    fn an_answer_is_a_version_and_a_key_and_nothing_else() {
        let whole = r#"{"apiVersion": "kms.doorward.dev/v1", "publicKey": "k"}"#;
        assert_eq!(read(whole), Ok("k".to_owned()));
        for (text, error) in [
            ("", KmsAnswerError::Json),
            ("garbage", KmsAnswerError::Json),
            ("[]", KmsAnswerError::Json),
            ("{}", KmsAnswerError::ApiVersion),
            (
                r#"{"apiVersion": "kms.doorward.dev/v2", "publicKey": "k"}"#,
                KmsAnswerError::ApiVersion,
            ),
            (
                r#"{"apiVersion": "kms.doorward.dev/v1"}"#,
                KmsAnswerError::PublicKey,
            ),
            (
                r#"{"apiVersion": "kms.doorward.dev/v1", "publicKey": null}"#,
                KmsAnswerError::PublicKey,
            ),
            (
                r#"{"apiVersion": "kms.doorward.dev/v1", "publicKey": "k", "more": 1}"#,
                KmsAnswerError::Member,
            ),
            (
                r#"{"apiVersion": "kms.doorward.dev/v1", "publicKey": "k", "publicKey": "l"}"#,
                KmsAnswerError::Json,
            ),
            (
                r#"{"apiVersion": "kms.doorward.dev/v1", "publicKey": "k"} more"#,
                KmsAnswerError::Json,
            ),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
        }
        let long = format!(
            r#"{{"apiVersion": "kms.doorward.dev/v1", "publicKey": "{}"}}"#,
            "k".repeat(KmsAnswer::MAX_BYTES)
        );
        assert_eq!(read(&long), Err(KmsAnswerError::Json));
    }

    #[test]
    fn a_question_is_json_whatever_the_address_is() {
        for uri in ["awskms:///alias/a", r#"x://a"b\c{}"#, "x://\\", "x://\""] {
            let bytes = request(uri);
            let read = parse(&bytes, Limits::bytes(1024)).unwrap();
            assert_eq!(read.get("uri").and_then(Value::as_str), Some(uri));
        }
    }
}
