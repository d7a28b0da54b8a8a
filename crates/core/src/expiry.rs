//! When something that a verification relied on will end.

use crate::Timestamp;

/// The end of something that a verification relied on, such as the metadata of a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Expiry {
    /// What ends, in the terms of its scheme. Never the name of an image: it becomes the label of a metric.
    pub name: String,
    /// The first second in which it no longer counts.
    pub at: Timestamp,
}

impl Expiry {
    /// That `name` ends at `at`.
    #[must_use]
    pub fn new(name: impl Into<String>, at: Timestamp) -> Self {
        Self {
            name: name.into(),
            at,
        }
    }
}
