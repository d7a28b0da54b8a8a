//! Why a request cannot be answered.

use thiserror::Error;

/// Why a request that names images cannot be used. A lowercase fragment.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AskedError {
    /// It is of another kind or version than is answered here.
    #[error("not {expected}")]
    Kind {
        /// Which one is.
        expected: &'static str,
    },
    /// It is not JSON, or has another form: a member of another name, twice, or of another type.
    #[error("the request cannot be read: {detail}")]
    Malformed {
        /// What is wrong, and where.
        detail: String,
    },
    /// No namespace has this name.
    #[error("{name:?} is not the name of a namespace")]
    Namespace {
        /// The name, made visible.
        name: String,
    },
    /// It names no image.
    #[error("the request names no image")]
    NoImage,
    /// It names credentials of a namespace, and no namespace.
    #[error("serviceAccountName and imagePullSecrets need a namespace")]
    NoNamespace,
    /// The body is larger than is read.
    #[error("the request is larger than {limit} bytes")]
    TooLarge {
        /// The bound.
        limit: usize,
    },
    /// An image is longer than a reference can be.
    #[error("an image is longer than {limit} bytes")]
    TooLong {
        /// The bound.
        limit: usize,
    },
    /// It names more than is answered at a time.
    #[error("the request names more than {limit} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// It names both `image` and `images`.
    #[error("the request has both image and images")]
    TwoForms,
}
