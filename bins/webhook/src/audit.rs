//! What is counted and logged about a review.

use std::collections::HashSet;
use std::time::Duration;

use doorward::{Decision, NoteKind, Verdict};
use doorward_core::{Code, Timestamp};
use doorward_kube::{RefusedReview, Response, Review};

use crate::metrics::Metrics;

/// A review that could not be read.
pub(crate) fn refused(metrics: &Metrics, refused: &RefusedReview, took: Duration) {
    metrics.reviewed("", "", "deny", took);
    tracing::warn!(
        uid = refused.envelope.uid,
        verdict = "deny",
        code = refused.error.code().as_str(),
        reason = %refused.error,
        duration = took.as_secs_f64(),
        "review refused"
    );
}

/// A review about which nothing was decided, because there was no room for it.
pub(crate) fn put_off(metrics: &Metrics, review: &Review, took: Duration) {
    metrics.shed("overloaded");
    tracing::warn!(
        uid = review.envelope().uid,
        operation = review.operation().as_str(),
        namespace = review.namespace().unwrap_or_default(),
        name = review.name().unwrap_or_default(),
        verdict = "deny",
        code = Code::ADMISSION_BUSY.as_str(),
        duration = took.as_secs_f64(),
        "review put off"
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
    let kind = review.workload().map_or("", |workload| workload.label());
    let verdict = if response.is_reported_only() {
        "reported"
    } else if !response.is_allowed() {
        "deny"
    } else if response.warnings().is_empty() {
        "allow"
    } else {
        "warn"
    };
    // Which custom resource it is, the log says: a metric has no value for each that somebody configures.
    let is_custom = review
        .workload()
        .is_some_and(|workload| workload.kind().is_none());
    let counted = if is_custom { "CustomResource" } else { kind };
    metrics.reviewed(review.operation().as_str(), counted, verdict, took);
    for verdict in verdicts {
        // Nothing comes of a dry run, so it is no news for those who watch.
        if review.is_dry_run() {
            metrics.looked_up(verdict);
        } else {
            metrics.decided(verdict, now);
        }
    }
    let unlogged = images(review, verdicts);
    tracing::info!(
        uid = review.envelope().uid,
        operation = review.operation().as_str(),
        namespace = review.namespace().unwrap_or_default(),
        kind,
        name = review.name().unwrap_or_default(),
        dry_run = review.is_dry_run(),
        images = verdicts.len(),
        unlogged,
        verdict,
        duration = took.as_secs_f64(),
        "review"
    );
}

/// Images of one review that have lines; further ones are counted. Pods have a few images, and one that names hundreds
/// is not to fill the disk of a log.
const MAX_IMAGES: usize = 32;
/// Lines about the notes of one image; further ones are counted. A check leaves a note for each memory that it finds
/// empty.
const MAX_NOTES: usize = 8;

/// A line for each image that was not simply allowed, and for each note. An image that is named more than once is one.
/// Returns how many images and notes have no line although they should.
fn images(review: &Review, verdicts: &[Verdict]) -> usize {
    let uid = review.envelope().uid.as_str();
    let mut seen = HashSet::new();
    let mut logged = 0;
    let mut unlogged = 0;
    for decided in verdicts {
        let allowed = decided.decision() == Decision::Allow;
        if !seen.insert(decided.image()) {
            continue;
        }
        if !allowed || !decided.notes().is_empty() {
            if logged == MAX_IMAGES {
                unlogged += 1;
                continue;
            }
            logged += 1;
        }
        unlogged += decided.notes().len().saturating_sub(MAX_NOTES);
        for note in decided.notes().iter().take(MAX_NOTES) {
            let about = match note.kind {
                NoteKind::Dismissed => "attached to the image",
                NoteKind::Exception => "not counted",
                NoteKind::Finding => "finding",
                NoteKind::Suppressed => "suppressed finding",
                _ => "remembered trust",
            };
            tracing::warn!(
                uid,
                namespace = review.namespace().unwrap_or_default(),
                image = decided.image(),
                scheme = note.scheme.as_str(),
                note = &**note,
                "{about}"
            );
        }
        if allowed {
            tracing::debug!(
                uid,
                image = decided.image(),
                digest = decided.digest().map(|digest| digest.as_str()),
                rule = decided.rules().first().map(ToString::to_string),
                verdict = "allow",
                "image"
            );
        } else {
            tracing::info!(
                uid,
                namespace = review.namespace().unwrap_or_default(),
                image = decided.image(),
                digest = decided.digest().map(|digest| digest.as_str()),
                rule = decided.rules().first().map(ToString::to_string),
                verdict = decided.decision().as_str(),
                mode = decided.mode().as_str(),
                code = decided.code().map(Code::as_str),
                reason = decided.message(),
                "image"
            );
        }
    }
    unlogged
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use doorward::{Context, Engine};
    use doorward_registry::RegistryClient;
    use serde_json::json;

    use super::*;
    use crate::args::LogFormat;
    use crate::log::logged;
    use crate::snapshot::SnapshotBuilder;

    /// A review of these images, which no policy allows.
    async fn denied(images: &[String]) -> (Review, Vec<Verdict>) {
        let containers: Vec<_> = images
            .iter()
            .enumerate()
            .map(|(number, image)| json!({"name": format!("c{number}"), "image": image}))
            .collect();
        let body = json!({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {
                "uid": "u", "namespace": "shop", "operation": "CREATE",
                "resource": {"group": "", "version": "v1", "resource": "pods"},
                "object": {"metadata": {"name": "w"}, "spec": {"containers": containers}},
            },
        });
        let review = Review::parse(body.to_string().as_bytes()).unwrap();
        let snapshot = SnapshotBuilder::default().build();
        let client = RegistryClient::builder().build().unwrap();
        let client = Arc::new(client.anonymous());
        let context = Context::new(
            &snapshot.rules,
            snapshot.secrets(),
            client,
            Timestamp::from_unix(0),
        );
        let images: Vec<&str> = images.iter().map(String::as_str).collect();
        let verdicts = Engine::default().decide_all(&images, &context).await;
        (review, verdicts)
    }

    fn reviewed_lines(review: &Review, verdicts: &[Verdict]) -> String {
        let response = Response::answer(review, doorward_kube::Phase::Mutate, Vec::new());
        let metrics = Metrics::new().unwrap();
        logged(LogFormat::Json, || {
            let now = Timestamp::from_unix(0);
            reviewed(&metrics, review, &response, verdicts, now, Duration::ZERO);
        })
    }

    #[tokio::test]
    async fn the_lines_of_one_review_of_many_long_images_are_few_and_short() {
        let images: Vec<_> = (0..500)
            .map(|number| format!("r.example/{}:{number}", "a".repeat(15_000)))
            .collect();
        let (review, verdicts) = denied(&images).await;
        let text = reviewed_lines(&review, &verdicts);
        assert_eq!(text.lines().count(), MAX_IMAGES + 1);
        assert!(text.len() < 512 << 10, "{}", text.len());
        let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!(last["message"], "review");
        assert_eq!(last["images"], 500);
        assert_eq!(last["unlogged"], 500 - MAX_IMAGES);
    }

    #[tokio::test]
    async fn an_image_that_is_named_often_has_one_line() {
        let (review, verdicts) = denied(&vec!["r.example/a:1".to_owned(); 100]).await;
        let text = reviewed_lines(&review, &verdicts);
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.contains("\"unlogged\":0"), "{text}");
    }
}
