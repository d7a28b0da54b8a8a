//! What works, but perhaps not as its author wants.

mod host;
mod name;
mod scope;

use std::collections::BTreeMap;

use doorward_core::Timestamp;

use crate::object::EntrySource;
use crate::{Diagnostic, LintCode, PolicyObject};

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
    let mut scopes: BTreeMap<Option<&str>, Vec<Named<'_>>> = BTreeMap::new();
    for policy in policies {
        let named = policy.entries.iter().map(|entry| Named { policy, entry });
        scopes.entry(policy.home()).or_default().extend(named);
    }
    for (namespace, mut entries) in scopes {
        // The order in which they take effect; stable, so entries of one object keep theirs.
        entries.sort_by(|a, b| {
            (&a.policy.name, a.policy.group).cmp(&(&b.policy.name, b.policy.group))
        });
        for named in &entries {
            found.extend(
                name::findings(&named.entry.pattern)
                    .into_iter()
                    .map(|(code, text)| named.finding(code, text)),
            );
        }
        scope::repeated(&entries, &mut found);
        scope::outranked(&entries, &mut found);
        let set = scope::compiled(policies, &entries);
        scope::spelled_differently(&set, namespace, &entries, &mut found);
        scope::pinned_away(&set, namespace, &entries, &mut found);
    }
    found.sort_by(|a, b| {
        (&a.source, a.line, a.column, a.code).cmp(&(&b.source, b.line, b.column, b.code))
    });
    found.dedup();
    found
}

/// As [`lint`], and what is so from a time on that has passed at `now`.
#[must_use]
pub fn lint_at(policies: &[PolicyObject], now: Timestamp) -> Vec<Diagnostic> {
    let mut found = lint(policies);
    let dated = policies.iter().flat_map(|policy| &policy.dated);
    found.extend(
        dated
            .filter(|(time, _)| *time <= now)
            .map(|(_, diagnostic)| diagnostic.clone()),
    );
    found.sort_by(|a, b| {
        (&a.source, a.line, a.column, a.code).cmp(&(&b.source, b.line, b.column, b.code))
    });
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
