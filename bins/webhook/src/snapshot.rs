//! One state of the rules: policies, keys and pull secrets that belong together.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use doorward::simple_signing::Keyring;
use doorward::{Rules, Secret, StaticSecrets};
use doorward_core::{Authority, Scheme, Timestamp};
use doorward_kube::{Cluster, PullSecrets};
use doorward_policy::{
    Checks, Demand, Demands, Diagnostic, Document, PolicyKind, PolicyObject, PolicySet,
    read_documents,
};
use doorward_registry::{Keychain, KeychainChain, PullSecret, WithoutPullSecrets};

use crate::metrics::Metrics;
use crate::policy_files::PolicyFiles;

/// The items by which a Secret is known to hold pull credentials.
const PULL_ITEMS: [&str; 2] = [".dockerconfigjson", ".dockercfg"];
/// Problems that are logged of one state.
const MAX_PROBLEMS: usize = 100;

/// Rules, keys and pull secrets that were read together. It never changes; a review is decided by one of them.
pub struct Snapshot {
    pub(crate) rules: Rules,
    pub(crate) secrets: StaticSecrets,
    cluster: Cluster,
    keychains: HashMap<(String, String), Arc<dyn Keychain>>,
    /// When the keys of a Secret, `namespace/name`, stop being good.
    key_ends: Vec<(String, Timestamp)>,
    entries: BTreeMap<(PolicyKind, &'static str), usize>,
    problems: Vec<String>,
    notes: Vec<String>,
    /// The trust servers and signature stores of cluster policies, by their URLs.
    operator_servers: Vec<String>,
}

impl Snapshot {
    /// The URLs of the servers that cluster policies name: those are the operator's, and may be anywhere.
    pub(crate) fn operator_servers(&self) -> impl Iterator<Item = &str> {
        self.operator_servers.iter().map(String::as_str)
    }

    /// How many policy entries are in force, those that deny for an error in them included.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.entries.values().sum()
    }

    /// What is wrong with policies, Secrets and files, up to 100 findings. What they govern is denied.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// What was passed over because it is none of ours, up to 100 notes.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Says in metrics what is in force.
    pub(crate) fn publish(&self, metrics: &Metrics, now: Timestamp) {
        metrics.faults(self.problems.len());
        for kind in PolicyKind::ALL {
            for state in [ACTIVE, INVALID] {
                let entries = self
                    .entries
                    .get(&(kind, state))
                    .copied()
                    .unwrap_or_default();
                metrics.policies(kind.as_str(), state, entries);
            }
        }
        metrics.policies_synced(now);
        let ends = self
            .key_ends
            .iter()
            .map(|(name, end)| (SIMPLE, name.as_str(), *end));
        metrics.trust_expires(ends);
    }

    /// What the workload pulls with: its own secrets, or those of its service account. A secret that is missing or not
    /// usable offers nothing, and says why if the registry then refuses.
    pub(crate) fn keychain(&self, namespace: Option<&str>, secrets: &PullSecrets) -> KeychainChain {
        let account = |name: &str| {
            self.cluster
                .service_account(namespace.unwrap_or_default(), name)
                .map(<[String]>::to_vec)
        };
        let names = secrets.resolve(namespace, account);
        let namespace = namespace.unwrap_or_default();
        let none = match (&names, secrets.service_account()) {
            (Err(missing), _) => WithoutPullSecrets::without_account(namespace, &missing.name),
            (Ok(names), _) if !names.is_empty() => {
                let links = names.iter().map(|name| self.pull_secret(namespace, name));
                return KeychainChain::new(links);
            }
            (Ok(_), Some(account)) if secrets.inherits() => {
                WithoutPullSecrets::named_by_account(namespace, account)
            }
            (Ok(_), _) => WithoutPullSecrets::named_by_workload(),
        };
        KeychainChain::new([Arc::new(none) as Arc<dyn Keychain>])
    }

    fn pull_secret(&self, namespace: &str, name: &str) -> Arc<dyn Keychain> {
        let known = self.keychains.get(&(namespace.to_owned(), name.to_owned()));
        known
            .cloned()
            .unwrap_or_else(|| Arc::new(PullSecret::absent(namespace, name)))
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

/// The scheme of key rings in Secrets, for metrics.
const SIMPLE: &str = Scheme::SIMPLE_SIGNING.as_str();
/// The item of a Secret that holds a key ring.
const KEY_ITEM: &str = "key";
/// The state of an entry that is judged by.
const ACTIVE: &str = "active";
/// The state of an entry that denies because of an error in it.
const INVALID: &str = "invalid";

/// Collects what a [`Snapshot`] is made of.
pub struct SnapshotBuilder {
    cluster: Cluster,
    policies: Vec<PolicyObject>,
    diagnostics: Vec<Diagnostic>,
    /// Secrets that are not usable: namespace, name, why.
    invalid: Vec<(String, String, String)>,
    /// What is wrong with files and objects beside the policies.
    problems: Vec<String>,
    /// What was passed over.
    notes: Vec<String>,
}

impl Default for SnapshotBuilder {
    fn default() -> Self {
        Self {
            cluster: Cluster::new("default"),
            policies: Vec::new(),
            diagnostics: Vec::new(),
            invalid: Vec::new(),
            problems: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl SnapshotBuilder {
    /// What the files say that are in force.
    #[must_use]
    pub fn of(files: &PolicyFiles) -> Self {
        let mut builder = Self::default();
        for (path, said) in files.said() {
            let source = path.display().to_string();
            if let Some(why) = said.no_file() {
                builder
                    .problems
                    .push(format!("{source}: passed over: {why}"));
            }
            builder.take(&source, &said.documents, &said.diagnostics);
        }
        builder
    }

    /// Adds the objects of a text: policies, Secrets and ServiceAccounts. Other kinds are passed over.
    ///
    /// Nothing here is an error: a policy with a mistake denies what it governs, a document that may have been a policy
    /// denies everything, and a Secret that is not usable refuses the images that need it.
    pub fn add(&mut self, source: &str, text: &[u8]) {
        let (documents, diagnostics) = read_documents(source, text);
        self.take(source, &documents, &diagnostics);
    }

    fn take(&mut self, source: &str, documents: &[Document], diagnostics: &[Diagnostic]) {
        for document in documents {
            match document {
                Document::Policy(policy) => self.policies.push(policy.clone()),
                Document::Other {
                    kind,
                    value,
                    line,
                    fault,
                    ..
                } if kind == "Secret" || kind == "ServiceAccount" => {
                    let (identity, why) = match (self.cluster.add(value), fault) {
                        (Err(error), _) => {
                            self.problems.push(format!("{source}:{line}: {error}"));
                            (
                                error.identity.map(|identity| *identity),
                                error.fault.to_string(),
                            )
                        }
                        (Ok(_), Some(fault)) => {
                            self.problems.push(fault.to_string());
                            (self.cluster.identity_of(value), fault.message.clone())
                        }
                        (Ok(_), None) => continue,
                    };
                    if let ("Secret", Some((namespace, name))) = (kind.as_str(), identity) {
                        self.invalid.push((namespace, name, why));
                    }
                }
                Document::Other { line, .. } => {
                    if let Some(foreign) = document.foreign_policy(source) {
                        self.notes
                            .push(format!("{source}:{line}: {}", foreign.message));
                    }
                }
                Document::NotAnObject { line } => self.notes.push(format!(
                    "{source}:{line}: passed over: no Kubernetes object"
                )),
            }
        }
        self.diagnostics.extend(diagnostics.iter().cloned());
    }

    /// Puts everything together.
    #[must_use]
    pub fn build(self) -> Snapshot {
        let entries = count(&self.policies);
        let operator_servers = servers(&self.policies);
        let (set, found) = PolicySet::compile(self.policies);
        let mut problems: Vec<String> = self
            .diagnostics
            .iter()
            .chain(&found)
            .filter(|found| found.is_error())
            .map(ToString::to_string)
            .chain(self.problems)
            .collect();
        let mut secrets = StaticSecrets::default();
        for (namespace, name, why) in self.invalid {
            secrets.insert_invalid(namespace, name, why);
        }
        let mut keychains = HashMap::new();
        let mut key_ends = Vec::new();
        for (namespace, name, data) in self.cluster.secrets() {
            let secret = Secret::from(data);
            let keyring = secret
                .item(KEY_ITEM)
                .and_then(|key| Keyring::with_revocations([key], secret.items_but(KEY_ITEM)).ok());
            secrets.insert(namespace, name, secret);
            if let Some(end) = keyring.and_then(|keyring| keyring.expires()) {
                key_ends.push((format!("{namespace}/{name}"), end));
            }
            // Any Secret may be named as one; only of those that are meant to be is it a mistake not to be usable.
            let pull_secret = PullSecret::read(namespace, name, data.items());
            let is_meant = PULL_ITEMS
                .iter()
                .any(|item| data.items().contains_key(*item));
            problems.extend(
                pull_secret
                    .fault()
                    .filter(|_| is_meant)
                    .map(|fault| fault.to_string()),
            );
            keychains.insert(
                (namespace.to_owned(), name.to_owned()),
                Arc::new(pull_secret) as Arc<dyn Keychain>,
            );
        }
        problems.sort();
        problems.dedup();
        problems.truncate(MAX_PROBLEMS);
        let mut notes = self.notes;
        notes.truncate(MAX_PROBLEMS);
        Snapshot {
            rules: Rules::Policies(Arc::new(set)),
            secrets,
            cluster: self.cluster,
            keychains,
            key_ends,
            entries,
            problems,
            notes,
            operator_servers,
        }
    }
}

impl fmt::Debug for SnapshotBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnapshotBuilder")
            .field("policies", &self.policies.len())
            .finish_non_exhaustive()
    }
}

/// The servers that cluster policies name: stores, trust servers, and the registries of entries without a star in the
/// host.
fn servers(policies: &[PolicyObject]) -> Vec<String> {
    let mut found = Vec::new();
    for policy in policies {
        if policy.kind != PolicyKind::ClusterImagePolicy {
            continue;
        }
        let hosts = policy
            .entries()
            .filter_map(|(pattern, _)| pattern.split_once('/').map(|(host, _)| host))
            .filter(|host| !host.contains('*') && Authority::is_written_in(host))
            .filter_map(|host| host.parse::<Authority>().ok());
        found.extend(hosts.map(|host| format!("https://{host}/")));
    }
    let bodies = policies
        .iter()
        .filter(|policy| policy.kind == PolicyKind::ClusterImagePolicy)
        .flat_map(PolicyObject::entries)
        .filter_map(|(_, body)| body.ok());
    for body in bodies {
        match &body.checks {
            Checks::Unchecked(_) => {}
            Checks::Demanded(demands) => add_servers(demands, &mut found),
        }
    }
    found
}

fn add_servers(demands: &Demands, found: &mut Vec<String>) {
    for demand in demands {
        match demand {
            Demand::AnyOf(alternatives) => {
                for demands in alternatives {
                    add_servers(demands, found);
                }
            }
            Demand::Simple(simple) => found.extend(simple.store_url.clone()),
            Demand::Trust(trust) => found.extend(trust.trust_servers.iter().cloned()),
            Demand::Attestations(_)
            | Demand::Notation(_)
            | Demand::Sigstore(_)
            | Demand::Vulnerability(_) => {}
        }
    }
}

fn count(policies: &[PolicyObject]) -> BTreeMap<(PolicyKind, &'static str), usize> {
    let mut entries = BTreeMap::new();
    for policy in policies {
        for (_, body) in policy.entries() {
            let state = if body.is_ok() { ACTIVE } else { INVALID };
            *entries.entry((policy.kind, state)).or_default() += 1;
        }
        if policy.fault().is_some() {
            *entries.entry((policy.kind, INVALID)).or_default() += 1;
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: p, namespace: shop}\n\
                          spec: {repositories: [{name: '*', policy: {unchecked: true}}]}\n";

    fn read(text: &str) -> Snapshot {
        let mut builder = SnapshotBuilder::default();
        builder.add("p.yaml", text.as_bytes());
        builder.build()
    }

    fn admits(snapshot: &Snapshot) -> bool {
        let Rules::Policies(set) = &snapshot.rules else {
            panic!("policies")
        };
        match set.select("r.example/a", Some("shop")) {
            doorward_policy::Selection::Match(found) => {
                found.entries.iter().all(|entry| entry.body.is_ok())
            }
            _ => false,
        }
    }

    #[test]
    fn text_that_may_have_been_a_policy_denies_everything_and_names_file_and_line() {
        for text in [
            "kind: [",
            "lol",
            "",
            "kind: ImagePolicy\nmetadata: {name: x}",
            "\u{0}",
        ] {
            let snapshot = read(&format!("{POLICY}---\n{text}"));
            if !text.is_empty() {
                assert!(!admits(&snapshot), "{text}");
                assert!(snapshot.problems()[0].starts_with("p.yaml"), "{text}");
                assert_eq!(snapshot.entries(), 2, "{text}");
            }
            assert!(!admits(&read(text)));
        }
    }

    #[test]
    fn files_of_other_tools_and_other_policies_are_noted_and_passed_over() {
        for text in [
            "resources: [a.yaml]\n",
            "- op: add\n",
            "apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {name: p}\n",
        ] {
            let snapshot = read(&format!("{POLICY}---\n{text}"));
            assert!(admits(&snapshot), "{text}");
            assert_eq!(snapshot.problems(), [] as [String; 0]);
            assert!(
                snapshot.notes()[0].starts_with("p.yaml:6: "),
                "{:?}",
                snapshot.notes()
            );
        }
    }

    #[test]
    fn an_entry_with_a_mistake_is_in_force_and_reported() {
        let snapshot = read(&POLICY.replace("{unchecked: true}", "{mutateimage: true}"));
        assert_eq!(snapshot.entries(), 1);
        assert_eq!(
            snapshot.entries.get(&(PolicyKind::ImagePolicy, INVALID)),
            Some(&1)
        );
        assert!(
            snapshot
                .problems()
                .iter()
                .any(|problem| problem.contains("mutateimage")),
            "{:?}",
            snapshot.problems()
        );
    }

    #[test]
    fn a_secret_that_cannot_be_decoded_is_left_out_and_told_without_its_content() {
        let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: k, namespace: n}\ndata: {key: 'hunter2!'}\n";
        let snapshot = read(&format!("{POLICY}---\n{text}"));
        let problems = snapshot.problems().join("\n");
        assert!(
            problems.contains("n/k") && !problems.contains("hunter2"),
            "{problems}"
        );
        assert!(admits(&snapshot));
        assert!(format!("{:?}", snapshot.secrets).contains("not base64"));
    }

    #[test]
    fn a_pull_secret_that_is_no_configuration_is_reported_without_its_content() {
        let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: k, namespace: n}\nstringData: {.dockercfg: 'hunter2'}\n";
        let snapshot = read(text);
        let problems = snapshot.problems().join("\n");
        assert!(
            problems.contains("n/k") && !problems.contains("hunter2"),
            "{problems}"
        );
    }

    #[test]
    fn kinds_that_are_not_ours_are_passed_over() {
        let snapshot = read("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n");
        assert_eq!((snapshot.entries(), snapshot.problems().len()), (0, 0));
    }

    #[test]
    fn the_end_of_a_trusted_key_is_published_under_the_name_of_its_secret() {
        let signer = doorward_testkit::OpenPgpSigner::builder(doorward_testkit::KeyKind::Ed25519)
            .created(Timestamp::from_unix(1_700_000_000))
            .expires_after(1_000)
            .build();
        let key = signer.public_key_armored().replace('\n', "\n    ");
        let text = format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: k, namespace: n}}\nstringData:\n  key: |\n    {key}\n"
        );
        let metrics = Metrics::new().unwrap();
        read(&text).publish(&metrics, Timestamp::from_unix(0));
        let line = r#"doorward_trust_expiry_timestamp_seconds{name="n/k",scheme="simple-signing"} 1700001000"#;
        let text = String::from_utf8(metrics.render().unwrap()).unwrap();
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: k, namespace: n}\nstringData: {key: 'hunter2'}\n";
        assert!(!format!("{:?}", read(text)).contains("hunter2"));
    }
}
