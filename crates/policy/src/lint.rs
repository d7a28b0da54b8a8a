//! What works, but perhaps not as its author wants.

mod exceptions;
mod host;
mod name;
mod scope;
mod selection;
mod together;

use doorward_core::Timestamp;

use crate::object::EntrySource;
use crate::{Diagnostic, LintCode, PolicyObject, PolicySet};
pub use exceptions::lint_exceptions;
use together::Together;

/// Looks for what is risky in policies that can be read: all warnings. What cannot be read or cannot work is
/// reported by [`read_documents`](crate::read_documents) and [`PolicySet::compile`](crate::PolicySet::compile).
///
/// All policies that apply together should be given at once, since some findings concern two entries.
#[must_use]
pub fn lint(policies: &[PolicyObject]) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = policies
        .iter()
        .flat_map(|policy| policy.notes.clone())
        .collect();
    for policy in policies {
        for entry in &policy.entries {
            let named = Named { policy, entry };
            let findings = name::findings(&entry.pattern).into_iter();
            found.extend(findings.map(|(code, text)| named.finding(code, text)));
        }
        selection::relaxing(policy, &mut found);
    }
    for together in Together::of(policies) {
        let (namespace, entries) = (together.namespace, together.entries());
        scope::repeated(&entries, &mut found);
        scope::outranked(&entries, &mut found);
        let (set, _) = PolicySet::compile(together.for_everybody());
        scope::spelled_differently(&set, namespace, &entries, &mut found);
        scope::pinned_away(&set, namespace, &entries, &mut found);
    }
    ordered(found)
}

/// As [`lint`], and what is so at `now`: from a time on that has passed, or until one that has not.
#[must_use]
pub fn lint_at(policies: &[PolicyObject], now: Timestamp) -> Vec<Diagnostic> {
    let mut found = lint(policies);
    let dated = policies.iter().flat_map(|policy| &policy.dated);
    found.extend(
        dated
            .filter(|(time, _)| *time <= now)
            .map(|(_, diagnostic)| diagnostic.clone()),
    );
    selection::deferred(policies, now, &mut found);
    ordered(found)
}

/// In the order of their places, each once.
fn ordered(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let key = |one: &Diagnostic| {
        (
            one.source.clone(),
            one.line,
            one.column,
            one.code,
            one.message.clone(),
        )
    };
    found.sort_by_cached_key(key);
    found.dedup();
    found
}

/// An entry and the object it belongs to.
#[derive(Clone, Copy)]
struct Named<'p> {
    policy: &'p PolicyObject,
    entry: &'p EntrySource,
}

impl Named<'_> {
    fn finding(&self, code: LintCode, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, message)
            .at(&self.policy.source, self.entry.at)
            .in_field(format!("spec.repositories[{}].name", self.entry.index))
    }
}

#[cfg(test)]
mod tests;
