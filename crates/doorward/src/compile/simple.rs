//! The `simple` block and containers policies, compiled.

mod inputs;
mod keyrings;

use doorward_simple_signing::codes as simple_codes;
use std::sync::Arc;

use doorward_core::{Code, Reference, Rejection, Repository, Scheme};
use doorward_policy::{RuleId, Simple, SimpleRequirement};
use doorward_simple_signing::{Keyring, Requirement, SignedIdentity, Store};
use futures::future::try_join_all;

use self::inputs::{Keyed, SimpleInputs};
pub(super) use self::keyrings::Keyrings;
use super::Compiler;
use super::secret::{Held, Reach};
use crate::context::Context;
use crate::inputs::Inputs;
use crate::plan::{Demand, Governed, Node, Opening, Plan};
use crate::rules::ContainersRules;
use crate::verdict::Rule;

/// The item of a key secret that holds the public keys.
const KEY_ITEM: &str = "key";
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
        let reach = Reach::of(self, rule, context);
        let requirements = try_join_all(
            simple
                .requirements
                .iter()
                .map(|requirement| self.requirement(requirement, reach)),
        )
        .await?;
        let access = match &simple.store_secret {
            None => None,
            Some(name) => Some(reach.read(None, name).await?.store_login()?),
        };
        let store = match &simple.store_url {
            None => Store::None,
            Some(base) => Store::Lookaside {
                base: base.clone(),
                access,
            },
        };
        Ok(SimpleDemand {
            skip_unreadable: true,
            requirements,
            store,
        })
    }

    async fn requirement(
        &self,
        requirement: &SimpleRequirement,
        reach: Reach<'_>,
    ) -> Result<Keyed, Rejection> {
        match requirement {
            SimpleRequirement::InsecureAcceptAnything => {
                Ok(Keyed::keyless(Requirement::InsecureAcceptAnything))
            }
            SimpleRequirement::Reject => Ok(Keyed::keyless(Requirement::Reject)),
            SimpleRequirement::SignedBy {
                key_secret,
                key_secret_namespace,
                signed_identity,
            } => {
                let held = reach
                    .read(key_secret_namespace.as_deref(), key_secret)
                    .await?;
                let keyring = self.keyring(&held).await?;
                let identity = identity(signed_identity)?;
                Ok(Keyed {
                    requirement: Requirement::SignedBy { keyring, identity },
                    keys: Some(held.secret().fingerprint().clone()),
                })
            }
        }
    }

    async fn keyring(&self, held: &Held<'_>) -> Result<Arc<Keyring>, Rejection> {
        self.keyrings.of(held).await?.map_err(|error| {
            let detail = format!("secret {held} does not hold usable OpenPGP public keys: {error}");
            Rejection::new(simple_codes::KEYRING_INVALID, detail).with_fact(held.fact())
        })
    }
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
            Code::POLICY_INVALID,
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
        // The rule of podman and skopeo, whose files these are.
        skip_unreadable: false,
        // Nothing says what their keys are, so no proof is remembered.
        requirements: found
            .requirements
            .iter()
            .cloned()
            .map(Keyed::keyless)
            .collect(),
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
    /// Whether one stray file in a store may be passed over.
    skip_unreadable: bool,
    requirements: Vec<Keyed>,
    store: Store,
}

impl Demand for SimpleDemand {
    fn scheme(&self) -> Scheme {
        Scheme::SIMPLE_SIGNING
    }

    fn refusal(&self, reference: &Reference) -> Option<Rejection> {
        self.requirements.first()?.requirement.refusal(reference)
    }

    fn inputs(&self, opening: &Opening<'_>) -> Box<dyn Inputs> {
        Box::new(SimpleInputs {
            reference: opening.reference.clone(),
            digest: opening.pinned.digest().clone(),
            located: opening.located.clone(),
            requirements: self.requirements.clone(),
            store: self.store.clone(),
            skip_unreadable: self.skip_unreadable,
        })
    }
}
