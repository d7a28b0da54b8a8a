//! The name of a policy entry, for reports.

use std::fmt;

/// The policy entry that governs an image.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Rule {
    /// The kind of the policy object or file.
    pub kind: String,
    /// The namespace of the policy object, if it has one.
    pub namespace: Option<String>,
    /// The name of the policy object or file.
    pub name: String,
    /// The pattern or scope that matched.
    pub entry: String,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        write!(f, "{}, entry {}", self.name, self.entry)
    }
}
