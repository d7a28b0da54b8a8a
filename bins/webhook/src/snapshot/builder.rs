//! Puts a snapshot together of what the files say.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, OnceLock};

use doorward::Rules;
use doorward_kube::{About, Finding, Manifests};
use doorward_policy::{
    Diagnostic, Document, LintCode, PolicyKind, PolicyObject, PolicySet, lint, read_documents,
};
use doorward_registry::{Keychain, PullSecret};

use super::key_ends::KeySecrets;
use super::problems::{Owners, Problems};
use super::{ACTIVE, INVALID, Snapshot};
use crate::policy_files::PolicyFiles;

/// The items by which a Secret is known to hold pull credentials.
const PULL_ITEMS: [&str; 2] = [".dockerconfigjson", ".dockercfg"];
/// Problems that are kept of one state.
const MAX_PROBLEMS: usize = 100;

/// Collects what a [`Snapshot`] is made of.
pub struct SnapshotBuilder {
    manifests: Manifests,
    /// What is wrong with files and objects beside the policies.
    problems: Problems,
    /// What was passed over.
    notes: Vec<String>,
    /// What all of it was read from, as long as all of that is text.
    texts: Option<Vec<(String, Arc<[u8]>)>>,
}

impl Default for SnapshotBuilder {
    fn default() -> Self {
        Self {
            manifests: Manifests::new("default").without_workloads(),
            problems: Problems::default(),
            notes: Vec::new(),
            texts: Some(Vec::new()),
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
                let problem = format!("{source}: passed over: {why}");
                builder.problems.add(None, problem);
            }
            if !said.documents.is_empty() {
                match said.text() {
                    Some(text) => builder.read_from(&source, Arc::clone(text)),
                    None => builder.texts = None,
                }
            }
            builder.take(&source, &said.documents, &said.diagnostics);
        }
        builder
    }

    /// Adds the objects of a text: policies, Secrets, ServiceAccounts and Namespaces. Other kinds are passed over.
    ///
    /// Nothing here is an error: a policy with a mistake denies what it governs, a document that may have been a policy
    /// denies everything, and a Secret that is not usable refuses the images that need it.
    pub fn add(&mut self, source: &str, text: &[u8]) {
        let (documents, diagnostics) = read_documents(source, text);
        self.read_from(source, text.into());
        self.take(source, &documents, &diagnostics);
    }

    fn read_from(&mut self, source: &str, text: Arc<[u8]>) {
        if let Some(texts) = &mut self.texts {
            texts.push((source.to_owned(), text));
        }
    }

    fn take(&mut self, source: &str, documents: &[Document], diagnostics: &[Diagnostic]) {
        for document in documents {
            if let Document::Policy(policy) = document {
                self.note_missing_namespace(source, policy);
            }
        }
        self.manifests.take(source, documents, diagnostics);
        for finding in std::mem::take(&mut self.manifests.findings) {
            self.tell(finding);
        }
    }

    fn tell(&mut self, finding: Finding) {
        let Finding {
            source,
            line,
            namespace,
            about,
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

    /// Notes a policy of a namespace that names none: here it is of `default`, and where the command reads it, of the
    /// namespace that `-n` names.
    fn note_missing_namespace(&mut self, source: &str, policy: &PolicyObject) {
        if policy.kind == PolicyKind::ImagePolicy && policy.namespace.is_none() {
            let found = lint(std::slice::from_ref(policy));
            let found = found
                .into_iter()
                .filter(|found| found.code == LintCode::MissingNamespace);
            self.notes
                .extend(found.map(|found| format!("{source}:{}: {}", found.line, found.message)));
        }
    }

    /// Puts everything together.
    #[must_use]
    pub fn build(self) -> Snapshot {
        let secrets = self.manifests.secrets();
        let Manifests {
            policies,
            diagnostics,
            cluster,
            ..
        } = self.manifests;
        let entries = count(&policies);
        let operator_servers = policies
            .iter()
            .filter(|policy| policy.kind == PolicyKind::ClusterImagePolicy)
            .flat_map(PolicyObject::servers)
            .collect();
        let key_secrets = KeySecrets::of(&policies);
        let owners = Owners::of(&policies);
        let (set, found) = PolicySet::compile(policies);
        let mut problems = self.problems;
        let diagnostics = diagnostics.iter().chain(&found);
        for found in diagnostics.filter(|found| found.is_error()) {
            problems.add(owners.owner(found), found.to_string());
        }
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
            rules: Rules::Policies(Arc::new(set)),
            secrets,
            cluster,
            keychains,
            key_secrets,
            entries,
            problems,
            faults,
            notes,
            operator_servers,
            texts: self.texts,
            recorded: OnceLock::new(),
        }
    }
}

impl fmt::Debug for SnapshotBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnapshotBuilder")
            .field("policies", &self.manifests.policies.len())
            .finish_non_exhaustive()
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
