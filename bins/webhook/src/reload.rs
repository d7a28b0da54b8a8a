//! Takes changed files over while reviews go on.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum_server::tls_rustls::RustlsConfig;
use tokio::time::sleep;

use crate::metrics::Metrics;
use crate::settings::{Sources, TlsPaths};
use crate::tls::Tls;
use crate::watch::Stamp;
use crate::webhook::Webhook;

/// Takes policies over whenever their files change, every `interval` at most. Never ends.
///
/// A state with an error keeps the one before in force.
pub(crate) async fn follow_policies(
    webhook: Webhook,
    sources: Sources,
    mut known: Stamp,
    interval: Duration,
) {
    let metrics = Arc::clone(webhook.metrics());
    let mut complaints = Complaints::new("policies", &metrics);
    loop {
        sleep(interval).await;
        let now = webhook.now();
        let sources = sources.clone();
        let before = known.clone();
        let read = on_disk(move || {
            let (stamp, files) = sources.stamp()?;
            if stamp == before {
                return Ok(None);
            }
            let snapshot = sources.read(&files)?;
            // Files that changed meanwhile are read again next time.
            Ok((sources.stamp()?.0 == stamp).then_some((stamp, snapshot)))
        });
        match read.await {
            Ok(None) => complaints.none(),
            Ok(Some((stamp, snapshot))) => {
                known = stamp;
                snapshot.publish(&metrics, now);
                tracing::info!(
                    policies = snapshot.entries(),
                    "changed policies are in force"
                );
                webhook.enforce(snapshot);
                complaints.applied();
            }
            Err(error) => complaints.about(&format!("{error:#}")),
        }
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
            Ok((Stamp::of(&files) == stamp).then_some((stamp, tls)))
        });
        match read.await {
            Ok(None) => complaints.none(),
            Ok(Some((stamp, tls))) => {
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

async fn on_disk<T: Send + 'static>(
    read: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(read).await?
}

/// Says once what is wrong, however long it stays wrong.
struct Complaints<'a> {
    source: &'static str,
    metrics: &'a Metrics,
    last: Option<String>,
}

impl<'a> Complaints<'a> {
    const fn new(source: &'static str, metrics: &'a Metrics) -> Self {
        Self {
            source,
            metrics,
            last: None,
        }
    }

    fn about(&mut self, problem: &str) {
        if self.last.as_deref() == Some(problem) {
            return;
        }
        self.metrics.reloaded(self.source, false);
        tracing::error!(
            source = self.source,
            problem,
            "a change is not usable; what was in force stays"
        );
        self.last = Some(problem.to_owned());
    }

    fn applied(&mut self) {
        self.metrics.reloaded(self.source, true);
        self.last = None;
    }

    fn none(&mut self) {
        if self.last.take().is_some() {
            tracing::info!(source = self.source, "the change was taken back");
        }
    }
}
