//! The bounds of one review.

use std::time::Duration;

use super::IN_FLIGHT;

/// The bounds of one review: of all its images together. What goes over one is refused, and is no outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReviewBudget {
    /// Different images. No workload in practice has more than a few dozen containers.
    pub images: usize,
    /// Images that the builds of those used and that are judged because of it, each as often as it is judged. As many as there
    /// may be images; one build may have used 16.
    pub materials: usize,
    /// Resources asked for. 32 for each of the images.
    pub fetches: usize,
    /// Bytes received, those of manifests included. Four times what one image may have.
    pub bytes: usize,
    /// The largest answers that may be under way at a time, in bytes. An eighth of what all reviews have together, so
    /// that one leaves the others theirs; more only waits.
    pub in_flight: usize,
    /// Into how many shares that is divided which all reviews of a process have together, answers under way and answers
    /// held. The reviews of one namespace have one share, so that no tenant takes what the others need.
    pub shares: usize,
    /// How long the review waits in all for what authorities say about certificates. More than half of its time: the
    /// rest is for the registry, and for the answer. What could not be asked within it is not known, which is no
    /// outage.
    pub authority_time: Duration,
    /// How often authorities are asked. A chain of three has two to four questions, with as many signers as there are
    /// in practice.
    pub authority_fetches: usize,
}

impl Default for ReviewBudget {
    fn default() -> Self {
        Self {
            images: 128,
            materials: 128,
            fetches: 4096,
            bytes: 128 << 20,
            in_flight: IN_FLIGHT / 8,
            shares: 4,
            authority_time: Duration::from_secs(5),
            authority_fetches: 128,
        }
    }
}

impl ReviewBudget {
    /// Bounds each image and not their number: for a program that judges what the person who runs it names.
    #[must_use]
    pub const fn unbounded() -> Self {
        Self {
            images: usize::MAX,
            materials: usize::MAX,
            fetches: usize::MAX,
            bytes: usize::MAX,
            in_flight: IN_FLIGHT,
            shares: 1,
            authority_time: Duration::MAX,
            authority_fetches: usize::MAX,
        }
    }
}
