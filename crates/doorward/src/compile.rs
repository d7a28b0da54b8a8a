//! From rules to plans: selection, keys, and one demand for each scheme.

mod entry;
mod inspecting;
mod nothing;
mod parsed;
mod schemes;
mod secret;
mod unit;

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_core::{Code, Reference, Rejection, Repository};
use doorward_policy::{
    Checks, Demand, Demands, DocumentType, Entry, Group, Mode, MutateImage, OnUnavailable,
    PolicyBody, PolicyKind, RuleId, Selection,
};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};

use self::entry::Plans;
use self::nothing::{no_match, no_policy, not_known};
use self::parsed::Parsed;
use crate::context::Context;
use crate::plan::{Governed, Node, POLICY, Plan};
use crate::rule::Rule;
use crate::rules::Rules;
use crate::secret_reach::SecretReach;
use crate::survey::{Places, Survey};
use crate::turns::Turns;

pub use self::entry::PolicyEntry;
pub use self::inspecting::Inspecting;
pub use self::schemes::codes;
pub(crate) use self::schemes::units;
pub use self::secret::PolicySecret;
pub use self::unit::{CompileUnit, NodeFuture, SurveysFuture};

/// Compiles the entries that govern an image.
#[derive(Debug)]
pub(crate) struct Compiler {
    home_namespace: String,
    tenant_keys: bool,
    /// Whose work that takes long goes on one piece at a time: to select among the entries of policies, and to read what
    /// documents say.
    turns: Turns,
    /// The namespaces whose Secrets every namespaced policy may name.
    shared_namespaces: BTreeSet<String>,
    /// Who is asked about each demand, in this order. The first that answers compiles it.
    units: Vec<Arc<dyn CompileUnit>>,
    parsed: Parsed,
}

impl Plans for Compiler {
    fn plan<'a>(&'a self, demands: &'a Demands, entry: PolicyEntry<'a>) -> BoxFuture<'a, Plan> {
        self.demands(demands, entry)
    }
}

impl Compiler {
    pub(crate) fn new(
        home_namespace: String,
        tenant_keys: bool,
        shared_namespaces: BTreeSet<String>,
        units: Vec<Arc<dyn CompileUnit>>,
    ) -> Self {
        Self {
            home_namespace,
            tenant_keys,
            turns: Turns::default(),
            shared_namespaces,
            units,
            parsed: Parsed::default(),
        }
    }

    pub(crate) const fn turns(&self) -> &Turns {
        &self.turns
    }

    /// The entries that govern `image`, or why none does.
    #[cfg_attr(
        not(feature = "simple-signing"),
        allow(
            unused_variables,
            reason = "only containers policies look where it is kept"
        )
    )]
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
                let environment = context.environment;
                let select = || match set.select(image, environment) {
                    Selection::Match(found) => Ok(found),
                    Selection::Unknown { missing } => Err(not_known(image, missing, context)),
                    Selection::NoMatch { scope } => {
                        let tags = set.entry_for_tags(image, environment);
                        Err(no_match(image, reference, scope, tags, context))
                    }
                    Selection::NoPolicy => Err(no_policy(context)),
                };
                let found = self.turns.take(context.namespace(), select).await?;
                let compiled = found.entries.iter();
                let compiled = compiled.map(|entry| self.entry(entry, context));
                let mut governed = join_all(compiled).await;
                for (entry, governed) in found.entries.iter().zip(&mut governed) {
                    if found.is_supposed(entry) {
                        governed.supposed = Some(found.missing);
                    }
                }
                if governed.iter().any(pins_softly) {
                    let keeps_tag =
                        |entry: &Governed| entry.keep_tag && entry.mutate.pins_anywhere();
                    let tagged = governed.iter().any(keeps_tag);
                    let alike =
                        || set.governs_alike_by_digest(image, tagged, environment, &found.entries);
                    if !self.turns.take(context.namespace(), alike).await {
                        governed
                            .iter_mut()
                            .filter(|entry| pins_softly(entry))
                            .for_each(|entry| entry.mutate = MutateImage::Nowhere);
                    }
                }
                Ok(Arc::new(governed))
            }
            #[cfg(feature = "simple-signing")]
            Rules::Containers(rules) => Ok(Arc::new(vec![schemes::containers(
                rules, reference, located,
            )])),
            #[cfg(feature = "notation")]
            Rules::Notation(rules) => {
                schemes::trust_policy(rules, reference.repository()).map(Arc::new)
            }
        }
    }

    /// What an inspection of `image` looks at. Without an entry that governs it, every scheme looks where it always does.
    pub(crate) async fn surveys(
        &self,
        image: &str,
        reference: &Reference,
        located: &Repository,
        places: &Places,
        context: &Context<'_>,
    ) -> Result<Vec<Box<dyn Survey>>, Rejection> {
        let mut demands = Vec::new();
        if let Rules::Policies(set) = context.rules {
            let select = || match set.select(image, context.environment) {
                Selection::Match(found) => found.entries,
                Selection::NoMatch { .. } | Selection::NoPolicy | Selection::Unknown { .. } => {
                    Vec::new()
                }
            };
            for entry in self.turns.take(context.namespace(), select).await {
                if let Ok(body) = &entry.body
                    && let Checks::Demanded(demanded) = &body.checks
                {
                    each(demanded, self.open(&entry.rule, context), &mut demands);
                }
            }
        }
        let inspecting = Inspecting {
            reference,
            located,
            places,
            context,
            demands,
        };
        let mut surveys = Vec::new();
        for unit in &self.units {
            surveys.extend(unit.surveys(&inspecting).await?);
        }
        Ok(surveys)
    }

    /// What demands of a rule become where there is no image yet.
    pub(crate) async fn rehearse(
        &self,
        demands: &Demands,
        rule: &RuleId,
        context: &Context<'_>,
    ) -> Plan {
        self.demands(demands, self.open(rule, context)).await
    }

    /// Whether keys of cluster policies of the Portieris groups are those of the workload's namespace.
    pub(crate) const fn takes_keys_of_tenants(&self) -> bool {
        self.tenant_keys
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
                    keep_tag,
                    on_unavailable,
                    effective_from,
                    exceptions,
                    checks,
                } = body;
                let now = context.now;
                Governed {
                    rule,
                    mode: body.mode_at(now),
                    effective_from: effective_from
                        .filter(|from| now < *from && *mode == Mode::Enforce),
                    supposed: None,
                    exceptions: *exceptions,
                    mutate: *mutate_image,
                    keep_tag: *keep_tag,
                    warn_on_unavailable: *on_unavailable == OnUnavailable::Warn,
                    plan: match checks {
                        Checks::Unchecked(_) => Plan::unchecked(),
                        Checks::Demanded(demands) => {
                            self.demands(demands, self.open(&entry.rule, context)).await
                        }
                    },
                }
            }
        }
    }

    fn demands<'a>(&'a self, demands: &'a Demands, entry: PolicyEntry<'a>) -> BoxFuture<'a, Plan> {
        async move {
            let mut nodes = Vec::new();
            for demand in demands {
                nodes.push(match demand {
                    Demand::AnyOf(alternatives) => {
                        let plans = alternatives.iter();
                        let plans = plans.map(|demands| self.demands(demands, entry));
                        Node::Any(join_all(plans).await)
                    }
                    _ => self.node(demand, entry).await,
                });
            }
            Plan::new(nodes)
        }
        .boxed()
    }

    /// What the scheme of a demand makes of it. One that no scheme of this build answers to is never met.
    async fn node(&self, demand: &Demand, entry: PolicyEntry<'_>) -> Node {
        for unit in &self.units {
            if let Some(compiling) = unit.compile(demand, entry) {
                let compiled = compiling.await;
                return compiled
                    .unwrap_or_else(|rejection| Node::Refused(unit.scheme(), rejection));
            }
        }
        let rejection = Rejection::new(Code::POLICY_UNSUPPORTED, unsupported(demand));
        Node::Refused(schemes::scheme_of(demand), rejection)
    }

    /// The entry of a rule, with what its author may read.
    fn open<'a>(&'a self, rule: &'a RuleId, context: &'a Context<'a>) -> PolicyEntry<'a> {
        let home = self.secret_namespace(rule, context);
        PolicyEntry {
            rule,
            context,
            home,
            reach: SecretReach::new(rule.kind, home, &self.shared_namespaces),
            parsed: &self.parsed,
            plans: self,
        }
    }

    /// The namespace of secrets that the rule names without one.
    ///
    /// Secrets of a cluster policy come from the program's own namespace. Were they read from the workload's, anyone
    /// who may write Secrets there would choose the keys that are trusted.
    fn secret_namespace<'a>(&'a self, rule: &'a RuleId, context: &'a Context<'_>) -> &'a str {
        let portieris = rule.group != Group::Doorward;
        match (rule.kind, context.namespace()) {
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

/// What no scheme of the build answers to.
fn unsupported(demand: &Demand) -> String {
    let name = demand.name();
    let which = match demand {
        Demand::Attestations(attestations) => {
            let types = attestations.iter().map(|one| match &one.document {
                DocumentType::Artifact(named) => named.as_str(),
                DocumentType::Predicate(named) => named.as_str(),
                DocumentType::Provenance(_) => "provenance",
                DocumentType::Summary(_) => "verification summaries",
            });
            let types: Vec<&str> = types.take(3).collect();
            format!(" of {}", types.join(", "))
        }
        _ => String::new(),
    };
    format!("the policy demands `{name}`{which}, which this build cannot check")
}

/// Every demand of a list, those of alternatives and of signers of documents among them.
fn each<'a>(
    demands: &'a Demands,
    entry: PolicyEntry<'a>,
    found: &mut Vec<(&'a Demand, PolicyEntry<'a>)>,
) {
    for demand in demands {
        match demand {
            Demand::AnyOf(alternatives) => {
                for demands in alternatives {
                    each(demands, entry, found);
                }
            }
            Demand::Attestations(attestations) => {
                found.push((demand, entry));
                for attestation in attestations {
                    each(&attestation.signed_by, entry, found);
                }
            }
            Demand::Vulnerability(vulnerability) => {
                found.push((demand, entry));
                for signers in vulnerability.signers() {
                    each(signers, entry, found);
                }
            }
            Demand::Image(_)
            | Demand::Notation(_)
            | Demand::Sigstore(_)
            | Demand::Simple(_)
            | Demand::Trust(_) => {
                found.push((demand, entry));
            }
        }
    }
}

/// Whether an entry that refuses nothing would have the image replaced by its digest.
///
/// It may only do so where the digest is judged as the image was. Else what follows is refused by an entry that said
/// nothing of the image as it was written, and a signed image is refused where an unsigned one passes. What is enforced
/// is pinned all the same, also with `onUnavailable: warn`: a namespace must not be able to take such a pin away.
fn pins_softly(entry: &Governed) -> bool {
    entry.mutate.pins_anywhere() && entry.mode != Mode::Enforce
}

fn rule(id: &RuleId) -> Rule {
    Rule {
        kind: id.kind.to_string(),
        namespace: id.namespace.clone(),
        name: id.name.clone(),
        entry: id.entry.clone(),
    }
}
