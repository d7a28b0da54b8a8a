//! What an object with images is.

use doorward_core::text::one_line;

use crate::resource::WorkloadKind;

/// The most characters of the kind of a custom resource, as Kubernetes has it.
const MAX_KIND: usize = 63;

/// What an object with images is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A custom resource.
    Custom {
        /// `rollouts.argoproj.io`, as it is configured.
        label: String,
        /// `Rollout`, by the word of the object.
        name: String,
    },
    /// One of Kubernetes' own.
    Known(WorkloadKind),
}

impl Kind {
    pub(super) fn custom(label: String, name: Option<String>) -> Self {
        let name = name.map_or_else(|| label.clone(), |name| one_line(&name, MAX_KIND));
        Self::Custom { label, name }
    }

    pub(super) fn is_pod(&self) -> bool {
        *self == Self::Known(WorkloadKind::Pod)
    }
}
