//! Patches (RFC 6902), as far as they are needed to pin images.

use serde::Serialize;
use serde_json::Value;

/// One operation of a JSON patch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "op", rename_all = "lowercase")]
#[non_exhaustive]
pub enum PatchOperation {
    /// Adds a member, or replaces it if it exists (RFC 6902 section 4.1).
    Add {
        /// The JSON pointer to the member.
        path: String,
        /// The value.
        value: Value,
    },
    /// Replaces a value that must exist (RFC 6902 section 4.3).
    Replace {
        /// The JSON pointer to the value.
        path: String,
        /// The new value.
        value: Value,
    },
}

impl PatchOperation {
    /// The JSON pointer to what the operation changes.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Add { path, .. } | Self::Replace { path, .. } => path,
        }
    }

    /// The value that will stand there.
    #[must_use]
    pub const fn value(&self) -> &Value {
        match self {
            Self::Add { value, .. } | Self::Replace { value, .. } => value,
        }
    }
}
