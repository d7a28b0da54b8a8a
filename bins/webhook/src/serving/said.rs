//! What stands in the way, said once.

/// Says once what stands in the way, however long it does.
#[derive(Debug)]
pub(super) struct Said {
    /// What it keeps from being done.
    of: &'static str,
    last: Option<String>,
}

impl Said {
    pub(super) const fn new(of: &'static str) -> Self {
        Self { of, last: None }
    }

    /// Something stands in the way.
    pub(super) fn problem(&mut self, problem: &str) {
        if self.last.as_deref() != Some(problem) {
            tracing::error!(of = self.of, problem, "something stands in the way");
            self.last = Some(problem.to_owned());
        }
    }

    /// Nothing does any more.
    pub(super) fn well(&mut self) {
        if self.last.take().is_some() {
            tracing::info!(of = self.of, "what stood in the way is gone");
        }
    }
}
