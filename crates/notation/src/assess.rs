//! The walk through all validations of one signature.

mod artifact;
mod asked;
mod attributes;
mod authenticity;
mod given;
mod newest;
mod outcome;
mod plugin;
mod request;
mod revocation;
mod timestamp;

use std::sync::Arc;

use doorward_core::{Action, Rejection, Scheme, Timestamp};
use doorward_crypto::{Certificate, KnownSignatures, SignatureChecks, VerifiedTimestamp};

use crate::{
    GivenRevocation, SignedPayload, Statement, TrustStores, Validation, ValidationKind, codes,
};
use plugin::Consulted;
use revocation::Inquiry;

pub use artifact::Artifact;
pub use request::{ReliedOn, RevocationAnswers, RevocationRequest};

/// The validations of one signature, as far as they were made.
///
/// They are made in the order of the reference, but that the artifact and the user metadata are looked at before
/// countersignatures and revocation: these two cost nothing, are fatal at every level, and spare work and questions
/// that can no longer decide. The first failure that is enforced ends the walk.
///
/// 1. [`Walk::begin`] makes all that need nothing from a network.
/// 2. [`Walk::wants`] says what must be asked for next, until it wants nothing more or nothing more can be had. Before
///    and after that, [`Walk::wants_plugin`] says what a plug-in must be asked. What a plug-in takes part in is
///    recorded last.
/// 3. [`Walk::finish`] gives the outcome. What was not answered is not known, and so has failed.
#[derive(Clone, Debug)]
pub struct Walk {
    signed: SignedPayload,
    statement: Arc<Statement>,
    at: Timestamp,
    validations: Vec<Validation>,
    trusted: Option<Certificate>,
    stamped: Option<VerifiedTimestamp>,
    inquiries: Vec<Inquiry>,
    given: Arc<GivenRevocation>,
    plugin: Option<Consulted>,
}

impl Walk {
    /// Makes all validations that need nothing from a network, at the time `at`.
    ///
    /// # Errors
    /// The first failure that is enforced, with the validations so far as its checks; `budget-exceeded`.
    pub fn begin(
        signed: SignedPayload,
        artifact: &Artifact<'_>,
        statement: &Arc<Statement>,
        stores: &TrustStores,
        at: Timestamp,
        checks: &mut SignatureChecks<'_>,
    ) -> Result<Self, Rejection> {
        let mut walk = Self {
            signed,
            statement: Arc::clone(statement),
            at,
            validations: Vec::new(),
            trusted: None,
            stamped: None,
            inquiries: Vec::new(),
            given: Arc::clone(stores.revocation()),
            plugin: None,
        };
        // That the payload was signed is what the type says.
        walk.record(ValidationKind::Integrity, Ok(()))?;
        walk.authenticate(stores)?;
        walk.record(ValidationKind::Expiry, expiry(&walk.signed, at))?;
        // Fatal at every level and free, so before what costs something.
        let artifact = artifact::check(&walk.signed, artifact);
        walk.record(ValidationKind::Artifact, artifact)?;
        let metadata = artifact::check_metadata(&walk.signed, statement.user_metadata());
        walk.record(ValidationKind::UserMetadata, metadata)?;
        let stamped = match timestamp::check(&walk.signed, statement, stores, at, checks)? {
            Ok(stamped) => {
                walk.stamped = stamped;
                Ok(())
            }
            Err(rejection) => Err(rejection),
        };
        walk.record(ValidationKind::AuthenticTimestamp, stamped)?;
        walk.share(checks.known());
        walk.inquiries = walk.inquire();
        // Certificates that do not say where to ask are decided without an answer.
        walk.wants(&RevocationAnswers::new(), checks)?;
        Ok(walk)
    }

    /// What the signer demands, and whether the signer is trusted. What a plug-in takes part in waits for it.
    fn authenticate(&mut self, stores: &TrustStores) -> Result<(), Rejection> {
        let statement = Arc::clone(&self.statement);
        let plugin = match attributes::check(&self.signed, &statement) {
            Ok(plugin) => plugin,
            Err(rejection) => {
                // What a stranger demands of verifiers is nothing that a trusted signer leaves open.
                let chain = authenticity::check_chain(&self.signed, &statement, stores);
                let mut rules = statement.plugins().iter();
                let identity = match rules.any(|rule| rule.replaces_identity) {
                    // Only the plug-in could say.
                    true => Ok(()),
                    false => authenticity::check_identity(&self.signed, &statement),
                };
                if let Err(stranger) = chain.and(identity) {
                    self.record(ValidationKind::Authenticity, Err(stranger))?;
                }
                return self.record(ValidationKind::Attributes, Err(rejection));
            }
        };
        let chain = authenticity::check_chain(&self.signed, &statement, stores).cloned();
        let identity = authenticity::check_identity(&self.signed, &statement);
        let Some(inquiry) = plugin else {
            self.record(ValidationKind::Attributes, Ok(()))?;
            let authentic = chain.and_then(|trusted| identity.map(|()| trusted));
            self.trusted = authentic.as_ref().ok().cloned();
            return self.record(ValidationKind::Authenticity, authentic.map(drop));
        };
        match chain {
            Err(rejection) => {
                self.record(ValidationKind::Authenticity, Err(rejection))?;
                let why = "it is not asked about a signer below no trust store";
                self.record(ValidationKind::Attributes, Err(inquiry.failed(why)))
            }
            Ok(_) if identity.is_err() && !inquiry.rule().replaces_identity => {
                self.plugin = Some(Consulted {
                    inquiry,
                    identity: None,
                });
                self.record(ValidationKind::Authenticity, identity)
            }
            Ok(trusted) => {
                self.trusted = Some(trusted);
                self.plugin = Some(Consulted {
                    inquiry,
                    identity: Some(identity),
                });
                Ok(())
            }
        }
    }

    /// Gives other decisions the signatures on certificates that lead to trusted ones.
    fn share(&self, known: &KnownSignatures) {
        if self.trusted.is_some() {
            known.share(self.signed.chain());
        }
        if let Some(stamped) = &self.stamped {
            known.share(stamped.chain());
        }
    }

    /// The last second in which the signature was made, as the signer says.
    pub(crate) fn made_by(&self) -> Timestamp {
        self.signed.signing_time().latest()
    }

    /// Records a result. A failure that is enforced ends the walk.
    fn record(
        &mut self,
        kind: ValidationKind,
        result: Result<(), Rejection>,
    ) -> Result<(), Rejection> {
        let action = self.statement.action(kind);
        let validation = Validation::new(kind, action, result);
        let failure = validation.failure().cloned();
        self.validations.push(validation);
        match failure {
            Some(failure) if action == Action::Enforce => {
                let checks = self.validations.iter().map(Validation::check).collect();
                Err(failure.with_checks(checks).in_scheme(Scheme::NOTATION))
            }
            _ => Ok(()),
        }
    }
}

/// The signature counts until the second before its expiry (Trust Store and Trust Policy Specification, "Signature
/// Verification", step *expiry*).
fn expiry(signed: &SignedPayload, at: Timestamp) -> Result<(), Rejection> {
    match signed.expiry() {
        Some(expiry) if expiry.earliest() <= at => {
            let detail = format!("the signature expired at {}", expiry.earliest());
            Err(Rejection::new(codes::EXPIRED, detail))
        }
        _ => Ok(()),
    }
}
