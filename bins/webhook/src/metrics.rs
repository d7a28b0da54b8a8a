//! Metric families. No label ever holds an image, a namespace, a digest or any other text of a requester's choice.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use doorward::{NoteKind, RequirementOutcome, Verdict};
use doorward_core::Timestamp;
use prometheus::core::Collector;
use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry, TextEncoder,
};

use crate::log;
use crate::recordings::outcome::Outcome;
use crate::trust_ends::TrustEnds;

pub(crate) use reload::Reload;

pub(crate) mod ahead;
pub(crate) mod alerts;
pub(crate) mod arming;
mod in_force;
mod reload;
pub(crate) mod reports;
pub(crate) mod rescans;
mod tasks;

/// From half a millisecond, a review that asks nobody, to the longest that the API server waits.
const REVIEW_BUCKETS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// From a registry next door to one that is about to be given up.
const FETCH_BUCKETS: [f64; 11] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];
/// The label value where there is nothing to say.
const NONE: &str = "none";

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    duration: Histogram,
    verdicts: IntCounterVec,
    fetches: IntCounterVec,
    fetch_duration: HistogramVec,
    cache: IntCounterVec,
    trust_expiry: IntGaugeVec,
    trust_ends: Mutex<TrustEnds>,
    key_sources: IntCounterVec,
    first_contacts: IntCounterVec,
    memories_lost: IntCounterVec,
    policies: IntGaugeVec,
    shed: IntCounterVec,
    closed: IntCounterVec,
    reloads: IntCounterVec,
    synced: IntGauge,
    looked: IntGauge,
    faults: IntGauge,
    certificate_expiry: IntGauge,
    recordings: IntCounterVec,
    events_dropped: IntCounter,
    log_lines_lost: IntCounter,
    ahead: ahead::AheadMetrics,
    rescans: rescans::RescanMetrics,
    arming: arming::ArmingMetrics,
    alerts: alerts::AlertMetrics,
    reports: reports::ReportMetrics,
    tasks: tasks::TaskMetrics,
}

impl Metrics {
    /// All families, at zero.
    ///
    /// # Errors
    /// If two families have the same name, which a test rules out.
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let counters = |name, help, labels: &[&str]| {
            registered(
                &registry,
                IntCounterVec::new(Opts::new(name, help), labels)?,
            )
        };
        let gauges = |name, help, labels: &[&str]| {
            registered(&registry, IntGaugeVec::new(Opts::new(name, help), labels)?)
        };
        let gauge = |name, help| registered(&registry, IntGauge::new(name, help)?);
        let metrics = Self {
            requests: counters(
                "doorward_admission_requests_total",
                "Admission reviews answered.",
                &["operation", "kind", "verdict"],
            )?,
            duration: registered(
                &registry,
                Histogram::with_opts(
                    HistogramOpts::new(
                        "doorward_admission_duration_seconds",
                        "Time to answer an admission review.",
                    )
                    .buckets(REVIEW_BUCKETS.to_vec()),
                )?,
            )?,
            verdicts: counters(
                "doorward_image_verdicts_total",
                "Images decided on.",
                &["verdict", "code", "scheme", "mode"],
            )?,
            fetches: counters(
                "doorward_fetch_total",
                "Resources asked of registries, signature stores and trust servers.",
                &["resource", "outcome"],
            )?,
            fetch_duration: registered(
                &registry,
                HistogramVec::new(
                    HistogramOpts::new(
                        "doorward_fetch_duration_seconds",
                        "Time until a resource was there or refused.",
                    )
                    .buckets(FETCH_BUCKETS.to_vec()),
                    &["resource"],
                )?,
            )?,
            cache: counters(
                "doorward_cache_requests_total",
                "Lookups in caches.",
                &["cache", "outcome"],
            )?,
            trust_expiry: gauges(
                "doorward_trust_expiry_timestamp_seconds",
                "When a trusted key, certificate, list or role ends; the earliest of each name.",
                &["scheme", "name"],
            )?,
            trust_ends: Mutex::default(),
            key_sources: counters(
                "doorward_key_source_requests_total",
                "Questions for keys at addresses and in key management services.",
                &["outcome"],
            )?,
            first_contacts: counters(
                "doorward_trust_first_contacts_total",
                "Verifications that began without anything remembered.",
                &["scheme"],
            )?,
            memories_lost: counters(
                "doorward_trust_memories_lost_total",
                "Verifications that found what was remembered deleted.",
                &["scheme"],
            )?,
            policies: gauges(
                "doorward_policies",
                "Policy entries in force.",
                &["kind", "state"],
            )?,
            shed: counters(
                "doorward_http_rejections_total",
                "Requests refused before anything was asked about their images.",
                &["reason"],
            )?,
            closed: counters(
                "doorward_http_connections_closed_total",
                "Connections closed for being silent, or to make room for others.",
                &["reason"],
            )?,
            reloads: counters(
                "doorward_reloads_total",
                "Changes of files: taken over, found broken, or held.",
                &["source", "outcome"],
            )?,
            synced: gauge(
                "doorward_policy_sync_timestamp_seconds",
                "When the policies in force were read.",
            )?,
            looked: gauge(
                "doorward_policies_last_look_timestamp_seconds",
                "When all policy files were last looked at.",
            )?,
            faults: gauge(
                "doorward_policy_faults",
                "What is wrong with policies, Secrets and policy files in force.",
            )?,
            certificate_expiry: gauge(
                "doorward_certificate_expiry_timestamp_seconds",
                "When the serving certificate ends.",
            )?,
            recordings: counters(
                "doorward_recordings_total",
                "Decisions that were to be recorded, by what became of them.",
                &["outcome"],
            )?,
            events_dropped: registered(
                &registry,
                IntCounter::new(
                    "doorward_events_dropped_total",
                    "Events that found no room while others were written.",
                )?,
            )?,
            log_lines_lost: registered(
                &registry,
                IntCounter::new(
                    "doorward_log_lines_lost_total",
                    "Lines of the log that nobody read in time, or that could not be written.",
                )?,
            )?,
            ahead: ahead::AheadMetrics::new(&registry)?,
            rescans: rescans::RescanMetrics::new(&registry)?,
            arming: arming::ArmingMetrics::new(&registry)?,
            alerts: alerts::AlertMetrics::new(&registry)?,
            reports: reports::ReportMetrics::new(&registry)?,
            tasks: tasks::TaskMetrics::new(&registry)?,
            registry: registry.clone(),
        };
        let build = gauges("doorward_build_info", "Always 1.", &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        #[cfg(target_os = "linux")]
        registry.register(Box::new(
            prometheus::process_collector::ProcessCollector::for_self(),
        ))?;
        Ok(metrics)
    }

    /// The text that a Prometheus server scrapes.
    ///
    /// # Errors
    /// If a family cannot be written in the format.
    pub fn render(&self) -> prometheus::Result<Vec<u8>> {
        let mut text = Vec::new();
        let mut ends = self
            .trust_ends
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.trust_expiry.reset();
        for ((scheme, name), end) in ends.earliest() {
            self.trust_expiry
                .with_label_values(&[scheme, name.as_str()])
                .set(end.unix());
        }
        let lost = log::lost();
        self.log_lines_lost
            .inc_by(lost.saturating_sub(self.log_lines_lost.get()));
        self.tasks.look();
        let families = self.registry.gather();
        drop(ends);
        TextEncoder::new().encode(&families, &mut text)?;
        Ok(text)
    }

    pub(crate) const fn ahead(&self) -> &ahead::AheadMetrics {
        &self.ahead
    }

    pub(crate) const fn arming(&self) -> &arming::ArmingMetrics {
        &self.arming
    }

    /// What is counted of alerts.
    pub(crate) const fn alerts(&self) -> &alerts::AlertMetrics {
        &self.alerts
    }

    pub(crate) const fn reports(&self) -> &reports::ReportMetrics {
        &self.reports
    }

    pub(crate) const fn rescans(&self) -> &rescans::RescanMetrics {
        &self.rescans
    }

    pub(crate) const fn tasks(&self) -> &tasks::TaskMetrics {
        &self.tasks
    }

    /// Counts a decision that was to be recorded.
    pub(crate) fn recorded(&self, outcome: Outcome) {
        self.recordings.with_label_values(&[outcome.as_str()]).inc();
    }

    /// Counts a review that was answered. `operation` and `kind` are the requester's words and are replaced by
    /// `other` unless known.
    pub fn reviewed(&self, operation: &str, kind: &str, verdict: &'static str, took: Duration) {
        let labels = [known(operation, &OPERATIONS), known(kind, &KINDS), verdict];
        self.requests.with_label_values(&labels).inc();
        self.duration.observe(took.as_secs_f64());
    }

    /// Counts what a verdict says of remembered trust, no matter who asked for it.
    pub(crate) fn noted(&self, verdict: &Verdict) {
        for note in verdict.notes() {
            let counter = match note.kind {
                NoteKind::FirstContact => &self.first_contacts,
                NoteKind::Lost => &self.memories_lost,
                _ => continue,
            };
            counter.with_label_values(&[note.scheme.as_str()]).inc();
        }
    }

    /// Counts what was decided about an image at `now`, and notes when what that relied on will end.
    pub fn decided(&self, verdict: &Verdict, now: Timestamp) {
        self.trust_ends
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .relied(verdict, now);
        let scheme = match verdict.rejection() {
            Some(rejection) => rejection.scheme(),
            None => verdict
                .requirements()
                .iter()
                .find(|r| r.outcome == RequirementOutcome::Pass)
                .map(|r| r.scheme),
        };
        self.verdicts
            .with_label_values(&[
                verdict.decision().as_str(),
                verdict.code().map_or(NONE, doorward_core::Code::as_str),
                scheme.as_ref().map_or(NONE, |scheme| scheme.as_str()),
                verdict.mode().as_str(),
            ])
            .inc();
        self.looked_up(verdict);
    }

    /// Counts whether what a verdict relies on was still remembered: all of a decision that is counted in a dry run.
    pub(crate) fn looked_up(&self, verdict: &Verdict) {
        if verdict.digest().is_some() {
            let outcome = if verdict.cost().cached { "hit" } else { "miss" };
            self.cache.with_label_values(&["proofs", outcome]).inc();
        }
    }

    /// Counts a resource asked of a registry, signature store or trust server.
    pub fn fetched(&self, resource: &'static str, outcome: &'static str, took: Duration) {
        self.fetches.with_label_values(&[resource, outcome]).inc();
        self.fetch_duration
            .with_label_values(&[resource])
            .observe(took.as_secs_f64());
    }

    /// Counts a request that was refused before it was read as a review, or before anything was asked for it.
    pub fn shed(&self, reason: &'static str) {
        self.shed.with_label_values(&[reason]).inc();
    }

    /// Counts an event that found no room.
    pub(crate) fn event_dropped(&self) {
        self.events_dropped.inc();
    }

    /// Counts a connection that was closed from this side.
    pub(crate) fn closed(&self, reason: &'static str) {
        self.closed.with_label_values(&[reason]).inc();
    }
}

fn registered<C: Collector + Clone + 'static>(
    registry: &Registry,
    family: C,
) -> prometheus::Result<C> {
    registry.register(Box::new(family.clone()))?;
    Ok(family)
}

const OPERATIONS: [&str; 5] = ["CHECK", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const KINDS: [&str; 15] = [
    "CronJob",
    "CustomResource",
    "DaemonSet",
    "Deployment",
    "EphemeralContainers",
    "Image",
    "ImageReview",
    "Job",
    "Object",
    "Pod",
    "PodTemplate",
    "ProviderRequest",
    "ReplicaSet",
    "ReplicationController",
    "StatefulSet",
];

fn known(text: &str, of: &[&'static str]) -> &'static str {
    of.iter()
        .copied()
        .find(|known| *known == text)
        .unwrap_or("other")
}

#[cfg(test)]
mod tests;
