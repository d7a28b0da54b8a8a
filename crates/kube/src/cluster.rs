//! Manifests as a cluster: secrets, service accounts and workloads from files.

mod error;
mod namespaces;

pub use error::{ManifestError, ManifestFault};
pub(crate) use namespaces::NAME_LABEL;

use std::collections::BTreeMap;

use doorward_core::text::one_line;
use serde_json::Value;

use crate::config_map;
use crate::custom::CustomWorkloads;
use crate::document::Source;
use crate::limits::Limits;
use crate::pull_secrets::{
    PullSecretSources, PullSecrets, TooManyPullSecrets, service_account_secrets,
};
use crate::resource::{Recognised, WorkloadKind};
use crate::secret::SecretData;
use crate::workload::{Form, Workload};

/// Lists in lists are followed this deep; `kubectl` makes one level.
const MAX_LIST_DEPTH: usize = 4;

/// Values by namespace and name.
type ByName<T> = BTreeMap<(String, String), T>;

/// The items of a ConfigMap, or why it is not usable: a lowercase fragment.
pub type ConfigMapItems = Result<BTreeMap<String, Vec<u8>>, String>;

/// What a set of manifests says about a cluster.
///
/// Manifests are not completed by an API server: an object without a namespace is in the default one, and a pod
/// without pull secrets has those of its service account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    default_namespace: String,
    limits: Limits,
    custom: CustomWorkloads,
    secrets: ByName<SecretData>,
    /// Those that are not usable say why. Most are none of ours, so that is no mistake before somebody names one.
    config_maps: ByName<ConfigMapItems>,
    /// Their pull secrets. One name more than may be used says that there are too many.
    service_accounts: ByName<Vec<String>>,
    /// The labels of namespaces; none of those whose objects are not usable or contradict each other.
    namespaces: BTreeMap<String, Option<BTreeMap<String, String>>>,
    workloads: Vec<Workload>,
}

impl Cluster {
    /// An empty cluster. Objects without a namespace are in `default_namespace`.
    #[must_use]
    pub fn new(default_namespace: impl Into<String>) -> Self {
        Self::within(default_namespace, Limits::default())
    }

    /// An empty cluster with other bounds than the default ones.
    #[must_use]
    pub fn within(default_namespace: impl Into<String>, limits: Limits) -> Self {
        Self {
            default_namespace: default_namespace.into(),
            limits,
            custom: CustomWorkloads::default(),
            secrets: BTreeMap::new(),
            config_maps: BTreeMap::new(),
            service_accounts: BTreeMap::new(),
            namespaces: BTreeMap::new(),
            workloads: Vec::new(),
        }
    }

    /// The same, in which objects of these custom resources are workloads too. The plural of a kind is taken to be the one
    /// that Kubernetes forms where nobody says otherwise: `rollouts` of `Rollout`.
    #[must_use]
    pub fn knowing(mut self, custom: CustomWorkloads) -> Self {
        self.custom = custom;
        self
    }

    /// Adds an object: a Secret, a ServiceAccount, a Namespace, a workload, or a list of objects. Returns how many objects were
    /// taken in; all other kinds are none of ours and left alone. A ConfigMap is kept for policies that name it, and
    /// does not count.
    ///
    /// # Errors
    /// If the object is one of ours and cannot be used. Of a list, the objects before the faulty one have been added.
    pub fn add(&mut self, object: &Value) -> Result<usize, ManifestError> {
        self.add_within(object, None, 0)
    }

    fn add_within(
        &mut self,
        object: &Value,
        implied: Option<(&str, &str)>,
        depth: usize,
    ) -> Result<usize, ManifestError> {
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        let (api_version, kind) = match (text("apiVersion"), text("kind"), implied) {
            // The items of a typed list need not repeat what they are.
            (None, None, Some(implied)) => implied,
            (version, kind, _) => (version.unwrap_or_default(), kind.unwrap_or_default()),
        };
        let error = |fault| ManifestError {
            kind: one_line(kind, 100),
            name: self.label(object),
            identity: None,
            fault,
        };
        if let Some(items) = object.get("items").and_then(Value::as_array)
            && let Some(item) = kind.strip_suffix("List")
        {
            if depth >= MAX_LIST_DEPTH {
                return Err(error(ManifestFault::TooDeep {
                    limit: MAX_LIST_DEPTH,
                }));
            }
            let implied = (!item.is_empty()).then_some((api_version, item));
            let mut added = 0;
            for object in items {
                added += self.add_within(object, implied, depth + 1)?;
            }
            return Ok(added);
        }
        if object.get("items").is_some_and(Value::is_array) {
            // Nobody knows which of the two is applied.
            return Err(error(ManifestFault::Malformed {
                detail: "/items makes a list of it to kubectl, and its kind does not".to_owned(),
            }));
        }
        let taken = match (api_version, kind) {
            ("v1", "Secret") => SecretData::read(object, &self.limits)
                .map_err(ManifestFault::from)
                .and_then(|secret| {
                    insert(
                        &mut self.secrets,
                        key(object, &self.default_namespace)?,
                        secret,
                    )
                }),
            ("v1", "ConfigMap") => {
                self.keep_config_map(object);
                return Ok(0);
            }
            ("v1", "ServiceAccount") => service_account_secrets(object, &self.limits)
                .map_err(|detail| ManifestFault::Malformed { detail })
                .and_then(|names| {
                    insert(
                        &mut self.service_accounts,
                        key(object, &self.default_namespace)?,
                        names,
                    )
                }),
            ("v1", "Namespace") => self.add_namespace(object),
            _ if let Some(custom) = self.custom.of_object(api_version, kind) => custom
                .workload(object, &self.limits)
                .map(|workload| self.workloads.push(workload))
                .map_err(ManifestFault::from),
            _ => match WorkloadKind::of_object(api_version, kind) {
                Recognised::Workload(kind) => {
                    Workload::read(Form::Whole(kind), Source::Value(object), &self.limits)
                        .and_then(|workload| {
                            workload.check_pull_secrets(&self.limits)?;
                            Ok(workload)
                        })
                        .map(|workload| self.workloads.push(workload))
                        .map_err(ManifestFault::from)
                }
                Recognised::Unknown
                    if WorkloadKind::ALL.iter().any(|known| known.as_str() == kind) =>
                {
                    Err(ManifestFault::UnsupportedVersion {
                        api_version: one_line(api_version, 100),
                        kind: kind.to_owned(),
                    })
                }
                Recognised::Foreign | Recognised::Unknown => return Ok(0),
            },
        };
        match taken {
            Ok(()) => Ok(1),
            Err(fault) => Err(ManifestError {
                kind: one_line(kind, 100),
                name: self.label(object),
                identity: match kind {
                    // It is in no namespace.
                    "Namespace" => None,
                    _ => key(object, &self.default_namespace).ok().map(Box::new),
                },
                fault,
            }),
        }
    }

    fn keep_config_map(&mut self, object: &Value) {
        let Ok(key) = key(object, &self.default_namespace) else {
            return;
        };
        let items = config_map::read(object, &self.limits).map_err(|error| error.to_string());
        let kept = match self.config_maps.get(&key) {
            Some(present) if *present != items => Err(ManifestFault::Duplicate.to_string()),
            _ => items,
        };
        self.config_maps.insert(key, kept);
    }

    /// Says that a ConfigMap is not usable, and why: as one whose text is faulty.
    pub fn spoil_config_map(&mut self, object: &Value, why: impl Into<String>) {
        if let Ok(key) = key(object, &self.default_namespace) {
            self.config_maps.insert(key, Err(why.into()));
        }
    }

    /// Every ConfigMap with its namespace and name: its items, or why it is not usable.
    pub fn config_maps(&self) -> impl Iterator<Item = (&str, &str, &ConfigMapItems)> {
        self.config_maps
            .iter()
            .map(|((namespace, name), items)| (namespace.as_str(), name.as_str(), items))
    }

    /// The namespace and name of an object, if it has a name.
    #[must_use]
    pub fn identity_of(&self, object: &Value) -> Option<(String, String)> {
        key(object, &self.default_namespace).ok()
    }

    /// What an object is called in an error.
    fn label(&self, object: &Value) -> String {
        let text = |name: &str| {
            object
                .pointer(&format!("/metadata/{name}"))
                .and_then(Value::as_str)
        };
        let name = text("name")
            .or_else(|| text("generateName"))
            .unwrap_or("without a name");
        if object.get("kind").and_then(Value::as_str) == Some("Namespace") {
            return one_line(name, 320);
        }
        let namespace = text("namespace")
            .filter(|name| !name.is_empty())
            .unwrap_or(&self.default_namespace);
        one_line(&format!("{namespace}/{name}"), 320)
    }

    /// The namespace of objects that name none.
    #[must_use]
    pub fn default_namespace(&self) -> &str {
        &self.default_namespace
    }

    /// The workloads, in the order in which they were added.
    #[must_use]
    pub fn workloads(&self) -> &[Workload] {
        &self.workloads
    }

    /// The namespace that a workload of these manifests is in.
    #[must_use]
    pub fn namespace_of<'a>(&'a self, workload: &'a Workload) -> &'a str {
        workload
            .namespace()
            .filter(|name| !name.is_empty())
            .unwrap_or(&self.default_namespace)
    }

    /// A secret.
    #[must_use]
    pub fn secret(&self, namespace: &str, name: &str) -> Option<&SecretData> {
        self.secrets.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// Every secret with its namespace and name.
    pub fn secrets(&self) -> impl Iterator<Item = (&str, &str, &SecretData)> {
        self.secrets
            .iter()
            .map(|((namespace, name), secret)| (namespace.as_str(), name.as_str(), secret))
    }

    /// The pull secrets of a service account, each once, or `None` if there is no such account.
    ///
    /// # Errors
    /// If it names more than a pod may.
    pub fn service_account(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<&[String]>, TooManyPullSecrets> {
        let key = (namespace.to_owned(), name.to_owned());
        let limit = self.limits.pull_secrets;
        match self.service_accounts.get(&key) {
            Some(names) if names.len() > limit => Err(TooManyPullSecrets {
                account: key.1,
                limit,
            }),
            found => Ok(found.map(Vec::as_slice)),
        }
    }

    /// Where the credentials of a workload of these manifests come from. The account `default` is in every namespace,
    /// and gives none unless a manifest says otherwise.
    ///
    /// # Errors
    /// If they are those of a service account that names too many.
    pub fn pull_secrets(
        &self,
        workload: &Workload,
    ) -> Result<PullSecretSources, TooManyPullSecrets> {
        let namespace = self.namespace_of(workload);
        let secrets: PullSecrets = workload.pull_secrets().clone().uncompleted();
        secrets.sources(Some(namespace), |account| {
            let found = self.service_account(namespace, account)?;
            let found = found.map(<[String]>::to_vec);
            Ok(found.or_else(|| (account == "default").then(Vec::new)))
        })
    }
}

fn key(object: &Value, default_namespace: &str) -> Result<(String, String), ManifestFault> {
    let text = |name: &str| {
        let text = object
            .pointer(&format!("/metadata/{name}"))
            .and_then(Value::as_str);
        text.filter(|text| !text.is_empty())
    };
    let name = text("name").ok_or(ManifestFault::NoName)?;
    Ok((
        text("namespace").unwrap_or(default_namespace).to_owned(),
        name.to_owned(),
    ))
}

fn insert<T: PartialEq>(
    map: &mut ByName<T>,
    key: (String, String),
    value: T,
) -> Result<(), ManifestFault> {
    match map.get(&key) {
        Some(present) if *present != value => Err(ManifestFault::Duplicate),
        Some(_) => Ok(()),
        None => {
            map.insert(key, value);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
