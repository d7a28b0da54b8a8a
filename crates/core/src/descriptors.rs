//! Lists of descriptors in documents.

use crate::json::Value;
use crate::{Descriptor, DescriptorError};

/// A list of descriptors, each read by itself: one that is malformed hides no other.
///
/// What a malformed entry means is for the caller to say, and the choice of method says it. Where entries are
/// evidence, such as referrers, [`readable`](Self::readable) takes what is good. Where a list is one statement, such
/// as the layers of an image, [`all`](Self::all) takes it whole or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Descriptors(Vec<Result<Descriptor, DescriptorError>>);

impl Descriptors {
    /// The most entries of one list. Images have some dozen platforms and at most 127 layers.
    pub const MAX: usize = 4096;

    /// Reads a list. Returns `None` if it is none, or has too many entries.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let entries = match value {
            // How some writers say that it is empty.
            Value::Null => &[],
            other => other.as_array()?,
        };
        (entries.len() <= Self::MAX)
            .then(|| Self(entries.iter().map(Descriptor::from_json).collect()))
    }

    /// Reads a list, and of one that has too many entries the first. Returns `None` if it is none; else also whether
    /// something was left out.
    pub(crate) fn first_of(value: &Value) -> Option<(Self, bool)> {
        let entries = match value {
            Value::Null => &[],
            other => other.as_array()?,
        };
        let read = entries.iter().take(Self::MAX).map(Descriptor::from_json);
        Some((Self(read.collect()), entries.len() > Self::MAX))
    }

    /// Every entry in its place: the descriptor, or why it is none.
    pub fn entries(&self) -> &[Result<Descriptor, DescriptorError>] {
        &self.0
    }

    /// The entries that could be read.
    pub fn readable(&self) -> impl Iterator<Item = &Descriptor> {
        self.0.iter().filter_map(|entry| entry.as_ref().ok())
    }

    /// All entries, if all could be read.
    ///
    /// # Errors
    /// The [`DescriptorError`] of the first that could not.
    pub fn all(self) -> Result<Vec<Descriptor>, DescriptorError> {
        self.0.into_iter().collect()
    }
}
