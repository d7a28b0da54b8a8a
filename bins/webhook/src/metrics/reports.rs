//! What is counted of reports.

use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

use super::registered;

/// Families about reports.
#[derive(Debug)]
pub(crate) struct ReportMetrics {
    writes: IntCounterVec,
    dropped: IntCounter,
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrote {
    /// The cluster has no definition of the reports.
    Absent,
    /// It could not be done.
    Failed,
    /// The report says what it should.
    Written,
}

impl Wrote {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Failed => "failed",
            Self::Written => "written",
        }
    }
}

impl ReportMetrics {
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let writes = Opts::new(
            "doorward_report_writes_total",
            "Writes of reports about images, by what became of them.",
        );
        Ok(Self {
            writes: registered(registry, IntCounterVec::new(writes, &["outcome"])?)?,
            dropped: registered(
                registry,
                IntCounter::new(
                    "doorward_report_results_dropped_total",
                    "Results about images that are in no report, for want of room or because it could not be written.",
                )?,
            )?,
        })
    }

    /// Counts a write.
    pub(crate) fn wrote(&self, outcome: Wrote) {
        self.writes.with_label_values(&[outcome.as_str()]).inc();
    }

    /// Counts what is in no report.
    pub(crate) fn dropped(&self, results: usize) {
        self.dropped.inc_by(results.try_into().unwrap_or(u64::MAX));
    }
}
