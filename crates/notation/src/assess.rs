//! The walk through all validations of one signature.

mod artifact;
mod attributes;
mod authenticity;
mod given;
mod newest;
mod plugin;
mod request;
mod revocation;
mod timestamp;

use std::sync::Arc;

use doorward_core::{Action, BudgetExceeded, Rejection, Scheme, Timestamp};
use doorward_crypto::{Certificate, KnownSignatures, SignatureChecks, VerifiedTimestamp};

use crate::{
    Accepted, GivenRevocation, InvalidityDate, SignedPayload, SigningScheme, Statement,
    TrustStores, Validation, ValidationKind, codes,
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

    /// Whether nobody is asked about the signer, because no failure of that would change anything: the statement only
    /// logs that it is not trusted, and would only log what authorities say. Strangers choose what stands in their
    /// certificates, and whom to ask is a part of it.
    fn leaves_signer_unasked(&self) -> bool {
        self.trusted.is_none() && self.statement.action(ValidationKind::Revocation) == Action::Log
    }

    /// Whether there is a certificate of the signer whose revocation is asked about.
    fn inquires_after_signer(&self) -> bool {
        let mut kinds = self.inquiries.iter().map(Inquiry::kind);
        kinds.any(|kind| kind == ValidationKind::Revocation)
    }

    /// One inquiry for each certificate whose revocation counts: all but the roots (Trust Store and Trust Policy
    /// Specification, "Certificate Revocation Evaluation").
    fn inquire(&self) -> Vec<Inquiry> {
        let signer = (
            ValidationKind::Revocation,
            (!self.leaves_signer_unasked()).then(|| self.signed.chain()),
            self.verified_time(),
        );
        // A time of its own does not vouch for a certificate of the authority that gave it.
        let authority = (
            ValidationKind::TimestampRevocation,
            self.stamped.as_ref().map(VerifiedTimestamp::chain),
            None,
        );
        [signer, authority]
            .into_iter()
            .filter(|(kind, ..)| self.statement.action(*kind) != Action::Skip)
            .filter_map(|(kind, chain, signed_at)| {
                chain.map(|chain| Inquiry::of_chain(kind, chain, signed_at))
            })
            .flatten()
            .collect()
    }

    /// The last second at which the signature is known to have been made, if the statement lets it count against the
    /// invalidity date of a revocation.
    fn verified_time(&self) -> Option<Timestamp> {
        let of_authority = match self.signed.scheme() {
            SigningScheme::SigningAuthority => Some(self.signed.signing_time().latest()),
            SigningScheme::X509 => None,
        };
        match self.statement.invalidity_date() {
            InvalidityDate::Ignored => None,
            InvalidityDate::OfSigningAuthority => of_authority,
            InvalidityDate::OfAnyVerifiedTime => {
                of_authority.or_else(|| self.stamped.as_ref().map(VerifiedTimestamp::latest))
            }
        }
    }

    /// The last second in which the signature was made, as the signer says.
    pub(crate) fn made_by(&self) -> Timestamp {
        self.signed.signing_time().latest()
    }

    /// What must be asked for next, all of it at once. Empty if nothing more can decide.
    ///
    /// Give it all answers so far each time. It asks each source of a certificate only if those before it did not
    /// decide, and nothing more once a failure is certain that is enforced.
    ///
    /// # Errors
    /// [`BudgetExceeded`] if checking the answers would take more signatures than are left.
    pub fn wants(
        &mut self,
        answers: &RevocationAnswers,
        checks: &mut SignatureChecks<'_>,
    ) -> Result<Vec<RevocationRequest>, BudgetExceeded> {
        let mut wanted = Vec::new();
        for inquiry in &mut self.inquiries {
            if let Some(request) = inquiry.advance(&self.given, answers, self.at, checks)?
                && !wanted.contains(&request)
            {
                wanted.push(request);
            }
        }
        let kinds = [
            ValidationKind::Revocation,
            ValidationKind::TimestampRevocation,
        ];
        if self.lacks_verdict() || kinds.into_iter().any(|kind| self.has_failed(kind)) {
            wanted.clear();
        }
        Ok(wanted)
    }

    /// Whether it is certain that a validation fails which is enforced.
    fn has_failed(&self, kind: ValidationKind) -> bool {
        self.statement.action(kind) == Action::Enforce
            && self
                .inquiries
                .iter()
                .any(|inquiry| inquiry.kind() == kind && inquiry.has_failed())
    }

    /// The answers that said something about revocation, but those that were verified before.
    pub fn relied_on(&self) -> impl Iterator<Item = &ReliedOn> {
        self.inquiries.iter().flat_map(Inquiry::relied_on)
    }

    /// The outcome.
    ///
    /// # Errors
    /// The first failure that is enforced, with all validations as its checks. A certificate about which nothing was
    /// found out fails its validation: that an authority is out is no reason to trust, and none to say that the image
    /// could not be judged.
    pub fn finish(mut self) -> Result<Accepted, Rejection> {
        // A plug-in that was not asked all was not because something else had failed, which comes first.
        let is_open = self.has_open_plugin();
        if !is_open {
            self.conclude_plugin()?;
        }
        self.conclude_revocation()?;
        if is_open {
            self.conclude_plugin()?;
        }
        let until = self.valid_until();
        Ok(Accepted {
            signed_at: self.signed_at(),
            authentic_at: self.authentic_at(),
            valid_until: until,
            certificates_end: self.certificates_end().filter(|_| self.trusted.is_some()),
            statement: self.statement.name().to_owned(),
            signed: self.signed,
            validations: self.validations,
            trusted: self.trusted,
            plugin: self.plugin.map(|plugin| plugin.inquiry.rule().name.clone()),
            source: None,
        })
    }

    fn conclude_revocation(&mut self) -> Result<(), Rejection> {
        let mut kinds = [
            ValidationKind::Revocation,
            ValidationKind::TimestampRevocation,
        ];
        // Once one failure was certain, nothing more was asked, so it comes before what is not known.
        if self.has_failed(ValidationKind::TimestampRevocation)
            && !self.has_failed(ValidationKind::Revocation)
        {
            kinds.reverse();
        }
        for kind in kinds {
            if kind == ValidationKind::TimestampRevocation && self.stamped.is_none() {
                continue;
            }
            let is_of_signer = kind == ValidationKind::Revocation;
            let concluded = if is_of_signer && self.leaves_revocation_to_plugin() {
                Ok(())
            } else if is_of_signer && self.leaves_signer_unasked() && !self.inquires_after_signer()
            {
                // What was not asked has not passed.
                let detail = "nobody was asked whether the certificates of a signer were revoked who is not trusted";
                Err(Rejection::new(codes::REVOCATION_UNKNOWN, detail))
            } else {
                let inquiries = self.inquiries.iter();
                revocation::conclude(inquiries.filter(|inquiry| inquiry.kind() == kind))
            };
            let by_plugin = if is_of_signer {
                self.revocation_by_plugin()
            } else {
                Ok(())
            };
            self.record(kind, concluded.and(by_plugin))?;
        }
        Ok(())
    }

    fn signed_at(&self) -> Timestamp {
        match &self.stamped {
            Some(stamped) => stamped.latest(),
            None => self.signed.signing_time().earliest(),
        }
    }

    /// Whether the certificates must be valid now, because nobody vouches for another time.
    fn now_counts(&self) -> bool {
        self.signed.scheme() == SigningScheme::X509 && self.stamped.is_none()
    }

    fn certificates_end(&self) -> Option<Timestamp> {
        let certificates = self.signed.chain().certificates();
        certificates
            .map(Certificate::not_after)
            .filter(|_| self.now_counts())
            .min()
    }

    /// A signing authority vouches for its own time, as far as it is one that the statement trusts.
    fn authentic_at(&self) -> Option<Timestamp> {
        let is_authority = self.signed.scheme() == SigningScheme::SigningAuthority;
        let vouched = is_authority && self.trusted.is_some();
        (vouched || self.stamped.is_some()).then(|| self.signed_at())
    }

    /// The last second at which no validation would come to something else: expiry, certificates where they must be
    /// valid now, and answers about revocation, which say until when they hold.
    fn valid_until(&self) -> Option<Timestamp> {
        let expiry = self
            .signed
            .expiry()
            .map(|expiry| expiry.earliest().plus(-1));
        let validity = self
            .signed
            .chain()
            .certificates()
            .map(Certificate::not_after)
            .filter(|_| self.now_counts());
        let answers = self.inquiries.iter().filter_map(Inquiry::holds_until);
        // A plug-in may say something else at any time.
        let plugin = self.plugin.as_ref().map(|_| self.at);
        // What has passed already was forgiven, and stays so.
        expiry
            .into_iter()
            .chain(validity)
            .chain(answers)
            .chain(plugin)
            .filter(|end| *end >= self.at)
            .min()
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
