//! What selectors choose from, found without asking each of them.

use std::collections::{BTreeMap, HashMap};

use crate::environment::Known;
use crate::{Applies, Environment, LabelOperator, Selectors};

/// Things of which each is for the workloads that its selectors select.
///
/// Clusters have policies for each of many teams, of which a workload is under one. So those that want one of some values
/// of a label of the namespace are found by that label, and only then asked.
#[derive(Debug)]
pub(super) struct Choice<T> {
    all: Vec<(Selectors, T)>,
    /// By key and value of a label that the namespace must have.
    by_label: BTreeMap<String, HashMap<String, Vec<usize>>>,
    /// Those that are found by no label.
    others: Vec<usize>,
}

impl<T> Default for Choice<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            by_label: BTreeMap::new(),
            others: Vec::new(),
        }
    }
}

impl<T> Choice<T> {
    pub(super) fn add(&mut self, selectors: Selectors, what: T) {
        let place = self.all.len();
        let requirements = selectors.namespaces.iter();
        let wanted = requirements
            .flat_map(|selector| selector.requirements())
            .filter(|one| one.operator == LabelOperator::In)
            .min_by_key(|one| one.values.len());
        match wanted {
            None => self.others.push(place),
            Some(wanted) => {
                let values = self.by_label.entry(wanted.key.clone()).or_default();
                for value in &wanted.values {
                    values.entry(value.clone()).or_default().push(place);
                }
            }
        }
        self.all.push((selectors, what));
    }

    /// All of them with their selectors, in the order in which they were added.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Selectors, &T)> {
        self.all.iter().map(|(selectors, what)| (selectors, what))
    }

    /// Those that are, or may be, for a workload in this environment, in the order in which they were added.
    pub(super) fn in_environment<'s, 'e>(
        &'s self,
        environment: &'e Environment<'e>,
    ) -> impl Iterator<Item = (Applies, &'s T)> + use<'s, 'e, T> {
        let asked = self.asked(environment).into_iter();
        asked.filter_map(|place| {
            let (selectors, what) = self.all.get(place)?;
            match selectors.select(environment) {
                Applies::No => None,
                applies @ (Applies::Unknown(_) | Applies::Yes) => Some((applies, what)),
            }
        })
    }

    /// The places of those that have to be asked: none that is left out is for the workload, whatever is not known.
    fn asked(&self, environment: &Environment<'_>) -> Vec<usize> {
        let mut asked = self.others.clone();
        for (key, values) in &self.by_label {
            match environment.namespace_label(key) {
                Known::No => asked.extend(values.values().flatten()),
                Known::Yes(None) => {}
                Known::Yes(Some(value)) => asked.extend(values.get(value).into_iter().flatten()),
            }
        }
        if !self.by_label.is_empty() {
            asked.sort_unstable();
            // One that takes several values is under each of them.
            asked.dedup();
        }
        asked
    }
}
