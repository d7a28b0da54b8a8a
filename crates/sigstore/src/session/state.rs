//! How far a session is.

use std::collections::{BTreeSet, VecDeque};

use doorward_core::{Descriptor, Digest, Incomplete};

use crate::discovery::Located;

#[derive(Debug)]
pub(super) enum State {
    /// Nothing was asked yet.
    Start,
    /// The list, what is under the tag of signatures, and the manifest of the image were asked for.
    Listing,
    /// What was listed is looked at.
    Trying(Box<Trying>, Vec<Want>),
    /// The outcome was given.
    Over,
}

/// What was asked for.
#[derive(Debug)]
pub(super) enum Want {
    /// Something that may be a signature.
    Blob(Located),
    /// The list under the fallback tag, beside that of the API.
    List,
    /// A manifest that refers to the image.
    Manifest(Descriptor),
}

/// What is still to be looked at.
#[derive(Debug)]
pub(super) struct Trying {
    /// The image.
    pub(super) subject: Descriptor,
    /// Manifests that were listed.
    pub(super) manifests: VecDeque<Descriptor>,
    /// What may be signatures, manifest by manifest; none of the lists is empty.
    pub(super) blobs: VecDeque<VecDeque<Located>>,
    /// How many manifests are asked for next.
    pub(super) round: usize,
    /// How many manifests were listed, and how many blobs found.
    pub(super) counted: (usize, usize),
    /// Whether there are more than are looked at.
    pub(super) are_too_many: bool,
    /// What the lists lack.
    pub(super) incomplete: Option<Incomplete>,
    /// Whether the list under the fallback tag was asked for.
    pub(super) has_list_of_tag: bool,
    /// Manifests that were listed, each once.
    pub(super) seen: BTreeSet<Digest>,
}

impl Trying {
    pub(super) fn about(subject: Descriptor, round: usize) -> Self {
        Self {
            subject,
            manifests: VecDeque::new(),
            blobs: VecDeque::new(),
            round,
            counted: (0, 0),
            are_too_many: false,
            incomplete: None,
            has_list_of_tag: false,
            seen: BTreeSet::new(),
        }
    }

    /// What is asked for next: one of each manifest in turn, so that none keeps the others waiting.
    pub(super) fn next_blob(&mut self) -> Option<Located> {
        let mut of_one = self.blobs.pop_front()?;
        let next = of_one.pop_front();
        if !of_one.is_empty() {
            self.blobs.push_back(of_one);
        }
        next
    }
}
