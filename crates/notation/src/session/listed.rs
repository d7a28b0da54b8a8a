//! What lists name, and what is tried of it.

use doorward_core::{Descriptor, Digest, FetchError, Incomplete, Index, Rejection};

use super::NotationSession;
use super::state::Trying;
use crate::codes;
use crate::discovery::{NotLocated, candidates, unreadable};

impl NotationSession {
    /// Adds what a list names and was not found before.
    pub(super) fn add(&mut self, trying: &mut Trying, index: &Index) {
        if trying.incomplete.is_none() {
            trying.incomplete = index.incomplete();
        }
        // Where the one that was made last counts, it must be known that none was left out.
        if self.input.wants_latest && trying.incomplete.is_none() {
            let unreadable = unreadable(index);
            trying.incomplete = unreadable.map(|detail| Incomplete::Malformed { detail });
        }
        for candidate in candidates(index, &self.trusted()) {
            self.add_one(trying, candidate);
        }
    }

    fn add_one(&mut self, trying: &mut Trying, candidate: Descriptor) {
        if self.seen.contains(&candidate.digest) {
            return;
        }
        if trying.found == self.input.max_signatures {
            trying.are_too_many = true;
            return;
        }
        trying.found += 1;
        self.seen.insert(candidate.digest.clone());
        trying.left.push_back(candidate);
    }

    /// Adds what an index of signatures names. One in such an index is no other: that would have no end.
    pub(super) fn open(
        &mut self,
        trying: &mut Trying,
        digest: &Digest,
        (manifests, has_more): (Vec<Descriptor>, bool),
    ) {
        if trying.nested.contains(digest) {
            let why = NotLocated::Unreadable("it is an index in an index".to_owned());
            let rejection = self.not_located(digest, why);
            self.keep(rejection, digest);
            return;
        }
        trying.are_too_many |= has_more;
        for manifest in manifests {
            trying.nested.insert(manifest.digest.clone());
            self.add_one(trying, manifest);
        }
    }

    /// Why a manifest leads to no signature. Where the one counts that was made last, what cannot be read may be that one.
    pub(super) fn not_located(&self, digest: &Digest, why: NotLocated) -> Rejection {
        let (code, detail) = match why {
            NotLocated::Unreadable(detail) if self.input.wants_latest => {
                (codes::SIGNATURE_UNREADABLE, detail)
            }
            NotLocated::None(detail) | NotLocated::Unreadable(detail) => {
                (codes::MANIFEST_INVALID, detail)
            }
        };
        Rejection::new(code, format!("signature {digest}: {detail}"))
    }

    /// That a manifest could not be had, or not all of it.
    pub(super) fn lost_manifest(&self, digest: &Digest, error: &FetchError) -> Rejection {
        match error {
            FetchError::TooLarge { .. } if self.input.wants_latest => {
                self.not_located(digest, NotLocated::Unreadable(error.reason()))
            }
            _ => self.lost(self.manifest(digest), error),
        }
    }
}
