//! The objects of a view that are no policies: what policies and workloads need.

use doorward_policy::{Diagnostic, Document};
use serde_json::Value;

use crate::cluster::{Cluster, ManifestError};
use crate::custom::CustomWorkloads;

/// The objects of a view that are no policies, and each mistake beside the object that it is of.
///
/// Nothing here is an error: a Secret that is not usable refuses the images that need it. What the caller makes of a finding
/// is up to the caller.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Objects {
    /// The Secrets, ConfigMaps, ServiceAccounts, Namespaces and, unless left out, workloads.
    pub cluster: Cluster,
    /// The Secrets that are there and not usable. What needs one of them is refused.
    pub unusable_secrets: Vec<UnusableSecret>,
    /// What there is to say of documents, in the order of the sources.
    pub findings: Vec<Finding>,
    has_workloads: bool,
}

/// A Secret that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusableSecret {
    /// Where it is.
    pub namespace: String,
    /// What it is called.
    pub name: String,
    /// What is wrong with it: a lowercase fragment.
    pub why: String,
}

/// Something to know about a document that is no policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The name of the text or object.
    pub source: String,
    /// The line on which the document begins, from 1; 0 for an object of an API server.
    pub line: u32,
    /// The namespace of the object, if it says or implies one.
    pub namespace: Option<String>,
    /// Whether it may be a workload: what is wrong hides images.
    pub is_of_workload: bool,
    /// What there is to know.
    pub about: About,
}

/// What there is to know about a document that is no policy.
#[derive(Clone, Debug, PartialEq)]
pub enum About {
    /// It is an object of ours with something in it that is ambiguous, such as a key that stands twice. It is not used.
    Ambiguous(Diagnostic),
    /// It is an object of ours and cannot be used.
    LeftOut(ManifestError),
    /// It is no Kubernetes object, so it says nothing here.
    NoObject,
    /// It is called as a policy is, or holds policies, and is not read.
    NotRead(Diagnostic),
}

impl Objects {
    /// Nothing so far. Objects without a namespace are in `default_namespace`. `workloads` says which custom resources are
    /// workloads too; without it, workloads are left alone.
    pub(super) fn new(default_namespace: &str, workloads: Option<&CustomWorkloads>) -> Self {
        let custom = workloads.cloned().unwrap_or_default();
        Self {
            cluster: Cluster::new(default_namespace).knowing(custom),
            unusable_secrets: Vec::new(),
            findings: Vec::new(),
            has_workloads: workloads.is_some(),
        }
    }

    /// Takes over what a document says that is no policy. `source` is the name of its text, or of its object.
    pub(super) fn take(&mut self, source: &str, document: &Document) {
        match document {
            Document::Exception(_) | Document::Policy(_) => {}
            Document::NotAnObject { line } => {
                self.find(source, *line, None, false, About::NoObject);
            }
            Document::Other {
                kind,
                value,
                line,
                fault,
                ..
            } => {
                let unread = [
                    document.foreign_policy(source),
                    document.held_policies(source),
                ];
                for why in unread.into_iter().flatten() {
                    self.find(source, *line, None, false, About::NotRead(why));
                }
                self.add(source, *line, kind, value, fault.as_ref());
            }
        }
    }

    fn add(
        &mut self,
        source: &str,
        line: u32,
        kind: &str,
        value: &Value,
        fault: Option<&Diagnostic>,
    ) {
        let added = if self.has_workloads || IS_READ.contains(&kind) {
            self.cluster.add(value)
        } else {
            Ok(0)
        };
        let (identity, why, about) = match (added, fault) {
            (Err(error), _) => {
                let identity = error.identity.as_deref().cloned();
                (identity, error.fault.to_string(), About::LeftOut(error))
            }
            (Ok(_), Some(fault)) => {
                let identity = self.cluster.identity_of(value);
                let identity = identity.filter(|_| kind != "Namespace");
                let why = fault.message.clone();
                (identity, why, About::Ambiguous(fault.clone()))
            }
            (Ok(_), None) => return,
        };
        let namespace = identity.as_ref().map(|(namespace, _)| namespace.clone());
        // Whatever has items may be applied as a list of workloads.
        let hides_images = self.has_workloads
            && (value.get("items").is_some()
                || match &about {
                    About::LeftOut(error) => !IS_READ.contains(&error.kind.as_str()),
                    _ => !IS_READ.contains(&kind),
                });
        self.find(source, line, namespace, hides_images, about);
        match (kind, identity) {
            // It is kept in case that a policy names it.
            ("ConfigMap", _) => self.cluster.spoil_config_map(value, why),
            // Another one of the same name may be as good; which of the two counts is not known.
            ("Namespace", _) => self.cluster.spoil_namespace(value),
            ("Secret", Some((namespace, name))) => self.unusable_secrets.push(UnusableSecret {
                namespace,
                name,
                why,
            }),
            _ => {}
        }
    }

    fn find(
        &mut self,
        source: &str,
        line: u32,
        namespace: Option<String>,
        is_of_workload: bool,
        about: About,
    ) {
        self.findings.push(Finding {
            source: source.to_owned(),
            line,
            namespace,
            is_of_workload,
            about,
        });
    }

    /// The Secrets and ConfigMaps as the engine is given them.
    #[cfg(feature = "engine")]
    #[must_use]
    pub fn secrets(&self) -> doorward::StaticSecrets {
        let mut secrets = doorward::StaticSecrets::default();
        for unusable in &self.unusable_secrets {
            let UnusableSecret {
                namespace,
                name,
                why,
            } = unusable.clone();
            secrets.insert_invalid(namespace, name, why);
        }
        for (namespace, name, items) in self.cluster.config_maps() {
            secrets.insert_config_map(namespace, name, items.clone());
        }
        for (namespace, name, data) in self.cluster.secrets() {
            secrets.insert(namespace, name, doorward::Secret::from(data));
        }
        secrets
    }
}

/// The kinds that policies and workloads need.
const IS_READ: [&str; 4] = ["ConfigMap", "Namespace", "Secret", "ServiceAccount"];

#[cfg(test)]
mod tests;
