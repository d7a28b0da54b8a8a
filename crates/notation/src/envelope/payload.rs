//! What is signed: the descriptor of an artifact.

use std::collections::BTreeMap;

use doorward_core::json::{self, JsonError, Limits};
use doorward_core::{Descriptor, DescriptorError, Digest, taken_for};

use crate::limits;

const TARGET: &str = "targetArtifact";

/// The payload of an envelope (Signature Specification, "Payload"): which artifact was signed, and what the signer says
/// about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// As written: parameters of a media type count.
    media_type: String,
    target: Descriptor,
}

/// Why something is no payload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// The payload is not JSON.
    #[error("the payload is not JSON as it is read: {0}")]
    Json(JsonError),
    /// The payload names no artifact.
    #[error("the payload has no object `targetArtifact`")]
    NoTarget,
    /// The payload has the member in a spelling that some programs take for it.
    #[error("the payload has `targetArtifact` in another spelling")]
    Spelling,
    /// The descriptor of the artifact is malformed.
    #[error("the descriptor of the signed artifact is malformed: {0}")]
    Target(DescriptorError),
}

impl From<DescriptorError> for PayloadError {
    fn from(error: DescriptorError) -> Self {
        Self::Target(error)
    }
}

impl From<JsonError> for PayloadError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl Payload {
    /// Reads a payload. Members beside the artifact are passed over, as by the reference.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, PayloadError> {
        let document = json::parse(bytes, Limits::bytes(limits::ENVELOPE_BYTES))?;
        let members = document.as_object().ok_or(PayloadError::NoTarget)?;
        let is_twin = |name: &str| name != TARGET && taken_for(name, &[TARGET]).is_some();
        if members.iter().any(|(name, _)| is_twin(name)) {
            return Err(PayloadError::Spelling);
        }
        let target = document.get(TARGET).ok_or(PayloadError::NoTarget)?;
        let descriptor = Descriptor::from_json(target)?;
        let media_type = target.get("mediaType").and_then(json::Value::as_str);
        Ok(Self {
            media_type: media_type.unwrap_or_default().to_owned(),
            target: descriptor,
        })
    }

    /// The media type of the artifact, as it was signed, parameters included.
    #[must_use]
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// The digest of the artifact.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.target.digest
    }

    /// The size of the artifact in bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.target.size
    }

    /// What the signer says about the artifact: the user metadata, and keys below `io.cncf.notary` that are reserved.
    #[must_use]
    pub const fn annotations(&self) -> &BTreeMap<String, String> {
        &self.target.annotations
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:9a8b9e313047edf731adc03b3c162bed8b3ce4e0374f18bf92c2f4c2bf23277d";

    fn read(text: &str) -> Result<Payload, PayloadError> {
        Payload::parse(text.replace("DIGEST", DIGEST).as_bytes())
    }

    #[test]
    fn members_beside_the_artifact_are_passed_over() {
        let payload = read(
            r#"{"targetArtifact":{"mediaType":"a/b; c=d","digest":"DIGEST","size":3,"annotations":{"k":"v"}},"x":[]}"#,
        )
        .expect("a payload");
        assert_eq!(payload.media_type(), "a/b; c=d");
        assert_eq!((payload.digest().as_str(), payload.size()), (DIGEST, 3));
        assert_eq!(payload.annotations()["k"], "v");
    }

    #[test]
    fn what_two_programs_could_read_differently_is_no_payload() {
        for text in [
            r#"{"targetArtifact":{"mediaType":"a/b","digest":"DIGEST","size":3},"TargetArtifact":{}}"#,
            r#"{"targetArtifact":{"mediaType":"a/b","digest":"DIGEST","Size":4,"size":3}}"#,
            r#"{"targetArtifact":{"mediaType":"a/b","digest":"DIGEST","size":3},"targetArtifact":{}}"#,
            r#"{"targetArtifact":{"mediaType":"a/b","digest":"DIGEST","size":3}} {}"#,
            r#"{"targetArtifact":{"mediaType":"a/b","digest":"DIGEST","size":3.0}}"#,
            r#"{"targetArtifact":{"mediaType":"a/b","digest":"DIGEST"}}"#,
            r#"{"targetArtifact":null}"#,
            r#"{}"#,
            r#"[]"#,
            "",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
