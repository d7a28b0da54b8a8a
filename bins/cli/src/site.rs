//! What the files say: the rules, and the cluster around them.

mod containers;
mod documents;
mod judging;
#[cfg(feature = "kubernetes")]
mod live;
pub(crate) mod notation;
#[cfg(feature = "kubernetes")]
mod secrets;

#[cfg(feature = "kubernetes")]
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use doorward::{Context, Engine, RecordedPolicies, ReviewBudget, Rules, Secrets, StaticSecrets};
use doorward_core::{Digest, Fetcher, Timestamp};
#[cfg(feature = "kubernetes")]
use doorward_kube::client::RunningContainer;
use doorward_kube::{Cluster, CustomWorkloads};
use doorward_policy::{Environment, KeySource, Labels, PolicySet};

use crate::bundles::BundleArgs;
use crate::failure::{Failure, Outcome};
use crate::files::Source;
use crate::invocation::Invocation;
use crate::settings::{AccessSettings, Memory, Origin, RulesSettings, Setting};

use documents::Documents;

pub(crate) use containers::registries;
pub(crate) use documents::{no_object, text_of};

/// What a Pod runs as that names no service account.
const DEFAULT_SERVICE_ACCOUNT: &str = "default";

/// Rules, Secrets and ServiceAccounts from files: a directory of manifests is the cluster.
pub(crate) struct Site {
    rules: Rules,
    cluster: Cluster,
    secrets: StaticSecrets,
    /// Where Secrets come from, if not from the files alone.
    live_secrets: Option<Box<dyn Secrets>>,
    /// What containers of a live cluster run.
    #[cfg(feature = "kubernetes")]
    running: BTreeMap<RunningContainer, Digest>,
    /// Kind and name of every policy read, for people.
    policies: Vec<String>,
    /// Where keys of policies are that are in no Secret.
    key_sources: Vec<KeySource>,
    unread_workloads: usize,
    /// What policies were read from.
    sources: Vec<Source>,
    namespace: String,
    /// Labels of the namespace of the workload that were named beside the files.
    named_labels: Labels,
    home_namespace: String,
    shared_namespaces: BTreeSet<String>,
}

impl Site {
    /// Reads everything that the settings name.
    ///
    /// # Errors
    /// When no rules were named, when a file cannot be read, and when a policy or Secret in one is wrong. What is wrong
    /// with policies is shown in full, with the lines.
    pub(crate) fn load(settings: &RulesSettings, invocation: &Invocation<'_>) -> Outcome<Self> {
        Self::load_knowing(settings, CustomWorkloads::none(), invocation)
    }

    /// The same, where objects of these custom resources are workloads too.
    ///
    /// # Errors
    /// As of [`load`](Self::load).
    pub(crate) fn load_knowing(
        settings: &RulesSettings,
        custom: CustomWorkloads,
        invocation: &Invocation<'_>,
    ) -> Outcome<Self> {
        only_beside(
            ("--registries-d", &settings.registries_d),
            ("--containers-policy", &settings.containers_policy),
        )?;
        only_beside(
            ("--trust-store", &settings.trust_store),
            ("--trust-policy", &settings.trust_policy),
        )?;
        only_beside(
            ("--revocation", &settings.revocation),
            ("--trust-policy", &settings.trust_policy),
        )?;
        if !settings.plugins.is_empty() && settings.trust_policy.value.is_none() {
            return Err(Failure::usage(
                "--plugin goes with --trust-policy; policies name their plug-ins themselves",
            ));
        }
        if let Some(policy) = &settings.containers_policy.value {
            let rules = containers::load(policy, settings.registries_d.value.as_deref())?;
            for problem in rules.policy.problems() {
                invocation.terminal.warn(&format!(
                    "{}: {}: {}",
                    rules.name, problem.scope, problem.why
                ));
            }
            let name = format!("ContainersPolicy {}", rules.name);
            let rules = Rules::Containers(Arc::new(rules));
            return Ok(Self::of_file(name, rules, settings));
        }
        if let Some(policy) = &settings.trust_policy.value {
            let rules = notation::load(policy, settings)?;
            let name = format!("NotationTrustPolicy {}", rules.name);
            let rules = Rules::Notation(Arc::new(rules));
            return Ok(Self::of_file(name, rules, settings));
        }
        if settings.filename.value.is_empty() {
            return Err(Failure::usage("there are no rules to decide by").with_hint(
                "name files or directories with policies, Secrets and ServiceAccounts with --filename, or a \
                 policy.json with --containers-policy, or a trust policy of notation with --trust-policy",
            ));
        }
        let read = documents::load(settings, custom, invocation)?;
        Ok(Self::of_settings(read, settings))
    }

    fn of_settings(read: Documents, settings: &RulesSettings) -> Self {
        let namespace = settings.namespace.value.clone();
        let mut site = Self::of(read, namespace, settings.home_namespace.value.clone());
        site.named_labels.clone_from(&settings.namespace_labels);
        let shared = settings.shared_secret_namespaces.value.iter();
        site.shared_namespaces = shared.cloned().collect();
        site
    }

    /// The same, with bundles beside what registries have.
    ///
    /// # Errors
    /// When they cannot be read, or the rules ask for none.
    pub(crate) fn with_bundles(mut self, bundles: &BundleArgs) -> Outcome<Self> {
        if bundles.is_empty() {
            return Ok(self);
        }
        if !matches!(self.rules, Rules::Policies(_)) {
            return Err(Failure::usage(
                "--bundle goes with --filename: a policy.json and a trust policy ask for no bundle",
            ));
        }
        self.secrets.set_bundles(bundles.read()?);
        Ok(self)
    }

    /// A site without any rules or objects, for what does without.
    pub(crate) fn bare(settings: &RulesSettings) -> Self {
        let rules = Rules::Policies(Arc::new(PolicySet::default()));
        Self::without_objects(Vec::new(), rules, settings)
    }

    /// A site whose rules are a file of another program, with the name of that for people.
    fn of_file(name: String, rules: Rules, settings: &RulesSettings) -> Self {
        Self::without_objects(vec![name], rules, settings)
    }

    fn without_objects(policies: Vec<String>, rules: Rules, settings: &RulesSettings) -> Self {
        Self {
            rules,
            cluster: Cluster::new(&settings.namespace.value),
            secrets: StaticSecrets::default(),
            live_secrets: None,
            #[cfg(feature = "kubernetes")]
            running: BTreeMap::new(),
            policies,
            key_sources: Vec::new(),
            unread_workloads: 0,
            sources: Vec::new(),
            namespace: settings.namespace.value.clone(),
            named_labels: Labels::new(),
            home_namespace: settings.home_namespace.value.clone(),
            shared_namespaces: BTreeSet::new(),
        }
    }

    /// The site that one text describes, in the default namespaces.
    ///
    /// # Errors
    /// When something in it is wrong.
    pub(crate) fn parse(text: &str) -> Outcome<Self> {
        let read = documents::parse("policy.yaml", text)?;
        Ok(Self::of(read, "default".to_owned(), "doorward".to_owned()))
    }

    fn of(read: Documents, namespace: String, home_namespace: String) -> Self {
        Self {
            rules: Rules::Policies(read.policies),
            cluster: read.cluster,
            secrets: read.secrets,
            live_secrets: None,
            #[cfg(feature = "kubernetes")]
            running: BTreeMap::new(),
            policies: read.names,
            key_sources: read.key_sources,
            unread_workloads: read.unread_workloads,
            sources: read.sources,
            namespace,
            named_labels: Labels::new(),
            home_namespace,
            shared_namespaces: BTreeSet::new(),
        }
    }

    /// How many documents may be workloads whose images were not found. Each was told of.
    pub(crate) const fn unread_workloads(&self) -> usize {
        self.unread_workloads
    }

    /// Where keys of policies are that are in no Secret.
    pub(crate) fn key_sources(&self) -> &[KeySource] {
        &self.key_sources
    }

    /// The rules.
    pub(crate) const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The policies, to be written down with a decision.
    ///
    /// # Errors
    /// When there are none.
    pub(crate) fn recorded_policies(&self) -> Outcome<RecordedPolicies> {
        let Rules::Policies(set) = &self.rules else {
            return Err(Failure::usage(
                "--record goes with --filename; a policy.json and a trust policy are not written down",
            ));
        };
        let sources = self.sources.iter();
        let texts = sources.map(|source| (source.name.as_str(), source.bytes.as_slice()));
        RecordedPolicies::of(set, texts, &self.namespace).ok_or_else(|| {
            Failure::internal(anyhow::anyhow!("the policies cannot be written down"))
        })
    }

    /// The Secrets and ServiceAccounts.
    pub(crate) const fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The namespace of the workload.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Kind and name of every policy read.
    pub(crate) fn policies(&self) -> &[String] {
        &self.policies
    }

    /// The Secrets of this name, wherever they are.
    pub(crate) fn secrets_named(&self, wanted: &str) -> Vec<String> {
        self.cluster
            .secrets()
            .filter(|(_, name, _)| *name == wanted)
            .map(|(namespace, name, _)| format!("{namespace}/{name}"))
            .collect()
    }

    /// The `ConfigMap`s of this name, wherever they are.
    pub(crate) fn config_maps_named(&self, wanted: &str) -> Vec<String> {
        self.cluster
            .config_maps()
            .filter(|(_, name, _)| *name == wanted)
            .map(|(namespace, name, _)| format!("{namespace}/{name}"))
            .collect()
    }

    /// An engine that decides as the webhook would.
    pub(crate) fn engine(
        &self,
        access: &AccessSettings,
        memory: &Memory,
        review: ReviewBudget,
    ) -> Engine {
        let mut builder = Engine::builder()
            .deadline(access.timeout.value.duration())
            .review_budget(review)
            .home_namespace(&self.home_namespace)
            .shared_secret_namespaces(&self.shared_namespaces);
        if let Some(store) = &memory.store {
            builder = builder.state(Arc::clone(store));
        }
        if memory.first_use {
            builder = builder.dangerously_trust_on_first_use_for_portieris_policies();
        }
        builder.build()
    }

    /// The digest that a container of a Pod runs: files do not say it.
    #[cfg(not(feature = "kubernetes"))]
    #[expect(clippy::unused_self, reason = "as with the feature")]
    pub(crate) const fn running(&self, _: &str, _: &str, _: &str) -> Option<&Digest> {
        None
    }

    /// The Secrets and ConfigMaps that policies name.
    pub(crate) fn secrets(&self) -> &dyn Secrets {
        match &self.live_secrets {
            Some(live) => live.as_ref(),
            None => &self.secrets,
        }
    }

    /// The circumstances of a decision in an environment. `secrets` are those of the site, with what is beside them.
    pub(crate) fn context<'a>(
        &'a self,
        secrets: &'a dyn Secrets,
        environment: Environment<'a>,
        fetcher: Arc<dyn Fetcher>,
        now: Timestamp,
    ) -> Context<'a> {
        Context::new(&self.rules, secrets, fetcher, now).in_environment(environment)
    }

    /// The labels of the namespace of the workload, if they are known: those of its object in the files, and those that were
    /// named beside them.
    pub(crate) fn namespace_labels(&self, namespace: Option<&str>) -> Option<Labels> {
        let in_files = namespace.and_then(|name| self.cluster.namespace_labels(name));
        if self.named_labels.is_empty() {
            return in_files.cloned();
        }
        let mut labels = in_files.cloned().unwrap_or_default();
        labels.extend(self.named_labels.clone());
        Some(labels)
    }

    /// The environment of an image that is named without an object: its labels are not known.
    pub(crate) fn environment<'a>(
        &'a self,
        namespace_labels: Option<&'a Labels>,
        service_account: Option<&'a str>,
    ) -> Environment<'a> {
        let environment = Environment::new()
            .in_namespace(&self.namespace)
            .running_as(service_account.unwrap_or(DEFAULT_SERVICE_ACCOUNT));
        match namespace_labels {
            Some(labels) => environment.with_namespace_labels(labels),
            None => environment,
        }
    }
}

/// Refuses a flag that says nothing without another.
///
/// # Errors
/// When it was typed and the other was not given. What a file or variable says for all commands may be left over.
fn only_beside(
    (flag, given): (&str, &Setting<Option<PathBuf>>),
    (other, wanted): (&str, &Setting<Option<PathBuf>>),
) -> Outcome<()> {
    if given.value.is_none() || given.origin != Origin::Flag || wanted.value.is_some() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{flag} goes with {other}; policies name their store themselves"
    )))
}
