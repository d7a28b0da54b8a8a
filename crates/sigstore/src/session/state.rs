//! How far a session is.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use doorward_core::{Descriptor, Digest, Incomplete};

use crate::discovery::{Form, Located};

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

/// Where signatures stand. What one place has takes nothing from the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A manifest that refers to the image.
    Referrer,
    /// The manifest under the tag of signatures.
    Tag,
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
    /// How many manifests were listed.
    pub(super) manifests_listed: usize,
    /// How many signatures manifests that refer to the image have beside the first of each.
    pub(super) further: usize,
    /// What was found, each once: a layer with what stands beside it, and a bundle by itself.
    found: BTreeSet<(Digest, BTreeMap<String, String>)>,
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
            manifests_listed: 0,
            further: 0,
            found: BTreeSet::new(),
            are_too_many: false,
            incomplete: None,
            has_list_of_tag: false,
            seen: BTreeSet::new(),
        }
    }

    /// Whether it was not found before, wherever it stood.
    pub(super) fn is_new(&mut self, located: &Located) -> bool {
        let beside = match located.form {
            Form::Bundle => BTreeMap::new(),
            Form::Attestation | Form::Layer => located.blob.annotations.clone(),
        };
        self.found.insert((located.blob.digest.clone(), beside))
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
