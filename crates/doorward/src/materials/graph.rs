//! Which image is built on which.

use std::collections::{BTreeMap, BTreeSet};

use doorward_core::{Digest, Pinned, Rejection};

use super::codes;

/// Images by their digests, each with those that its build used.
#[derive(Debug, Default)]
pub(super) struct Graph(BTreeMap<Digest, BTreeSet<Digest>>);

impl Graph {
    /// Adds that the build of `by` used `image`.
    ///
    /// # Errors
    /// A cycle: no build can have used what was made of it, so one of the statements is not true.
    pub(super) fn add(&mut self, by: &Pinned, image: &Pinned) -> Result<(), Rejection> {
        if self.reaches(image.digest(), by.digest()) {
            let detail = format!(
                "the build of {by} says that it used {image}, whose own build used it, and neither can be older than the other"
            );
            return Err(Rejection::new(codes::CYCLE, detail));
        }
        let used = self.0.entry(by.digest().clone()).or_default();
        used.insert(image.digest().clone());
        Ok(())
    }

    /// Whether `to` is `from`, or something that was used for it.
    fn reaches(&self, from: &Digest, to: &Digest) -> bool {
        let (mut seen, mut left) = (BTreeSet::new(), vec![from]);
        while let Some(digest) = left.pop() {
            if digest == to {
                return true;
            }
            if seen.insert(digest) {
                left.extend(self.0.get(digest).into_iter().flatten());
            }
        }
        false
    }
}
