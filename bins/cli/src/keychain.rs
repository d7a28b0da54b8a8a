//! Credentials for registries: pull secrets from files, then those of whoever runs the command: the file that
//! `REGISTRY_AUTH_FILE` names, as for podman and skopeo, else the Docker configuration.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use doorward_kube::Cluster;
use doorward_registry::{DockerConfig, Keychain, KeychainChain, pull_secret};

use crate::failure::{Failure, Outcome};

/// The variable that podman, skopeo and CRI-O know the file of credentials by.
const AUTH_FILE: &str = "REGISTRY_AUTH_FILE";

/// The pull secrets of `namespace` in the order of `names`, followed by one's own credentials and their helpers.
///
/// A pull secret that does not exist is passed over, as the kubelet does; one that cannot be read is an error, because
/// whoever wrote it believes that it works.
///
/// # Errors
/// When a pull secret or the file with one's own credentials cannot be read.
pub(crate) fn chain(
    cluster: &Cluster,
    namespace: &str,
    names: &[String],
) -> Outcome<Arc<dyn Keychain>> {
    let mut links: Vec<Arc<dyn Keychain>> = Vec::new();
    for name in names {
        let Some(secret) = cluster.secret(namespace, name) else {
            tracing::debug!(namespace, name, "the pull secret is not in the files");
            continue;
        };
        let config = pull_secret(secret.items())
            .with_context(|| format!("the pull Secret {namespace}/{name} is not usable"))
            .map_err(Failure::invalid)?;
        links.push(Arc::new(config));
    }
    let own = match std::env::var_os(AUTH_FILE).filter(|path| !path.is_empty()) {
        Some(path) => DockerConfig::load_file(Path::new(&path)),
        None => DockerConfig::load(),
    }
    .context("the credentials of your own are not usable")
    .map_err(Failure::invalid)?;
    if let Some(config) = own {
        links.push(Arc::new(config));
    }
    Ok(Arc::new(KeychainChain::new(links)))
}
