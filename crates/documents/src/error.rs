use doorward_core::json::JsonError;

use crate::Format;

/// Why a document is not read. Its signer meant it to count, so that each is a refusal where the document was demanded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// The bytes are not JSON, have a member twice, or are beyond the bounds in [`bounds`](crate::bounds).
    #[error("not a JSON document that is read: {0}")]
    Json(JsonError),
    /// The content is of no format that is read.
    #[error(
        "not SPDX 2.2, 2.3 or 3.0, CycloneDX 1.4 to 1.7, SARIF 2.1.0, a Trivy report or OpenVEX 0.2"
    )]
    NotRecognised,
    /// The content is of several formats at once, and two readers could see different documents.
    #[error("says that it is {one} and that it is {other}")]
    Ambiguous {
        /// One of the formats.
        one: Format,
        /// Another.
        other: Format,
    },
    /// The media type says something else than the content.
    #[error("declared as {declared}, but the content is {found}")]
    Contradiction {
        /// The format that the media type stands for.
        declared: Format,
        /// The format of the content.
        found: Format,
    },
    /// A version of a format that is not read.
    #[error("{format} version {version:?} is not read")]
    Version {
        /// The format.
        format: Format,
        /// The version that the document names.
        version: String,
    },
    /// A part is missing, or of another kind than the format's specification says.
    #[error("{path}: expected {expected}")]
    Malformed {
        /// Where, such as `packages[3].name`.
        path: String,
        /// What the specification has there.
        expected: &'static str,
    },
    /// Reading it takes more than a document of its size may: parts of it multiply each other.
    #[error("reading it takes more than {limit} {what}, the most for a document of its size")]
    TooCostly {
        /// What it takes too much of.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// There are more parts of a kind than the bound.
    #[error("more than {limit} {what}")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// The scan did not come to its end, or says nothing of what it examined: it shows nothing.
    #[error("a scan without a result: {reason}")]
    NoResult {
        /// What is missing.
        reason: &'static str,
    },
}

impl From<JsonError> for DocumentError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}
