//! One state of the rules: policies, keys and pull secrets that belong together.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use doorward::{RecordedPolicies, Rules, Secrets};
use doorward_core::Timestamp;
use doorward_kube::{EntryCount, PullSecrets, Workload};
use doorward_policy::{Environment, ExceptionKind, KeySource, PolicyKind};
use doorward_registry::KeychainChain;

pub use self::builder::SnapshotBuilder;
pub(crate) use self::key_ends::KeyEnds;
use self::key_ends::KeySecrets;
pub(crate) use self::objects::CredentialsError;
use self::objects::SiteObjects;
use crate::metrics::Metrics;

mod builder;
mod key_ends;
mod objects;
mod parsed;
mod problems;

/// Rules, keys and pull secrets that were read together. It never changes; a review is decided by one of them.
pub struct Snapshot {
    pub(crate) rules: Rules,
    objects: SiteObjects,
    /// The Secrets with key rings that policies name.
    key_secrets: KeySecrets,
    /// Where keys are that are in no Secret, and whether they are the operator's.
    key_sources: Vec<(KeySource, bool)>,
    entries: BTreeMap<PolicyKind, EntryCount>,
    exceptions: BTreeMap<ExceptionKind, EntryCount>,
    problems: Vec<String>,
    /// How many problems there are, those included that are not kept.
    faults: usize,
    notes: Vec<String>,
    /// The registries, trust servers and signature stores that cluster policies name, by their URLs.
    operator_servers: Vec<String>,
    /// What the policies were read from, by name. `None` if some of it is no text.
    texts: Option<Vec<(String, Arc<[u8]>)>>,
    recorded: OnceLock<Option<RecordedPolicies>>,
}

impl Snapshot {
    /// Puts the texts of policies together that are written down with decisions. It takes as long as to read them.
    pub(crate) fn prepare_recording(&self) {
        self.recorded.get_or_init(|| {
            let (Some(texts), Rules::Policies(set)) = (&self.texts, &self.rules) else {
                return None;
            };
            let texts = texts.iter().map(|(name, bytes)| (name.as_str(), &**bytes));
            RecordedPolicies::of(set, texts, "default")
        });
    }

    /// The policies to write down. Returns `None` if that was not prepared, or there is a mistake in one.
    pub(crate) fn recorded_policies(&self) -> Option<&RecordedPolicies> {
        self.recorded.get()?.as_ref()
    }

    /// The URLs of the servers that cluster policies name: those are the operator's, and may be anywhere.
    pub(crate) fn operator_servers(&self) -> impl Iterator<Item = &str> {
        self.operator_servers.iter().map(String::as_str)
    }

    /// Where keys are that are in no Secret, in the order in which they have a place, and whether they are the operator's.
    pub(crate) fn key_sources(&self) -> &[(KeySource, bool)] {
        &self.key_sources
    }

    /// How many policy entries are in force, those that deny for an error in them included.
    #[must_use]
    pub fn entries(&self) -> usize {
        let counts = self.entries.values();
        counts.map(|count| count.active + count.invalid).sum()
    }

    /// What is wrong with policies, Secrets and files, up to 100 findings. A policy or Secret with a
    /// mistake denies what it governs.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// How much is wrong, beyond 100 findings as well.
    #[must_use]
    pub const fn faults(&self) -> usize {
        self.faults
    }

    /// What was passed over because it is none of ours, up to 100 notes.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Says in metrics what is in force.
    pub(crate) fn publish(&self, metrics: &Metrics, now: Timestamp) {
        metrics.faults(self.faults);
        for kind in PolicyKind::ALL {
            let count = self.entries.get(&kind).copied().unwrap_or_default();
            metrics.policies(kind.as_str(), ACTIVE, count.active);
            metrics.policies(kind.as_str(), INVALID, count.invalid);
        }
        for kind in ExceptionKind::ALL {
            let count = self.exceptions.get(&kind).copied().unwrap_or_default();
            metrics.policies(kind.as_str(), ACTIVE, count.active);
            metrics.policies(kind.as_str(), INVALID, count.invalid);
        }
        metrics.policies_synced(now);
    }

    /// The Secrets and ConfigMaps that policies name.
    pub(crate) fn secrets(&self) -> &dyn Secrets {
        &self.objects
    }

    /// Where a workload is and what it is, as far as policies look at it. The labels of a namespace are those of its object
    /// among the files.
    pub(crate) fn environment<'a>(
        &'a self,
        namespace: Option<&'a str>,
        workload: &'a Workload,
    ) -> Environment<'a> {
        let labels = namespace.and_then(|name| self.objects.cluster.namespace_labels(name));
        workload.environment(namespace, labels)
    }

    /// The same of images without an object. What one would say is not known, and counts as unknown.
    pub(crate) fn environment_of<'a>(
        &'a self,
        namespace: Option<&'a str>,
        service_account: Option<&'a str>,
    ) -> Environment<'a> {
        let labels = namespace.and_then(|name| self.objects.cluster.namespace_labels(name));
        let mut environment = Environment::from(namespace);
        if let Some(labels) = labels {
            environment = environment.with_namespace_labels(labels);
        }
        if let Some(account) = service_account {
            environment = environment.running_as(account);
        }
        environment
    }

    /// What the workload pulls with: its own secrets, or those of its service account. A secret that is missing or not
    /// usable offers nothing, and says why if the registry then refuses.
    ///
    /// # Errors
    /// [`CredentialsError`].
    pub(crate) async fn keychain(
        &self,
        namespace: Option<&str>,
        secrets: &PullSecrets,
    ) -> Result<KeychainChain, CredentialsError> {
        self.objects.keychain(namespace, secrets).await
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("entries", &self.entries)
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}

/// The state of an entry that is judged by.
const ACTIVE: &str = "active";
/// The state of an entry that denies because of an error in it.
const INVALID: &str = "invalid";

#[cfg(test)]
mod tests;
