//! Why a review is refused before any image was looked at.

use doorward_core::Code;

use crate::operation::Operation;
use crate::review::Envelope;
use crate::workload::WorkloadError;

/// Why a review is refused before any image was looked at. A lowercase fragment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReviewError {
    /// A request to create or update comes without an object.
    #[error("the request to {operation} carries no object")]
    MissingObject {
        /// The operation.
        operation: Operation,
    },
    /// There is no `request` in the review.
    #[error("the review carries no request")]
    MissingRequest,
    /// The request has no `uid`, so that it could not be answered.
    #[error("the request has no uid")]
    MissingUid,
    /// The body is not JSON, or its outermost parts are not those of a review.
    #[error("the body is not an AdmissionReview: {detail}")]
    NotReview {
        /// The place in the body, or what is wrong.
        detail: String,
    },
    /// The body is larger than is read.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// The bound.
        limit: usize,
    },
    /// The resource is none in which pods are known to be, so that nothing can be said about its images.
    #[error("{resource} is not a resource whose images are known")]
    UnsupportedResource {
        /// Group, version, plural and subresource.
        resource: String,
    },
    /// The body is some other kind of document, or a review in a version that is not understood.
    #[error("the body is {found}, not an AdmissionReview of admission.k8s.io/v1 or v1beta1")]
    WrongKind {
        /// What the body says it is.
        found: String,
    },
    /// The object does not have the form that its kind has.
    #[error("the object in the request cannot be checked: {0}")]
    Workload(WorkloadError),
}

impl From<WorkloadError> for ReviewError {
    fn from(error: WorkloadError) -> Self {
        Self::Workload(error)
    }
}

impl ReviewError {
    /// The reason code.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::UnsupportedResource { .. } => Code::ADMISSION_UNSUPPORTED_RESOURCE,
            Self::Workload(WorkloadError::NothingFound { .. }) => Code::ADMISSION_NOTHING_FOUND,
            Self::MissingObject { .. }
            | Self::MissingRequest
            | Self::MissingUid
            | Self::NotReview { .. }
            | Self::TooLarge { .. }
            | Self::WrongKind { .. }
            | Self::Workload(_) => Code::ADMISSION_INVALID,
        }
    }
}

/// A review that is refused before any image was looked at: the reason, and what the answer has to repeat.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct RefusedReview {
    /// What the answer repeats.
    pub envelope: Envelope,
    /// The reason.
    pub error: ReviewError,
}
