//! What is wrong with a source, said once.

use crate::metrics::{Metrics, Reload};

/// Says once what is wrong, however long it stays wrong.
pub(crate) struct Complaints<'a> {
    source: &'static str,
    metrics: &'a Metrics,
    last: Option<String>,
}

impl<'a> Complaints<'a> {
    pub(crate) const fn new(source: &'static str, metrics: &'a Metrics) -> Self {
        Self {
            source,
            metrics,
            last: None,
        }
    }

    pub(crate) fn about(&mut self, problem: &str) {
        if self.last.as_deref() == Some(problem) {
            return;
        }
        self.metrics.reloaded(self.source, Reload::Failed);
        tracing::error!(
            source = self.source,
            problem,
            "a change is not usable; what was in force stays"
        );
        self.last = Some(problem.to_owned());
    }

    pub(crate) fn applied(&mut self) {
        self.metrics.reloaded(self.source, Reload::Applied);
        self.last = None;
    }

    pub(crate) fn none(&mut self) {
        if self.last.take().is_some() {
            tracing::info!(source = self.source, "what was wrong is gone");
        }
    }
}
