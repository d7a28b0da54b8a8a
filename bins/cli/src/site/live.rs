//! A site that is a live cluster.

use doorward_core::Digest;
use doorward_kube::CustomWorkloads;
use doorward_kube::client::{ApiServer, ClusterObjects, RunningContainer};

use super::Site;
use super::secrets::LiveSecrets;
use crate::failure::Outcome;
use crate::invocation::Invocation;
use crate::settings::RulesSettings;

impl Site {
    /// The workloads of a live cluster, under its policies or those of the files that the settings name. Secrets that policies
    /// name are asked for when they are needed.
    ///
    /// # Errors
    /// When the cluster cannot be asked, or the files cannot be used.
    pub(crate) async fn load_live(
        settings: &RulesSettings,
        custom: CustomWorkloads,
        server: ApiServer,
        invocation: &Invocation<'_>,
    ) -> Outcome<Self> {
        let (read, running) =
            super::documents::live::load(settings, custom, &server, invocation).await?;
        let files = read.secrets.clone();
        let mut site = Self::of_settings(read, settings);
        let secrets = LiveSecrets::new(files, ClusterObjects::new(server));
        site.live_secrets = Some(Box::new(secrets));
        site.running = running;
        // The labels of its namespaces are known.
        site.named_labels.clear();
        Ok(site)
    }

    /// The digest that a container of a Pod runs, by the word of its node.
    pub(crate) fn running(&self, namespace: &str, pod: &str, container: &str) -> Option<&Digest> {
        self.running.get(&RunningContainer {
            namespace: namespace.to_owned(),
            pod: pod.to_owned(),
            container: container.to_owned(),
        })
    }
}
