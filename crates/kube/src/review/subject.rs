//! What a review is about.

use doorward_core::text::one_line;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::request::is_deleting;
use super::{Review, ReviewError};
use crate::custom::{CustomWorkload, CustomWorkloads};
use crate::document::Source;
use crate::limits::Limits;
use crate::operation::Operation;
use crate::resource::{Recognised, WorkloadKind};
use crate::workload::{Form, Workload};

/// The subresource under which ephemeral containers are added to a running pod.
const EPHEMERAL_CONTAINERS: &str = "ephemeralcontainers";
/// Subresources of workloads whose object is not the workload and names no image.
const WITHOUT_IMAGES: [&str; 9] = [
    "attach",
    "binding",
    "eviction",
    "exec",
    "log",
    "portforward",
    "proxy",
    "rollback",
    "scale",
];

/// What a review is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// Nothing that could start an image.
    Exempt(Exemption),
    /// An object with images.
    Workload(Box<Workload>),
}

/// Why an object passes without being looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Exemption {
    /// The stored object is being deleted; no controller starts anything for it any more.
    Deleting,
    /// A custom resource that shares its plural with a workload. The pods made for it come in as pods.
    ForeignGroup,
    /// A connection or a deletion.
    Operation,
    /// A subresource that names no image, such as `pods/binding`.
    SubResource,
}

/// A resource whose images are known.
#[derive(Clone, Copy)]
enum Known<'c> {
    Custom(&'c CustomWorkload),
    Own(WorkloadKind),
}

impl Review {
    /// What the request is about: by its `operation`, `resource` and `subResource`, then by its `object` and
    /// `oldObject`.
    pub(super) fn subject_of(
        &self,
        (object, old): (Option<&RawValue>, Option<&RawValue>),
        limits: &Limits,
        custom: &CustomWorkloads,
    ) -> Result<Subject, ReviewError> {
        // `AdmissionRequest.operation`. Stricter than the API, because an operation that is not known is checked too.
        if !self.operation.starts_images() {
            return Ok(Subject::Exempt(Exemption::Operation));
        }
        // `AdmissionRequest.resource`: what the API server converted the object to, so that is how it is read.
        let known = match custom.of_resource(&self.resource) {
            Some(custom) => Known::Custom(custom),
            None => match WorkloadKind::of_resource(&self.resource) {
                Recognised::Foreign => return Ok(Subject::Exempt(Exemption::ForeignGroup)),
                Recognised::Unknown => return Err(self.unsupported()),
                Recognised::Workload(kind) => Known::Own(kind),
            },
        };
        // `AdmissionRequest.subResource`. One that is not known may name images.
        match self.sub_resource.as_deref() {
            None | Some("resize" | "status") => {}
            Some(EPHEMERAL_CONTAINERS) if matches!(known, Known::Own(WorkloadKind::Pod)) => {}
            Some(other) if WITHOUT_IMAGES.contains(&other) => {
                return Ok(Subject::Exempt(Exemption::SubResource));
            }
            Some(_) => return Err(self.unsupported()),
        }
        let object = object.ok_or(ReviewError::MissingObject {
            operation: self.operation,
        })?;
        // `AdmissionRequest.oldObject`. Of what is checked here, only an update has a stored object; one that came with
        // anything else was made up.
        let old = old.filter(|_| self.operation == Operation::Update);
        // The stored object alone says so: the new one's deletionTimestamp is whatever its author wrote, and whatever
        // else is wrong with either must not keep a finalizer from being taken off.
        //
        // What makes Pods makes none any more, or they are judged. What runs a single image is not known, nor what it does
        // with an object that is being deleted.
        let makes_pods = match known {
            Known::Custom(custom) => !custom.holds_images(),
            Known::Own(_) => true,
        };
        if makes_pods && old.is_some_and(is_deleting) {
            return Ok(Subject::Exempt(Exemption::Deleting));
        }
        let read = |text: &RawValue| match known {
            Known::Custom(custom) => Workload::read_custom(custom, text, limits),
            Known::Own(kind) => {
                let form = self.form(kind, object);
                Workload::read(form, Source::Text(text.get()), limits)
            }
        };
        let mut workload = read(object)?;
        // One that cannot be read vouches for nothing.
        let old = old.and_then(|old| read(old).ok());
        if let Some(old) = &old {
            workload.mark_unchanged(old);
        }
        // An update that changes no image needs no credential. Any other must not be judged with some of them only.
        if old.is_none() || workload.undecided().next().is_some() {
            workload.check_pull_secrets(limits)?;
        }
        // What is stored was written by others, and a subresource is not where somebody writes annotations.
        if self.sub_resource.is_some() {
            workload.compare_break_glass(None);
        } else if self.operation == Operation::Update {
            workload.compare_break_glass(old.as_ref());
        }
        if self.sub_resource.is_some() {
            // What a subresource may change does not include annotations.
            workload = workload.without_annotation();
        }
        Ok(Subject::Workload(Box::new(workload)))
    }

    /// Which of its two forms the object of `pods/ephemeralcontainers` has; everything else has one.
    fn form(&self, kind: WorkloadKind, object: &RawValue) -> Form {
        #[derive(Deserialize)]
        struct Kind {
            kind: Option<String>,
        }
        if self.sub_resource.as_deref() == Some(EPHEMERAL_CONTAINERS)
            && let Ok(Kind { kind: Some(name) }) = serde_json::from_str(object.get())
            && name == "EphemeralContainers"
        {
            return Form::EphemeralContainers;
        }
        Form::Whole(kind)
    }

    fn unsupported(&self) -> ReviewError {
        let mut resource = self.resource.to_string();
        if let Some(sub_resource) = &self.sub_resource {
            resource.push('/');
            resource.push_str(sub_resource);
        }
        ReviewError::UnsupportedResource {
            resource: one_line(&resource, 200),
        }
    }
}
