//! Why nothing was loaded.

use doorward_core::{Class, Code, FetchError, StateError};

use crate::TargetName;

/// Why a repository gave no trust material. Nothing of a load that fails is handed out.
///
/// "Could not ask" is [`Class::Unavailable`] and nothing else is: see [`class`](Self::class).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TufError {
    /// The given time is more than five minutes behind that of an earlier load.
    #[error("the clock is behind the time of an earlier load")]
    ClockSetBack,
    /// The repository did not give its answers in time.
    #[error("the repository did not answer in full within {seconds} seconds")]
    DeadlineExceeded {
        /// The deadline, in seconds.
        seconds: u64,
    },
    /// The metadata of a role has expired: someone may be holding back what is newer (TUF 1.0.34, freeze attack).
    #[error("the metadata of the role {role} has expired")]
    Expired {
        /// The role.
        role: String,
    },
    /// A document could not be had, or the server gave an answer that its protocol does not allow.
    #[error("{document} could not be fetched")]
    Fetch {
        /// The last segment of its URL.
        document: String,
        /// What happened.
        source: FetchError,
    },
    /// A document is not the one that the role above it lists.
    #[error(
        "{document} does not have the hash, length or version that the metadata above it lists"
    )]
    HashMismatch {
        /// The last segment of its URL, or the name of its role.
        document: String,
    },
    /// A fault of this library or of the one below it.
    #[error("unexpected: {detail}")]
    Internal {
        /// What happened.
        detail: String,
    },
    /// A base URL cannot be one.
    #[error("the address of the repository cannot be used: {detail}")]
    LocationInvalid {
        /// What is wrong with it, without quoting it.
        detail: String,
    },
    /// A document does not have the form that its role demands.
    #[error("the metadata of the role {role} is malformed: {detail}")]
    Malformed {
        /// The role.
        role: String,
        /// What is wrong with it.
        detail: String,
    },
    /// What is remembered cannot be read or written.
    #[error("what is remembered of the repository: {0}")]
    Memory(StateError),
    /// The repository says that it does not have a document that must be there.
    #[error("the repository does not have {document}")]
    Missing {
        /// The last segment of its URL.
        document: String,
    },
    /// The text cannot be the name of a target.
    #[error("the name of a target is a relative path without empty, `.` and `..` segments")]
    NameInvalid,
    /// A root is remembered that the given root does not lead to: it is the memory of another repository.
    #[error("version {version} of a root is remembered that the given root does not lead to")]
    RememberedForeign {
        /// The version that does not follow.
        version: u64,
    },
    /// What is remembered is not what was written.
    #[error("what is remembered of the repository is damaged")]
    RememberedInvalid,
    /// Metadata is older than what was verified before, or lists less.
    #[error("the repository went back: {detail}")]
    Rollback {
        /// What is older than what.
        detail: String,
    },
    /// The root that the caller gave is no root that vouches for itself.
    #[error("the given root cannot be used: {detail}")]
    RootInvalid {
        /// What is wrong with it.
        detail: String,
    },
    /// The bytes of a target are not those that metadata lists.
    #[error("the content of {name} does not have the length and hashes that were signed")]
    TargetMismatch {
        /// The target.
        name: TargetName,
    },
    /// No role that may speak for a target lists it.
    #[error("no role that may speak for {name} lists it")]
    TargetUnlisted {
        /// The target.
        name: TargetName,
    },
    /// A role has fewer valid signatures than its threshold, or the same key signed twice.
    #[error("the metadata of the role {role} is not signed as it must be: {detail}")]
    Threshold {
        /// The role.
        role: String,
        /// How many of how many, or which fault of the list of signatures.
        detail: String,
    },
    /// A document is larger than its bound.
    #[error("{document} is larger than {limit} bytes")]
    TooLarge {
        /// The last segment of its URL, or the name of the target.
        document: String,
        /// The bound in bytes.
        limit: u64,
    },
    /// There are more documents than are read in one load.
    #[error("there are more than {limit} {what}")]
    TooMany {
        /// What there is too much of.
        what: String,
        /// The bound.
        limit: u64,
    },
}

impl TufError {
    /// What kind of refusal this is. [`Class::Unavailable`] means that nothing is known: the repository, or what is
    /// remembered, could not be asked. Everything else is an answer.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::DeadlineExceeded { .. } | Self::Memory(StateError::Unavailable { .. }) => {
                Class::Unavailable
            }
            Self::Fetch { source, .. } => Code::from(source).class(),
            Self::ClockSetBack
            | Self::LocationInvalid { .. }
            | Self::Memory(_)
            | Self::NameInvalid
            | Self::RememberedForeign { .. }
            | Self::RememberedInvalid
            | Self::RootInvalid { .. } => Class::Configuration,
            Self::Expired { .. }
            | Self::Missing { .. }
            | Self::TargetUnlisted { .. }
            | Self::Threshold { .. } => Class::Untrusted,
            Self::HashMismatch { .. }
            | Self::Malformed { .. }
            | Self::Rollback { .. }
            | Self::TargetMismatch { .. }
            | Self::TooLarge { .. }
            | Self::TooMany { .. } => Class::Integrity,
            Self::Internal { .. } => Class::Internal,
        }
    }
}
