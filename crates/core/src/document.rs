//! What manifests and indexes have in common.

use std::collections::BTreeMap;

use crate::deciding::Deciding;
use crate::descriptor::{annotations, artifact_type, present, spelled};
use crate::json::{self, JsonError, Limits, Value};
use crate::{Descriptor, DescriptorError, Descriptors, MediaType, OutlineError};

/// The largest document: what registries are asked to take at least (OCI distribution specification, "Pushing
/// Manifests").
pub(crate) const MAX_BYTES: usize = 4 << 20;
/// The most JSON values of a document: 32 for each entry of the longest list.
const MAX_VALUES: usize = 32 * Descriptors::MAX;

/// Why a document is not a manifest, or not an index.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// A descriptor or an annotation of the document itself is malformed.
    #[error("in `{member}`: {error}")]
    Descriptor {
        /// The member of the document.
        member: &'static str,
        /// What is wrong there.
        error: DescriptorError,
    },
    /// It is not the JSON of one, has a member twice, or is beyond a bound.
    #[error("not the JSON of a manifest or index: {0}")]
    Json(JsonError),
    /// It is the other of the two.
    #[error("it is not an {expected}")]
    Kind {
        /// What was expected.
        expected: &'static str,
    },
    /// A member is no list, or one with more entries than are read.
    #[error("its `{member}` is not a list of at most {limit} descriptors")]
    List {
        /// The member.
        member: &'static str,
        /// The bound.
        limit: usize,
    },
    /// What it is cannot be said, or is said differently to different programs.
    #[error(transparent)]
    Outline(#[from] OutlineError),
}

impl From<JsonError> for DocumentError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

/// The JSON of a document, within bounds and without a member twice.
pub(crate) fn json(bytes: &[u8]) -> Result<Value, JsonError> {
    let mut limits = Limits::bytes(MAX_BYTES);
    limits.values = MAX_VALUES;
    json::parse(bytes, limits)
}

/// A document of which it is certain what it is, and the members that both kinds have.
pub(crate) struct Document {
    pub(crate) json: Value,
    pub(crate) is_index: bool,
    pub(crate) media_type: Option<MediaType>,
    pub(crate) artifact_type: Option<MediaType>,
    pub(crate) subject: Option<Descriptor>,
    /// Free annotations, or what is wrong with them.
    pub(crate) annotations: Result<BTreeMap<String, String>, DocumentError>,
}

impl Document {
    /// Reads what was served under the media type `served`. What it is is decided as for an
    /// [`Outline`](crate::Outline).
    pub(crate) fn parse(bytes: &[u8], served: Option<&MediaType>) -> Result<Self, DocumentError> {
        let json = json(bytes)?;
        let deciding = Deciding::from_json(&json)?;
        let is_index = deciding.is_index;
        let media_type = deciding.agreed(served)?;
        let own = |member| move |error| DocumentError::Descriptor { member, error };
        let members = json.as_object().unwrap_or_default();
        for member in ["artifactType", "subject", "annotations"] {
            spelled(members, &[member]).map_err(own(member))?;
        }
        Ok(Self {
            is_index,
            media_type,
            artifact_type: artifact_type(&json).map_err(own("artifactType"))?,
            subject: present(&json, "subject")
                .map(Descriptor::from_json)
                .transpose()
                .map_err(own("subject"))?,
            annotations: annotations(&json).map_err(own("annotations")),
            json,
        })
    }

    /// The configuration, which an image manifest must have.
    pub(crate) fn config(&self) -> Result<Descriptor, DocumentError> {
        let Some(config) = self.json.get("config") else {
            return Err(DocumentError::Kind {
                expected: "image manifest",
            });
        };
        Descriptor::from_json(config).map_err(|error| DocumentError::Descriptor {
            member: "config",
            error,
        })
    }

    /// The first descriptors of a member that must be there, and whether there are more than are read.
    pub(crate) fn first_of(
        &self,
        member: &'static str,
    ) -> Result<(Descriptors, bool), DocumentError> {
        let list = self.json.get(member).and_then(Descriptors::first_of);
        list.ok_or(DocumentError::List {
            member,
            limit: Descriptors::MAX,
        })
    }

    /// The descriptors of a member that must be there.
    pub(crate) fn list(&self, member: &'static str) -> Result<Descriptors, DocumentError> {
        self.json
            .get(member)
            .and_then(Descriptors::from_json)
            .ok_or(DocumentError::List {
                member,
                limit: Descriptors::MAX,
            })
    }
}
