//! What is counted and logged about a review.

use std::time::Duration;

use doorward::{Decision, Note, Verdict};
use doorward_core::Timestamp;
use doorward_kube::{RefusedReview, Response, Review};

use crate::log::Escaped;
use crate::metrics::{self, Metrics};

/// A review that could not be read.
pub(crate) fn refused(metrics: &Metrics, refused: &RefusedReview, took: Duration) {
    metrics.reviewed("", "", "deny", took);
    tracing::warn!(
        uid = %Escaped(&refused.envelope.uid),
        verdict = "deny",
        code = refused.error.code().as_str(),
        reason = %Escaped(&refused.error.to_string()),
        duration = took.as_secs_f64(),
        "review refused"
    );
}

/// A review that was decided.
pub(crate) fn reviewed(
    metrics: &Metrics,
    review: &Review,
    response: &Response,
    verdicts: &[Verdict],
    now: Timestamp,
    took: Duration,
) {
    let kind = review
        .workload()
        .map_or("", |workload| workload.kind().as_str());
    let verdict = if !response.is_allowed() {
        "deny"
    } else if response.warnings().is_empty() {
        "allow"
    } else {
        "warn"
    };
    metrics.reviewed(review.operation().as_str(), kind, verdict, took);
    let uid = Escaped(&review.envelope().uid);
    for decided in verdicts {
        metrics.decided(decided, now);
        for note in decided.notes() {
            tracing::warn!(
                uid = %uid,
                namespace = %Escaped(review.namespace().unwrap_or_default()),
                image = %Escaped(decided.image()),
                scheme = note.scheme.as_str(),
                note = %Escaped(&shortened(note)),
                "remembered trust"
            );
        }
        if decided.decision() == Decision::Allow {
            tracing::debug!(
                uid = %uid,
                image = %Escaped(decided.image()),
                digest = decided.digest().map(|digest| digest.as_str()),
                rule = decided.rules().first().map(ToString::to_string),
                verdict = "allow",
                "image"
            );
        } else {
            tracing::info!(
                uid = %uid,
                namespace = %Escaped(review.namespace().unwrap_or_default()),
                image = %Escaped(decided.image()),
                digest = decided.digest().map(|digest| digest.as_str()),
                rule = decided.rules().first().map(ToString::to_string),
                verdict = metrics::decision(decided.decision()),
                mode = metrics::mode(decided.mode()),
                code = decided.code().map(doorward_core::Code::as_str),
                reason = %Escaped(&decided.message()),
                "image"
            );
        }
    }
    tracing::info!(
        uid = %uid,
        operation = review.operation().as_str(),
        namespace = %Escaped(review.namespace().unwrap_or_default()),
        kind,
        name = %Escaped(review.name().unwrap_or_default()),
        dry_run = review.is_dry_run(),
        images = verdicts.len(),
        verdict,
        duration = took.as_secs_f64(),
        "review"
    );
}

/// A note has the addresses of all servers of a policy in it.
fn shortened(note: &Note) -> String {
    /// Enough for the name of a repository and two addresses.
    const MAX_CHARS: usize = 700;
    note.chars().take(MAX_CHARS).collect()
}
