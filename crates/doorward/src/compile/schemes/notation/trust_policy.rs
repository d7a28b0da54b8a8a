//! A trust policy of the Notary Project, compiled.

use std::sync::Arc;

use doorward_core::{Rejection, Repository};
use doorward_notation::Selected;

use super::NotationDemand;
use crate::plan::{Governed, Node, Plan};
use crate::rule::Rule;
use crate::rules::NotationRules;

/// The entries of a trust policy that govern a repository, one for each statement.
///
/// # Errors
/// If no statement does (Trust Store and Trust Policy Specification, "Registry Scopes Constraints"): nothing then says
/// that the image may run.
pub(in crate::compile) fn trust_policy(
    rules: &NotationRules,
    repository: &Repository,
) -> Result<Vec<Governed>, Rejection> {
    let governing = rules.policy.governing(repository)?;
    let entries = governing.into_iter().map(|selected| {
        let (name, plan) = match selected {
            Selected::Skip { name } => (name, Plan::unchecked()),
            Selected::Verify(statement) => {
                let demand = NotationDemand {
                    statement: Arc::clone(statement),
                    stores: Arc::clone(&rules.stores),
                    // A trust policy is that of a command, which decides once.
                    verified: None,
                };
                let nodes = vec![Node::Demand(Box::new(demand))];
                (statement.name(), Plan::new(nodes))
            }
        };
        let rule = Rule {
            kind: "NotationTrustPolicy".to_owned(),
            namespace: None,
            name: rules.name.clone(),
            entry: name.to_owned(),
        };
        Governed::enforced(rule, plan)
    });
    Ok(entries.collect())
}
