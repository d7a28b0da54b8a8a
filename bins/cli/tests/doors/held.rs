//! What doors say, held against what the command says.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::ask::Door;
use crate::cases::{Case, Setting};
use crate::differences;
use crate::said::Said;

#[derive(Default)]
pub(crate) struct Held {
    compared: usize,
    failures: Vec<String>,
    /// How often each difference was there.
    differences: BTreeMap<usize, usize>,
}

impl Held {
    /// Holds what every door says of every case against the reports of the command.
    pub(crate) fn of(cases: &[Case], reports: &[Value], said: &[Vec<Said>]) -> Self {
        let mut held = Self::default();
        let defaults: BTreeMap<_, _> = cases
            .iter()
            .zip(reports)
            .filter(|(case, _)| case.account == "default")
            .map(|(case, report)| ((case.namespace, &case.image), Said::of_report(report)))
            .collect();
        assert_eq!((cases.len(), cases.len()), (reports.len(), said.len()));
        for ((case, report), said) in cases.iter().zip(reports).zip(said) {
            let default = defaults.get(&(case.namespace, &case.image));
            held.hold(case, &Said::of_report(report), default, said);
        }
        held
    }

    fn hold(&mut self, case: &Case, command: &Said, default: Option<&Said>, said: &[Said]) {
        for (&door, said) in Door::ALL.iter().zip(said) {
            let (mut expected, taken) = differences::expected(door, case, command, default);
            for number in taken {
                *self.differences.entry(number).or_default() += 1;
            }
            expected.replacement = replacement(case, &expected);
            let differing = said.differs_from(&expected).into_iter();
            self.failures
                .extend(differing.map(|one| format!("{}: {door:?}: {one}", case.name)));
            self.compared += 1;
        }
    }

    /// How many answers were compared.
    pub(crate) const fn compared(&self) -> usize {
        self.compared
    }

    #[track_caller]
    pub(crate) fn all_the_same(&self) {
        assert!(
            self.failures.is_empty(),
            "{} differences that nobody meant:\n{}",
            self.failures.len(),
            self.failures.join("\n")
        );
    }

    /// Every difference that is meant is there.
    #[track_caller]
    pub(crate) fn has_all_differences(&self) {
        let missing: Vec<&str> = differences::ALL
            .iter()
            .enumerate()
            .filter(|(number, _)| !self.differences.contains_key(number))
            .map(|(_, difference)| difference.what)
            .collect();
        assert!(missing.is_empty(), "nowhere: {missing:#?}");
    }
}

/// What an image is to be named by where this is said of it.
fn replacement(case: &Case, said: &Said) -> Option<String> {
    if said.is_refused {
        return None;
    }
    let pinned = said.pinned.as_ref().filter(|pinned| !pinned.is_empty());
    let Some(pinned) = pinned.filter(|_| case.is_pinned) else {
        return Some(case.image.clone());
    };
    let (repository, digest) = pinned.split_once('@').unwrap();
    let has_tag = case.image.ends_with(":1") || case.image.contains(":1@");
    Some(match case.setting == Setting::Kept && has_tag {
        true => format!("{repository}:1@{digest}"),
        false => pinned.clone(),
    })
}
