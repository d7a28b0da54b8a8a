//! What is wrong with a policy file.

use doorward_core::json::JsonError;

/// Why a policy file is refused. Places are paths into the document, such as `default[0].keyPath`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContainersPolicyError {
    /// A combination or value that the format does not have.
    #[error("{place}: {detail}")]
    Invalid {
        /// Where.
        place: String,
        /// What is wrong.
        detail: String,
    },
    /// The file is not strict JSON; duplicate members are not.
    #[error("not valid JSON: {0}")]
    Json(JsonError),
    /// The key files together are larger than is read.
    #[error("the keys of the policy are larger than {limit} bytes")]
    KeysTooLarge {
        /// The bound, in bytes.
        limit: usize,
    },
    /// A member is missing.
    #[error("{place}: the member {name:?} is missing")]
    Missing {
        /// Where.
        place: String,
        /// Its name.
        name: &'static str,
    },
    /// A list of requirements is empty, which would not say what is meant.
    #[error("{place}: the list of requirements is empty")]
    NoRequirements {
        /// Where.
        place: String,
    },
    /// A member that the format does not have.
    #[error("{place}: the member {name:?} is unknown")]
    UnknownMember {
        /// Where.
        place: String,
        /// Its name.
        name: String,
    },
    /// A value of another type.
    #[error("{place}: expected {expected}")]
    WrongType {
        /// Where.
        place: String,
        /// What must stand there.
        expected: &'static str,
    },
}
