//! Why something is no configuration of an image.

use crate::DescriptorError;
use crate::json::JsonError;

/// Why something is no configuration of an image (OCI image specification, "Image Configuration").
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// It is not JSON, has a member twice, or is beyond a bound.
    #[error("the configuration is not JSON as it is read: {0}")]
    Json(JsonError),
    /// Something in one of its members is wrong.
    #[error("the configuration, in `{member}`: {error}")]
    Member {
        /// The member.
        member: &'static str,
        /// What is wrong there.
        error: DescriptorError,
    },
    /// It is no object, or one of its own members is wrong.
    #[error("the configuration: {0}")]
    Whole(DescriptorError),
}

impl From<JsonError> for ConfigurationError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}
