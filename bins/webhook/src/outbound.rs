//! Certificates for asking registries, trust servers and stores.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use doorward_registry::TlsMaterial;
use tokio::time::sleep;

use crate::metrics::Metrics;
use crate::reload::{Complaints, on_disk};
use crate::settings;
use crate::watch::Stamp;
use crate::webhook::Webhook;

/// The most files that are looked at for changes.
const MOST: usize = 8192;

/// Where the certificates are: files of authorities for all servers, and a directory by server.
#[derive(Clone, Debug)]
pub(crate) struct Outbound {
    pub(crate) authorities: Vec<PathBuf>,
    pub(crate) directory: Option<PathBuf>,
}

impl Outbound {
    /// Reads all of them.
    ///
    /// # Errors
    /// If one cannot be read.
    pub(crate) fn read(&self) -> Result<TlsMaterial> {
        let mut material = TlsMaterial::new();
        for file in &self.authorities {
            material = material.authority(None, settings::read(file)?);
        }
        if let Some(directory) = &self.directory {
            let of_hosts = TlsMaterial::read_certs_dir(directory);
            let of_hosts = of_hosts.context("the certificates by server cannot be read")?;
            material = material.and(of_hosts);
        }
        Ok(material)
    }

    /// What tells one state of the files from another.
    pub(crate) fn stamp(&self) -> Stamp {
        let mut paths = self.authorities.clone();
        if let Some(directory) = &self.directory {
            paths.push(directory.clone());
            for host in inside(directory) {
                paths.extend(inside(&host));
                paths.push(host);
            }
        }
        paths.truncate(MOST);
        Stamp::of(&paths)
    }
}

/// What is in a directory. What cannot be listed is found out by who reads it.
fn inside(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let paths = entries
        .take(MOST)
        .filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<_> = paths.collect();
    paths.sort();
    paths
}

/// Takes the certificates over whenever one changes, every `interval` at most. Never ends.
///
/// What is broken keeps what was in force: certificate and key are written one after the other.
pub(crate) async fn follow_outbound(
    webhook: Webhook,
    files: Outbound,
    mut known: Stamp,
    metrics: Arc<Metrics>,
    interval: Duration,
) {
    let mut complaints = Complaints::new("outbound", &metrics);
    loop {
        sleep(interval).await;
        let (files, before, client) = (files.clone(), known.clone(), webhook.client().clone());
        let renewed = on_disk(move || {
            let stamp = files.stamp();
            if stamp == before {
                return Ok(None);
            }
            let material = files.read()?;
            // Half written, perhaps. The next look finds out.
            if files.stamp() != stamp {
                return Ok(None);
            }
            client.renew_tls(&material)?;
            Ok(Some(stamp))
        });
        match renewed.await {
            Ok(None) => complaints.none(),
            Ok(Some(stamp)) => {
                known = stamp;
                tracing::info!("the changed certificates for registries are in use");
                complaints.applied();
            }
            Err(error) => complaints.about(&format!("{error:#}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_certificate_that_is_added_changed_or_taken_away_is_noticed() {
        let root = tempfile::tempdir().unwrap();
        let host = root.path().join("r.example");
        fs::create_dir(&host).unwrap();
        let files = Outbound {
            authorities: Vec::new(),
            directory: Some(root.path().to_owned()),
        };
        let mut last = files.stamp();
        let mut is_noticed = |what: &str| {
            let now = files.stamp();
            assert_ne!(now, last, "{what}");
            last = now;
        };
        fs::write(host.join("ca.crt"), "a").unwrap();
        is_noticed("added");
        fs::write(host.join("ca.crt"), "ab").unwrap();
        is_noticed("changed");
        fs::remove_file(host.join("ca.crt")).unwrap();
        is_noticed("taken away");
        fs::create_dir(root.path().join("other.example")).unwrap();
        is_noticed("another server");
    }
}
