//! Bounds on what is read from a review or a manifest.

#[cfg(feature = "manifests")]
use std::time::Duration;

#[cfg(feature = "manifests")]
use doorward_policy::DEFAULT_LONGEST_EXCEPTION;

/// Bounds on what is read. What goes over a bound is refused, never cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most bytes of a review. The API server takes requests of up to 3 MiB and sends both the new and the
    /// stored object, with `managedFields`.
    pub bytes: usize,
    /// The most containers and volumes of one pod, blank images included. etcd's limit of 1.5 MiB allows some
    /// thousands, of which each could cost a verification; no pod in practice has more than a few dozen.
    pub containers: usize,
    /// The most pull secrets of one pod: each is a read of a secret and perhaps an attempt at a registry.
    pub pull_secrets: usize,
    /// The most decoded bytes of one secret: what Kubernetes allows (`MaxSecretSize`).
    pub secret_bytes: usize,
    /// How long an exception may last that somebody writes.
    #[cfg(feature = "manifests")]
    pub longest_exception: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 8 << 20,
            containers: 512,
            pull_secrets: 32,
            secret_bytes: 1 << 20,
            #[cfg(feature = "manifests")]
            longest_exception: DEFAULT_LONGEST_EXCEPTION,
        }
    }
}
