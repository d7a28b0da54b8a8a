//! Why something is not a descriptor.

use crate::DigestError;

/// Why something is not a descriptor (OCI image specification, "Descriptors").
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DescriptorError {
    /// There are more annotations, or longer ones, than are read.
    #[error("it has more or longer annotations than are read")]
    Annotations,
    /// The digest is not one that can be verified.
    #[error("its digest is not valid: {0}")]
    Digest(DigestError),
    /// A member is not of its form: text where a number belongs, a size below zero, a media type with spaces alone.
    #[error("its member `{member}` is not of the right form")]
    Form {
        /// The member.
        member: &'static str,
    },
    /// A member has a name that some programs take for another one.
    #[error("it has a member that some programs read as `{member}` and others do not")]
    Member {
        /// The name as it should be.
        member: &'static str,
    },
    /// A member that must be there is not.
    #[error("it has no `{member}`")]
    Missing {
        /// The member.
        member: &'static str,
    },
    /// It is no JSON object.
    #[error("it is not an object")]
    NotAnObject,
}

impl From<DigestError> for DescriptorError {
    fn from(error: DigestError) -> Self {
        Self::Digest(error)
    }
}
