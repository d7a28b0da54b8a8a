//! From rules to plans: selection, keys, and one demand for each scheme.

#[cfg(feature = "notary")]
mod notary;
#[cfg(any(feature = "notary", feature = "simple-signing"))]
mod secret;
#[cfg(feature = "simple-signing")]
mod simple;

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_core::{Code, Reference, Rejection, Repository, Scheme};
use doorward_policy::{
    Checks, Demand, Demands, Entry, Group, OnUnavailable, PolicyBody, PolicyKind, RuleId, Selection,
};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};

use crate::context::Context;
use crate::plan::{Governed, Node, POLICY, Plan};
use crate::rules::Rules;
use crate::turns::Turns;
use crate::verdict::{Mode, Rule};

/// Compiles the entries that govern an image.
#[derive(Debug)]
pub(crate) struct Compiler {
    home_namespace: String,
    tenant_keys: bool,
    /// Who selects among the entries of policies.
    turns: Turns,
    /// The namespaces whose Secrets every namespaced policy may name.
    #[cfg_attr(
        not(any(feature = "notary", feature = "simple-signing")),
        allow(dead_code, reason = "only schemes read Secrets")
    )]
    shared_namespaces: BTreeSet<String>,
    /// Whether `trust` of the Portieris groups, which cannot name pins, believes the first root.
    #[cfg(feature = "notary")]
    first_use: bool,
    #[cfg(feature = "notary")]
    known_pins: notary::KnownPins,
    #[cfg(feature = "simple-signing")]
    keyrings: simple::Keyrings,
}

impl Compiler {
    #[cfg_attr(
        not(feature = "notary"),
        allow(unused_variables, reason = "a setting of a scheme")
    )]
    pub(crate) fn new(
        home_namespace: String,
        tenant_keys: bool,
        shared_namespaces: BTreeSet<String>,
        first_use: bool,
    ) -> Self {
        Self {
            home_namespace,
            tenant_keys,
            turns: Turns::default(),
            shared_namespaces,
            #[cfg(feature = "notary")]
            first_use,
            #[cfg(feature = "notary")]
            known_pins: notary::KnownPins::default(),
            #[cfg(feature = "simple-signing")]
            keyrings: simple::Keyrings::default(),
        }
    }

    /// The entries that govern `image`, or why none does.
    pub(crate) async fn govern(
        &self,
        image: &str,
        reference: &Reference,
        located: &Repository,
        context: &Context<'_>,
    ) -> Result<Arc<Vec<Governed>>, Rejection> {
        match context.rules {
            Rules::Fixed(governed) => Ok(Arc::clone(governed)),
            Rules::Policies(set) => {
                let select = || match set.select(image, context.namespace) {
                    Selection::Match(found) => Ok(found.entries),
                    Selection::NoMatch { scope } => {
                        let tags = set.entry_for_tags(image, context.namespace);
                        Err(no_match(image, reference, scope, tags, context))
                    }
                    Selection::NoPolicy => Err(no_policy(context)),
                };
                let entries = self.turns.take(context.namespace, select).await?;
                let compiled = entries.iter().map(|entry| self.entry(entry, context));
                let mut governed = join_all(compiled).await;
                if governed.iter().any(pins_softly) {
                    let alike = || set.governs_alike_by_digest(image, context.namespace, &entries);
                    if !self.turns.take(context.namespace, alike).await {
                        governed
                            .iter_mut()
                            .filter(|entry| pins_softly(entry))
                            .for_each(|entry| entry.mutate = false);
                    }
                }
                Ok(Arc::new(governed))
            }
            #[cfg(feature = "simple-signing")]
            Rules::Containers(rules) => Ok(Arc::new(vec![simple::containers(
                rules, reference, located,
            )])),
        }
    }

    async fn entry(&self, entry: &Entry, context: &Context<'_>) -> Governed {
        let rule = rule(&entry.rule);
        match &entry.body {
            Err(diagnostic) => {
                let detail = format!("the policy entry has an error: {}", diagnostic.message);
                let rejection = Rejection::new(Code::POLICY_INVALID, detail);
                Governed::enforced(rule, Plan::new(vec![Node::Refused(POLICY, rejection)]))
            }
            Ok(body) => {
                // Every field is judged here: one that is added does not compile until it is.
                let PolicyBody {
                    mode,
                    mutate_image,
                    on_unavailable,
                    checks,
                } = body;
                Governed {
                    rule,
                    mode: match mode {
                        doorward_policy::Mode::Audit => Mode::Audit,
                        doorward_policy::Mode::Enforce => Mode::Enforce,
                        doorward_policy::Mode::Warn => Mode::Warn,
                    },
                    mutate: *mutate_image,
                    warn_on_unavailable: *on_unavailable == OnUnavailable::Warn,
                    plan: match checks {
                        Checks::Unchecked(_) => Plan::unchecked(),
                        Checks::Demanded(demands) => {
                            self.demands(demands, &entry.rule, context).await
                        }
                    },
                }
            }
        }
    }

    fn demands<'a>(
        &'a self,
        demands: &'a Demands,
        rule: &'a RuleId,
        context: &'a Context<'_>,
    ) -> BoxFuture<'a, Plan> {
        async move {
            let mut nodes = Vec::new();
            for demand in demands {
                nodes.push(match demand {
                    Demand::Trust(trust) => self.trust(trust, rule, context).await,
                    Demand::Simple(simple) => self.simple(simple, rule, context).await,
                    Demand::AnyOf(alternatives) => {
                        let plans = alternatives
                            .iter()
                            .map(|demands| self.demands(demands, rule, context));
                        Node::Any(join_all(plans).await)
                    }
                    Demand::Notation(_) => unsupported(Scheme::NOTATION, demand.name()),
                    Demand::Sigstore(_) => unsupported(Scheme::SIGSTORE, demand.name()),
                    Demand::Attestations(_) | Demand::Vulnerability(_) => {
                        unsupported(Scheme::custom(demand.name()), demand.name())
                    }
                });
            }
            Plan::new(nodes)
        }
        .boxed()
    }

    #[cfg(not(feature = "simple-signing"))]
    async fn simple(&self, _: &doorward_policy::Simple, _: &RuleId, _: &Context<'_>) -> Node {
        unsupported(Scheme::SIMPLE_SIGNING, "simple")
    }

    #[cfg(not(feature = "notary"))]
    async fn trust(&self, _: &doorward_policy::Trust, _: &RuleId, _: &Context<'_>) -> Node {
        unsupported(Scheme::NOTARY, "trust")
    }

    /// The namespace of secrets that the rule names without one.
    ///
    /// Secrets of a cluster policy come from the program's own namespace. Were they read from the workload's, anyone
    /// who may write Secrets there would choose the keys that are trusted.
    fn secret_namespace<'a>(&'a self, rule: &'a RuleId, context: &'a Context<'_>) -> &'a str {
        let portieris = rule.group != Group::Doorward;
        match (rule.kind, context.namespace) {
            (PolicyKind::ImagePolicy, tenant) => {
                rule.namespace.as_deref().or(tenant).unwrap_or("default")
            }
            (PolicyKind::ClusterImagePolicy, Some(tenant)) if portieris && self.tenant_keys => {
                tenant
            }
            (PolicyKind::ClusterImagePolicy, _) => &self.home_namespace,
        }
    }
}

/// Whether an entry that refuses nothing would have the image replaced by its digest.
///
/// It may only do so where the digest is judged as the image was. Else what follows is refused by an entry that said
/// nothing of the image as it was written, and a signed image is refused where an unsigned one passes. What is enforced
/// is pinned all the same, also with `onUnavailable: warn`: a namespace must not be able to take such a pin away.
fn pins_softly(entry: &Governed) -> bool {
    entry.mutate && entry.mode != Mode::Enforce
}

/// A demand that is never met: this build cannot check it.
fn unsupported(scheme: Scheme, field: &str) -> Node {
    let detail = format!("the policy demands `{field}`, which this build cannot check");
    Node::Refused(scheme, Rejection::new(Code::POLICY_UNSUPPORTED, detail))
}

fn rule(id: &RuleId) -> Rule {
    Rule {
        kind: id.kind.to_string(),
        namespace: id.namespace.clone(),
        name: id.name.clone(),
        entry: id.entry.clone(),
    }
}

fn no_match(
    image: &str,
    reference: &Reference,
    scope: doorward_policy::Scope,
    tags: Option<&Entry>,
    context: &Context<'_>,
) -> Rejection {
    let policies = match scope {
        doorward_policy::Scope::Namespace => {
            format!(
                "image policy in namespace {}",
                context.namespace.unwrap_or("default")
            )
        }
        doorward_policy::Scope::Cluster => "cluster image policy".to_owned(),
    };
    let normalised = reference.canonical().or_latest().digest_only().to_string();
    let also = if normalised == image {
        String::new()
    } else {
        format!(" or {normalised}")
    };
    // What an entry for a tag had pinned is asked about by its digest.
    let by_tag = tags.map_or_else(String::new, |entry| {
        format!(
            "; an entry for this repository exists but names a tag, {:?}, which an image by digest does not have",
            entry.rule.entry
        )
    });
    Rejection::new(
        Code::POLICY_NO_MATCH,
        format!("no entry of any {policies} matches {image}{also}{by_tag}"),
    )
}

fn no_policy(context: &Context<'_>) -> Rejection {
    let detail = match context.namespace {
        Some(namespace) => {
            format!("there is no image policy in namespace {namespace} and no cluster image policy")
        }
        None => "there is no cluster image policy".to_owned(),
    };
    Rejection::new(Code::POLICY_NONE, detail)
}
