//! Verification levels: which failures refuse an artifact.

use std::fmt;

use doorward_core::Action;

/// One validation of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValidationKind {
    /// The envelope is whole, and its certificates are a chain.
    Integrity,
    /// Every attribute that the signer declared critical is understood, and the plug-in that is called for gave a
    /// verdict.
    Attributes,
    /// The signer is trusted: trust stores and identities.
    Authenticity,
    /// The signature has not expired by the signer's own word.
    Expiry,
    /// The certificates were valid when the signature was made.
    AuthenticTimestamp,
    /// What was signed is the artifact.
    Artifact,
    /// The signature carries the user metadata that is demanded.
    UserMetadata,
    /// No certificate of the signer was revoked.
    Revocation,
    /// No certificate of the time-stamping authority was revoked.
    TimestampRevocation,
}

impl ValidationKind {
    /// The name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Integrity => "integrity",
            Self::Attributes => "attributes",
            Self::Authenticity => "authenticity",
            Self::Expiry => "expiry",
            Self::AuthenticTimestamp => "authentic-timestamp",
            Self::Artifact => "artifact",
            Self::UserMetadata => "user-metadata",
            Self::Revocation => "revocation",
            Self::TimestampRevocation => "timestamp-revocation",
        }
    }
}

impl fmt::Display for ValidationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A verification level at which something is verified (Trust Store and Trust Policy Specification, "Signature
/// Verification Level"). The level `skip` is not among them: nothing is verified there, so there is nothing that a
/// statement could be held against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Integrity is enforced; the rest is logged.
    Audit,
    /// Integrity and authenticity are enforced; times and revocation are logged.
    Permissive,
    /// Everything is enforced.
    #[default]
    Strict,
}

/// What becomes of each validation whose failures a policy may forgive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Actions {
    authenticity: Action,
    authentic_timestamp: Action,
    expiry: Action,
    revocation: Action,
}

impl Actions {
    /// The table of the clause.
    pub(crate) const fn of(level: Level) -> Self {
        let (authenticity, others) = match level {
            Level::Strict => (Action::Enforce, Action::Enforce),
            Level::Permissive => (Action::Enforce, Action::Log),
            Level::Audit => (Action::Log, Action::Log),
        };
        Self {
            authenticity,
            authentic_timestamp: others,
            expiry: others,
            revocation: others,
        }
    }

    /// What becomes of a failure. What is not of a level is enforced at every one.
    pub(crate) const fn get(self, kind: ValidationKind) -> Action {
        match kind {
            ValidationKind::Authenticity => self.authenticity,
            ValidationKind::AuthenticTimestamp => self.authentic_timestamp,
            ValidationKind::Expiry => self.expiry,
            ValidationKind::Revocation => self.revocation,
            ValidationKind::Integrity
            | ValidationKind::Attributes
            | ValidationKind::Artifact
            | ValidationKind::TimestampRevocation
            | ValidationKind::UserMetadata => Action::Enforce,
        }
    }

    /// The same actions with another one for `kind`. Returns `None` if a policy may not choose it: only revocation can
    /// be skipped, and only what is of a level can be changed.
    pub(crate) fn overriding(mut self, kind: ValidationKind, action: Action) -> Option<Self> {
        let slot = match kind {
            ValidationKind::Authenticity => &mut self.authenticity,
            ValidationKind::AuthenticTimestamp => &mut self.authentic_timestamp,
            ValidationKind::Expiry => &mut self.expiry,
            ValidationKind::Revocation => &mut self.revocation,
            ValidationKind::Integrity
            | ValidationKind::Attributes
            | ValidationKind::Artifact
            | ValidationKind::TimestampRevocation
            | ValidationKind::UserMetadata => return None,
        };
        if action == Action::Skip && kind != ValidationKind::Revocation {
            return None;
        }
        *slot = action;
        Some(self)
    }
}
