use crate::{Diagnostic, PolicyObject};

/// Findings.
#[must_use]
pub fn lint(policies: &[PolicyObject]) -> Vec<Diagnostic> {
    policies.iter().flat_map(|policy| policy.notes.clone()).collect()
}
