//! The cluster that is asked.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use doorward_kube::client::ApiServer;

use crate::failure::{Failure, Outcome};

/// Which cluster is asked, and as whom: as with kubectl.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Cluster")]
pub(crate) struct ClusterArgs {
    /// The kubeconfig that leads to the cluster. Without it, as with kubectl: $KUBECONFIG, else ~/.kube/config, else the
    /// service account of the Pod
    ///
    /// A kubeconfig may name a program that gets credentials, which is run, as kubectl does.
    #[arg(long, value_name = "FILE", env = "DOORWARD_KUBECONFIG")]
    kubeconfig: Option<PathBuf>,
    /// The context in the kubeconfig, instead of its current one
    #[arg(long, value_name = "NAME", env = "DOORWARD_CONTEXT")]
    context: Option<String>,
}

impl ClusterArgs {
    /// The API server, which is not asked yet.
    ///
    /// # Errors
    /// When nothing leads to one.
    pub(crate) async fn connect(&self) -> Outcome<ApiServer> {
        let server =
            ApiServer::connect_as_kubectl(self.kubeconfig.as_deref(), self.context.as_deref());
        server
            .await
            .context("there is no way to a cluster")
            .map_err(Failure::invalid)
    }
}
