use crate::json::JsonError;

/// Why something is no transcript, or a decision none that can be written down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TranscriptError {
    /// Its content does not have the digest that it names.
    #[error("the content was changed: it does not have the digest that the transcript names")]
    Changed,
    /// It is not JSON, or breaks its bounds.
    #[error("not the JSON of a transcript")]
    Json(#[from] JsonError),
    /// It says the same as a transcript in other bytes.
    #[error("not written as a transcript is: every byte of one is given by what it says")]
    NotCanonical,
    /// A member is missing, in another place, or not what it should be.
    #[error("`{member}` is not as in a transcript")]
    Shape {
        /// The member.
        member: &'static str,
    },
    /// There is more of it than a transcript may have.
    #[error("more than {limit} {unit}")]
    TooLarge {
        /// What there is too much of.
        unit: &'static str,
        /// The bound.
        limit: usize,
    },
    /// It is of another version.
    #[error("not a transcript of `{}`", super::decision::API_VERSION)]
    Version,
}
