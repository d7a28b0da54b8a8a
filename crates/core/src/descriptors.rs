//! Lists of descriptors in documents.

use std::collections::BTreeMap;

use crate::json::Value;
use crate::{Descriptor, DescriptorError, MediaType};

/// A list of descriptors, each read by itself: one that is malformed hides no other.
///
/// What a malformed entry means is for the caller to say, and the choice of method says it. Where entries are
/// evidence, such as referrers, [`readable`](Self::readable) takes what is good, and [`listed`](Self::listed) says also
/// what is not, for where it counts that nothing is missed. Where a list is one statement, such as the layers of an
/// image, [`all`](Self::all) takes it whole or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Descriptors {
    entries: Vec<Result<Descriptor, DescriptorError>>,
    /// Of entries that are malformed, by their places, what can be read.
    rest: BTreeMap<usize, Rest>,
}

/// What can be read of an entry that is malformed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rest {
    named: Option<Descriptor>,
    artifact_type: Option<MediaType>,
}

/// What an entry of a list names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Listed<'d> {
    /// Its media type, digest and size are readable. What is optional and cannot be read is left out.
    Named(&'d Descriptor),
    /// One of them is not.
    Unreadable {
        /// The type of the artifact, if it can be read.
        artifact_type: Option<&'d MediaType>,
        /// What is wrong.
        error: &'d DescriptorError,
    },
}

impl Descriptors {
    /// The most entries of one list. Images have some dozen platforms and at most 127 layers.
    pub const MAX: usize = 4096;

    /// Reads a list. Returns `None` if it is none, or has too many entries.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let (read, has_more) = Self::first_of(value)?;
        (!has_more).then_some(read)
    }

    /// Reads a list, and of one that has too many entries the first. Returns `None` if it is none; else also whether
    /// something was left out.
    pub(crate) fn first_of(value: &Value) -> Option<(Self, bool)> {
        let entries = match value {
            // How some writers say that it is empty.
            Value::Null => &[],
            other => other.as_array()?,
        };
        let mut list = Self::default();
        for (place, entry) in entries.iter().take(Self::MAX).enumerate() {
            let read = Descriptor::from_json(entry);
            if read.is_err() {
                let named = Descriptor::named(entry);
                let artifact_type = Descriptor::artifact_type_of(entry);
                let rest = Rest {
                    named,
                    artifact_type,
                };
                list.rest.insert(place, rest);
            }
            list.entries.push(read);
        }
        Some((list, entries.len() > Self::MAX))
    }

    /// Every entry in its place: the descriptor, or why it is none.
    pub fn entries(&self) -> &[Result<Descriptor, DescriptorError>] {
        &self.entries
    }

    /// The entries that could be read.
    pub fn readable(&self) -> impl Iterator<Item = &Descriptor> {
        self.entries.iter().filter_map(|entry| entry.as_ref().ok())
    }

    /// What each entry names, in its place. Annotations and platforms that cannot be read take nothing away from an entry.
    pub fn listed(&self) -> impl Iterator<Item = Listed<'_>> {
        self.entries.iter().enumerate().map(|(place, entry)| {
            let rest = self.rest.get(&place);
            match (entry, rest.and_then(|rest| rest.named.as_ref())) {
                (Ok(named), _) | (Err(_), Some(named)) => Listed::Named(named),
                (Err(error), None) => Listed::Unreadable {
                    artifact_type: rest.and_then(|rest| rest.artifact_type.as_ref()),
                    error,
                },
            }
        })
    }

    /// All entries, if all could be read.
    ///
    /// # Errors
    /// The [`DescriptorError`] of the first that could not.
    pub fn all(self) -> Result<Vec<Descriptor>, DescriptorError> {
        self.entries.into_iter().collect()
    }
}
