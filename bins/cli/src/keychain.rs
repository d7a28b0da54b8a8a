//! Credentials for registries: pull secrets from files, then the Docker configuration of whoever runs the command.

use std::sync::Arc;

use anyhow::Context as _;
use doorward_kube::Cluster;
use doorward_registry::{DockerConfig, Keychain, KeychainChain, pull_secret};

use crate::failure::{Failure, Outcome};

/// The pull secrets of `namespace` in the order of `names`, followed by the Docker configuration and its helpers.
///
/// A pull secret that does not exist is passed over, as the kubelet does; one that cannot be read is an error, because
/// whoever wrote it believes that it works.
///
/// # Errors
/// When a pull secret or the Docker configuration cannot be read.
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
    let own = DockerConfig::load()
        .context("the Docker configuration is not usable")
        .map_err(Failure::invalid)?;
    if let Some(config) = own {
        links.push(Arc::new(config));
    }
    Ok(Arc::new(KeychainChain::new(links)))
}
