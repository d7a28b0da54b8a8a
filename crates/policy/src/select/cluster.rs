//! The policies of the cluster, each for the workloads that it selects.

use std::collections::HashMap;

use super::Entry;
use super::choice::Choice;
use super::table::{Hits, Image, Selected, Table};
use crate::environment::Missing;
use crate::{Applies, Environment, Selectors};

/// The policies of the cluster of which one entry decides about an image.
///
/// There is a table for each selection that a policy makes, so that nothing has to be compiled when an image is asked about,
/// and no combination of selections, which authors of workloads have a hand in, has to be kept.
#[derive(Debug, Default)]
pub(super) struct Governing {
    tables: Choice<Table>,
}

/// Collects what a [`Governing`] is made of, in the order in which the entries take effect.
#[derive(Default)]
pub(super) struct GoverningBuilder {
    groups: Vec<(Selectors, Vec<Entry>, Vec<usize>)>,
    places: HashMap<Selectors, usize>,
    entries: usize,
}

impl GoverningBuilder {
    pub(super) fn add(&mut self, selectors: &Selectors, entries: Vec<Entry>) {
        let place = *self.places.entry(selectors.clone()).or_insert_with(|| {
            self.groups
                .push((selectors.clone(), Vec::new(), Vec::new()));
            self.groups.len() - 1
        });
        let orders = self.entries..self.entries + entries.len();
        self.entries = orders.end;
        if let Some((_, of_group, their_orders)) = self.groups.get_mut(place) {
            of_group.extend(entries);
            their_orders.extend(orders);
        }
    }

    pub(super) fn build(self) -> Governing {
        let mut tables = Choice::default();
        for (selectors, entries, orders) in self.groups {
            tables.add(selectors, Table::among_others(entries, orders));
        }
        Governing { tables }
    }
}

/// What decides about an image.
#[derive(Debug, Default)]
pub(super) struct Deciding<'p> {
    /// The entries, those included that may decide.
    pub(super) entries: Vec<&'p Entry>,
    /// Those of them that only may.
    pub(super) supposed: Vec<&'p Entry>,
    /// Whether different entries are surely selected for the image as written and for its normalised form.
    pub(super) spelling_conflict: bool,
    /// Whether it may be that nothing decides, although something may.
    pub(super) may_be_nothing: bool,
    /// What would have to be known.
    pub(super) missing: Missing,
}

impl<'p> Deciding<'p> {
    /// What is surely selected.
    pub(super) fn surely(selected: Selected<'p>) -> Self {
        let entries = selected.deciding();
        Self {
            spelling_conflict: entries.len() > 1,
            entries,
            ..Self::default()
        }
    }
}

impl Governing {
    /// What decides about an image in this environment.
    ///
    /// Of policies of which it is not known whether they select the workload, any may. So each entry that would decide if
    /// one of them did governs, together with what decides if none does: what this admits is admitted whatever the facts
    /// turn out to be. More than one of them at once adds nothing: an entry that wins among more wins among fewer.
    pub(super) fn deciding(
        &self,
        image: &Image<'_>,
        environment: &Environment<'_>,
    ) -> Deciding<'_> {
        let mut sure = Hits::default();
        let mut possible: Vec<Hits<'_>> = Vec::new();
        let mut missing = Missing::NOTHING;
        for (applies, table) in self.tables.in_environment(environment) {
            match applies {
                Applies::No => {}
                Applies::Yes => sure = sure.or(table.hits(image)),
                Applies::Unknown(facts) => {
                    let hits = table.hits(image);
                    if hits.is_any() {
                        possible.push(hits);
                        missing = missing.and(facts);
                    }
                }
            }
        }
        if possible.is_empty() {
            return Deciding::surely(sure.selected());
        }
        let surely = sure.selected();
        let cases: Vec<Selected<'_>> = possible
            .into_iter()
            .map(|hits| sure.or(hits).selected())
            .collect();
        if !surely.decides() && !cases.iter().any(Selected::decides) {
            return Deciding::default();
        }
        let mut deciding = Deciding {
            missing,
            may_be_nothing: !surely.decides(),
            ..Deciding::default()
        };
        let alone = surely.additional();
        deciding.spelling_conflict = alone.len() > 1;
        let cases: Vec<Vec<&Entry>> = cases.into_iter().map(Selected::additional).collect();
        let every = |entry: &&Entry| {
            alone.iter().any(|one| std::ptr::eq(*one, *entry))
                && cases
                    .iter()
                    .all(|case| case.iter().any(|one| std::ptr::eq(*one, *entry)))
        };
        for entry in alone.iter().chain(cases.iter().flatten()) {
            if deciding
                .entries
                .iter()
                .any(|one| std::ptr::eq(*one, *entry))
            {
                continue;
            }
            deciding.entries.push(entry);
            if !every(entry) {
                deciding.supposed.push(entry);
            }
        }
        deciding
    }

    /// The entries of policies that may be for a workload in this environment, in the order in which they take effect.
    pub(super) fn entries_for(&self, environment: &Environment<'_>) -> Vec<&Entry> {
        let tables = self.tables.in_environment(environment);
        let mut placed: Vec<_> = tables.flat_map(|(_, table)| table.placed()).collect();
        placed.sort_by_key(|(order, _)| **order);
        placed.into_iter().map(|(_, entry)| entry).collect()
    }

    pub(super) const fn tables(&self) -> &Choice<Table> {
        &self.tables
    }
}
