//! An object as a watch reads it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use kube::core::{ApiResource, DynamicResourceScope, ObjectMeta};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::resource::Resource;
use crate::view::{ObjectName, Unread};

/// The most members of an object beside its metadata and status. One of ours has three.
const MOST_MEMBERS: usize = 64;

/// An object of a watched resource: what its author wrote, still as text, and of its metadata what is needed.
///
/// Objects come by lists, and what one author wrote must not keep the others from being read: neither by its depth nor by what
/// it takes to hold it once it is read. So each is read by itself, and only if it is within its bounds. What the server notes
/// of an object is passed over.
#[derive(Clone, Debug)]
pub(super) struct WatchedObject {
    metadata: ObjectMeta,
    /// When the server made it, as it says: how long an exception may last is counted from then.
    created: Option<String>,
    /// Whether it is being deleted, which finalizers may hold up.
    is_leaving: bool,
    /// All but the metadata and the status. Of an object with too many, those beyond the bound are missing.
    members: Vec<(String, Box<RawValue>)>,
    has_too_many: bool,
    bytes: usize,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    name: Option<String>,
    namespace: Option<String>,
    resource_version: Option<String>,
    generation: Option<i64>,
    creation_timestamp: Option<String>,
    deletion_timestamp: Option<String>,
    labels: Option<BTreeMap<String, String>>,
}

impl<'de> Deserialize<'de> for WatchedObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = WatchedObject;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WatchedObject, A::Error> {
                let mut metadata = Metadata::default();
                let mut members = Vec::new();
                let (mut has_too_many, mut bytes) = (false, 0_usize);
                while let Some(name) = map.next_key::<String>()? {
                    match name.as_str() {
                        "metadata" => metadata = map.next_value()?,
                        "status" => {
                            map.next_value::<IgnoredAny>()?;
                        }
                        _ if members.len() == MOST_MEMBERS => {
                            has_too_many = true;
                            map.next_value::<IgnoredAny>()?;
                        }
                        _ => {
                            let text: Box<RawValue> = map.next_value()?;
                            bytes += name.len() + text.get().len();
                            members.push((name, text));
                        }
                    }
                }
                Ok(WatchedObject::of(metadata, members, has_too_many, bytes))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

impl WatchedObject {
    fn of(
        metadata: Metadata,
        members: Vec<(String, Box<RawValue>)>,
        has_too_many: bool,
        bytes: usize,
    ) -> Self {
        let Metadata {
            name,
            namespace,
            resource_version,
            generation,
            creation_timestamp,
            deletion_timestamp,
            labels,
        } = metadata;
        let labels_bytes: usize = labels
            .iter()
            .flatten()
            .map(|(key, value)| key.len() + value.len())
            .sum();
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
            is_leaving: deletion_timestamp.is_some(),
            members,
            has_too_many,
            bytes: bytes + labels_bytes,
        }
    }

    /// How many bytes its author wrote, as the server sends them.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether it is being deleted.
    pub(super) const fn is_leaving(&self) -> bool {
        self.is_leaving
    }

    /// Its namespace and name.
    pub(super) fn name(&self) -> ObjectName {
        let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        ObjectName {
            namespace: text(&self.metadata.namespace),
            name: text(&self.metadata.name).unwrap_or_default(),
        }
    }

    /// The object in the form that manifests have, with its kind, which the items of lists lack.
    pub(super) fn read(self, resource: Resource) -> Result<Value, Unread> {
        let unread = |name: ObjectName, why: String| Unread {
            api_version: resource.api_version(),
            kind: resource.kind().to_owned(),
            name,
            why,
        };
        if self.has_too_many {
            let why = format!("the object has more than {MOST_MEMBERS} fields");
            return Err(unread(self.name(), why));
        }
        let name = self.name();
        let mut members = Map::new();
        for (member, text) in self.members {
            match serde_json::from_str(text.get()) {
                Ok(value) => members.insert(member, value),
                // The server sends JSON, so this is its depth.
                Err(error) => return Err(unread(name, format!("the object is not read: {error}"))),
            };
        }
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
        members.insert("apiVersion".to_owned(), resource.api_version().into());
        members.insert("kind".to_owned(), resource.kind().into());
        members.insert("metadata".to_owned(), Value::Object(metadata));
        Ok(Value::Object(members))
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
        assert_eq!(object.read(policies()).unwrap(), expected);
    }

    #[test]
    fn when_the_server_made_an_object_is_kept() {
        let written =
            json!({"metadata": {"name": "a", "creationTimestamp": "2026-12-01T00:00:00Z"}});
        let object: WatchedObject = serde_json::from_str(&written.to_string()).unwrap();
        let value = object.read(policies()).unwrap();
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
        let object: WatchedObject = serde_json::from_str(&written.to_string()).unwrap();
        let expected = json!({
            "apiVersion": "doorward.dev/v1", "kind": "ImagePolicy",
            "metadata": {"name": "a", "namespace": "b", "generation": 7, "labels": {"c": "d"}},
            "spec": {"x": [1]}, "spce": {"y": null},
        });
        assert_eq!(object.read(policies()).unwrap(), expected);
    }

    #[test]
    fn an_object_that_cannot_be_read_keeps_no_other_one_from_being_read() {
        let deep = format!("{}1{}", r#"{"a":"#.repeat(500), "}".repeat(500));
        let wide: String = (0..100).map(|n| format!(r#""f{n}": 1, "#)).collect();
        let text = format!(
            r#"{{"apiVersion": "v1", "kind": "List", "metadata": {{}}, "items": [
                {{"metadata": {{"name": "deep", "namespace": "shop"}}, "spec": {deep}}},
                {{"metadata": {{"name": "wide", "namespace": "shop"}}, {wide} "spec": {{}}}},
                {{"metadata": {{"name": "good", "namespace": "shop"}}, "spec": {{"repositories": []}}}}]}}"#
        );
        let list: kube::core::ObjectList<WatchedObject> = serde_json::from_str(&text).unwrap();
        let read: Vec<_> = list
            .items
            .into_iter()
            .map(|one| one.read(policies()))
            .collect();
        let unread = |name: &str| {
            let found = read.iter().filter_map(|one| one.as_ref().err());
            let found = found
                .filter(|one| one.name.name == name)
                .collect::<Vec<_>>();
            found.first().map(|one| one.why.clone()).unwrap_or_default()
        };
        assert!(unread("deep").contains("recursion limit"), "{read:?}");
        assert!(unread("wide").contains("more than 64 fields"), "{read:?}");
        assert_eq!(read.iter().filter(|one| one.is_ok()).count(), 1);
    }

    #[test]
    fn an_event_of_a_watch_is_read_as_an_item_of_a_list_is() {
        let text = r#"{"type": "ADDED", "object": {"metadata": {"name": "a", "namespace": "shop"}, "spec": {"x": [1]}}}"#;
        let event: kube::core::WatchEvent<WatchedObject> = serde_json::from_str(text).unwrap();
        let kube::core::WatchEvent::Added(object) = event else {
            panic!("{event:?}");
        };
        assert_eq!(object.name().name, "a");
        assert_eq!(object.bytes(), "spec".len() + r#"{"x": [1]}"#.len());
        assert_eq!(object.read(policies()).unwrap()["spec"], json!({"x": [1]}));
    }
}
