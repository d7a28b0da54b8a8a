//! The workloads of a cluster, with what they are judged with, as they are at one time.

use std::collections::{BTreeMap, BTreeSet};

use doorward_core::Digest;
use serde_json::Value;

use super::api_server::ApiServer;
use super::collection::{Collection, MOST};
use super::error::ApiError;
use super::pod_state::{containers, has_ended, is_leaving};
use super::resource::Resource;
use crate::custom::CustomWorkloads;
use crate::pull_secrets::PullSecretSources;
use crate::resource::{GroupVersionResource, WorkloadKind};
use crate::view::ClusterView;

/// The most Secrets that the workloads of a namespace pull with. Who may write objects there says how many.
const MOST_SECRETS: usize = 256;

/// What a cluster runs and would run: its Pods, and what Pods are made from.
///
/// Left out is what has ended, and what a controller made that is here itself: the ReplicaSets of a Deployment and the Jobs of a
/// CronJob; and but for Pods what is being deleted, for it makes no more of them. Pods are never left out for their owner, for
/// those who may write an object may name any owner, nor because they are being deleted, for they run until they end: so nothing
/// that runs is passed over.
#[derive(Debug)]
pub struct Inventory {
    server: ApiServer,
    custom: CustomWorkloads,
}

/// What an inventory found beside what is in the view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inventoried {
    /// What it could not have and does without, each said for people: a lowercase fragment.
    pub missing: Vec<String>,
    /// The digests that containers run by the word of their nodes, as far as nodes say one of a registry.
    pub running: BTreeMap<RunningContainer, Digest>,
}

/// A container of a Pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunningContainer {
    /// The namespace of the Pod.
    pub namespace: String,
    /// The name of the Pod.
    pub pod: String,
    /// The name of the container, which no other one of the Pod has.
    pub container: String,
}

impl Inventory {
    /// Of the cluster that this server speaks for, in which objects of these custom resources are workloads too. It is not asked
    /// yet.
    #[must_use]
    pub const fn new(server: ApiServer, custom: CustomWorkloads) -> Self {
        Self { server, custom }
    }

    /// Adds everything to a view: workloads, ServiceAccounts, the Secrets that workloads pull with, and Namespaces if the view
    /// is `without_namespaces` so far.
    ///
    /// Needs the right to `list` workloads and ServiceAccounts everywhere, and to `get` Secrets that are pulled with. One that may
    /// not be read is missing, and what is pulled with it is tried without.
    ///
    /// # Errors
    /// [`ApiError`], if a list cannot be had whole: images would be passed over.
    pub async fn read(
        &self,
        view: &mut ClusterView,
        without_namespaces: bool,
    ) -> Result<Inventoried, ApiError> {
        let mut found = Inventoried::default();
        *view = std::mem::replace(view, ClusterView::new("default")).knowing(self.custom.clone());
        for kind in WorkloadKind::ALL {
            self.workloads(*kind, view, &mut found.running).await?;
        }
        for (group, resource) in self.custom.resources() {
            self.custom_workloads(group, resource, view).await?;
        }
        self.put(Resource::ServiceAccount, view).await?;
        if without_namespaces {
            self.put(Resource::Namespace, view).await?;
        }
        found.missing = self.pull_secrets(view).await?;
        Ok(found)
    }

    /// Adds the objects of a kind of Kubernetes itself. Each server has one of the versions that are understood, or none, if it is
    /// older or newer than the kind.
    async fn workloads(
        &self,
        kind: WorkloadKind,
        view: &mut ClusterView,
        running: &mut BTreeMap<RunningContainer, Digest>,
    ) -> Result<(), ApiError> {
        for (group, version) in kind.versions() {
            let resource = GroupVersionResource {
                group: (*group).to_owned(),
                version: (*version).to_owned(),
                resource: kind.resource().to_owned(),
            };
            let api_version = resource.api_version();
            let keep = |object: Value| {
                stands_by_itself(kind, &object).then(|| {
                    if kind == WorkloadKind::Pod {
                        running.extend(running_in(&object));
                    }
                    pruned(object, &api_version, kind.as_str())
                })
            };
            match self.list(&api_version, kind.resource(), keep).await {
                Err(ApiError::NotFound { .. }) => {}
                Err(error) => return Err(error),
                Ok(objects) => {
                    reset(view, &api_version, kind.as_str(), &objects);
                    return Ok(());
                }
            }
        }
        match kind {
            // Every API server has them: what has none is no API server.
            WorkloadKind::Pod => Err(ApiError::NotFound {
                path: "/api/v1/pods".to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Adds the objects of a custom resource, in the version that the server prefers. One that it does not have has none.
    async fn custom_workloads(
        &self,
        group: &str,
        resource: &str,
        view: &mut ClusterView,
    ) -> Result<(), ApiError> {
        let path = format!("/apis/{group}");
        let Some(found) = self.server.get(&path).await? else {
            return Ok(());
        };
        let preferred = found.pointer("/preferredVersion/groupVersion");
        let Some(api_version) = preferred.and_then(Value::as_str) else {
            return Ok(());
        };
        let path = format!("/apis/{api_version}");
        let found = self.server.get(&path).await?.unwrap_or_default();
        let known = found.pointer("/resources").and_then(Value::as_array);
        let named = |known: &&Value| known.get("name").and_then(Value::as_str) == Some(resource);
        let Some(kind) = known.into_iter().flatten().find(named) else {
            return Ok(());
        };
        let kind = kind.get("kind").and_then(Value::as_str).unwrap_or_default();
        if self.custom.of_object(api_version, kind).is_none() {
            // Its objects would be taken for none of ours.
            return Err(ApiError::Refused {
                path,
                detail: format!(
                    "the kind {kind} has the plural {resource}, which is not the usual one"
                ),
            });
        }
        let keep = |object: Value| {
            let stays = !is_leaving(&object);
            stays.then(|| pruned(object, api_version, kind))
        };
        let objects = self.list(api_version, resource, keep).await?;
        reset(view, api_version, kind, &objects);
        Ok(())
    }

    async fn put(&self, resource: Resource, view: &mut ClusterView) -> Result<(), ApiError> {
        let (api_version, kind) = (resource.api_version(), resource.kind());
        let keep = |object: Value| Some(pruned(object, &api_version, kind));
        let objects = self.list(&api_version, resource.plural(), keep).await?;
        reset(view, &api_version, kind, &objects);
        Ok(())
    }

    /// Adds the Secrets that the workloads of a view pull with.
    async fn pull_secrets(&self, view: &mut ClusterView) -> Result<Vec<String>, ApiError> {
        let cluster = view.objects().cluster;
        let mut named: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for workload in cluster.workloads() {
            // What is wrong with its account is said where it is judged.
            if let Ok(PullSecretSources::Secrets(names)) = cluster.pull_secrets(workload) {
                let namespace = cluster.namespace_of(workload);
                let unknown = names.into_iter();
                let unknown = unknown.filter(|name| cluster.secret(namespace, name).is_none());
                named.entry(namespace).or_default().extend(unknown);
            }
        }
        let (mut secrets, mut missing) = (Vec::new(), Vec::new());
        for (namespace, names) in &named {
            if names.len() > MOST_SECRETS {
                missing.push(format!(
                    "workloads of {namespace} pull with more than {MOST_SECRETS} Secrets, of which the others are not read"
                ));
            }
        }
        let named = named.iter().flat_map(|(namespace, names)| {
            let names = names.iter().take(MOST_SECRETS);
            names.map(|name| (*namespace, name.as_str()))
        });
        for (namespace, name) in named {
            let Some(path) = Resource::Secret.path(namespace, name) else {
                continue;
            };
            match self.server.get(&path).await {
                Ok(Some(secret)) => secrets.push(pruned(secret, "v1", Resource::Secret.kind())),
                // As for the kubelet, it offers nothing.
                Ok(None) => {}
                Err(ApiError::Forbidden { .. }) => missing.push(format!(
                    "the pull secret {namespace}/{name} may not be read here"
                )),
                Err(error) => return Err(error),
            }
        }
        reset(view, "v1", Resource::Secret.kind(), &secrets);
        Ok(missing)
    }

    /// What `keep` keeps of the objects of a resource.
    async fn list(
        &self,
        api_version: &str,
        plural: &str,
        keep: impl FnMut(Value) -> Option<Value>,
    ) -> Result<Vec<Value>, ApiError> {
        match Collection::new(self.server.clone(), api_version, plural, None) {
            Some(collection) => collection.kept(MOST, keep).await,
            None => Err(ApiError::NotFound {
                path: format!("{api_version}/{plural}"),
            }),
        }
    }
}

/// Puts objects of one kind into a view.
fn reset(view: &mut ClusterView, api_version: &str, kind: &str, objects: &[Value]) {
    // Called as no file can be.
    view.reset(&format!("\0inventory: {kind} of {api_version}"), objects);
}

/// An object with what it is, which items of lists do not say, and without what decides nothing.
fn pruned(mut object: Value, api_version: &str, kind: &str) -> Value {
    if let Value::Object(members) = &mut object {
        members.insert("apiVersion".to_owned(), api_version.into());
        members.insert("kind".to_owned(), kind.into());
        members.remove("status");
        if let Some(Value::Object(metadata)) = members.get_mut("metadata") {
            metadata.remove("managedFields");
            if let Some(Value::Object(notes)) = metadata.get_mut("annotations") {
                notes.retain(|name, _| decides(name));
            }
        }
    }
    object
}

/// Whether an annotation of this name says anything here. All others may be large, and nobody looks at them.
fn decides(name: &str) -> bool {
    name.starts_with("doorward.dev/") || name.starts_with("kubernetes.io/config.")
}

/// Whether an object of this kind is a workload of its own that has not ended.
fn stands_by_itself(kind: WorkloadKind, object: &Value) -> bool {
    match kind {
        WorkloadKind::Pod => !has_ended(object),
        _ if is_leaving(object) => false,
        WorkloadKind::ReplicaSet => !is_made_by(object, "Deployment"),
        WorkloadKind::Job => !is_made_by(object, "CronJob") && !has_finished(object),
        _ => true,
    }
}

/// What the containers of a Pod run. A node that has an image from elsewhere, or that is still to pull it, names no digest of a
/// registry.
fn running_in(pod: &Value) -> Vec<(RunningContainer, Digest)> {
    let text = |object: &Value, pointer: &str| {
        let text = object.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let running = containers(pod).filter_map(|state| {
        let image = state.get("imageID").and_then(Value::as_str)?;
        let (_, digest) = image.rsplit_once('@')?;
        let container = RunningContainer {
            namespace: text(pod, "/metadata/namespace"),
            pod: text(pod, "/metadata/name"),
            container: text(state, "/name"),
        };
        Some((container, digest.parse().ok()?))
    });
    running.collect()
}

fn is_made_by(object: &Value, kind: &str) -> bool {
    let owners = object.pointer("/metadata/ownerReferences");
    let owners = owners.and_then(Value::as_array);
    owners.into_iter().flatten().any(|owner| {
        owner.get("controller").and_then(Value::as_bool) == Some(true)
            && owner.get("kind").and_then(Value::as_str) == Some(kind)
    })
}

fn has_finished(job: &Value) -> bool {
    let conditions = job.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|condition| {
        let text = |name| condition.get(name).and_then(Value::as_str);
        matches!(text("type"), Some("Complete" | "Failed")) && text("status") == Some("True")
    })
}

#[cfg(test)]
mod tests;
