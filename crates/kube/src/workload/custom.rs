//! Finding the images of an object of a custom resource.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::kind::Kind;
use super::read::Walk;
use super::{Apart, Workload, WorkloadError};
use crate::custom::{CustomWorkload, Found, Holds};
use crate::document::{Metadata, PodSpec, Source};
use crate::limits::Limits;
use crate::original_images::Annotated;
use crate::pull_secrets::PullSecrets;

/// What every object has beside what is its own.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
struct Head {
    api_version: Option<String>,
    kind: Option<String>,
    metadata: Option<Metadata>,
}

impl Workload {
    /// Finds the images of an object of a custom resource, of which the API server or a manifest says that it is of this
    /// version.
    pub(crate) fn read_custom(
        custom: &CustomWorkload,
        object: &RawValue,
        limits: &Limits,
    ) -> Result<Self, WorkloadError> {
        let malformed = |detail| WorkloadError::Malformed { detail };
        let head: Head = Source::Text(object.get()).read().map_err(malformed)?;
        head.check_group(custom)?;
        let mut walk = Walk::new(limits);
        let mut specs = Vec::new();
        let mut labels = Labels::NoPod;
        let mut seen = BTreeSet::new();
        let mut has_place = false;
        for path in custom.paths() {
            for found in path.find(object, limits.containers)? {
                has_place = true;
                if !seen.insert(found.pointer.clone()) {
                    continue;
                }
                match path.holds {
                    Holds::Image => {
                        let image: String = found.read()?;
                        walk.field(found.pointer, &image)?;
                    }
                    Holds::PodSpec => {
                        let spec: PodSpec = found.read()?;
                        labels = labels.and(object, &found.pointer)?;
                        walk.pod(&found.pointer, &spec)?;
                        specs.push(spec);
                    }
                }
            }
        }
        let may_be_nothing = custom.paths().iter().any(|path| path.may_be_absent);
        if !has_place && !may_be_nothing {
            return Err(WorkloadError::NothingFound {
                resource: custom.label(),
                paths: custom.paths().iter().map(ToString::to_string).collect(),
            });
        }
        let mut images = walk.into_images();
        for image in &mut images {
            image.in_template = true;
        }
        // A path to a pod specification and one to an image in it lead to one place.
        let mut pointers = BTreeSet::new();
        images.retain(|image| pointers.insert(image.pointer.clone()));
        let annotated = Annotated::found("/metadata".to_owned(), head.metadata.as_ref());
        let metadata = head.metadata.unwrap_or_default();
        Ok(Self {
            // What an image stands in by itself makes no Pod that would be judged again.
            made_from_template: metadata.names_a_controller() && !custom.holds_images(),
            kind: Kind::custom(custom.label(), head.kind),
            images,
            pull_secrets: PullSecrets::of_custom(&specs),
            annotated,
            apart: Arc::new(Apart {
                labels: labels.known(),
                break_glass: metadata.break_glass(),
                break_glass_stood: false,
                mirror_on: None,
                names_a_controller: metadata.names_a_controller(),
            }),
            name: metadata.name.or(metadata.generate_name),
            namespace: metadata.namespace,
        })
    }
}

impl CustomWorkload {
    /// Finds the images of an object of the resource that is a manifest.
    pub(crate) fn workload(
        &self,
        object: &serde_json::Value,
        limits: &Limits,
    ) -> Result<Workload, WorkloadError> {
        let malformed = |error: serde_json::Error| WorkloadError::Malformed {
            detail: error.to_string(),
        };
        let text = serde_json::value::to_raw_value(object).map_err(malformed)?;
        let workload = Workload::read_custom(self, &text, limits)?;
        workload.check_pull_secrets(limits)?;
        Ok(workload)
    }
}

impl Head {
    /// An object that says what it is must be of the group that it was sent as.
    fn check_group(&self, custom: &CustomWorkload) -> Result<(), WorkloadError> {
        let group = self.api_version.as_deref().map(|version| {
            let split = version.split_once('/');
            split.map_or("", |(group, _)| group)
        });
        if group.is_none_or(|group| group == custom.group()) {
            return Ok(());
        }
        let found = self.api_version.as_deref().unwrap_or_default();
        Err(WorkloadError::KindMismatch {
            expected: custom.label(),
            found: doorward_core::text::one_line(found, 200),
        })
    }
}

impl Found<'_> {
    /// Reads what stands there.
    fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, WorkloadError> {
        Source::Text(self.value.get()).read().map_err(|detail| {
            let rest = detail.strip_prefix("the object");
            let detail = match rest {
                Some(rest) => format!("{}{rest}", self.pointer),
                None => format!("{}{detail}", self.pointer),
            };
            WorkloadError::Malformed {
                detail: doorward_core::text::one_line(&detail, 400),
            }
        })
    }
}

/// The labels that the Pods have by the word of the object.
enum Labels {
    /// No pod specification was found yet.
    NoPod,
    /// Those of the one pod specification, which stands in a template with metadata.
    Known(BTreeMap<String, String>),
    /// There are several specifications, or one without metadata beside it. What labels its Pods get, nobody says.
    Unknown,
}

impl Labels {
    fn and(self, object: &RawValue, pointer: &str) -> Result<Self, WorkloadError> {
        #[derive(Deserialize)]
        struct Template {
            metadata: Option<Metadata>,
        }
        // The object's own metadata are not those of its Pods.
        let template = pointer
            .strip_suffix("/spec")
            .filter(|outer| !outer.is_empty());
        let (Self::NoPod, Some(template)) = (self, template) else {
            return Ok(Self::Unknown);
        };
        let Some(path) = crate::custom::CustomPath::to(template) else {
            return Ok(Self::Unknown);
        };
        let Some(found) = path.find(object, 1)?.pop() else {
            return Ok(Self::Unknown);
        };
        let read: Template = found.read()?;
        Ok(match read.metadata {
            Some(metadata) => Self::Known(metadata.labels),
            None => Self::Unknown,
        })
    }

    fn known(self) -> Option<BTreeMap<String, String>> {
        match self {
            Self::Known(labels) => Some(labels),
            Self::NoPod | Self::Unknown => None,
        }
    }
}
