//! Why a manifest cannot be used.

use crate::secret::SecretDataError;
use crate::workload::WorkloadError;

/// Why a manifest cannot be used: which object, and what is wrong with it. A lowercase fragment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {name}: {fault}")]
pub struct ManifestError {
    /// The kind of the object.
    pub kind: String,
    /// `namespace/name`, or as much of it as the object says.
    pub name: String,
    /// The namespace and name of a Secret or ServiceAccount that has both: what refers to it is concerned.
    pub identity: Option<Box<(String, String)>>,
    /// What is wrong.
    pub fault: ManifestFault,
}

/// What can be wrong with a manifest. A lowercase fragment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestFault {
    /// Another object of the same kind and name says something else. Which of them counts would depend on the order
    /// of files.
    #[error("already defined with other content")]
    Duplicate,
    /// A part of the object does not have the form that the API gives it.
    #[error("{detail}")]
    Malformed {
        /// Which part, and what it should be.
        detail: String,
    },
    /// The object has no name.
    #[error("metadata.name is missing")]
    NoName,
    /// The items of a secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretDataError),
    /// Lists are nested too deep.
    #[error("lists are nested deeper than {limit} levels")]
    TooDeep {
        /// The bound.
        limit: usize,
    },
    /// The kind is known in other versions only.
    #[error("{api_version} is not a version of {kind} whose images are known")]
    UnsupportedVersion {
        /// The version that the object names.
        api_version: String,
        /// Its kind.
        kind: String,
    },
    /// The images of a workload cannot be found.
    #[error(transparent)]
    Workload(#[from] WorkloadError),
}
