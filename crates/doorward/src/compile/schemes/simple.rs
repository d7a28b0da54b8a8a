//! The `simple` block and containers policies, compiled.

mod inputs;
mod survey;

use std::sync::Arc;

use doorward_core::{Code, Digest, Reference, Rejection, Repository, Scheme};
use doorward_policy::{KeySource, SecretRef, Simple, SimpleKeys, SimpleRequirement};
use doorward_simple_signing::{
    Keyring, KeyringError, Requirement, SignedIdentity, Store, codes as simple_codes,
};
use futures::future::try_join_all;

use self::inputs::{Keyed, SimpleInputs};
use self::survey::StoresSurvey;
use crate::compile::entry::PolicyEntry;
use crate::compile::inspecting::Inspecting;
use crate::compile::unit::{CompileUnit, NodeFuture, SurveysFuture};
use crate::inputs::Inputs;
use crate::key_sources::ITEM as KEY_ITEM;
use crate::plan::{Demand, Governed, Node, Opening, Plan};
use crate::rule::Rule;
use crate::rules::ContainersRules;
use crate::secrets::Secret;
use crate::survey::Survey;

/// The unit of simple signing.
#[derive(Debug)]
pub(super) struct SimpleUnit;

impl CompileUnit for SimpleUnit {
    fn scheme(&self) -> Scheme {
        Scheme::SIMPLE_SIGNING
    }

    fn compile<'a>(
        &'a self,
        demand: &'a doorward_policy::Demand,
        entry: PolicyEntry<'a>,
    ) -> Option<NodeFuture<'a>> {
        let doorward_policy::Demand::Simple(simple) = demand else {
            return None;
        };
        Some(Box::pin(async move {
            let demand = compile(simple, entry).await?;
            Ok(Node::Demand(Box::new(demand)))
        }))
    }

    fn surveys<'a>(&'a self, inspecting: &'a Inspecting<'a>) -> SurveysFuture<'a> {
        Box::pin(async move {
            let stores = StoresSurvey(survey::stores(inspecting).await?);
            Ok(vec![Box::new(stores) as Box<dyn Survey>])
        })
    }
}

async fn compile(simple: &Simple, entry: PolicyEntry<'_>) -> Result<SimpleDemand, Rejection> {
    let requirements = simple.requirements.iter();
    let requirements = requirements.map(|one| requirement(one, entry));
    let requirements = try_join_all(requirements).await?;
    let store = store(simple, entry).await?;
    Ok(SimpleDemand {
        skip_unreadable: true,
        requirements,
        store,
    })
}

/// The store that a policy names, with what it is to be shown.
async fn store(simple: &Simple, entry: PolicyEntry<'_>) -> Result<Store, Rejection> {
    let access = match &simple.store_secret {
        None => None,
        Some(name) => Some(entry.secret(None, name).await?.store_login()?),
    };
    Ok(match simple.store_url.clone() {
        None => Store::None,
        Some(base) => Store::Lookaside { base, access },
    })
}

async fn requirement(
    requirement: &SimpleRequirement,
    entry: PolicyEntry<'_>,
) -> Result<Keyed, Rejection> {
    match requirement {
        SimpleRequirement::InsecureAcceptAnything => {
            Ok(Keyed::keyless(Requirement::InsecureAcceptAnything))
        }
        SimpleRequirement::Reject => Ok(Keyed::keyless(Requirement::Reject)),
        SimpleRequirement::SignedBy {
            keys,
            signed_identity,
        } => {
            let (keyring, keys) = match keys {
                SimpleKeys::Secret(named) => keys_in(named, entry).await?,
                SimpleKeys::Source(source) => keys_of(source, entry).await?,
            };
            let identity = identity(signed_identity)?;
            Ok(Keyed {
                requirement: Requirement::SignedBy { keyring, identity },
                keys: Some(keys),
            })
        }
    }
}

/// What came of parsing the keys of a Secret.
type Parsed = Result<Arc<Keyring>, KeyringError>;

/// The keys in a Secret, and the digest of what they were read from.
async fn keys_in(
    named: &SecretRef,
    entry: PolicyEntry<'_>,
) -> Result<(Arc<Keyring>, Digest), Rejection> {
    let held = entry
        .secret(named.namespace.as_deref(), &named.name)
        .await?;
    held.bytes(KEY_ITEM)?;
    let parsed = keyring(held.shared(), held.namespace(), entry).await?;
    let keys = parsed.map_err(|error| {
        let detail = format!("secret {held} does not hold usable OpenPGP public keys: {error}");
        Rejection::new(simple_codes::KEYRING_INVALID, detail).with_fact(held.fact())
    })?;
    Ok((keys, held.secret().fingerprint().clone()))
}

/// The keys from a source. They were read before, when they were fetched, and are read again here because there is no other way
/// to a key ring.
async fn keys_of(
    source: &KeySource,
    entry: PolicyEntry<'_>,
) -> Result<(Arc<Keyring>, Digest), Rejection> {
    let held = entry.key_source(source).await?;
    let fingerprint = held.fingerprint().clone();
    // In the turn of those who name them, however many others name rings that take long.
    let keys = keyring(held, entry.home(), entry).await?.map_err(|error| {
        let detail = format!("the keys of {} cannot be used: {error}", source.address());
        Rejection::new(Code::KEY_SOURCE_INVALID, detail)
    })?;
    Ok((keys, fingerprint))
}

async fn keyring(
    secret: Arc<Secret>,
    namespace: &str,
    entry: PolicyEntry<'_>,
) -> Result<Parsed, Rejection> {
    let (key, bytes) = (secret.fingerprint().clone(), secret.size());
    let parse = move || -> Parsed {
        let keys = secret.item(KEY_ITEM).unwrap_or_default();
        // A revocation certificate may have been put beside the keys, as an item of its own.
        Keyring::with_revocations([keys], secret.items_but(KEY_ITEM)).map(Arc::new)
    };
    let parsed: Arc<Parsed> = entry.parsed(namespace, key, bytes, parse).await?;
    Ok(Parsed::clone(&parsed))
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

/// The store that a containers policy has for an image.
fn containers_store(
    rules: &ContainersRules,
    image: &Reference,
    located: &Repository,
) -> Option<Store> {
    let physical = image.in_repository(located.clone());
    let named = rules.registries.lookaside(&physical);
    let base = named.or_else(|| rules.default_lookaside.clone())?;
    Some(Store::Lookaside { base, access: None })
}

/// The one entry of a containers policy that governs an image.
pub(in crate::compile) fn containers(
    rules: &ContainersRules,
    reference: &Reference,
    located: &Repository,
) -> Governed {
    let image = reference.clone().or_latest().digest_only();
    let found = rules.policy.select(&image);
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
        store: containers_store(rules, &image, located).unwrap_or(Store::None),
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

    fn signs_an_index(&self, rejection: &Rejection) -> Option<&'static str> {
        (rejection.code() == simple_codes::NO_SIGNATURE)
            .then_some("`skopeo copy --all --sign-by KEY` signs the index and every manifest in it")
    }

    /// A signature by somebody who is trusted that does not count for another reason.
    fn leaves_open(&self, rejection: &Rejection) -> bool {
        let causes = rejection.causes();
        simple_codes::leaves_open(rejection.code())
            || causes.iter().any(|cause| self.leaves_open(cause))
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
