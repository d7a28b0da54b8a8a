//! What an entry that is new takes away.

use std::collections::BTreeMap;

use super::{Body, Change, insists, weaker_body};
use crate::PolicyObject;
use crate::pattern::Reach;

/// The most steps that the comparison of patterns takes, about a second. Beyond, a new entry counts as one that
/// overrules.
const MOST_STEPS: usize = 200_000_000;

/// The entries in force, by the namespace of their objects, with the images that each may govern.
pub(super) struct InForce<'p> {
    homes: BTreeMap<Option<&'p str>, Vec<(Reach, Body<'p>)>>,
    steps: usize,
}

impl<'p> InForce<'p> {
    pub(super) fn of(policies: &[&'p PolicyObject]) -> Self {
        let mut homes: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for policy in policies {
            let entries = policy
                .entries()
                .map(|(pattern, body)| (Reach::of(pattern), body));
            homes.entry(policy.home()).or_default().extend(entries);
        }
        Self { homes, steps: 0 }
    }

    /// What an entry that was not there takes away, if anything.
    ///
    /// One entry of a scope is selected for an image. So however much the new one demands, it may take images from one
    /// that demands something else. Which of two is selected depends on more than their patterns, and is not told here.
    pub(super) fn added(
        &mut self,
        home: Option<&str>,
        pattern: &str,
        body: Body<'_>,
    ) -> Option<Change> {
        if !insists(body.ok()?) {
            return Some(Change::Admits(pattern.to_owned()));
        }
        let mut reach = None;
        for (theirs, old) in self.homes.get(&home)? {
            if weaker_body(*old, body, String::new).is_none() {
                continue;
            }
            let reach = reach.get_or_insert_with(|| Reach::of(pattern));
            let steps = reach.bytes().saturating_mul(theirs.bytes());
            self.steps = self.steps.saturating_add(steps);
            if self.steps > MOST_STEPS || reach.meets(theirs) {
                return Some(Change::Overrules(pattern.to_owned()));
            }
        }
        None
    }
}
