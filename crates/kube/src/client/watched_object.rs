//! An object as a watch reads it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use kube::core::{ApiResource, DynamicResourceScope, ObjectMeta};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::resource::Resource;

/// An object of a watched resource: what its author wrote, and of its metadata what is needed.
///
/// What the server notes of an object is passed over without being built, above all who wrote which field: its depth is for
/// authors to choose, and an object that cannot be read keeps a whole list from being read.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Wire")]
pub(super) struct WatchedObject {
    metadata: ObjectMeta,
    /// When the server made it, as it says: how long an exception may last is counted from then.
    created: Option<String>,
    /// All but the metadata and the status.
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default, rename = "status")]
    _status: IgnoredAny,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    name: Option<String>,
    namespace: Option<String>,
    resource_version: Option<String>,
    generation: Option<i64>,
    creation_timestamp: Option<String>,
    labels: Option<BTreeMap<String, String>>,
}

impl From<Wire> for WatchedObject {
    fn from(wire: Wire) -> Self {
        let Metadata {
            name,
            namespace,
            resource_version,
            generation,
            creation_timestamp,
            labels,
        } = wire.metadata;
        Self {
            metadata: ObjectMeta {
                name,
                namespace,
                resource_version,
                generation,
                labels,
                ..ObjectMeta::default()
            },
            created: creation_timestamp,
            rest: wire.rest,
        }
    }
}

impl WatchedObject {
    /// The object in the form that manifests have, with its kind, which the items of lists lack.
    pub(super) fn into_value(self, resource: Resource) -> Value {
        let mut metadata = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            metadata.extend(value.map(|value| (name.to_owned(), value)));
        };
        put("name", self.metadata.name.map(Value::from));
        put("namespace", self.metadata.namespace.map(Value::from));
        put("generation", self.metadata.generation.map(Value::from));
        put("creationTimestamp", self.created.map(Value::from));
        let labels = self.metadata.labels;
        put("labels", labels.map(|labels| labels.into_iter().collect()));
        let mut members = self.rest;
        members.insert("apiVersion".to_owned(), resource.api_version().into());
        members.insert("kind".to_owned(), resource.kind().into());
        members.insert("metadata".to_owned(), Value::Object(metadata));
        Value::Object(members)
    }
}

impl kube::Resource for WatchedObject {
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn group(resource: &ApiResource) -> Cow<'_, str> {
        resource.group.as_str().into()
    }

    fn version(resource: &ApiResource) -> Cow<'_, str> {
        resource.version.as_str().into()
    }

    fn kind(resource: &ApiResource) -> Cow<'_, str> {
        resource.kind.as_str().into()
    }

    fn api_version(resource: &ApiResource) -> Cow<'_, str> {
        resource.api_version.as_str().into()
    }

    fn plural(resource: &ApiResource) -> Cow<'_, str> {
        resource.plural.as_str().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn policies() -> Resource {
        Resource::watched()
            .find(|one| one.name() == "imagepolicies.doorward.dev")
            .unwrap()
    }

    #[test]
    fn what_the_server_notes_may_be_as_deep_as_it_likes() {
        let deep = format!("{}1{}", r#"{"f:a":"#.repeat(500), "}".repeat(500));
        let text = format!(
            r#"{{"metadata": {{"name": "a", "managedFields": [{{"fieldsV1": {deep}}}]}}, "spec": {{"repositories": []}},
                "status": {deep}}}"#
        );
        let object: WatchedObject = serde_json::from_str(&text).unwrap();
        let expected = json!({
            "apiVersion": "doorward.dev/v1", "kind": "ImagePolicy", "metadata": {"name": "a"},
            "spec": {"repositories": []},
        });
        assert_eq!(object.into_value(policies()), expected);
    }

    #[test]
    fn when_the_server_made_an_object_is_kept() {
        let written =
            json!({"metadata": {"name": "a", "creationTimestamp": "2026-12-01T00:00:00Z"}});
        let object: WatchedObject = serde_json::from_value(written).unwrap();
        let value = object.into_value(policies());
        assert_eq!(
            value["metadata"]["creationTimestamp"],
            "2026-12-01T00:00:00Z"
        );
    }

    #[test]
    fn nothing_that_an_author_wrote_is_dropped() {
        let written = json!({
            "apiVersion": "v1", "kind": "Other",
            "metadata": {"name": "a", "namespace": "b", "generation": 7, "labels": {"c": "d"}, "resourceVersion": "9"},
            "spec": {"x": [1]}, "spce": {"y": null},
        });
        let object: WatchedObject = serde_json::from_value(written).unwrap();
        let expected = json!({
            "apiVersion": "doorward.dev/v1", "kind": "ImagePolicy",
            "metadata": {"name": "a", "namespace": "b", "generation": 7, "labels": {"c": "d"}},
            "spec": {"x": [1]}, "spce": {"y": null},
        });
        assert_eq!(object.into_value(policies()), expected);
    }
}
