//! Where a repository lists what refers to its manifests.

use std::time::{Duration, Instant};

use crate::kept::{Kept, Weight};

/// How long it is remembered. Registries change their ways with a release, not by the minute.
const REMEMBERED: Duration = Duration::from_secs(10 * 60);
/// The most repositories remembered.
const MAX_REPOSITORIES: usize = 4096;
/// The most bytes of their names: 4096 of 1 KiB.
const MAX_BYTES: usize = 4 << 20;

/// Where a list of referrers is (OCI distribution specification, "Listing Referrers" and "Referrers Tag Schema").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At the referrers API.
    Api,
    /// Under a tag, for the API is missing.
    Tag,
}

impl Weight for Place {
    fn weight(&self) -> usize {
        0
    }
}

/// Where repositories list referrers, by the URL of the API.
///
/// By repository and not by registry: below one host name there may be several programs, and 404 may mean that there is
/// no such repository. It decides what is asked first, and never what is found.
pub(crate) struct Places(Kept<String, Place>);

impl Default for Places {
    fn default() -> Self {
        Self(Kept::within(MAX_REPOSITORIES, MAX_BYTES))
    }
}

impl Places {
    pub(super) fn find(&self, repository: &String) -> Option<Place> {
        self.0.find(repository, Instant::now())
    }

    pub(super) fn keep(&self, repository: String, place: Place) {
        let now = Instant::now();
        self.0.keep(repository, place, now + REMEMBERED, now);
    }
}
