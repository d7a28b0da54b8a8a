//! The `notation` block and trust policies of the Notary Project, compiled.

mod inputs;
mod stores;
mod survey;
mod trust_policy;

use std::sync::Arc;

use doorward_core::{Code, Rejection, Scheme};
use doorward_notation::{
    InvalidityDate, Level, PluginRule, Statement, TrustStores, TrustedIdentities, ValidationKind,
    VerifiedSignatures, VerifyTimestamp, codes as notation_codes,
};
use doorward_policy::{
    IdentityMatching, Notation, NotationCheck, NotationLevel, NotationPlugin, NotationStatement,
    PluginRole, Quorum,
};
use futures::future::try_join_all;

use self::inputs::NotationInputs;
use self::survey::ReferrersSurvey;
pub(in crate::compile) use self::trust_policy::trust_policy;
use crate::compile::entry::PolicyEntry;
use crate::compile::inspecting::Inspecting;
use crate::compile::unit::{CompileUnit, NodeFuture, SurveysFuture};
use crate::inputs::Inputs;
use crate::plan::{Demand, Node, Opening, Plan};
use crate::survey::Survey;

/// The unit of Notary Project signatures.
#[derive(Debug, Default)]
pub(super) struct NotationUnit {
    /// Signatures on certificates that decisions of the engine have verified. The chains of those who sign software are
    /// the same for all they sign.
    verified: Arc<VerifiedSignatures>,
}

impl CompileUnit for NotationUnit {
    fn scheme(&self) -> Scheme {
        Scheme::NOTATION
    }

    fn compile<'a>(
        &'a self,
        demand: &'a doorward_policy::Demand,
        entry: PolicyEntry<'a>,
    ) -> Option<NodeFuture<'a>> {
        let doorward_policy::Demand::Notation(notation) = demand else {
            return None;
        };
        Some(Box::pin(compile(notation, &self.verified, entry)))
    }

    fn surveys<'a>(&'a self, inspecting: &'a Inspecting<'a>) -> SurveysFuture<'a> {
        let survey = ReferrersSurvey {
            artifact_type: inspecting.places().artifact_type.clone(),
        };
        let surveys = vec![Box::new(survey) as Box<dyn Survey>];
        Box::pin(std::future::ready(Ok(surveys)))
    }
}

/// One statement is a demand; of several, so many must be met as the policy says.
async fn compile(
    notation: &Notation,
    verified: &Arc<VerifiedSignatures>,
    entry: PolicyEntry<'_>,
) -> Result<Node, Rejection> {
    if let [only] = &notation.statements[..] {
        let demand = statement(only, 1, verified, entry).await?;
        return Ok(Node::Demand(Box::new(demand)));
    }
    let statements = notation.statements.iter().zip(1..);
    let demands = statements.map(|(one, place)| statement(one, place, verified, entry));
    let plans = try_join_all(demands)
        .await?
        .into_iter()
        .map(|demand| Plan::new(vec![Node::Demand(Box::new(demand) as Box<dyn Demand>)]));
    let of: Vec<_> = plans.collect();
    Ok(match notation.require {
        Quorum::Any => Node::Any(of),
        quorum => Node::AtLeast {
            needed: quorum.of(of.len()),
            of,
        },
    })
}

/// A statement of a policy, which is the `place`th of its block.
async fn statement(
    policy: &NotationStatement,
    place: usize,
    verified: &Arc<VerifiedSignatures>,
    entry: PolicyEntry<'_>,
) -> Result<NotationDemand, Rejection> {
    let invalid = |error: String| {
        let detail = format!("a statement of `notation` is not usable: {error}");
        Rejection::new(Code::POLICY_INVALID, detail)
    };
    let stores = stores::read(&policy.trust_stores, entry).await?;
    let name = match &policy.name {
        Some(name) => name.clone(),
        // Sentences say "statement" before it.
        None => place.to_string(),
    };
    let mut builder = Statement::builder(name, level(policy.level));
    for (check, action) in &policy.overrides {
        builder = builder.overriding(kind(*check), *action);
    }
    for (reference, _) in &stores {
        builder = builder.trust_store(reference.clone());
    }
    for one in &policy.plugins {
        builder = builder.plugin(plugin(one));
    }
    let identities = match policy.identity_matching {
        IdentityMatching::Compatible => TrustedIdentities::compatible(&policy.trusted_identities),
        IdentityMatching::Wider => TrustedIdentities::wider(&policy.trusted_identities),
    };
    let identities = identities.map_err(|error| invalid(error.to_string()))?;
    let statement = builder
        .identities(identities)
        .verify_timestamp(match policy.verify_timestamp {
            doorward_policy::VerifyTimestamp::AfterCertExpiry => VerifyTimestamp::AfterCertExpiry,
            doorward_policy::VerifyTimestamp::Always => VerifyTimestamp::Always,
        })
        .tsa_revocation(policy.tsa_revocation)
        .invalidity_date(match policy.honour_invalidity_date {
            None => InvalidityDate::default(),
            Some(true) => InvalidityDate::OfAnyVerifiedTime,
            Some(false) => InvalidityDate::Ignored,
        })
        .user_metadata(policy.user_metadata.iter().cloned().collect())
        .build()
        .map_err(|error| invalid(error.to_string()))?;
    let given = stores::revocation(&policy.revocation, entry).await?;
    let mut all = TrustStores::new().with_revocation(given);
    for (reference, store) in stores {
        all = all.with(reference, Ok(store));
    }
    Ok(NotationDemand {
        statement: Arc::new(statement),
        stores: Arc::new(all),
        verified: Some(Arc::clone(verified)),
    })
}

fn plugin(policy: &NotationPlugin) -> PluginRule {
    let mut rule = PluginRule::new(policy.name.clone());
    rule.replaces_identity = policy.identity == PluginRole::Replace;
    rule.replaces_revocation = policy.revocation == PluginRole::Replace;
    rule
}

const fn level(level: NotationLevel) -> Level {
    match level {
        NotationLevel::Audit => Level::Audit,
        NotationLevel::Permissive => Level::Permissive,
        NotationLevel::Strict => Level::Strict,
    }
}

const fn kind(check: NotationCheck) -> ValidationKind {
    match check {
        NotationCheck::AuthenticTimestamp => ValidationKind::AuthenticTimestamp,
        NotationCheck::Authenticity => ValidationKind::Authenticity,
        NotationCheck::Expiry => ValidationKind::Expiry,
        NotationCheck::Revocation => ValidationKind::Revocation,
    }
}

/// That a signature of the Notary Project holds against one statement.
struct NotationDemand {
    statement: Arc<Statement>,
    stores: Arc<TrustStores>,
    verified: Option<Arc<VerifiedSignatures>>,
}

impl Demand for NotationDemand {
    fn scheme(&self) -> Scheme {
        Scheme::NOTATION
    }

    fn signs_an_index(&self, rejection: &Rejection) -> Option<&'static str> {
        (rejection.code() == notation_codes::NO_SIGNATURE)
            .then_some("`notation sign REPOSITORY@DIGEST` with the digest of the index signs it")
    }

    /// A signature by somebody who is trusted that does not count for another reason, and content that a registry gave in
    /// the place of another.
    fn leaves_open(&self, rejection: &Rejection) -> bool {
        let code = rejection.code();
        let causes = rejection.causes();
        notation_codes::leaves_open(code)
            || code == Code::REGISTRY_DIGEST_MISMATCH
            || causes.iter().any(|cause| self.leaves_open(cause))
    }

    fn inputs(&self, opening: &Opening<'_>) -> Box<dyn Inputs> {
        Box::new(NotationInputs {
            pinned: opening.pinned.clone(),
            manifest: opening.manifest.cloned(),
            statement: Arc::clone(&self.statement),
            stores: Arc::clone(&self.stores),
            verified: self.verified.clone(),
            wants_latest: opening.wants_latest,
        })
    }
}
