//! Why the images of an object cannot be found.

/// Why an object is not a workload whose images can be found. A lowercase fragment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkloadError {
    /// The object says that it is of another kind or version than the resource it was sent as.
    #[error("the object says that it is {found}, not {expected}")]
    KindMismatch {
        /// The kind of the resource.
        expected: String,
        /// What the object says.
        found: String,
    },
    /// A part of the object does not have the form that the API gives it.
    #[error("{detail}")]
    Malformed {
        /// Which part, and what it should be.
        detail: String,
    },
    /// In an object of a custom resource there is nothing at any of the paths that are configured.
    #[error(
        "in {resource} images are looked for at {}, and the object has none of that",
        listed(paths)
    )]
    NothingFound {
        /// The name of the resource.
        resource: String,
        /// The paths.
        paths: Box<[String]>,
    },
    /// There is no pod in the object.
    #[error("{pointer} is missing")]
    NoPod {
        /// The JSON pointer to what is missing.
        pointer: String,
    },
    /// The pod has more containers and volumes than are looked at.
    #[error("the pod has more than {limit} containers and volumes")]
    TooManyContainers {
        /// The bound.
        limit: usize,
    },
    /// The pod names more pull secrets than are read.
    #[error("the pod names more than {limit} image pull secrets")]
    TooManyPullSecrets {
        /// The bound.
        limit: usize,
    },
}

/// Paths as they are shown; many are counted.
fn listed(paths: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<_> = paths
        .iter()
        .take(SHOWN)
        .map(|path| doorward_core::text::one_line(path, 100))
        .collect();
    let mut text = shown.join(", ");
    if paths.len() > SHOWN {
        text.push_str(&format!(" and {} more", paths.len() - SHOWN));
    }
    text
}
