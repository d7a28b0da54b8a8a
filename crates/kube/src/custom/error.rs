//! What can be wrong with a setting about custom resources.

use doorward_core::text::one_line;

use super::preset;

/// The most characters of a setting in a message.
const MAX_SHOWN: usize = 200;

/// Why a setting about custom resources cannot be used. A lowercase fragment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CustomWorkloadError {
    /// It is neither a resource with a pointer nor a known name.
    #[error("{setting:?} is neither GROUP/RESOURCE=POINTER nor one of {names}")]
    Form {
        /// The setting.
        setting: String,
        /// The names that are known.
        names: String,
    },
    /// It is about a resource of Kubernetes' own.
    #[error("where the images of {resource} stand is known, and is not configured")]
    Known {
        /// Group and plural.
        resource: String,
    },
    /// What follows the equals sign is not a pointer.
    #[error(
        "{setting:?} has no JSON pointer behind the equals sign, such as /spec/template/spec or /spec/jobs/*/template/spec"
    )]
    Pointer {
        /// The setting.
        setting: String,
    },
    /// It leads to the annotation that pinning writes, to what holds it, or through it.
    #[error(
        "{setting:?} leads to where pinning writes its annotation: name what is meant in the metadata, such as /metadata/annotations/NAME"
    )]
    OwnAnnotation {
        /// The setting.
        setting: String,
    },
    /// A resource has more paths than are followed.
    #[error("{resource} has more than {limit} paths")]
    TooManyPaths {
        /// The name of the resource.
        resource: String,
        /// The bound.
        limit: usize,
    },
    /// There are more resources than can be configured.
    #[error("more than {limit} custom resources are configured")]
    TooManyResources {
        /// The bound.
        limit: usize,
    },
}

impl CustomWorkloadError {
    pub(super) fn form(setting: &str) -> Self {
        Self::Form {
            setting: shown(setting),
            names: preset::names().collect::<Vec<_>>().join(", "),
        }
    }
}

/// A setting as it is shown.
pub(super) fn shown(setting: &str) -> String {
    one_line(setting, MAX_SHOWN)
}
