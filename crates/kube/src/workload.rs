//! The images of an object, and what goes with them.

mod custom;
mod error;
mod kind;
mod read;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::image_use::ImageUse;
use crate::limits::Limits;
use crate::original_images::Annotated;
use crate::pull_secrets::PullSecrets;
use crate::resource::WorkloadKind;

pub use error::WorkloadError;
use kind::Kind;
pub(crate) use read::Form;

/// The annotation by which somebody asks for the glass to be broken. Its value says why.
pub const BREAK_GLASS: &str = "doorward.dev/break-glass";

/// A pod, or an object with a pod template: its images, pull secrets and annotations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    kind: Kind,
    images: Vec<ImageUse>,
    pull_secrets: PullSecrets,
    annotated: Annotated,
    name: Option<String>,
    namespace: Option<String>,
    made_from_template: bool,
    /// Apart, so that what a review is about is not large where it is nothing.
    apart: Arc<Apart>,
}

/// What few reviews look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Apart {
    labels: Option<BTreeMap<String, String>>,
    break_glass: Option<String>,
    /// Whether that stood there before the request.
    break_glass_stood: bool,
    names_a_controller: bool,
    /// The node of a Pod that has the annotation of mirrors of static Pods.
    mirror_on: Option<String>,
}

impl Workload {
    /// The kind of the object; `None` of a custom resource.
    #[must_use]
    pub const fn kind(&self) -> Option<WorkloadKind> {
        match &self.kind {
            Kind::Custom { .. } => None,
            Kind::Known(kind) => Some(*kind),
        }
    }

    /// The kind of the object, by its own word of a custom resource: `Deployment`, `Rollout`. The author of an
    /// object chooses that word where no API server has checked it.
    #[must_use]
    pub fn kind_name(&self) -> &str {
        match &self.kind {
            Kind::Custom { name, .. } => name,
            Kind::Known(kind) => kind.as_str(),
        }
    }

    /// What the object is called in logs: `Deployment`, or the name of a custom resource that is configured, such as
    /// `rollouts.argoproj.io`. There are only as many as that.
    #[must_use]
    pub fn label(&self) -> &str {
        match &self.kind {
            Kind::Custom { label, .. } => label,
            Kind::Known(kind) => kind.as_str(),
        }
    }

    /// Every image: init, main and ephemeral containers, then image volumes, each in the order of the object; of a custom
    /// resource, by the order of its paths. Blank
    /// images are left out; the API server refuses them in a pod, and templates use them as placeholders.
    #[must_use]
    pub fn images(&self) -> &[ImageUse] {
        &self.images
    }

    /// The images that have to be decided: all but the unchanged ones.
    pub fn undecided(&self) -> impl Iterator<Item = &ImageUse> {
        self.images.iter().filter(|image| !image.unchanged)
    }

    /// The pull secrets.
    #[must_use]
    pub const fn pull_secrets(&self) -> &PullSecrets {
        &self.pull_secrets
    }

    /// The name of the object, or the prefix of a name that is yet to be generated.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The namespace that the object itself names. In a review, [`Review::namespace`](crate::Review::namespace)
    /// counts instead.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// Whether the object says that a controller made it from the template of another object: a ReplicaSet of a
    /// Deployment, a Job of a CronJob, a StatefulSet of an operator's own resource.
    ///
    /// Its images are judged like all others, and left as they are. Its controller compares it with the template that
    /// it was made from: were the copy changed and the template not, the controller would not find its own object, and
    /// make another one without end. What runs are Pods, which no controller compares with a template, and which are
    /// therefore judged and pinned, no matter who made them.
    #[must_use]
    pub const fn is_made_from_template(&self) -> bool {
        self.made_from_template
    }

    /// The labels that the Pods have by the word of the object: those of a Pod itself, or of the template of anything else,
    /// so that a Deployment and its Pods are told apart by none. What a controller adds to its Pods, such as
    /// `pod-template-hash`, is not among those of the template. `None` for the old form of `pods/ephemeralcontainers`, which
    /// does not show them.
    #[must_use]
    pub fn labels(&self) -> Option<&BTreeMap<String, String>> {
        self.apart.labels.as_ref()
    }

    /// Why the author of the object asks for the glass to be broken, if they do, as its own annotation [`BREAK_GLASS`] says and
    /// without white space around it. What stands in a template asks for nothing.
    #[must_use]
    pub fn break_glass(&self) -> Option<&str> {
        self.apart.break_glass.as_deref()
    }

    /// Whether what asks for the glass to be broken stood in the object before this request, so that its author need not know of
    /// it.
    #[must_use]
    pub fn break_glass_stood(&self) -> bool {
        self.apart.break_glass_stood
    }

    /// Notes what of the request to break the glass stood in the object before: `old`, if it is known.
    pub(crate) fn compare_break_glass(&mut self, old: Option<&Self>) {
        let stood = old.is_none_or(|old| old.break_glass() == self.break_glass());
        if stood && self.break_glass().is_some() {
            Arc::make_mut(&mut self.apart).break_glass_stood = true;
        }
    }

    /// Whether the object says that a controller has made it. Anyone may write that.
    #[must_use]
    pub fn names_a_controller(&self) -> bool {
        self.apart.names_a_controller
    }

    /// The node of a Pod that has the annotation of mirrors of static Pods. Anyone may write it.
    pub(crate) fn mirror_on(&self) -> Option<&str> {
        self.apart.mirror_on.as_deref()
    }

    pub(crate) const fn annotated(&self) -> &Annotated {
        &self.annotated
    }

    /// Refuses more pull secrets than are read.
    pub(crate) fn check_pull_secrets(&self, limits: &Limits) -> Result<(), WorkloadError> {
        let limit = limits.pull_secrets;
        if self.pull_secrets.names().len() > limit {
            return Err(WorkloadError::TooManyPullSecrets { limit });
        }
        Ok(())
    }

    /// Leaves the annotation for original references out of patches.
    pub(crate) fn without_annotation(mut self) -> Self {
        self.annotated = Annotated::Nowhere;
        self
    }

    /// Marks the images that `old` has already: the same string under the same name in the same list, the name being
    /// unique in both. Names make a container what it is, so neither a renamed nor a moved container, nor two that
    /// swapped images, keeps anything.
    pub(crate) fn mark_unchanged(&mut self, old: &Self) {
        let unique = |images: &[ImageUse], new: &ImageUse| {
            let place = (&new.pod, new.slot, &new.name);
            let same = |image: &&ImageUse| (&image.pod, image.slot, &image.name) == place;
            images.iter().filter(same).count() == 1
        };
        let kept: Vec<bool> = self
            .images
            .iter()
            .map(|new| {
                let same = |old: &ImageUse| {
                    let place = (&old.pod, old.slot, &old.name);
                    place == (&new.pod, new.slot, &new.name) && old.image == new.image
                };
                !new.name.is_empty()
                    && unique(&self.images, new)
                    && unique(&old.images, new)
                    && old.images.iter().any(same)
            })
            .collect();
        for (image, unchanged) in self.images.iter_mut().zip(kept) {
            image.unchanged = unchanged;
        }
    }
}
