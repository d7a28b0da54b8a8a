//! The parts of Kubernetes objects that matter here, as they are written in JSON.
//!
//! Everything else is skipped without being stored. A member that is absent and one that is `null` are the same, as
//! they are to the API server; a member that stands twice is refused.

use std::collections::BTreeMap;
use std::fmt;

use doorward_core::text::one_line;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

#[derive(Debug, Default, Deserialize)]
#[serde(expecting = "an object")]
#[serde(bound = "S: DeserializeOwned")]
pub(crate) struct Object<S> {
    #[serde(rename = "apiVersion")]
    pub(crate) api_version: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) metadata: Option<Metadata>,
    pub(crate) spec: Option<S>,
    /// Of a PodTemplate.
    pub(crate) template: Option<Template>,
    /// Of an EphemeralContainers, the form that the `pods/ephemeralcontainers` subresource had before Kubernetes 1.22.
    #[serde(rename = "ephemeralContainers")]
    pub(crate) ephemeral_containers: Option<Vec<Container>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub(crate) struct Metadata {
    pub(crate) name: Option<String>,
    pub(crate) namespace: Option<String>,
    pub(crate) generate_name: Option<String>,
    #[serde(default, deserialize_with = "labels")]
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: Option<Annotations>,
    pub(crate) owner_references: Option<Vec<OwnerReference>>,
}

impl Metadata {
    /// Whether the object says that a controller made it. The author of the object writes this as well.
    pub(crate) fn names_a_controller(&self) -> bool {
        let owners = self.owner_references.as_deref().unwrap_or_default();
        owners.iter().any(|owner| owner.controller == Some(true))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct OwnerReference {
    pub(crate) controller: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct Annotations {
    #[serde(rename = "doorward.dev/original-images")]
    pub(crate) original_images: Option<String>,
    /// Which static Pod this one is the mirror of, by the hash of its manifest.
    #[serde(rename = "kubernetes.io/config.mirror")]
    pub(crate) mirror: Option<String>,
    #[serde(rename = "doorward.dev/break-glass")]
    pub(crate) break_glass: Option<String>,
}

impl Metadata {
    /// Why its author asks for the glass to be broken, if they do, without white space around it.
    pub(crate) fn break_glass(&self) -> Option<String> {
        let reason = self.annotations.as_ref()?.break_glass.as_ref()?;
        Some(reason.trim().to_owned())
    }
}

impl Annotations {
    /// Whether they say that the Pod is the mirror of a static one.
    pub(crate) fn says_mirror(&self) -> bool {
        self.mirror.as_ref().is_some_and(|hash| !hash.is_empty())
    }
}

/// The specification of everything that has a pod template right in it.
#[derive(Debug, Default, Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct Templated {
    pub(crate) template: Option<Template>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct CronJobSpec {
    #[serde(rename = "jobTemplate")]
    pub(crate) job_template: Option<JobTemplate>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct JobTemplate {
    pub(crate) spec: Option<Templated>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct Template {
    pub(crate) metadata: Option<Metadata>,
    pub(crate) spec: Option<PodSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub(crate) struct PodSpec {
    #[serde(default, deserialize_with = "or_empty")]
    pub(crate) init_containers: Vec<Container>,
    #[serde(default, deserialize_with = "or_empty")]
    pub(crate) containers: Vec<Container>,
    #[serde(default, deserialize_with = "or_empty")]
    pub(crate) ephemeral_containers: Vec<Container>,
    #[serde(default, deserialize_with = "or_empty")]
    pub(crate) volumes: Vec<Volume>,
    #[serde(default, deserialize_with = "or_empty")]
    pub(crate) image_pull_secrets: Vec<Named>,
    pub(crate) service_account_name: Option<String>,
    pub(crate) service_account: Option<String>,
    pub(crate) node_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct Container {
    pub(crate) name: Option<String>,
    pub(crate) image: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct Volume {
    pub(crate) name: Option<String>,
    pub(crate) image: Option<ImageVolume>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct ImageVolume {
    pub(crate) reference: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct Named {
    pub(crate) name: Option<String>,
}

/// Labels. A value that is `null` is the empty text, as it is to the API server.
fn labels<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    struct Labels;

    impl<'de> Visitor<'de> for Labels {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of texts")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(BTreeMap::new())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            let mut labels = BTreeMap::new();
            while let Some((key, value)) = members.next_entry::<String, Option<String>>()? {
                // Which of the two counts, readers do not agree about.
                if labels.insert(key, value.unwrap_or_default()).is_some() {
                    return Err(serde::de::Error::custom("duplicate field in the labels"));
                }
            }
            Ok(labels)
        }
    }

    deserializer.deserialize_any(Labels)
}

fn or_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}

/// Where an object comes from.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    /// A part of a review, not yet looked at.
    Text(&'a str),
    /// A manifest.
    Value(&'a Value),
}

impl Source<'_> {
    /// Reads the parts that `T` has.
    ///
    /// # Errors
    /// Where the first part is that has not the form it must have, and what it should be. The text says nothing of
    /// what stands there instead: that may be a secret in the wrong place.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T, String> {
        match self {
            Self::Text(text) => {
                // Only a document that fails is read a second time, with the bookkeeping that finds the place.
                if let Ok(document) = serde_json::from_str(text) {
                    return Ok(document);
                }
                let mut json = serde_json::Deserializer::from_str(text);
                serde_path_to_error::deserialize(&mut json).map_err(|e| fault(&e))
            }
            Self::Value(value) => serde_path_to_error::deserialize(value).map_err(|e| fault(&e)),
        }
    }
}

/// The place and the expectation of a parse error, without the value that was found.
fn fault(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let mut pointer = String::new();
    for segment in error.path() {
        match segment {
            serde_path_to_error::Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            serde_path_to_error::Segment::Map { key } => pointer.push_str(&format!("/{key}")),
            serde_path_to_error::Segment::Enum { .. } | serde_path_to_error::Segment::Unknown => {}
        }
    }
    let place = if pointer.is_empty() {
        "the object".to_owned()
    } else {
        one_line(&pointer, 200)
    };
    let text = error.inner().to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(text, _)| text);
    match text.rsplit_once("expected ") {
        Some((_, expected)) => format!("{place} is not {expected}"),
        None if text.starts_with("duplicate field") => format!("{place} has a {text}"),
        None => format!("{place} cannot be read"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(text: &str) -> Result<Object<PodSpec>, String> {
        Source::Text(text).read()
    }

    #[test]
    fn null_and_absent_are_the_same() {
        let read = pod(
            r#"{"metadata":null,"spec":{"containers":null,"initContainers":null,"volumes":null}}"#,
        )
        .unwrap();
        assert!(read.metadata.is_none());
        assert!(read.spec.unwrap().containers.is_empty());
    }

    #[test]
    fn a_wrong_type_is_named_by_its_place_and_not_by_its_content() {
        let text = r#"{"spec":{"containers":[{"image":"a"},{"image":{"password":"hunter2"}}]}}"#;
        assert_eq!(
            pod(text).unwrap_err(),
            "/spec/containers/1/image is not a string"
        );
        let value: Value = serde_json::from_str(text).unwrap();
        let read: Result<Object<PodSpec>, String> = Source::Value(&value).read();
        assert_eq!(
            read.unwrap_err(),
            "/spec/containers/1/image is not a string"
        );
        assert_eq!(
            pod(r#""hunter2, expected nothing""#).unwrap_err(),
            "the object is not an object"
        );
        assert_eq!(
            pod(r#"{"spec":{"containers":"hunter2"}}"#).unwrap_err(),
            "/spec/containers is not a sequence"
        );
        assert_eq!(
            pod(r#"{"spec":{"containers":[null]}}"#).unwrap_err(),
            "/spec/containers/0 is not an object"
        );
    }

    #[test]
    fn a_repeated_member_is_refused() {
        let text = r#"{"spec":{"containers":[{"image":"a","image":"b"}]}}"#;
        assert_eq!(
            pod(text).unwrap_err(),
            "/spec/containers/0 has a duplicate field `image`"
        );
    }

    #[test]
    fn nesting_of_any_depth_in_parts_that_are_skipped_costs_no_stack() {
        let deep = format!(
            r#"{{"status":{}{},"spec":{{}}}}"#,
            "[".repeat(1 << 20),
            "]".repeat(1 << 20)
        );
        assert!(pod(&deep).is_ok());
        assert!(pod(&"[".repeat(1 << 20)).is_err());
    }
}
