//! Has the API server ask this program, and keeps it so.

use std::collections::BTreeMap;

use doorward_core::text::one_line;
use serde_json::{Value, json};

use super::api_server::ApiServer;
use super::error::ApiError;
use super::resource::Resource;
use crate::armament::{Armament, CONFIGURATIONS, Configuration, differences};
use crate::cluster::NAME_LABEL;

const GROUP: &str = "/apis/admissionregistration.k8s.io/v1";
/// The label that tells whose configurations these are.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Its value.
const OWN: &str = "doorward-webhook";
/// The label with the namespace of the webhook that wrote a configuration.
const HOME: &str = "doorward.dev/home-namespace";

/// The webhook configurations `doorward` (mutating and validating) and `doorward-policies`.
///
/// All that decides which reviews are asked for is ours as a whole: what others change in it is put back. Labels and
/// annotations of others stay. Owned by a `ClusterRole`, the configurations go when that goes: an installation that is taken
/// away takes its door along, without a hook that would need a running webhook.
///
/// Needs `get`, `update` and, to [`remove`](Self::remove), `delete` of configurations of these names, `create` of
/// configurations, and `get` of the `ClusterRole` and of the home namespace.
#[derive(Debug)]
pub struct WebhookConfigurations {
    server: ApiServer,
    /// What was written last, and what the server made of it, by plural and name: it may fill in fields that are not known
    /// here.
    settled: BTreeMap<(&'static str, &'static str), (Value, Value)>,
}

/// Why configurations are not as they should be. A lowercase fragment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArmingError {
    /// The API server.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// A configuration of that name is of somebody else. It is left alone.
    #[error("the {kind} {name} is not ours: {why}; it is left alone")]
    Foreign {
        /// Its kind.
        kind: &'static str,
        /// Its name.
        name: &'static str,
        /// How it can be told.
        why: String,
    },
    /// The name of the owner or of the home namespace is none.
    #[error("{name:?} is no name of an object")]
    Name {
        /// The name.
        name: String,
    },
    /// The object that configurations are to end with is not there.
    #[error("there is no ClusterRole {name}, which configurations are to be owned by")]
    NoOwner {
        /// Its name.
        name: String,
    },
    /// The home namespace cannot be left out by its name.
    #[error(
        "the namespace {namespace} has no label {NAME_LABEL} with its name, so that it cannot be left out; the API \
         server sets that label since Kubernetes 1.21, and on an older one it must be set by hand"
    )]
    Unlabelled {
        /// The namespace.
        namespace: String,
    },
}

/// What was found, and done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Whether all configurations are there as they should be.
    pub in_place: bool,
    /// What was written.
    pub changes: Vec<Change>,
    /// What stands in the way.
    pub problems: Vec<ArmingError>,
}

/// A configuration that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its kind.
    pub kind: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it was before.
    pub before: Before,
}

/// What a configuration was before it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Before {
    /// Not there.
    Absent,
    /// As it was to be, until somebody else changed it. In what.
    Drifted(String),
    /// There and as it was to be, until somebody deleted it. Nothing was judged since.
    Gone,
    /// Different from what it is to be now. In what.
    Other(String),
}

impl WebhookConfigurations {
    /// The server is not asked yet.
    #[must_use]
    pub const fn new(server: ApiServer) -> Self {
        Self {
            server,
            settled: BTreeMap::new(),
        }
    }

    /// Looks at the configurations, and writes those that are not as `armament` has them, each as long as `may_write` says
    /// so right before. They are owned by the `ClusterRole` `owner`.
    pub async fn bring(
        &mut self,
        armament: &Armament,
        owner: &str,
        may_write: &(dyn Fn() -> bool + Sync),
    ) -> Look {
        let mut look = Look::default();
        let owner = match self.owner(armament, owner).await {
            Ok(owner) => owner,
            Err(error) => {
                look.problems.push(error);
                return look;
            }
        };
        let mut in_place = 0;
        let configurations = armament.configurations();
        for configuration in &configurations {
            match self
                .bring_one(configuration, armament, &owner, may_write)
                .await
            {
                Ok((is_in_place, change)) => {
                    in_place += usize::from(is_in_place);
                    look.changes.extend(change);
                }
                // Read again the next time.
                Err(ArmingError::Api(ApiError::Conflict { .. })) => {}
                Err(error) => look.problems.push(error),
            }
        }
        look.in_place = in_place == configurations.len();
        look
    }

    /// Deletes what is ours, whatever it says. Returns what was deleted, and what was left alone because it is not ours.
    ///
    /// # Errors
    /// If the API server gives no answer, or forbids it.
    pub async fn remove(&self, home: &str) -> Result<(Vec<String>, Vec<ArmingError>), ApiError> {
        let (mut removed, mut left) = (Vec::new(), Vec::new());
        for (plural, kind, name) in CONFIGURATIONS {
            let path = format!("{GROUP}/{plural}/{name}");
            let Some(object) = self.server.get(&path).await? else {
                continue;
            };
            match foreign(&object, home, None) {
                Some(why) => left.push(ArmingError::Foreign { kind, name, why }),
                None => {
                    self.server.delete(&path, version(&object)).await?;
                    removed.push(format!("{kind} {name}"));
                }
            }
        }
        Ok((removed, left))
    }

    /// The reference to the owner, once it is there and the home namespace can be left out.
    async fn owner(&self, armament: &Armament, owner: &str) -> Result<Value, ArmingError> {
        let is_no_name = |name: &str| ArmingError::Name {
            name: one_line(name, 253),
        };
        let namespace = Resource::Namespace
            .cluster_path(&armament.home)
            .ok_or_else(|| is_no_name(&armament.home))?;
        if !crate::object_name::is_name(owner) {
            return Err(is_no_name(owner));
        }
        let path = format!("/apis/rbac.authorization.k8s.io/v1/clusterroles/{owner}");
        let object = self.server.get(&path).await?;
        let uid = object
            .as_ref()
            .and_then(|object| object.pointer("/metadata/uid")?.as_str());
        let uid = uid.ok_or_else(|| ArmingError::NoOwner {
            name: owner.to_owned(),
        })?;
        let home = self.server.get(&namespace).await?;
        let label = home
            .as_ref()
            .and_then(|home| home.pointer("/metadata/labels")?.get(NAME_LABEL));
        if label.and_then(Value::as_str) != Some(&armament.home) {
            return Err(ArmingError::Unlabelled {
                namespace: armament.home.clone(),
            });
        }
        Ok(json!([{
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "name": owner, "uid": uid,
        }]))
    }

    async fn bring_one(
        &mut self,
        wanted: &Configuration,
        armament: &Armament,
        owner: &Value,
        may_write: &(dyn Fn() -> bool + Sync),
    ) -> Result<(bool, Option<Change>), ArmingError> {
        let (kind, name) = (wanted.kind, wanted.name);
        let key = (wanted.plural, name);
        let collection = format!("{GROUP}/{}", wanted.plural);
        let path = format!("{collection}/{name}");
        let there = self.server.get(&path).await?;
        if let Some(why) = there
            .as_ref()
            .and_then(|object| foreign(object, &armament.home, Some(owner)))
        {
            self.settled.remove(&key);
            return Err(ArmingError::Foreign { kind, name, why });
        }
        let settled = self
            .settled
            .get(&key)
            .filter(|(asked, _)| *asked == wanted.webhooks);
        let before = match &there {
            None if self.settled.contains_key(&key) => Before::Gone,
            None => Before::Absent,
            Some(object) => {
                let webhooks = &object["webhooks"];
                let is_well = *webhooks == wanted.webhooks
                    || settled.is_some_and(|(_, made)| made == webhooks);
                let mut said = if is_well {
                    String::new()
                } else {
                    differences(webhooks, &wanted.webhooks)
                };
                let metadata = &object["metadata"];
                let labels = &metadata["labels"];
                if labels[MANAGED_BY] != OWN || labels[HOME] != armament.home.as_str() {
                    said.push_str(" labels");
                }
                if !is_owned(&metadata["ownerReferences"], owner) {
                    said.push_str(" ownerReferences");
                }
                if said.is_empty() && is_well {
                    self.settled
                        .insert(key, (wanted.webhooks.clone(), webhooks.clone()));
                    return Ok((true, None));
                }
                let said = said.trim_start().to_owned();
                // Only what once was as it is to be can have drifted.
                if settled.is_some() {
                    Before::Drifted(said)
                } else {
                    Before::Other(said)
                }
            }
        };
        if !may_write() {
            return Ok((false, None));
        }
        let object = object(wanted, &armament.home, owner, there.as_ref());
        let made = match there {
            None => self.server.post(&collection, &object).await?,
            Some(_) => self.server.put(&path, &object).await?,
        };
        let made = made.get("webhooks").cloned().unwrap_or_default();
        self.settled.insert(key, (wanted.webhooks.clone(), made));
        Ok((true, Some(Change { kind, name, before })))
    }
}

/// The configuration as it is to be, over what is there.
fn object(wanted: &Configuration, home: &str, owner: &Value, there: Option<&Value>) -> Value {
    let mut object = there.cloned().unwrap_or_else(|| {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": wanted.kind,
            "metadata": {"name": wanted.name},
        })
    });
    let labels = object
        .pointer("/metadata/labels")
        .and_then(Value::as_object);
    let mut labels = labels.cloned().unwrap_or_default();
    labels.insert(MANAGED_BY.to_owned(), OWN.into());
    labels.insert(HOME.to_owned(), home.into());
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("labels".to_owned(), labels.into());
        metadata.insert("ownerReferences".to_owned(), owner.clone());
    }
    if let Some(members) = object.as_object_mut() {
        members.insert("webhooks".to_owned(), wanted.webhooks.clone());
    }
    object
}

/// Whether these references are to the owner, and to nobody else.
fn is_owned(references: &Value, owner: &Value) -> bool {
    let named = |reference: &Value| {
        ["apiVersion", "kind", "name", "uid"].map(|member| reference[member].clone())
    };
    match (references.as_array(), owner.as_array()) {
        (Some(there), Some(wanted)) => {
            there.iter().map(named).collect::<Vec<_>>()
                == wanted.iter().map(named).collect::<Vec<_>>()
        }
        _ => false,
    }
}

/// How it can be told that a configuration is not ours. One that belongs to our owner is, whatever became of its labels.
fn foreign(object: &Value, home: &str, owner: Option<&Value>) -> Option<String> {
    let metadata = &object["metadata"];
    if owner.is_some_and(|owner| is_owned(&metadata["ownerReferences"], owner)) {
        return None;
    }
    let label = |name: &str| metadata.get("labels")?.get(name)?.as_str();
    if label(MANAGED_BY) != Some(OWN) {
        return Some(format!("it has no label {MANAGED_BY}={OWN}"));
    }
    match label(HOME) {
        Some(other) if other != home => Some(format!(
            "it is of the webhook in the namespace {}",
            one_line(other, 63)
        )),
        _ => None,
    }
}

fn version(object: &Value) -> &str {
    let version = object.pointer("/metadata/resourceVersion");
    version.and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests;
