//! Statements: whom to trust, and what to check.

mod encode;
mod error;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use doorward_core::Action;

use crate::level::Actions;
use crate::{Level, PluginRule, StoreReference, TrustedIdentities, ValidationKind, limits};

pub use error::StatementError;

/// The beginning of annotations that are reserved for the Notary Project (Signature Specification, "Payload").
const RESERVED: &str = "io.cncf.notary";

/// When a countersignature is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VerifyTimestamp {
    /// Only once a certificate of the signer has expired.
    AfterCertExpiry,
    /// Always, if the statement names a store of the type `tsa`.
    #[default]
    Always,
}

/// Which times of signing are held against the invalidity date of a revocation (RFC 5280, section 5.3.2): before it,
/// the key was not yet compromised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InvalidityDate {
    /// None: a revoked certificate is revoked for all that it signed.
    Ignored,
    /// That of a signing authority, as for the reference.
    #[default]
    OfSigningAuthority,
    /// That of a signing authority, and that of a verified countersignature.
    OfAnyVerifiedTime,
}

/// Whom to trust, and what becomes of each check: one statement of a trust policy, from whichever kind of document. Its
/// builder checks it, so a statement can be verified against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    name: String,
    actions: Actions,
    trust_stores: Vec<StoreReference>,
    identities: TrustedIdentities,
    verify_timestamp: VerifyTimestamp,
    tsa_revocation: Action,
    invalidity_date: InvalidityDate,
    user_metadata: BTreeMap<String, String>,
    plugins: Vec<PluginRule>,
}

impl Statement {
    /// A statement at a level, with a name for reports, that trusts nobody yet.
    pub fn builder(name: impl Into<String>, level: Level) -> StatementBuilder {
        StatementBuilder {
            name: name.into(),
            actions: Actions::of(level),
            overridden: BTreeSet::new(),
            trust_stores: Vec::new(),
            identities: None,
            verify_timestamp: VerifyTimestamp::default(),
            tsa_revocation: Action::Enforce,
            invalidity_date: InvalidityDate::default(),
            user_metadata: BTreeMap::new(),
            plugins: Vec::new(),
            problem: None,
        }
    }

    /// The same statement with user metadata that every signature must carry, in place of what was demanded before.
    ///
    /// # Errors
    /// [`StatementError::ReservedMetadata`].
    pub fn with_user_metadata(
        mut self,
        demanded: BTreeMap<String, String>,
    ) -> Result<Self, StatementError> {
        check_metadata(&demanded)?;
        self.user_metadata = demanded;
        Ok(self)
    }

    /// The name for reports.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What becomes of a failure. That no certificate of a time-stamping authority was revoked is a part of what the
    /// countersignature proves, so it is never more than logged where that is logged.
    #[must_use]
    pub const fn action(&self, kind: ValidationKind) -> Action {
        match (kind, self.tsa_revocation) {
            (ValidationKind::TimestampRevocation, Action::Enforce) => {
                self.actions.get(ValidationKind::AuthenticTimestamp)
            }
            (ValidationKind::TimestampRevocation, other) => other,
            _ => self.actions.get(kind),
        }
    }

    /// The trust stores, in the order of the policy.
    #[must_use]
    pub fn trust_stores(&self) -> &[StoreReference] {
        &self.trust_stores
    }

    /// The signers that are accepted.
    #[must_use]
    pub const fn identities(&self) -> &TrustedIdentities {
        &self.identities
    }

    /// When a countersignature is looked at.
    #[must_use]
    pub const fn verify_timestamp(&self) -> VerifyTimestamp {
        self.verify_timestamp
    }

    /// What becomes of it if a certificate of the time-stamping authority was revoked, or if that is not known.
    #[must_use]
    pub const fn tsa_revocation(&self) -> Action {
        self.tsa_revocation
    }

    /// Which times of signing are held against the invalidity date of a revocation.
    #[must_use]
    pub const fn invalidity_date(&self) -> InvalidityDate {
        self.invalidity_date
    }

    /// The plug-ins that signatures may name. Without one of them, a signature that names a plug-in is refused.
    #[must_use]
    pub fn plugins(&self) -> &[PluginRule] {
        &self.plugins
    }

    /// The same statement with these plug-ins, in place of what it allowed before.
    ///
    /// # Errors
    /// [`StatementError::PluginTwice`] or [`StatementError::TooManyPlugins`].
    pub fn with_plugins(mut self, plugins: Vec<PluginRule>) -> Result<Self, StatementError> {
        check_plugins(&plugins)?;
        self.plugins = plugins;
        Ok(self)
    }

    /// What a signature must say about the artifact.
    #[must_use]
    pub const fn user_metadata(&self) -> &BTreeMap<String, String> {
        &self.user_metadata
    }
}

/// Makes a [`Statement`].
#[derive(Clone, Debug)]
#[must_use]
pub struct StatementBuilder {
    name: String,
    actions: Actions,
    overridden: BTreeSet<ValidationKind>,
    trust_stores: Vec<StoreReference>,
    identities: Option<TrustedIdentities>,
    verify_timestamp: VerifyTimestamp,
    tsa_revocation: Action,
    invalidity_date: InvalidityDate,
    user_metadata: BTreeMap<String, String>,
    plugins: Vec<PluginRule>,
    problem: Option<StatementError>,
}

impl StatementBuilder {
    /// Chooses what becomes of failures of one validation, once for each. Integrity is always enforced; only revocation
    /// can be skipped.
    pub fn overriding(mut self, kind: ValidationKind, action: Action) -> Self {
        match self.actions.overriding(kind, action) {
            None => self.fail(StatementError::NotOverridable { kind, action }),
            Some(_) if !self.overridden.insert(kind) => {
                self.fail(StatementError::OverriddenTwice { kind });
            }
            Some(actions) => self.actions = actions,
        }
        self
    }

    /// Adds a trust store.
    pub fn trust_store(mut self, store: StoreReference) -> Self {
        self.trust_stores.push(store);
        self
    }

    /// Says which signers are accepted.
    pub fn identities(mut self, identities: TrustedIdentities) -> Self {
        self.identities = Some(identities);
        self
    }

    /// Says when a countersignature is looked at.
    pub const fn verify_timestamp(mut self, when: VerifyTimestamp) -> Self {
        self.verify_timestamp = when;
        self
    }

    /// Chooses what becomes of it if a certificate of the time-stamping authority was revoked, or if that is not known.
    /// The reference always enforces it.
    pub const fn tsa_revocation(mut self, action: Action) -> Self {
        self.tsa_revocation = action;
        self
    }

    /// Chooses which times of signing are held against the invalidity date of a revocation.
    pub const fn invalidity_date(mut self, honoured: InvalidityDate) -> Self {
        self.invalidity_date = honoured;
        self
    }

    /// Demands that every signature carries these annotations. Keys below `io.cncf.notary` are reserved.
    pub fn user_metadata(mut self, demanded: BTreeMap<String, String>) -> Self {
        match check_metadata(&demanded) {
            Ok(()) => self.user_metadata = demanded,
            Err(error) => self.fail(error),
        }
        self
    }

    /// Allows signatures to name a plug-in, each once.
    pub fn plugin(mut self, rule: PluginRule) -> Self {
        self.plugins.push(rule);
        self
    }

    fn fail(&mut self, problem: StatementError) {
        self.problem.get_or_insert(problem);
    }

    /// The statement.
    ///
    /// # Errors
    /// The first [`StatementError`]; also if there is no trust store, or if nothing was said about identities.
    pub fn build(self) -> Result<Statement, StatementError> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        if self.trust_stores.is_empty() {
            return Err(StatementError::NoTrustStore);
        }
        if self.trust_stores.len() > limits::ENTRIES {
            return Err(StatementError::TooManyTrustStores {
                limit: limits::ENTRIES,
            });
        }
        check_plugins(&self.plugins)?;
        Ok(Statement {
            name: self.name,
            actions: self.actions,
            trust_stores: self.trust_stores,
            identities: self.identities.ok_or(StatementError::NoIdentities)?,
            verify_timestamp: self.verify_timestamp,
            tsa_revocation: self.tsa_revocation,
            invalidity_date: self.invalidity_date,
            user_metadata: self.user_metadata,
            plugins: self.plugins,
        })
    }
}

fn check_metadata(demanded: &BTreeMap<String, String>) -> Result<(), StatementError> {
    let reserved = demanded.keys().find(|key| key.starts_with(RESERVED));
    reserved.map_or(Ok(()), |key| {
        Err(StatementError::ReservedMetadata { key: key.clone() })
    })
}

fn check_plugins(plugins: &[PluginRule]) -> Result<(), StatementError> {
    if plugins.len() > limits::PLUGINS {
        return Err(StatementError::TooManyPlugins {
            limit: limits::PLUGINS,
        });
    }
    let mut names = BTreeSet::new();
    match plugins.iter().find(|rule| !names.insert(&rule.name)) {
        None => Ok(()),
        Some(rule) => Err(StatementError::PluginTwice {
            name: rule.name.clone(),
        }),
    }
}
