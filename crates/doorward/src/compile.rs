//! From rules to plans: selection, keys, and one demand for each scheme.

#[cfg(feature = "notary")]
mod notary;
#[cfg(any(feature = "notary", feature = "simple-signing"))]
mod secret;
#[cfg(feature = "simple-signing")]
mod simple;

use std::sync::Arc;

use doorward_core::{Code, Reference, Rejection, Repository, Scheme};
use doorward_policy::{Entry, Group, OnUnavailable, PolicyBody, PolicyKind, RuleId, Selection};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};

use crate::context::Context;
use crate::plan::{Governed, Node, Plan};
use crate::rules::Rules;
use crate::verdict::{Mode, Rule};

/// The name that rejections of a policy entry itself carry where a scheme stands otherwise.
const POLICY: Scheme = Scheme::custom("policy");

/// Compiles the entries that govern an image.
#[derive(Debug)]
pub(crate) struct Compiler {
    home_namespace: String,
    tenant_keys: bool,
    /// Whether `trust` of the Portieris groups, which cannot name pins, believes the first root.
    #[cfg(feature = "notary")]
    first_use: bool,
    #[cfg(feature = "simple-signing")]
    keyrings: simple::Keyrings,
}

impl Compiler {
    #[cfg_attr(
        not(feature = "notary"),
        allow(unused_variables, reason = "a setting of a scheme")
    )]
    pub(crate) fn new(home_namespace: String, tenant_keys: bool, first_use: bool) -> Self {
        Self {
            home_namespace,
            tenant_keys,
            #[cfg(feature = "notary")]
            first_use,
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
                let entries = match set.select(image, context.namespace) {
                    Selection::Match(found) => found.entries,
                    Selection::NoMatch { scope } => {
                        let tags = set.entry_for_tags(image, context.namespace);
                        return Err(no_match(image, reference, scope, tags, context));
                    }
                    Selection::NoPolicy => return Err(no_policy(context)),
                };
                let governed =
                    join_all(entries.into_iter().map(|entry| self.entry(entry, context))).await;
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
                let rejection = Rejection::new(Code::PolicyInvalid, detail);
                Governed::enforced(rule, Plan::new(vec![Node::Refused(POLICY, rejection)]))
            }
            Ok(body) => Governed {
                rule,
                mode: match body.mode {
                    doorward_policy::Mode::Audit => Mode::Audit,
                    doorward_policy::Mode::Enforce => Mode::Enforce,
                    doorward_policy::Mode::Warn => Mode::Warn,
                },
                mutate: body.mutate_image,
                warn_on_unavailable: body.on_unavailable == OnUnavailable::Warn,
                plan: self.body(body, &entry.rule, context).await,
            },
        }
    }

    fn body<'a>(
        &'a self,
        body: &'a PolicyBody,
        rule: &'a RuleId,
        context: &'a Context<'_>,
    ) -> BoxFuture<'a, Plan> {
        async move {
            let mut nodes = Vec::new();
            for field in body.demands() {
                let scheme = match field {
                    "simple" => {
                        if let Some(simple) = &body.simple {
                            nodes.push(self.simple(simple, rule, context).await);
                        }
                        continue;
                    }
                    "anyOf" => {
                        let plans = body
                            .any_of
                            .iter()
                            .map(|body| self.body(body, rule, context));
                        nodes.push(Node::Any(join_all(plans).await));
                        continue;
                    }
                    "trust" => {
                        if let Some(trust) = &body.trust {
                            nodes.push(self.trust(trust, rule, context).await);
                        }
                        continue;
                    }
                    "notation" => Scheme::NOTATION,
                    "sigstore" => Scheme::SIGSTORE,
                    other => Scheme::custom(other),
                };
                nodes.push(Node::Refused(scheme, unsupported(field)));
            }
            Plan::new(nodes)
        }
        .boxed()
    }

    #[cfg(not(feature = "simple-signing"))]
    async fn simple(&self, _: &doorward_policy::Simple, _: &RuleId, _: &Context<'_>) -> Node {
        Node::Refused(Scheme::SIMPLE_SIGNING, unsupported("simple"))
    }

    #[cfg(not(feature = "notary"))]
    async fn trust(&self, _: &doorward_policy::Trust, _: &RuleId, _: &Context<'_>) -> Node {
        Node::Refused(Scheme::NOTARY, unsupported("trust"))
    }

    /// The namespace of secrets that the rule names without one.
    ///
    /// Secrets of a cluster policy come from the program's own namespace. Were they read from the workload's, whoever
    /// may write Secrets there would choose the keys that are trusted.
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

fn unsupported(field: &str) -> Rejection {
    Rejection::new(
        Code::PolicyUnsupported,
        format!("the policy demands `{field}`, which this build cannot check"),
    )
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
        Code::PolicyNoMatch,
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
    Rejection::new(Code::PolicyNone, detail)
}
