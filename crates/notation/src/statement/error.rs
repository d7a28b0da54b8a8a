//! Why something is no statement.

use doorward_core::{Action, PluginName};

use crate::ValidationKind;

/// Why a statement cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// Nothing was said about identities.
    #[error("the statement names no trusted identity")]
    NoIdentities,
    /// There is no trust store.
    #[error("the statement names no trust store")]
    NoTrustStore,
    /// The action of a validation cannot be that.
    #[error("a statement cannot {} the validation {kind}", action_name(*action))]
    NotOverridable {
        /// Which validation.
        kind: ValidationKind,
        /// Which action.
        action: Action,
    },
    /// The action of a validation was chosen twice.
    #[error("the action of the validation {kind} is chosen twice")]
    OverriddenTwice {
        /// Which validation.
        kind: ValidationKind,
    },
    /// A plug-in is allowed twice.
    #[error("the plug-in {name} is allowed twice")]
    PluginTwice {
        /// Which one.
        name: PluginName,
    },
    /// The user metadata has a key that is reserved.
    #[error("the key {key:?} of the user metadata is reserved")]
    ReservedMetadata {
        /// Which key.
        key: String,
    },
    /// More plug-ins are allowed than may be.
    #[error("the statement allows more than {limit} plug-ins")]
    TooManyPlugins {
        /// The bound.
        limit: usize,
    },
    /// There are more trust stores than are looked at.
    #[error("the statement names more than {limit} trust stores")]
    TooManyTrustStores {
        /// The bound.
        limit: usize,
    },
}

const fn action_name(action: Action) -> &'static str {
    match action {
        Action::Enforce => "enforce",
        Action::Log => "only log",
        Action::Skip => "skip",
    }
}
