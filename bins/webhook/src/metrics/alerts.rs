//! What is counted of alerts.

use prometheus::{IntCounterVec, Opts, Registry};

use super::registered;
use crate::alerts::AlertKind;

/// What became of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was sent too often without an answer.
    GivenUp,
    /// There was no room for it, or for another one.
    LeftOut,
    /// The receiver will not have it.
    Refused,
    /// It arrived.
    Sent,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::GivenUp, Self::LeftOut, Self::Refused, Self::Sent];

    const fn as_str(self) -> &'static str {
        match self {
            Self::GivenUp => "given-up",
            Self::LeftOut => "left-out",
            Self::Refused => "refused",
            Self::Sent => "sent",
        }
    }
}

/// The family about alerts.
#[derive(Debug)]
pub(crate) struct AlertMetrics {
    alerts: IntCounterVec,
}

impl AlertMetrics {
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let alerts = Opts::new(
            "doorward_alerts_total",
            "Alerts, by what they are about and what became of them.",
        );
        let alerts = registered(registry, IntCounterVec::new(alerts, &["about", "outcome"])?)?;
        // All are there from the start: what begins at one would not be seen to grow.
        for kind in AlertKind::ALL {
            for outcome in Outcome::ALL {
                alerts.with_label_values(&[kind.word(), outcome.as_str()]);
            }
        }
        Ok(Self { alerts })
    }

    /// Counts one. `about` is the word of an [`AlertKind`].
    pub(crate) fn count(&self, about: &str, outcome: Outcome) {
        self.alerts
            .with_label_values(&[about, outcome.as_str()])
            .inc();
    }
}
