//! Why a document is no trust policy, or says nothing about an artifact.

use doorward_core::json::JsonError;
use doorward_core::text::one_line;
use doorward_core::{Code, Rejection};

use super::ScopeError;
use crate::{IdentityError, StatementError, StoreReferenceError, codes};

/// How many characters of a name are shown.
pub(super) const SHOWN: usize = 100;

/// Why a document is no trust policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustPolicyError {
    /// Something outside the statements is wrong.
    #[error("the trust policy {0}")]
    Document(PolicyProblem),
    /// The document is not JSON.
    #[error("the trust policy is not JSON as it is read: {0}")]
    Json(JsonError),
    /// Two statements have the same name.
    #[error("two statements have the name {}", one_line(name, SHOWN))]
    RepeatedName {
        /// The name.
        name: String,
    },
    /// The same scope stands there twice.
    #[error("the scope {} stands there twice", one_line(scope, SHOWN))]
    RepeatedScope {
        /// The scope.
        scope: String,
    },
    /// More than one statement is the global one.
    #[error("more than one statement is the global one")]
    SeveralGlobal,
    /// A statement is wrong.
    #[error("statement {} {problem}", one_line(name, SHOWN))]
    Statement {
        /// Its name, or its number if it has none.
        name: String,
        /// What is wrong.
        problem: PolicyProblem,
    },
}

impl From<JsonError> for TrustPolicyError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

/// What is wrong with a part of a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyProblem {
    /// A value is not of the form that it must have.
    #[error("has `{member}`, which is not {expected}")]
    Form {
        /// Which member.
        member: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The identities are wrong.
    #[error("has wrong trusted identities: {0}")]
    Identities(IdentityError),
    /// Something required is missing or empty.
    #[error("has no `{member}`")]
    Missing {
        /// Which member.
        member: &'static str,
    },
    /// A scope is wrong.
    #[error("has a wrong scope: {0}")]
    Scope(ScopeError),
    /// The level `skip` stands beside something that it takes the meaning from, or that it must not stand beside.
    #[error("is of the level `skip`, beside which there must be no {what}")]
    SkipBeside {
        /// What.
        what: &'static str,
    },
    /// The statement cannot be made.
    #[error("is no statement: {0}")]
    Statement(StatementError),
    /// A trust store is given in a wrong way.
    #[error("has the trust store {}: {error}", one_line(store, SHOWN))]
    Store {
        /// How it is given.
        store: String,
        /// What is wrong.
        error: StoreReferenceError,
    },
    /// There are more entries than are read.
    #[error("has more than {limit} entries in `{member}`")]
    TooMany {
        /// Which member.
        member: &'static str,
        /// The bound.
        limit: usize,
    },
    /// A member is not known.
    #[error("has the member {}, which is not known", one_line(member, SHOWN))]
    UnknownMember {
        /// Which.
        member: String,
    },
    /// A scope stands beside `*`.
    #[error("has another scope beside `*`")]
    WildcardNotAlone,
}

impl From<StatementError> for PolicyProblem {
    fn from(error: StatementError) -> Self {
        Self::Statement(error)
    }
}

impl From<ScopeError> for PolicyProblem {
    fn from(error: ScopeError) -> Self {
        Self::Scope(error)
    }
}

impl From<IdentityError> for PolicyProblem {
    fn from(error: IdentityError) -> Self {
        Self::Identities(error)
    }
}

/// Why a document says nothing about an artifact.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectError {
    /// The reference has no digest.
    #[error("a reference for a trust policy has a digest")]
    NoDigest,
    /// A trust policy for files has no global statement, which decides where none is named.
    #[error("the trust policy has no global statement, and none was named")]
    NoGlobalStatement,
    /// No statement of a trust policy for files has that name.
    #[error("the trust policy has no statement {:?}", one_line(name, 300))]
    NoSuchStatement {
        /// The name.
        name: String,
    },
    /// No statement applies.
    #[error(
        "no statement of the trust policy applies to {}",
        one_line(wanted, 300)
    )]
    NoStatement {
        /// What one was looked for.
        wanted: String,
    },
    /// What stands before the digest is no repository.
    #[error("the reference does not name a repository: {0}")]
    Repository(ScopeError),
}

impl SelectError {
    /// The reason code.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::NoGlobalStatement | Self::NoSuchStatement { .. } | Self::NoStatement { .. } => {
                codes::POLICY_NO_MATCH
            }
            Self::NoDigest | Self::Repository(_) => Code::REFERENCE_INVALID,
        }
    }
}

impl From<TrustPolicyError> for Rejection {
    fn from(error: TrustPolicyError) -> Self {
        Self::new(codes::POLICY_INVALID, error.to_string())
    }
}

impl From<SelectError> for Rejection {
    fn from(error: SelectError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
