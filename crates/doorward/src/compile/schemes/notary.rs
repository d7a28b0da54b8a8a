//! The `trust` block, compiled.

mod pins;
mod survey;

use bytes::Bytes;
use doorward_core::{Code, Reference, Rejection, Repository, Scheme, Session, StateKey, Timestamp};
use doorward_notary::{
    NotarySession, Pins, Remembered, SessionInput, Signer, TrustScope, Wanted, trust_state_key,
    usual_trust_servers,
};
use doorward_policy::{Group, PolicyKind, RuleId, SecretRef, Trust};
use futures::future::try_join_all;

use crate::compile::entry::PolicyEntry;
use crate::compile::inspecting::Inspecting;
use crate::compile::secret::PolicySecret;
use crate::compile::unit::{CompileUnit, NodeFuture, SurveysFuture};
use crate::plan::{Lookup, Node};

/// The items of a signer's secret, as Portieris names them.
const NAME_ITEM: &str = "name";
const KEY_ITEM: &str = "publicKey";
/// The most bytes of a signer's name and key. All of them are read for each image.
const MAX_NAME: usize = 1 << 10;
const MAX_KEY: usize = 16 << 10;

/// The unit of Notary v1.
#[derive(Debug)]
pub(super) struct NotaryUnit {
    /// Whether `trust` of the Portieris groups, which cannot name pins, believes the first root.
    pub(super) first_use: bool,
}

impl CompileUnit for NotaryUnit {
    fn scheme(&self) -> Scheme {
        Scheme::NOTARY
    }

    fn compile<'a>(
        &'a self,
        demand: &'a doorward_policy::Demand,
        entry: PolicyEntry<'a>,
    ) -> Option<NodeFuture<'a>> {
        let doorward_policy::Demand::Trust(trust) = demand else {
            return None;
        };
        Some(Box::pin(async move {
            let lookup = self.lookup(trust, entry).await?;
            Ok(Node::Lookup(Box::new(lookup)))
        }))
    }

    fn surveys<'a>(&'a self, inspecting: &'a Inspecting<'a>) -> SurveysFuture<'a> {
        Box::pin(self.collections(inspecting))
    }
}

impl NotaryUnit {
    async fn lookup(
        &self,
        trust: &Trust,
        entry: PolicyEntry<'_>,
    ) -> Result<TrustLookup, Rejection> {
        let signers = trust.signer_secrets.iter();
        let signers = try_join_all(signers.map(|secret| signer(secret, entry))).await?;
        Ok(TrustLookup {
            rule: entry.rule().clone(),
            servers: trust.trust_servers.clone(),
            signers,
            pins: self.pins(trust, entry).await?,
            max_staleness: i64::try_from(trust.max_staleness.as_secs()).unwrap_or(i64::MAX),
        })
    }

    async fn pins(&self, trust: &Trust, entry: PolicyEntry<'_>) -> Result<Pins, Rejection> {
        let roots = all(&trust.pins.certificate_secrets, entry).await?;
        let authorities = all(&trust.pins.ca_secrets, entry).await?;
        let first_use = trust.pins.trust_on_first_use
            || (self.first_use && entry.rule().group != Group::Doorward);
        let known = (entry.parsed, entry.home());
        pins::pins(
            &trust.pins.root_key_ids,
            &roots,
            &authorities,
            first_use,
            known,
        )
        .await
    }
}

/// Whose policies are meant. A tenant's memory is its own; that of cluster policies belongs to nobody else either.
fn scope(rule: &RuleId) -> TrustScope<'_> {
    match rule.kind {
        PolicyKind::ImagePolicy => {
            TrustScope::Namespace(rule.namespace.as_deref().unwrap_or_default())
        }
        PolicyKind::ClusterImagePolicy => TrustScope::Cluster,
    }
}

async fn signer(reference: &SecretRef, entry: PolicyEntry<'_>) -> Result<Signer, Rejection> {
    let secret = entry
        .secret(reference.namespace.as_deref(), &reference.name)
        .await?;
    let signer = secret.text(NAME_ITEM)?.trim();
    let key = secret.bytes(KEY_ITEM)?;
    if signer.len() > MAX_NAME || key.len() > MAX_KEY {
        return Err(secret.invalid("has a name or a key that is larger than any in use"));
    }
    Signer::new(signer, key, entry.now())
        .map_err(|error| secret.invalid(&format!("does not hold a signer: {error}")))
}

/// All Secrets of a list.
async fn all<'a>(
    references: &'a [SecretRef],
    entry: PolicyEntry<'a>,
) -> Result<Vec<PolicySecret<'a>>, Rejection> {
    let read = references
        .iter()
        .map(|reference| entry.secret(reference.namespace.as_deref(), &reference.name));
    try_join_all(read).await
}

/// A `trust` block with its keys.
struct TrustLookup {
    rule: RuleId,
    /// As the policy names them; none for the registry's usual one.
    servers: Vec<String>,
    signers: Vec<Signer>,
    pins: Pins,
    max_staleness: i64,
}

impl TrustLookup {
    fn servers(&self, repository: &Repository) -> Vec<String> {
        if self.servers.is_empty() {
            usual_trust_servers(repository)
        } else {
            self.servers.clone()
        }
    }
}

impl Lookup for TrustLookup {
    fn scheme(&self) -> Scheme {
        Scheme::NOTARY
    }

    fn state_key(&self, reference: &Reference) -> StateKey {
        trust_state_key(scope(&self.rule), &self.servers, reference.repository())
    }

    fn open(
        &self,
        reference: &Reference,
        remembered: Option<&Bytes>,
        now: Timestamp,
    ) -> Result<Box<dyn Session>, Rejection> {
        let remembered = remembered.map(|bytes| parse(bytes)).transpose()?;
        Ok(Box::new(NotarySession::new(SessionInput {
            gun: reference.repository().canonical(),
            servers: self.servers(reference.repository()),
            wanted: Wanted::of(reference),
            signers: self.signers.clone(),
            pins: self.pins.clone(),
            max_staleness: self.max_staleness,
            remembered,
            now,
        })))
    }

    fn merge(&self, stored: &Bytes, new: &Bytes) -> Result<Bytes, Rejection> {
        Ok(parse(stored)?.merge(parse(new)?).to_bytes())
    }
}

fn parse(bytes: &[u8]) -> Result<Remembered, Rejection> {
    Remembered::from_bytes(bytes)
        .map_err(|error| Rejection::new(Code::STATE_INVALID, error.to_string()))
}
