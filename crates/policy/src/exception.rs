//! Exceptions: what images a namespace or the cluster lets run although a policy refuses them, why, and until when.

mod codes;
mod image;
mod kind;
mod object;
mod set;

pub(crate) use codes::OVERRIDABLE;
pub use codes::{ExceptionCode, Never, NoException, exception_code_table};
pub use image::ExceptedImage;
pub use kind::ExceptionKind;
pub use object::{ExceptionObject, ExceptionTerms};
pub use set::{DEFAULT_LONGEST, Exception, Standing};
pub(crate) use set::{Exceptions, end, seconds};

/// Which exceptions may override a refusal of an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExceptionsAllowed {
    /// None.
    #[default]
    Denied,
    /// Those of the cluster.
    Cluster,
    /// Those of the cluster, and those of the namespace that the image is to run in.
    Allowed,
}

impl ExceptionsAllowed {
    /// The words for them in the format.
    pub(crate) const WORDS: &'static [(&'static str, Self)] = &[
        ("denied", Self::Denied),
        ("cluster", Self::Cluster),
        ("allowed", Self::Allowed),
    ];

    /// Whether an exception of this kind may override a refusal.
    #[must_use]
    pub const fn allows(self, kind: ExceptionKind) -> bool {
        match (self, kind) {
            (Self::Denied, _) | (Self::Cluster, ExceptionKind::ImageException) => false,
            (Self::Cluster | Self::Allowed, ExceptionKind::ClusterImageException)
            | (Self::Allowed, ExceptionKind::ImageException) => true,
        }
    }
}
