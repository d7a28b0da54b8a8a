//! What is counted of what runs and is judged again.

use std::collections::BTreeMap;

use doorward_core::Timestamp;
use prometheus::{IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

use super::registered;

/// Families about rounds over everything that runs.
#[derive(Debug)]
pub(crate) struct RescanMetrics {
    images: IntGaugeVec,
    rounds: IntCounterVec,
    last: IntGauge,
}

impl RescanMetrics {
    /// What an image may come to. Each is there from the first round on, so that nothing is not a gap.
    const VERDICTS: [&'static str; 4] = ["allow", "deny", "inconclusive", "warn"];

    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let images = Opts::new(
            "doorward_running_images",
            "Images that ran at the last round, each once for Pods that are alike, by what is decided about them now.",
        );
        let rounds = Opts::new(
            "doorward_rescans_total",
            "Rounds over everything that runs, by whether it could be listed to the end.",
        );
        let rounds = registered(registry, IntCounterVec::new(rounds, &["outcome"])?)?;
        // Both are there from the start: what begins at one would not be seen to grow.
        for outcome in ["failed", "whole"] {
            rounds.with_label_values(&[outcome]);
        }
        Ok(Self {
            images: registered(registry, IntGaugeVec::new(images, &["verdict"])?)?,
            rounds,
            last: registered(
                registry,
                IntGauge::new(
                    "doorward_rescan_timestamp_seconds",
                    "When everything that runs was judged again last, to the end.",
                )?,
            )?,
        })
    }

    /// A round has ended. One that did not see everything counts, and changes nothing else.
    pub(crate) fn ended(
        &self,
        counts: &BTreeMap<&'static str, usize>,
        is_whole: bool,
        now: Timestamp,
    ) {
        let outcome = if is_whole { "whole" } else { "failed" };
        self.rounds.with_label_values(&[outcome]).inc();
        if !is_whole {
            return;
        }
        for verdict in Self::VERDICTS {
            let count = counts.get(verdict).copied().unwrap_or_default();
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.images.with_label_values(&[verdict]).set(count);
        }
        self.last.set(now.unix());
    }

    /// Another replica does it now, and says what it sees.
    pub(crate) fn passed_on(&self) {
        self.images.reset();
        self.last.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_that_did_not_see_everything_leaves_what_the_last_one_saw() {
        let registry = Registry::new();
        let metrics = RescanMetrics::new(&registry).expect("families");
        let at = Timestamp::from_unix;
        metrics.ended(&BTreeMap::from([("deny", 2), ("allow", 5)]), true, at(1000));
        metrics.ended(&BTreeMap::from([("deny", 1)]), false, at(2000));
        let image = |verdict| metrics.images.with_label_values(&[verdict]).get();
        assert_eq!((image("deny"), image("allow"), image("warn")), (2, 5, 0));
        assert_eq!(metrics.last.get(), 1000);
        let rounds = |outcome| metrics.rounds.with_label_values(&[outcome]).get();
        assert_eq!((rounds("whole"), rounds("failed")), (1, 1));
        metrics.ended(&BTreeMap::new(), true, at(3000));
        assert_eq!(image("deny"), 0);
    }

    #[test]
    fn a_replica_that_no_longer_leads_says_nothing_of_what_it_saw_once() {
        let registry = Registry::new();
        let metrics = RescanMetrics::new(&registry).expect("families");
        metrics.ended(
            &BTreeMap::from([("deny", 2)]),
            true,
            Timestamp::from_unix(1000),
        );
        let is_told = || {
            let families = registry.gather();
            families
                .iter()
                .any(|one| one.name() == "doorward_running_images")
        };
        assert!(is_told());
        metrics.passed_on();
        assert!(!is_told());
    }
}
