//! What an inspection looks at, scheme by scheme.

use bytes::Bytes;
use doorward_core::{
    MediaType, Pinned, Reference, Rejection, Repository, Scheme, StateKey, SurveySession, Timestamp,
};

/// Places to look in that no policy names.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Places {
    /// Only what refers to the image with this type is shown, with what is attached to that.
    pub artifact_type: Option<MediaType>,
    /// Signature stores, as `file`, `http` or `https` URLs, instead of those that the rules name.
    pub stores: Vec<String>,
    /// The base URLs of trust servers that have the same collections, the preferred one first, instead of those that
    /// policies name. With these a collection is looked for also if no policy demands one.
    pub trust_servers: Vec<String>,
}

/// Addresses may hold credentials, so only their number is shown.
impl std::fmt::Debug for Places {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Places")
            .field("artifact_type", &self.artifact_type)
            .field("stores", &self.stores.len())
            .field("trust_servers", &self.trust_servers.len())
            .finish()
    }
}

/// The image as it was found when surveys begin.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Sighting<'a> {
    /// As written, normalised, with `:latest` if nothing else was.
    pub reference: &'a Reference,
    /// Its repository and digest. Absent where the image could not be had.
    pub pinned: Option<&'a Pinned>,
    /// Where the repository is kept.
    pub located: &'a Repository,
    /// The time to look at.
    pub now: Timestamp,
}

/// Something that an inspection looks at.
pub trait Survey: Send + Sync {
    /// The scheme.
    fn scheme(&self) -> Scheme;

    /// The key of what is remembered, if the survey shows any of it. Returns `None` if it shows nothing remembered.
    /// Looking never changes what is remembered.
    fn state_key(&self, reference: &Reference) -> Option<StateKey> {
        let _ = reference;
        None
    }

    /// Whether there may be something to see of an image that the registry does not show. Such a survey begins before
    /// the registry is asked, without a digest.
    fn needs_no_image(&self) -> bool {
        false
    }

    /// The session that looks. `remembered` is what is stored under the key of the survey, or why it cannot be read.
    fn open(
        &self,
        sighting: &Sighting<'_>,
        remembered: Result<Option<Bytes>, Rejection>,
    ) -> Box<dyn SurveySession>;
}
