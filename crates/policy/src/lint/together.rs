//! Which policies apply together, so that one of their entries decides.

use std::collections::{BTreeMap, BTreeSet};

use super::Named;
use crate::{PolicyObject, Selectors};

/// The most selections of the cluster's policies that are looked at, each with what applies to all workloads. Beyond,
/// findings about pairs may be missing.
const MOST_SELECTIONS: usize = 64;

/// Policies that apply together.
pub(super) struct Together<'p> {
    /// The namespace that they are of; none for those of the cluster.
    pub(super) namespace: Option<&'p str>,
    pub(super) policies: Vec<&'p PolicyObject>,
}

impl<'p> Together<'p> {
    /// The policies of each namespace; of the cluster those for everybody, and these with those of each selection. A policy
    /// that selects objects by their own labels stands beside all others, and so alone.
    pub(super) fn of(policies: &'p [PolicyObject]) -> Vec<Self> {
        let mut homes: BTreeMap<&str, Vec<&PolicyObject>> = BTreeMap::new();
        let mut cluster = Vec::new();
        let mut found = Vec::new();
        for policy in policies {
            match policy.home() {
                Some(home) => homes.entry(home).or_default().push(policy),
                None if policy.selectors.objects.is_some() => found.push(Self {
                    namespace: None,
                    policies: vec![policy],
                }),
                None => cluster.push(policy),
            }
        }
        found.extend(homes.into_iter().map(|(home, policies)| Self {
            namespace: Some(home),
            policies,
        }));
        let of = |selection: &Selectors| {
            let counts = |policy: &&&PolicyObject| {
                policy.selectors.is_everything() || policy.selectors == *selection
            };
            Self {
                namespace: None,
                policies: cluster.iter().filter(counts).copied().collect(),
            }
        };
        let mut selections = BTreeSet::new();
        found.push(of(&Selectors::default()));
        for policy in &cluster {
            let is_new = !policy.selectors.is_everything()
                && selections.len() < MOST_SELECTIONS
                && selections.insert(format!("{:?}", policy.selectors));
            if is_new {
                found.push(of(&policy.selectors));
            }
        }
        found
    }

    /// Their entries in the order in which they take effect; those of one object keep theirs.
    pub(super) fn entries(&self) -> Vec<Named<'p>> {
        let mut policies = self.policies.clone();
        policies.sort_by(|a, b| (&a.name, a.group).cmp(&(&b.name, b.group)));
        policies
            .into_iter()
            .flat_map(|policy| {
                policy
                    .entries
                    .iter()
                    .map(move |entry| Named { policy, entry })
            })
            .collect()
    }

    /// The same policies, for everybody: what is looked at here is what they do where all of them count.
    pub(super) fn for_everybody(&self) -> Vec<PolicyObject> {
        let policies = self.policies.iter();
        let policies = policies.map(|policy| PolicyObject {
            selectors: Selectors::default(),
            ..(*policy).clone()
        });
        policies.collect()
    }
}
