//! Finding the images of an object.

use std::sync::Arc;

use super::kind::Kind;
use super::{Apart, Workload, WorkloadError};
use crate::document::{self, CronJobSpec, Metadata, Object, PodSpec, Source, Template, Templated};
use crate::image_use::{ImageUse, Slot};
use crate::limits::Limits;
use crate::original_images::Annotated;
use crate::pull_secrets::PullSecrets;
use crate::resource::WorkloadKind;

/// The form in which an object of a kind carries its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The whole object of the kind.
    Whole(WorkloadKind),
    /// The object of `pods/ephemeralcontainers` before Kubernetes 1.22: a list of containers and nothing else.
    EphemeralContainers,
}

impl Workload {
    /// Finds the images of an object.
    pub(crate) fn read(
        form: Form,
        source: Source<'_>,
        limits: &Limits,
    ) -> Result<Self, WorkloadError> {
        match form {
            Form::EphemeralContainers => Self::read_ephemeral(source, limits),
            Form::Whole(kind) => Self::read_whole(kind, source, limits),
        }
    }

    fn read_whole(
        kind: WorkloadKind,
        source: Source<'_>,
        limits: &Limits,
    ) -> Result<Self, WorkloadError> {
        let (head, template) = match kind {
            WorkloadKind::Pod => {
                let (head, spec) = split::<PodSpec>(source)?;
                let template = spec.map(|spec| Template {
                    metadata: None,
                    spec: Some(spec),
                });
                (head, template)
            }
            WorkloadKind::CronJob => {
                let (head, spec) = split::<CronJobSpec>(source)?;
                let job = spec
                    .and_then(|spec| spec.job_template)
                    .and_then(|job| job.spec);
                (head, job.and_then(|job| job.template))
            }
            WorkloadKind::PodTemplate => {
                let (mut head, _) = split::<serde::de::IgnoredAny>(source)?;
                let template = head.template.take();
                (head, template)
            }
            WorkloadKind::DaemonSet
            | WorkloadKind::Deployment
            | WorkloadKind::Job
            | WorkloadKind::ReplicaSet
            | WorkloadKind::ReplicationController
            | WorkloadKind::StatefulSet => {
                let (head, spec) = split::<Templated>(source)?;
                (head, spec.and_then(|spec| spec.template))
            }
        };
        head.check_kind(kind)?;
        let pointer = kind.template_pointer();
        let template = template.ok_or_else(|| WorkloadError::NoPod {
            pointer: if pointer.is_empty() {
                "/spec".to_owned()
            } else {
                pointer.to_owned()
            },
        })?;
        let spec_pointer = format!("{pointer}/spec");
        let spec = template.spec.ok_or_else(|| WorkloadError::NoPod {
            pointer: spec_pointer.clone(),
        })?;
        // A pod is its own template: its annotations are those of the object.
        let pod_metadata = if kind == WorkloadKind::Pod {
            head.metadata.as_ref()
        } else {
            template.metadata.as_ref()
        };
        let annotated = Annotated::found(format!("{pointer}/metadata"), pod_metadata);
        let labels = pod_metadata.map(|metadata| metadata.labels.clone());
        let pull_secrets = PullSecrets::of(kind, &spec);
        let mirror_on = pod_metadata
            .and_then(|metadata| metadata.annotations.as_ref())
            .filter(|annotations| kind == WorkloadKind::Pod && annotations.says_mirror())
            .and(spec.node_name.clone());
        let mut walk = Walk::new(limits);
        walk.pod(&spec_pointer, &spec)?;
        let mut images = walk.into_images();
        for image in &mut images {
            image.in_template = kind != WorkloadKind::Pod;
            // There is one Pod in the object, so it needs no name.
            image.pod.clear();
        }
        let apart = Apart {
            labels: Some(labels.unwrap_or_default()),
            mirror_on,
            ..Apart::default()
        };
        Ok(head.workload(kind, images, pull_secrets, annotated, apart))
    }

    fn read_ephemeral(source: Source<'_>, limits: &Limits) -> Result<Self, WorkloadError> {
        let (mut head, _) = split::<serde::de::IgnoredAny>(source)?;
        let containers = head.ephemeral_containers.take().unwrap_or_default();
        let mut walk = Walk::new(limits);
        walk.containers(Slot::Ephemeral, "", &containers)?;
        // Neither the pull secrets nor the annotations and labels of the pod are in such an object.
        Ok(head.workload(
            WorkloadKind::Pod,
            walk.images,
            PullSecrets::unknown(),
            Annotated::Nowhere,
            Apart::default(),
        ))
    }
}

/// What every object has beside its specification.
struct Head {
    api_version: Option<String>,
    kind: Option<String>,
    metadata: Option<Metadata>,
    template: Option<Template>,
    ephemeral_containers: Option<Vec<document::Container>>,
}

fn split<S: serde::de::DeserializeOwned>(
    source: Source<'_>,
) -> Result<(Head, Option<S>), WorkloadError> {
    let object: Object<S> = source
        .read()
        .map_err(|detail| WorkloadError::Malformed { detail })?;
    let head = Head {
        api_version: object.api_version,
        kind: object.kind,
        metadata: object.metadata,
        template: object.template,
        ephemeral_containers: object.ephemeral_containers,
    };
    Ok((head, object.spec))
}

impl Head {
    /// An object that says what it is must be what `AdmissionRequest.resource` says; read as something else it would
    /// seem to have no images.
    fn check_kind(&self, expected: WorkloadKind) -> Result<(), WorkloadError> {
        let kind_fits = self
            .kind
            .as_deref()
            .is_none_or(|kind| kind == expected.as_str());
        let version_fits = self.api_version.as_deref().is_none_or(|version| {
            let (group, version) = version.split_once('/').unwrap_or(("", version));
            expected.versions().contains(&(group, version))
        });
        if kind_fits && version_fits {
            return Ok(());
        }
        let found = [self.api_version.as_deref(), self.kind.as_deref()];
        let found = found.into_iter().flatten().collect::<Vec<_>>().join(" ");
        Err(WorkloadError::KindMismatch {
            expected: expected.as_str().to_owned(),
            found: doorward_core::text::one_line(&found, 200),
        })
    }

    fn workload(
        self,
        kind: WorkloadKind,
        images: Vec<ImageUse>,
        pull_secrets: PullSecrets,
        annotated: Annotated,
        apart: Apart,
    ) -> Workload {
        let metadata = self.metadata.unwrap_or_default();
        let kind = Kind::Known(kind);
        let made_from_template = !kind.is_pod() && metadata.names_a_controller();
        let break_glass = metadata.break_glass();
        let names_a_controller = metadata.names_a_controller();
        Workload {
            kind,
            images,
            pull_secrets,
            annotated,
            name: metadata.name.or(metadata.generate_name),
            namespace: metadata.namespace,
            made_from_template,
            apart: Arc::new(Apart {
                break_glass,
                break_glass_stood: false,
                names_a_controller,
                ..apart
            }),
        }
    }
}

/// Collects images in order.
pub(super) struct Walk<'a> {
    limits: &'a Limits,
    /// The pointer to the specification that is walked.
    pod: String,
    seen: usize,
    images: Vec<ImageUse>,
}

impl<'a> Walk<'a> {
    pub(super) const fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            pod: String::new(),
            seen: 0,
            images: Vec::new(),
        }
    }

    pub(super) fn into_images(self) -> Vec<ImageUse> {
        self.images
    }

    /// A field that is an image by itself. Its pointer is what tells it from others.
    pub(super) fn field(&mut self, pointer: String, image: &str) -> Result<(), WorkloadError> {
        self.pod.clear();
        let name = pointer.clone();
        self.add(Slot::Field, Some(&name), Some(image), pointer)
    }

    /// Every field of a `PodSpec` that names an image.
    pub(super) fn pod(&mut self, pointer: &str, spec: &PodSpec) -> Result<(), WorkloadError> {
        pointer.clone_into(&mut self.pod);
        self.containers(Slot::Init, pointer, &spec.init_containers)?;
        self.containers(Slot::Main, pointer, &spec.containers)?;
        self.containers(Slot::Ephemeral, pointer, &spec.ephemeral_containers)?;
        for (index, volume) in spec.volumes.iter().enumerate() {
            let image = volume.image.as_ref();
            let image = image.and_then(|image| image.reference.as_deref());
            let place = format!("{pointer}/volumes/{index}/image/reference");
            self.add(Slot::Volume, volume.name.as_deref(), image, place)?;
        }
        Ok(())
    }

    fn containers(
        &mut self,
        slot: Slot,
        pointer: &str,
        containers: &[document::Container],
    ) -> Result<(), WorkloadError> {
        for (index, container) in containers.iter().enumerate() {
            let place = format!("{pointer}/{}/{index}/image", slot.list());
            let (name, image) = (container.name.as_deref(), container.image.as_deref());
            self.add(slot, name, image, place)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        slot: Slot,
        name: Option<&str>,
        image: Option<&str>,
        pointer: String,
    ) -> Result<(), WorkloadError> {
        self.seen += 1;
        if self.seen > self.limits.containers {
            return Err(WorkloadError::TooManyContainers {
                limit: self.limits.containers,
            });
        }
        if let Some(image) = image.filter(|image| !image.trim().is_empty()) {
            let (name, image) = (name.unwrap_or_default().to_owned(), image.to_owned());
            self.images.push(ImageUse {
                slot,
                name,
                image,
                pointer,
                pod: self.pod.clone(),
                in_template: false,
                unchanged: false,
            });
        }
        Ok(())
    }
}
