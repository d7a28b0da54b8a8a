//! What is in force, and when what is trusted ends.

use std::sync::PoisonError;

use doorward_core::{Scheme, Timestamp};

use super::{Metrics, Reload};

impl Metrics {
    /// Counts a change of files.
    pub(crate) fn reloaded(&self, source: &'static str, outcome: Reload) {
        self.reloads
            .with_label_values(&[source, outcome.as_str()])
            .inc();
    }

    /// Sets when all policy files were last looked at.
    pub fn policies_looked_at(&self, at: Timestamp) {
        self.looked.set(at.unix());
    }

    /// Sets how much is wrong with policies, Secrets and policy files in force.
    pub fn faults(&self, faults: usize) {
        self.faults.set(i64::try_from(faults).unwrap_or(i64::MAX));
    }

    /// Sets how many entries of a kind of policy are in a state.
    pub fn policies(&self, kind: &str, state: &str, entries: usize) {
        let entries = i64::try_from(entries).unwrap_or(i64::MAX);
        self.policies.with_label_values(&[kind, state]).set(entries);
    }

    /// Sets when the policies in force were read.
    pub fn policies_synced(&self, at: Timestamp) {
        self.synced.set(at.unix());
    }

    /// Sets when the serving certificate ends.
    pub fn certificate_expires(&self, at: Timestamp) {
        self.certificate_expiry.set(at.unix());
    }

    /// Replaces what is known about the ends of trusted keys.
    pub fn trust_expires<'a>(
        &self,
        ends: impl IntoIterator<Item = (&'static str, &'a str, Timestamp)>,
    ) {
        self.trust_ends
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .keys(ends);
    }

    /// When the first of the keys of each scheme that are known by where they are ends, if there is one.
    pub(crate) fn key_sources_end(&self, ends: [(Scheme, Option<Timestamp>); 3]) {
        self.trust_ends
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .key_sources(ends);
    }

    /// Counts that a source of a key was asked.
    pub(crate) fn key_source_asked(&self, outcome: &'static str) {
        self.key_sources.with_label_values(&[outcome]).inc();
    }

    /// When what is held of trusted roots from repositories ends.
    pub(crate) fn trust_roots<'a>(&self, ends: impl IntoIterator<Item = (&'a str, Timestamp)>) {
        self.trust_ends
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .trust_roots(ends);
    }
}
