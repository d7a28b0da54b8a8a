//! The cluster as a source of policies and of the objects beside them.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use doorward_core::Timestamp;
use doorward_kube::client::{
    ApiServer, ClusterEvents, ClusterMemory, ClusterObjects, ClusterState, ClusterWatch,
    PolicyCheck, PolicyStatus,
};
use tokio::time::timeout;

/// How often a program that waits for the cluster says so.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the cluster says, and the way to the objects in it.
#[derive(Debug)]
pub(crate) struct ClusterSource {
    watch: ClusterWatch,
    server: ApiServer,
    objects: ClusterObjects,
    state: ClusterState,
}

impl ClusterSource {
    /// Begins to follow the cluster, and returns when everything was seen once: with less, nothing may be decided.
    ///
    /// # Errors
    /// If there is no way to the cluster. That it does not answer is waited for.
    pub(crate) async fn start(
        kubeconfig: Option<&Path>,
        longest_exception: Duration,
    ) -> Result<Self> {
        let server = ApiServer::connect(kubeconfig).await;
        let server = server.context("there is no way to the cluster")?;
        let mut watch = ClusterWatch::start(&server, longest_exception);
        let state = loop {
            match timeout(PATIENCE, watch.synced()).await {
                Ok(state) => break state,
                Err(_) => {
                    let state = watch.state();
                    let problem = still(&state).join("; ");
                    tracing::warn!(problem, "waiting for the policies of the cluster");
                }
            }
        };
        let source = Self {
            watch,
            objects: ClusterObjects::new(server.clone()),
            server,
            state,
        };
        for absent in source.state.absent() {
            tracing::info!(resource = absent, "the cluster has no such resource");
        }
        Ok(source)
    }

    /// What is remembered in the objects of this namespace.
    pub(crate) fn memory(&self, namespace: &str) -> ClusterMemory {
        ClusterMemory::new(self.server.clone(), namespace)
    }

    /// Writes what became of each policy into its status, as long as it lives. Needs a tokio runtime.
    pub(crate) fn status(
        &self,
        clock: fn() -> Timestamp,
        check: Arc<dyn PolicyCheck>,
    ) -> PolicyStatus {
        PolicyStatus::start(self.server.clone(), &self.watch, clock, check)
    }

    /// Who says what somebody may do.
    pub(crate) fn server(&self) -> ApiServer {
        self.server.clone()
    }

    /// Where events are written. Needs a tokio runtime.
    pub(crate) fn events(&self) -> ClusterEvents {
        ClusterEvents::start(self.server.clone())
    }

    /// What is known now, for what is made of it elsewhere.
    pub(crate) fn known(&self) -> (ClusterState, ClusterObjects) {
        (self.state.clone(), self.objects.clone())
    }

    /// Waits for the cluster to say something else.
    pub(crate) async fn changed(&mut self) -> ClusterState {
        self.watch.changed().await
    }

    /// Whether a part of the cluster cannot be followed, so that what was known stays.
    pub(crate) fn is_still(&self) -> bool {
        self.state.still().next().is_some() || self.watch.has_ended()
    }

    /// Takes over what the cluster says, and logs what cannot be followed, each once. Returns whether it says anything else
    /// of policies or objects.
    pub(crate) fn take_over(&mut self, state: ClusterState) -> bool {
        let (before, now): (BTreeSet<_>, BTreeSet<_>) = (
            still(&self.state).into_iter().collect(),
            still(&state).into_iter().collect(),
        );
        for problem in now.difference(&before) {
            tracing::error!(
                problem,
                "a part of the cluster cannot be followed; what was known stays in force"
            );
        }
        if now.is_empty() && !before.is_empty() {
            tracing::info!("the cluster is followed again");
        }
        let (absent, was): (BTreeSet<_>, BTreeSet<_>) =
            (state.absent().collect(), self.state.absent().collect());
        for resource in absent.difference(&was) {
            tracing::warn!(resource, "the cluster no longer has this resource");
        }
        let is_other = !Arc::ptr_eq(self.state.view(), state.view());
        self.state = state;
        is_other
    }
}

fn still(state: &ClusterState) -> Vec<String> {
    let still = state.still();
    still
        .map(|(resource, why)| format!("{resource}: {why}"))
        .collect()
}
