//! Why a Docker configuration cannot be read.

/// Why a Docker configuration cannot be read. Never shows its content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DockerConfigError {
    /// There is nothing in it.
    #[error("the registry configuration is empty")]
    Empty,
    /// A file cannot be used.
    #[error("{path}: {fault}")]
    InFile {
        /// Which file.
        path: String,
        /// What is wrong with it.
        fault: Box<Self>,
    },
    /// It is not JSON of the expected form.
    #[error("the registry configuration is malformed at line {line}, column {column}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// It has more than 4096 entries or 1 MiB.
    #[error("the registry configuration is too large")]
    TooLarge,
    /// The file could not be read.
    #[error("the registry configuration {path} could not be read: {detail}")]
    Unreadable {
        /// Which file.
        path: String,
        /// The system's reason.
        detail: String,
    },
}

impl From<serde_json::Error> for DockerConfigError {
    // The error's own text may quote a value, which may be a secret.
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed {
            line: error.line(),
            column: error.column(),
        }
    }
}
