//! The namespaces of a cluster, and their labels.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde_json::Value;

use super::{Cluster, ManifestFault, key};
use crate::document::{Object, Source};

/// The label that every namespace has, with its name: Kubernetes sets it since 1.21.
pub(crate) const NAME_LABEL: &str = "kubernetes.io/metadata.name";

impl Cluster {
    pub(super) fn add_namespace(&mut self, object: &Value) -> Result<(), ManifestFault> {
        let read: Result<Object<IgnoredAny>, String> = Source::Value(object).read();
        let mut labels = match read {
            Ok(namespace) => namespace.metadata.unwrap_or_default().labels,
            Err(detail) => {
                self.spoil_namespace(object);
                return Err(ManifestFault::Malformed { detail });
            }
        };
        let (_, name) = key(object, &self.default_namespace)?;
        // The API server gives it to every namespace, and so it is known of each. A file that leaves it out says nothing else.
        labels.remove(NAME_LABEL);
        match self.namespaces.get(&name) {
            Some(present) if present.as_ref() != Some(&labels) => {
                self.namespaces.insert(name, None);
                return Err(ManifestFault::Duplicate);
            }
            Some(_) => {}
            None => {
                self.namespaces.insert(name, Some(labels));
            }
        }
        Ok(())
    }

    /// Says that the labels of a Namespace are not known, because its text is faulty.
    pub fn spoil_namespace(&mut self, object: &Value) {
        if let Ok((_, name)) = key(object, &self.default_namespace) {
            self.namespaces.insert(name, None);
        }
    }

    /// The labels of a namespace. `None` if they are not known: there is no Namespace of this name, or none that is usable.
    #[must_use]
    pub fn namespace_labels(&self, name: &str) -> Option<&BTreeMap<String, String>> {
        self.namespaces.get(name)?.as_ref()
    }
}
