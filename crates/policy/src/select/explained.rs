//! Whom the policies of the cluster are for, in words.

use super::PolicySet;
use crate::{Applies, Environment, Group};

/// Whether a cluster policy that has selectors is for a workload, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explained<'p> {
    /// The name of the policy.
    pub policy: &'p str,
    /// Its group.
    pub group: Group,
    /// Whether it is a floor.
    pub floor: bool,
    /// Whether it only ever adds demands, because it selects objects by their own labels.
    pub only_adds: bool,
    /// Whether it is for the workload.
    pub applies: Applies,
    /// Why, one fragment for each selector that decides it.
    pub why: Vec<String>,
}

impl PolicySet {
    /// Whether each cluster policy that has selectors is for a workload, in the order of their names. A namespace with
    /// policies of its own is under the floors among them alone.
    #[must_use]
    pub fn explain_selectors<'e>(
        &self,
        environment: impl Into<Environment<'e>>,
    ) -> Vec<Explained<'_>> {
        let environment = environment.into();
        let mut explained = Vec::with_capacity(self.selecting.len());
        for (selectors, what) in &self.selecting {
            explained.push(Explained {
                policy: &what.name,
                group: what.group,
                floor: what.floor,
                only_adds: selectors.objects.is_some(),
                applies: selectors.select(&environment),
                why: selectors.explain(&environment),
            });
        }
        explained
    }

    /// Whether any policy looks at more of a workload than its namespace and its images.
    #[must_use]
    pub const fn has_selectors(&self) -> bool {
        !self.selecting.is_empty()
    }
}
