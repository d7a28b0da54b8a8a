//! What is counted of decisions that nobody waits for.

use prometheus::{IntCounterVec, Opts, Registry};

use super::registered;

/// Families about reviews whose time ran out, and about what runs already.
#[derive(Debug)]
pub(crate) struct AheadMetrics {
    unfinished: IntCounterVec,
    warmed_up: IntCounterVec,
}

impl AheadMetrics {
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let outcomes = |name: &str, help: &str| {
            let family = IntCounterVec::new(Opts::new(name, help), &["outcome"])?;
            registered(registry, family)
        };
        Ok(Self {
            unfinished: outcomes(
                "doorward_unfinished_reviews_total",
                "Reviews that were not decided in time, by what became of them after that.",
            )?,
            warmed_up: outcomes(
                "doorward_warm_up_total",
                "Pods that ran at the start, by what became of looking at their images.",
            )?,
        })
    }

    /// Counts what became of a review that was not decided in time.
    pub(crate) fn unfinished(&self, outcome: &'static str) {
        self.unfinished.with_label_values(&[outcome]).inc();
    }

    /// Counts what became of the images of a Pod that ran at the start.
    pub(crate) fn warmed_up(&self, outcome: &'static str) {
        self.warmed_up.with_label_values(&[outcome]).inc();
    }
}
