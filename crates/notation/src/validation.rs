//! What a validation came to.

use doorward_core::{Action, Check, Rejection};

use crate::ValidationKind;

/// The result of one validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validation {
    kind: ValidationKind,
    action: Action,
    failure: Option<Rejection>,
}

impl Validation {
    /// A validation with its result. What is skipped has none.
    pub(crate) fn new(kind: ValidationKind, action: Action, result: Result<(), Rejection>) -> Self {
        Self {
            kind,
            action,
            failure: result.err().filter(|_| action != Action::Skip),
        }
    }

    /// Which validation.
    #[must_use]
    pub const fn kind(&self) -> ValidationKind {
        self.kind
    }

    /// What the policy does with its result. One that is skipped was not made.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.action
    }

    /// Why it failed: a reason code and a sentence. Returns `None` if it passed or was not made.
    #[must_use]
    pub const fn failure(&self) -> Option<&Rejection> {
        self.failure.as_ref()
    }

    /// The same for reports.
    #[must_use]
    pub fn check(&self) -> Check {
        let name = self.kind.as_str();
        match (self.action, &self.failure) {
            (Action::Skip, _) => Check::skipped(name),
            (Action::Log, Some(failure)) => Check::logged(name, failure),
            (Action::Enforce, Some(_)) => Check::enforced(name, false),
            (action, None) => Check::passed(name, action),
        }
    }
}
