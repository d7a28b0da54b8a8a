//! The `simple` block and containers policies, compiled.

use std::sync::Arc;

use doorward_core::{Basic, Code, Digest, Reference, Rejection, Repository, Scheme, Session};
use doorward_policy::{RuleId, Simple, SimpleRequirement};
use doorward_simple_signing::{
    Keyring, Requirement, SessionInput, SignedIdentity, SimpleSession, Store, Subject,
};
use futures::future::try_join_all;

use super::Compiler;
use super::secret::{bytes, read, text};
use crate::context::Context;
use crate::plan::{Demand, Governed, Node, Opening, Plan};
use crate::rules::ContainersRules;
use crate::secrets::Secret;
use crate::verdict::Rule;

/// The item of a key secret that holds the public keys.
const KEY_ITEM: &str = "key";
/// How many parsed key rings are held.
const KEYRINGS: u64 = 1_000;

/// Parsed key rings by the digest of their secret: parsing checks every binding signature, so it is done once.
#[derive(Debug)]
pub(super) struct Keyrings(moka::sync::Cache<Digest, Arc<Keyring>>);

impl Default for Keyrings {
    fn default() -> Self {
        Self(moka::sync::Cache::new(KEYRINGS))
    }
}

impl Compiler {
    /// The demand of a `simple` block.
    pub(super) async fn simple(
        &self,
        simple: &Simple,
        rule: &RuleId,
        context: &Context<'_>,
    ) -> Node {
        match self.simple_demand(simple, rule, context).await {
            Ok(demand) => Node::Demand(Box::new(demand)),
            Err(rejection) => Node::Refused(Scheme::SIMPLE_SIGNING, rejection),
        }
    }

    async fn simple_demand(
        &self,
        simple: &Simple,
        rule: &RuleId,
        context: &Context<'_>,
    ) -> Result<SimpleDemand, Rejection> {
        let mut fingerprint = format!("{simple:?}").into_bytes();
        let namespace = self.secret_namespace(rule, context);
        let compiled = try_join_all(
            simple
                .requirements
                .iter()
                .map(|requirement| self.requirement(requirement, namespace, context)),
        )
        .await?;
        let mut requirements = Vec::new();
        for (requirement, secret) in compiled {
            requirements.push(requirement);
            fingerprint.extend_from_slice(secret.as_ref().map_or("", Digest::as_str).as_bytes());
        }
        let access = match &simple.store_secret {
            None => None,
            Some(name) => {
                let secret = read(namespace, name, context).await?;
                fingerprint.extend_from_slice(secret.fingerprint().as_str().as_bytes());
                Some(store_access(&secret, namespace, name)?)
            }
        };
        let store = match &simple.store_url {
            None => Store::None,
            Some(base) => Store::Lookaside {
                base: base.clone(),
                access,
            },
        };
        Ok(SimpleDemand {
            fingerprint: Some(Digest::sha256(&fingerprint)),
            skip_unreadable: true,
            requirements,
            store,
        })
    }

    async fn requirement(
        &self,
        requirement: &SimpleRequirement,
        namespace: &str,
        context: &Context<'_>,
    ) -> Result<(Requirement, Option<Digest>), Rejection> {
        match requirement {
            SimpleRequirement::InsecureAcceptAnything => {
                Ok((Requirement::InsecureAcceptAnything, None))
            }
            SimpleRequirement::Reject => Ok((Requirement::Reject, None)),
            SimpleRequirement::SignedBy {
                key_secret,
                key_secret_namespace,
                signed_identity,
            } => {
                let namespace = key_secret_namespace.as_deref().unwrap_or(namespace);
                let secret = read(namespace, key_secret, context).await?;
                let keyring = self.keyring(&secret, namespace, key_secret)?;
                let identity = identity(signed_identity)?;
                let fingerprint = secret.fingerprint().clone();
                Ok((
                    Requirement::SignedBy { keyring, identity },
                    Some(fingerprint),
                ))
            }
        }
    }

    fn keyring(
        &self,
        secret: &Secret,
        namespace: &str,
        name: &str,
    ) -> Result<Arc<Keyring>, Rejection> {
        let Keyrings(held) = &self.keyrings;
        if let Some(keyring) = held.get(secret.fingerprint()) {
            return Ok(keyring);
        }
        let bytes = bytes(secret, namespace, name, KEY_ITEM)?;
        let keyring = Keyring::parse_armored([bytes]).map_err(|error| {
            let detail = format!(
                "secret {namespace}/{name} does not hold usable OpenPGP public keys: {error}"
            );
            Rejection::new(Code::SimpleKeyringInvalid, detail)
        })?;
        let keyring = Arc::new(keyring);
        held.insert(secret.fingerprint().clone(), Arc::clone(&keyring));
        Ok(keyring)
    }
}

fn store_access(secret: &Secret, namespace: &str, name: &str) -> Result<Basic, Rejection> {
    let item = |item: &str| text(secret, namespace, name, item);
    Ok(Basic::new(item("username")?, item("password")?))
}

fn identity(identity: &doorward_policy::SignedIdentity) -> Result<SignedIdentity, Rejection> {
    use doorward_policy::SignedIdentity as Policy;
    let compiled = match identity {
        Policy::MatchExact => Ok(SignedIdentity::MatchExact),
        Policy::MatchExactReference(reference) => SignedIdentity::exact_reference(reference),
        Policy::MatchExactRepository(repository) => SignedIdentity::exact_repository(repository),
        Policy::MatchRepoDigestOrExact => Ok(SignedIdentity::MatchRepoDigestOrExact),
        Policy::MatchRepository => Ok(SignedIdentity::MatchRepository),
        Policy::RemapIdentity {
            prefix,
            signed_prefix,
        } => SignedIdentity::remap(prefix, signed_prefix),
    };
    compiled.map_err(|error| {
        Rejection::new(
            Code::PolicyInvalid,
            format!("the signed identity of the policy is not usable: {error}"),
        )
    })
}

/// The one entry of a containers policy that governs an image.
pub(super) fn containers(
    rules: &ContainersRules,
    reference: &Reference,
    located: &Repository,
) -> Governed {
    let image = reference.clone().or_latest().digest_only();
    let physical = Reference::new(
        located.clone(),
        image.tag().cloned(),
        image.digest().cloned(),
    );
    let found = rules.policy.select(&image);
    let base = rules
        .registries
        .lookaside(&physical)
        .or_else(|| rules.default_lookaside.clone());
    let demand = SimpleDemand {
        fingerprint: None,
        // The rule of podman and skopeo, whose files these are.
        skip_unreadable: false,
        requirements: found.requirements.into_owned(),
        store: base.map_or(Store::None, |base| Store::Lookaside { base, access: None }),
    };
    let rule = Rule {
        kind: "ContainersPolicy".to_owned(),
        namespace: None,
        name: rules.name.clone(),
        entry: found.scope,
    };
    Governed::enforced(rule, Plan::new(vec![Node::Demand(Box::new(demand))]))
}

/// Simple signing requirements and where the signatures are.
struct SimpleDemand {
    /// Absent where the rules do not say what their keys are, so that no proof is remembered.
    fingerprint: Option<Digest>,
    /// Whether one stray file in a store may be passed over.
    skip_unreadable: bool,
    requirements: Vec<Requirement>,
    store: Store,
}

impl Demand for SimpleDemand {
    fn scheme(&self) -> Scheme {
        Scheme::SIMPLE_SIGNING
    }

    fn fingerprint(&self) -> Option<Digest> {
        self.fingerprint.clone()
    }

    fn refusal(&self, reference: &Reference) -> Option<Rejection> {
        self.requirements.first()?.refusal(reference)
    }

    fn open(&self, opening: &Opening<'_>) -> Box<dyn Session> {
        let session = SimpleSession::new(SessionInput {
            subject: Subject::new(opening.reference.clone(), opening.pinned.digest().clone()),
            located: opening.located.clone(),
            requirements: self.requirements.clone(),
            store: self.store.clone(),
            now: opening.now,
        });
        Box::new(if self.skip_unreadable {
            session.skipping_unreadable()
        } else {
            session
        })
    }
}
