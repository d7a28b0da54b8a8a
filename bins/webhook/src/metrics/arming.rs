//! What is counted of the API server asking this webhook.

use prometheus::{IntCounter, IntGauge, Registry};

use super::registered;

/// Families about the webhook configurations.
#[derive(Debug)]
pub(crate) struct ArmingMetrics {
    armed: IntGauge,
    drifts: IntCounter,
}

impl ArmingMetrics {
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        Ok(Self {
            armed: registered(
                registry,
                IntGauge::new(
                    "doorward_armed",
                    "Whether all webhook configurations were as they should be at the last look; 0 without --arm.",
                )?,
            )?,
            drifts: registered(
                registry,
                IntCounter::new(
                    "doorward_arming_drifts_total",
                    "Changes of webhook configurations by others that this replica put right.",
                )?,
            )?,
        })
    }

    /// Sets whether the API server asks this webhook.
    pub(crate) fn armed(&self, is_armed: bool) {
        self.armed.set(is_armed.into());
    }

    /// Counts a change of somebody else that was put right.
    pub(crate) fn drifted(&self) {
        self.drifts.inc();
    }
}
