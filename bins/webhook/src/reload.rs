//! Takes changed files over while reviews go on.

mod complaints;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum_server::tls_rustls::RustlsConfig;
use doorward_core::Timestamp;
use doorward_kube::client::{ClusterObjects, ClusterState};
use tokio::time::sleep;

pub(crate) use self::complaints::Complaints;
use crate::admin::Readiness;
use crate::cluster_source::ClusterSource;
use crate::metrics::{Metrics, Reload};
use crate::policy_files::{Content, Look, PolicyFiles};
use crate::settings::{Sources, TlsPaths};
use crate::snapshot::{KeyEnds, Snapshot, SnapshotBuilder};
use crate::tls::Tls;
use crate::watch::Stamp;
use crate::webhook::Webhook;

/// How many looks in a row may find the files changing under them. After that, what was read is judged all the same:
/// otherwise somebody who keeps touching a file could keep a withdrawn key in force.
const RESTLESS: u32 = 3;

/// Takes policies over whenever their files change, every `interval` at most. Never ends.
///
/// What is broken denies what it governs and the rest goes on. What weakens the rules is in force when the next look
/// finds the same.
pub(crate) struct PolicyReload {
    pub(crate) webhook: Webhook,
    pub(crate) readiness: Arc<Readiness>,
    pub(crate) sources: Sources,
    pub(crate) files: PolicyFiles,
    pub(crate) known: Stamp,
    pub(crate) faults: Faults,
    pub(crate) ends: KeyEnds,
    pub(crate) cluster: Option<ClusterSource>,
    pub(crate) longest_exception: Duration,
}

impl PolicyReload {
    /// Follows the files until it is dropped.
    pub(crate) async fn follow(mut self, interval: Duration) {
        let metrics = Arc::clone(self.webhook.metrics());
        let mut complaints = Complaints::new("policies", &metrics);
        let mut restless = 0;
        let mut look = Box::pin(sleep(interval));
        loop {
            let event = tokio::select! {
                () = &mut look => None,
                state = changed(&mut self.cluster) => Some(state),
            };
            if let Some(state) = event {
                self.take_over_cluster(state, &metrics).await;
                continue;
            }
            look = Box::pin(sleep(interval));
            let sources = self.sources.clone();
            let before = (!self.files.is_waiting()).then(|| self.known.clone());
            let known = self.files.known();
            let read = on_disk(move || {
                let listed = sources.list(&known)?;
                let (stamp, passed_over) = (listed.stamp.clone(), listed.passed_over.clone());
                if before.as_ref() == Some(&stamp) {
                    return Ok((passed_over, None));
                }
                let found = listed.read();
                let settled = sources.list(&known)?.stamp == stamp;
                Ok((passed_over, Some((stamp, found, settled))))
            });
            let read = read.await;
            let is_still = self.cluster.as_ref().is_some_and(ClusterSource::is_still);
            self.readiness.blind(read.is_err() || is_still);
            let faults = self.webhook.snapshot().faults();
            metrics.faults(faults + usize::from(read.is_err() || is_still));
            let read = read.map(|(passed_over, read)| {
                self.faults.pass_over(&passed_over);
                read
            });
            match read {
                Ok(None) => {
                    restless = 0;
                    complaints.none();
                    metrics.policies_looked_at(self.webhook.now());
                }
                Ok(Some((_, _, false))) if restless < RESTLESS => restless += 1,
                Ok(Some((stamp, found, _))) => {
                    restless = 0;
                    complaints.none();
                    self.known = stamp;
                    let (look, snapshot) = self.look(found).await;
                    self.conclude(&look, snapshot, &metrics);
                    metrics.policies_looked_at(self.webhook.now());
                }
                Err(error) => complaints.about(&format!("{error:#}")),
            }
        }
    }

    /// Takes over what was found, or holds it, and makes what reviews are decided by of it if that changes anything.
    ///
    /// Policies of many entries take their time, and are compared apart from the threads that answer reviews.
    async fn look(&mut self, found: BTreeMap<PathBuf, Content>) -> (Look, Option<Snapshot>) {
        let mut files = std::mem::take(&mut self.files);
        let cluster = self.cluster.as_ref().map(ClusterSource::known);
        let longest = self.longest_exception;
        let (files, look, snapshot) = apart(move || {
            let look = files.look(found);
            let snapshot = look
                .changed
                .then(|| build(&files, cluster.as_ref(), longest));
            (files, look, snapshot)
        })
        .await;
        self.files = files;
        (look, snapshot)
    }

    /// Counts and logs what waits to be seen again.
    fn tell_waiting(look: &Look, metrics: &Metrics) {
        for (file, losses) in &look.held {
            metrics.reloaded("policies", Reload::Held);
            tracing::warn!(
                file = %file.display(),
                weaker = losses.join("; "),
                "a change that weakens the rules in force is held until it is seen again"
            );
        }
        for (file, mistakes) in &look.broken {
            metrics.reloaded("policies", Reload::Failed);
            tracing::error!(
                file = %file.display(),
                problem = mistakes.join("; "),
                "a change is not usable; what was in force stays until it is seen again"
            );
        }
    }

    fn conclude(&mut self, look: &Look, snapshot: Option<Snapshot>, metrics: &Metrics) {
        Self::tell_waiting(look, metrics);
        let Some(snapshot) = snapshot else {
            return;
        };
        let is_known = !look.broken.is_empty() || look.broken_in_force;
        for weaker in &look.weaker {
            tracing::warn!(
                weaker,
                "weaker rules are in force: the change was seen twice"
            );
        }
        self.enforce(snapshot, is_known, metrics);
    }

    /// Decides by `snapshot` from now on. `is_known` says that what is broken was counted when it was found.
    fn enforce(&mut self, snapshot: Snapshot, is_known: bool, metrics: &Metrics) {
        let now = self.webhook.now();
        let is_worse = self
            .faults
            .take_over(&snapshot, metrics, &self.readiness, now);
        metrics.reloaded("policies", Reload::Applied);
        if is_worse && !is_known {
            metrics.reloaded("policies", Reload::Failed);
        }
        tracing::info!(
            policies = snapshot.entries(),
            "changed policies are in force"
        );
        self.webhook.enforce(snapshot);
        self.ends.look_at(self.webhook.snapshot());
    }

    /// Takes over what the cluster says now. An API server changes a policy as a whole, so nothing is held here.
    async fn take_over_cluster(&mut self, state: ClusterState, metrics: &Metrics) {
        let Some(cluster) = &mut self.cluster else {
            return;
        };
        let is_changed = cluster.take_over(state);
        self.readiness.blind(cluster.is_still());
        if !is_changed {
            return;
        }
        let known = Some(cluster.known());
        let longest = self.longest_exception;
        let files = std::mem::take(&mut self.files);
        let (files, snapshot) = apart(move || {
            let snapshot = build(&files, known.as_ref(), longest);
            (files, snapshot)
        })
        .await;
        self.files = files;
        self.enforce(snapshot, false, metrics);
    }
}

/// The next state of the cluster. Never ends where there is none.
async fn changed(cluster: &mut Option<ClusterSource>) -> ClusterState {
    match cluster {
        Some(cluster) => cluster.changed().await,
        None => std::future::pending().await,
    }
}

/// What files and cluster say together.
pub(crate) fn build(
    files: &PolicyFiles,
    cluster: Option<&(ClusterState, ClusterObjects)>,
    longest_exception: Duration,
) -> Snapshot {
    let cluster = cluster.map(|(state, objects)| (state, objects));
    let builder = SnapshotBuilder::of(files, cluster);
    builder.longest_exception(longest_exception).build()
}

/// What was said about faults and notes, so that each is said once.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    problems: BTreeSet<String>,
    notes: BTreeSet<String>,
    passed_over: BTreeSet<PathBuf>,
}

impl Faults {
    /// Logs which files are not called like a policy file, each once as long as it is there.
    pub(crate) fn pass_over(&mut self, files: &[PathBuf]) {
        let files: BTreeSet<PathBuf> = files.iter().cloned().collect();
        for file in files.difference(&self.passed_over) {
            let note = format!(
                "{}: passed over: it is not called *.yaml, *.yml or *.json",
                file.display()
            );
            tracing::info!(note, "something beside the policies is not read");
        }
        self.passed_over = files;
    }

    /// Says in metrics, log and readiness what is wrong with what is about to be in force, and returns whether
    /// something is that was not before.
    pub(crate) fn take_over(
        &mut self,
        snapshot: &Snapshot,
        metrics: &Metrics,
        readiness: &Readiness,
        now: Timestamp,
    ) -> bool {
        snapshot.publish(metrics, now);
        let is_worse = self.tell(snapshot);
        readiness.faults(snapshot.faults());
        is_worse
    }

    /// Logs what is new about `snapshot`, and whether a fault is.
    fn tell(&mut self, snapshot: &Snapshot) -> bool {
        let problems: BTreeSet<String> = snapshot.problems().iter().cloned().collect();
        let notes: BTreeSet<String> = snapshot.notes().iter().cloned().collect();
        let mut new = false;
        for problem in problems.difference(&self.problems) {
            new = true;
            tracing::error!(
                problem,
                "something is wrong in policies or beside them; a policy or Secret with a mistake denies what it governs, \
                 an exception with one overrides nothing, what is no file is passed over"
            );
        }
        // One that is not among so many may still be there.
        if snapshot.faults() == problems.len() {
            for problem in self.problems.difference(&problems) {
                tracing::info!(problem, "a mistake is gone");
            }
        }
        for note in notes.difference(&self.notes) {
            tracing::info!(note, "something beside the policies is not read");
        }
        (self.problems, self.notes) = (problems, notes);
        new
    }
}

/// Takes certificate and key over whenever either changes, every `interval` at most. Never ends.
///
/// A pair that does not belong together keeps the one before: they are written one after the other.
pub(crate) async fn follow_certificate(
    config: RustlsConfig,
    paths: TlsPaths,
    mut known: Stamp,
    metrics: Arc<Metrics>,
    interval: Duration,
) {
    let mut complaints = Complaints::new("certificate", &metrics);
    let files: Vec<PathBuf> = paths.all();
    loop {
        sleep(interval).await;
        let (paths, files, before) = (paths.clone(), files.clone(), known.clone());
        let read = on_disk(move || {
            let stamp = Stamp::of(&files);
            if stamp == before {
                return Ok(None);
            }
            let tls = Tls::new(&paths.read()?)?;
            let settled = Stamp::of(&files) == stamp;
            Ok(Some((stamp, tls, settled)))
        });
        match read.await {
            Ok(None) => complaints.none(),
            // Half written, perhaps. The next look finds out.
            Ok(Some((_, _, false))) => {}
            Ok(Some((stamp, tls, true))) => {
                known = stamp;
                metrics.certificate_expires(tls.expires);
                tracing::info!(expires = %tls.expires, "the changed certificate is served");
                config.reload_from_config(tls.config);
                complaints.applied();
            }
            Err(error) => complaints.about(&format!("{error:#}")),
        }
    }
}

pub(crate) async fn on_disk<T: Send + 'static>(
    read: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(read).await?
}

/// Works on a thread of its own. A panic goes on in the caller, which has lost what it gave away.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime ends, and the caller with it.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::LogFormat;
    use crate::log::logged;

    #[test]
    fn what_waits_to_be_seen_again_is_logged_with_its_file_and_what_it_takes_away() {
        let metrics = Metrics::new().expect("metrics");
        let look = Look {
            held: vec![(PathBuf::from("floor.yaml"), vec!["it is gone".to_owned()])],
            broken: vec![(PathBuf::from("p.yaml"), vec!["no document".to_owned()])],
            ..Look::default()
        };
        let lines = logged(LogFormat::Text, || {
            PolicyReload::tell_waiting(&look, &metrics);
        });
        let lines: Vec<&str> = lines.lines().collect();
        for (line, level, file, what) in [
            (0, " WARN ", "file=floor.yaml", "weaker=\"it is gone\""),
            (1, "ERROR ", "file=p.yaml", "problem=\"no document\""),
        ] {
            for part in [level, file, what] {
                assert!(lines[line].contains(part), "{part} in {lines:#?}");
            }
        }
        assert_eq!(lines.len(), 2, "{lines:#?}");
    }
}
