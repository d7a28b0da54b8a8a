//! The Secrets that policies name, from files and from a live cluster.

use doorward::{SecretError, SecretFuture, Secrets, StaticSecrets};
use doorward_kube::client::ClusterObjects;

/// Those of the files first, and what they do not have from the cluster, when it is needed.
pub(super) struct LiveSecrets {
    files: StaticSecrets,
    cluster: ClusterObjects,
}

impl LiveSecrets {
    pub(super) const fn new(files: StaticSecrets, cluster: ClusterObjects) -> Self {
        Self { files, cluster }
    }
}

impl Secrets for LiveSecrets {
    fn secret<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a> {
        Box::pin(async move {
            match self.files.secret(namespace, name).await {
                Err(SecretError::NotFound) => self.cluster.secret(namespace, name).await,
                found => found,
            }
        })
    }

    fn config_map<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a> {
        Box::pin(async move {
            match self.files.config_map(namespace, name).await {
                Err(SecretError::NotFound) => self.cluster.config_map(namespace, name).await,
                found => found,
            }
        })
    }
}
