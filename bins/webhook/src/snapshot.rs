//! One state of the rules: policies, keys and pull secrets that belong together.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use doorward::simple_signing::Keyring;
use doorward::{Rules, Secret, StaticSecrets};
use doorward_core::{Scheme, Timestamp};
use doorward_kube::{Cluster, PullSecrets};
use doorward_policy::{Diagnostic, Document, PolicyKind, PolicyObject, PolicySet, read_documents};
use doorward_registry::{Keychain, KeychainChain, pull_secret};

use crate::metrics::Metrics;

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

    /// What is wrong with policies and pull secrets that are in force all the same, up to 100 findings.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Says in metrics and log what is in force.
    pub(crate) fn publish(&self, metrics: &Metrics, now: Timestamp) {
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
        for problem in &self.problems {
            tracing::error!(
                problem,
                "in force with a mistake: what it governs is denied"
            );
        }
    }

    /// What the workload pulls with: its own secrets, or those of its service account. A secret that is not known
    /// here is passed over; the registry then refuses, and the image is denied.
    pub(crate) fn keychain(&self, namespace: Option<&str>, secrets: &PullSecrets) -> KeychainChain {
        let account = |name: &str| {
            self.cluster
                .service_account(namespace.unwrap_or_default(), name)
                .map(<[String]>::to_vec)
        };
        let names = secrets.resolve(namespace, account).unwrap_or_default();
        let namespace = namespace.unwrap_or_default();
        KeychainChain::new(
            names
                .into_iter()
                .filter_map(|name| self.keychains.get(&(namespace.to_owned(), name)).cloned()),
        )
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
}

impl Default for SnapshotBuilder {
    fn default() -> Self {
        Self {
            cluster: Cluster::new("default"),
            policies: Vec::new(),
            diagnostics: Vec::new(),
        }
    }
}

impl SnapshotBuilder {
    /// Adds the objects of a file: policies, Secrets and ServiceAccounts. Other kinds are passed over.
    ///
    /// # Errors
    /// If the text cannot be read as Kubernetes objects, or a Secret or ServiceAccount in it is not usable. A policy
    /// with an error is no error here; its entries deny.
    pub fn add(&mut self, source: &str, text: &[u8]) -> Result<()> {
        let (documents, diagnostics) = read_documents(source, text);
        for document in documents {
            match document {
                Document::Policy(policy) if is_unreadable(&policy) => {
                    let first = diagnostics
                        .first()
                        .map_or_else(|| source.to_owned(), ToString::to_string);
                    match diagnostics.len().saturating_sub(1) {
                        0 => bail!("{first}"),
                        more => bail!("{first} (and {more} more)"),
                    }
                }
                Document::Policy(policy) => self.policies.push(policy),
                Document::Other {
                    kind, value, line, ..
                } if kind == "Secret" || kind == "ServiceAccount" => {
                    self.cluster
                        .add(&value)
                        .with_context(|| format!("{source}:{line}"))?;
                }
                Document::Other { .. } => {}
            }
        }
        self.diagnostics.extend(diagnostics);
        Ok(())
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
            .collect();
        let mut secrets = StaticSecrets::default();
        let mut keychains = HashMap::new();
        let mut key_ends = Vec::new();
        for (namespace, name, data) in self.cluster.secrets() {
            secrets.insert(namespace, name, Secret::new(data.items().clone()));
            let keyring = data
                .items()
                .get(KEY_ITEM)
                .and_then(|key| Keyring::parse_armored([key.as_slice()]).ok());
            if let Some(end) = keyring.and_then(|keyring| keyring.expires()) {
                key_ends.push((format!("{namespace}/{name}"), end));
            }
            if !PULL_ITEMS
                .iter()
                .any(|item| data.items().contains_key(*item))
            {
                continue;
            }
            match pull_secret(data.items()) {
                Ok(config) => {
                    let keychain: Arc<dyn Keychain> = Arc::new(config);
                    keychains.insert((namespace.to_owned(), name.to_owned()), keychain);
                }
                Err(error) => problems.push(format!("pull secret {namespace}/{name}: {error}")),
            }
        }
        problems.truncate(MAX_PROBLEMS);
        Snapshot {
            rules: Rules::Policies(Arc::new(set)),
            secrets,
            cluster: self.cluster,
            keychains,
            key_ends,
            entries,
            problems,
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

/// Whether the object stands for text of which not even the kind could be told. Put in force it would deny every
/// image of the cluster for a slip in one file, so the state before it stays instead.
fn is_unreadable(policy: &PolicyObject) -> bool {
    policy.floor && policy.name.is_empty() && policy.entries().next().is_none()
}

/// The servers that cluster policies name.
fn servers(policies: &[PolicyObject]) -> Vec<String> {
    let bodies = policies
        .iter()
        .filter(|policy| policy.kind == PolicyKind::ClusterImagePolicy)
        .flat_map(PolicyObject::entries)
        .filter_map(|(_, body)| body.ok());
    bodies
        .flat_map(|body| std::iter::once(body).chain(&body.any_of))
        .flat_map(|body| {
            let trust = body.trust.iter().flat_map(|trust| &trust.trust_servers);
            trust.chain(
                body.simple
                    .iter()
                    .filter_map(|simple| simple.store_url.as_ref()),
            )
        })
        .cloned()
        .collect()
}

fn count(policies: &[PolicyObject]) -> BTreeMap<(PolicyKind, &'static str), usize> {
    let mut entries = BTreeMap::new();
    for policy in policies {
        for (_, body) in policy.entries() {
            let state = if body.is_ok() { ACTIVE } else { INVALID };
            *entries.entry((policy.kind, state)).or_default() += 1;
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: p, namespace: shop}\n\
                          spec: {repositories: [{name: '*', policy: {}}]}\n";

    fn read(text: &str) -> Result<Snapshot> {
        let mut builder = SnapshotBuilder::default();
        builder.add("p.yaml", text.as_bytes())?;
        Ok(builder.build())
    }

    #[test]
    fn text_that_is_no_kubernetes_object_is_an_error_that_names_file_and_line() {
        for text in [
            "kind: [",
            "lol",
            "- 1",
            "kind: ImagePolicy\nmetadata: {name: x}",
            "\u{0}",
        ] {
            let error = format!("{:#}", read(text).expect_err(text));
            assert!(error.starts_with("p.yaml"), "{text}: {error}");
        }
    }

    #[test]
    fn a_broken_document_spoils_the_good_one_beside_it() {
        assert!(read(&format!("{POLICY}---\nkind: [\n")).is_err());
    }

    #[test]
    fn an_entry_with_a_mistake_is_in_force_and_reported() {
        let snapshot = read(&POLICY.replace("policy: {}", "policy: {mutateimage: true}")).unwrap();
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
    fn a_secret_that_cannot_be_decoded_is_an_error_without_its_content() {
        let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: k, namespace: n}\ndata: {key: 'hunter2!'}\n";
        let error = format!("{:#}", read(text).expect_err("refused"));
        assert!(
            error.contains("n/k") && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn a_pull_secret_that_is_no_configuration_is_reported_without_its_content() {
        let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: k, namespace: n}\nstringData: {.dockercfg: 'hunter2'}\n";
        let snapshot = read(text).unwrap();
        let problems = snapshot.problems().join("\n");
        assert!(
            problems.contains("n/k") && !problems.contains("hunter2"),
            "{problems}"
        );
    }

    #[test]
    fn kinds_that_are_not_ours_are_passed_over() {
        let snapshot =
            read("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n").unwrap();
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
        read(&text)
            .unwrap()
            .publish(&metrics, Timestamp::from_unix(0));
        let line = r#"doorward_trust_expiry_timestamp_seconds{name="n/k",scheme="simple-signing"} 1700001000"#;
        let text = String::from_utf8(metrics.render().unwrap()).unwrap();
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: k, namespace: n}\nstringData: {key: 'hunter2'}\n";
        assert!(!format!("{:?}", read(text).unwrap()).contains("hunter2"));
    }
}
