//! Whether what a policy names can be used, before an image is judged by it.

use std::sync::Arc;

use doorward_core::{Fetch, FetchError, FetchFuture, Fetcher, Rejection, Timestamp};
use doorward_policy::{Checks, Group, PolicyBody, PolicyKind, PolicyObject};

use super::Engine;
use crate::context::Context;
use crate::plan::{Node, Plan};
use crate::rules::Rules;
use crate::secrets::Secrets;

impl Engine {
    /// What one entry of a policy needs and cannot be used, whatever the image: a Secret or a `ConfigMap` that is not there, could
    /// not be asked for, or does not hold what it should, and demands that this build cannot check. `entry` is the pattern of the
    /// entry and `body` what it demands, as [`PolicyObject::entries`] has them. An image that the entry governs is refused for
    /// these reasons, unless an alternative admits it.
    ///
    /// The entry is compiled as for an image, within the same reach: what its author may not read is not looked for. Nothing but
    /// `secrets` is asked, and what is parsed is remembered for the reviews to come. Where
    /// [keys depend on the workload](Self::takes_keys_of_workloads), it is those of the home namespace that are looked at.
    pub async fn lacks(
        &self,
        policy: &PolicyObject,
        (entry, body): (&str, &PolicyBody),
        secrets: &dyn Secrets,
        now: Timestamp,
    ) -> Vec<Rejection> {
        let Checks::Demanded(demands) = &body.checks else {
            return Vec::new();
        };
        let rule = policy.rule(entry);
        let rules = Rules::Fixed(Arc::default());
        let mut context = Context::new(&rules, secrets, Arc::new(Nobody), now).keeping_nothing();
        if let Some(namespace) = &policy.namespace {
            context = context.in_namespace(namespace);
        }
        let plan = self.compiler.rehearse(demands, &rule, &context).await;
        let mut found = Vec::new();
        refusals(&plan, &mut found);
        found
    }

    /// Whether a policy takes its keys from the namespaces of the workloads, so that there is no telling whether it can be used but
    /// for one of them: a cluster policy of the Portieris groups, where
    /// [that was asked for](crate::EngineBuilder::dangerously_read_cluster_policy_keys_from_tenants).
    #[must_use]
    pub fn takes_keys_of_workloads(&self, policy: &PolicyObject) -> bool {
        self.compiler.takes_keys_of_tenants()
            && policy.kind == PolicyKind::ClusterImagePolicy
            && policy.group != Group::Doorward
    }
}

/// Every demand of a plan that cannot be met by any image, those about who signs documents among them.
fn refusals(plan: &Plan, found: &mut Vec<Rejection>) {
    for node in plan.nodes().ok().into_iter().flatten() {
        match node {
            Node::Any(plans) | Node::AtLeast { of: plans, .. } => {
                plans.iter().for_each(|plan| refusals(plan, found));
            }
            Node::Attached(attached) => {
                let signers = attached.kinds().iter().map(|kind| &kind.signed_by);
                signers.for_each(|plan| refusals(plan, found));
            }
            Node::Demand(_) | Node::Lookup(_) => {}
            Node::Refused(_, rejection) => found.push(rejection.clone()),
        }
    }
}

/// Nobody is asked about an image where there is none.
struct Nobody;

impl Fetcher for Nobody {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        let detail = format!("{} was asked for without an image", fetch.resource);
        Box::pin(std::future::ready(Err(FetchError::Internal { detail })))
    }
}
