//! Puts a snapshot together of what the files say.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use doorward::Rules;
use doorward_kube::client::{ClusterObjects, ClusterState};
use doorward_kube::{About, ClusterView, Finding, Text};
use doorward_registry::{Keychain, PullSecret};

use super::Snapshot;
use super::key_ends::KeySecrets;
use super::objects::SiteObjects;
use super::parsed::Parsed;
use super::problems::Problems;
use crate::key_sources;
use crate::policy_files::PolicyFiles;

/// The items by which a Secret is known to hold pull credentials.
const PULL_ITEMS: [&str; 2] = [".dockerconfigjson", ".dockercfg"];
/// Problems that are kept of one state.
const MAX_PROBLEMS: usize = 100;

/// Collects what a [`Snapshot`] is made of.
pub struct SnapshotBuilder {
    view: ClusterView,
    /// What is wrong with files and objects beside the policies.
    problems: Problems,
    /// What was passed over.
    notes: Vec<String>,
    /// The objects of the cluster that no file has.
    live: Option<ClusterObjects>,
}

impl Default for SnapshotBuilder {
    fn default() -> Self {
        Self {
            view: ClusterView::new("default").without_workloads(),
            problems: Problems::default(),
            notes: Vec::new(),
            live: None,
        }
    }
}

impl SnapshotBuilder {
    /// What the files say that are in force, and what the cluster says, if that is a source too.
    #[must_use]
    pub fn of(files: &PolicyFiles, cluster: Option<(&ClusterState, &ClusterObjects)>) -> Self {
        let mut builder = Self::default();
        if let Some((state, objects)) = cluster {
            builder.view = ClusterView::clone(state.view());
            builder.live = Some(objects.clone());
        }
        for (path, said) in files.said() {
            let source = path.display().to_string();
            if let Some(why) = said.no_file() {
                let problem = format!("{source}: passed over: {why}");
                builder.problems.add(None, problem);
            }
            let text = Text {
                documents: said.documents.clone(),
                diagnostics: said.diagnostics.clone(),
                bytes: said.text().map(Arc::clone),
            };
            builder.view.take(&source, text);
        }
        builder
    }

    /// Adds the objects of a text: policies, Secrets, ServiceAccounts and Namespaces. Other kinds are passed over.
    ///
    /// Nothing here is an error: a policy with a mistake denies what it governs, a document that may have been a policy
    /// denies everything, and a Secret that is not usable refuses the images that need it.
    pub fn add(&mut self, source: &str, text: &[u8]) {
        self.view.add(source, text);
    }

    /// How long an exception may last.
    #[must_use]
    pub fn longest_exception(mut self, longest: Duration) -> Self {
        self.view = self.view.with_longest_exception(longest);
        self
    }

    fn tell(&mut self, finding: Finding) {
        let Finding {
            source,
            line,
            namespace,
            about,
            ..
        } = finding;
        let problem = match about {
            About::LeftOut(error) => format!("{source}:{line}: {error}"),
            About::Ambiguous(fault) => fault.to_string(),
            About::NotRead(why) => {
                self.notes.push(format!("{source}:{line}: {}", why.message));
                return;
            }
            About::NoObject => {
                self.notes.push(format!(
                    "{source}:{line}: passed over: no Kubernetes object"
                ));
                return;
            }
        };
        self.problems.add(namespace.as_deref(), problem);
    }

    /// Puts everything together.
    #[must_use]
    pub fn build(mut self) -> Snapshot {
        let policies = self.view.policies();
        let objects = self.view.objects();
        let secrets = objects.secrets();
        let lacking = policies.without_namespace().iter();
        self.notes
            .extend(lacking.map(|one| format!("{}:{}: {}", one.source, one.line, one.message)));
        for finding in objects.findings {
            self.tell(finding);
        }
        let mut problems = self.problems;
        for found in policies.mistakes() {
            problems.add(policies.owner(found), found.to_string());
        }
        let cluster = objects.cluster;
        let mut keychains = HashMap::new();
        for (namespace, name, data) in cluster.secrets() {
            // Any Secret may be named as one; only of those that are meant to be is it a mistake not to be usable.
            let pull_secret = PullSecret::read(namespace, name, data.items());
            let is_meant = PULL_ITEMS
                .iter()
                .any(|item| data.items().contains_key(*item));
            if let Some(fault) = pull_secret.fault().filter(|_| is_meant) {
                problems.add(Some(namespace), fault.to_string());
            }
            keychains.insert(
                (namespace.to_owned(), name.to_owned()),
                Arc::new(pull_secret) as Arc<dyn Keychain>,
            );
        }
        let (faults, problems) = problems.told(MAX_PROBLEMS);
        let mut notes = self.notes;
        notes.truncate(MAX_PROBLEMS);
        Snapshot {
            rules: Rules::Policies(Arc::clone(policies.set())),
            objects: SiteObjects {
                secrets,
                cluster,
                keychains,
                live: self.live,
                parsed: Parsed::default(),
            },
            key_secrets: KeySecrets::of(policies.objects()),
            key_sources: key_sources::named(policies.objects()),
            entries: policies.entries(),
            exceptions: policies.exception_counts(),
            problems,
            faults,
            notes,
            operator_servers: policies.operator_servers().collect(),
            texts: self.view.texts(),
            recorded: OnceLock::new(),
        }
    }
}

impl fmt::Debug for SnapshotBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnapshotBuilder")
            .field("sources", &self.view.sources().count())
            .finish_non_exhaustive()
    }
}
