//! The members that decide what a document is: a manifest or an index.

use crate::json::Value;
use crate::spelling::taken_for;
use crate::{MediaType, OutlineError};

/// Their names.
const NAMES: [&str; 7] = [
    "schemaVersion",
    "mediaType",
    "manifests",
    "config",
    "layers",
    "fsLayers",
    "blobs",
];

/// What the deciding members of a document say, each as it was met.
#[derive(Default)]
pub(crate) struct Deciding {
    pub(crate) schema_version: Option<u64>,
    pub(crate) media_type: Option<MediaType>,
    pub(crate) is_index: bool,
    /// The first member of a manifest.
    pub(crate) of_manifest: Option<&'static str>,
    /// A member that is there twice, or under a name that some programs take for it.
    pub(crate) ambiguous: Option<&'static str>,
}

impl Deciding {
    /// The deciding member that some program takes `name` for.
    pub(crate) fn named(name: &str) -> Option<&'static str> {
        taken_for(name, &NAMES)
    }

    /// Takes down the media type. An empty one is how some writers say that there is none.
    pub(crate) fn typed(&mut self, text: &str) {
        self.media_type = (!text.is_empty()).then(|| MediaType::new(text));
    }

    /// Reads them from a document without duplicate members.
    pub(crate) fn from_json(document: &Value) -> Result<Self, OutlineError> {
        let mut found = Self::default();
        for (name, value) in document.as_object().ok_or(OutlineError::Json)? {
            let Some(member) = Self::named(name) else {
                continue;
            };
            if name != member {
                found.ambiguous = Some(member);
                continue;
            }
            match (member, value) {
                ("schemaVersion", Value::Number(digits)) => {
                    let version = digits.parse().map_err(|_| OutlineError::Json)?;
                    found.schema_version = Some(version);
                }
                ("mediaType", Value::String(text)) => found.typed(text),
                ("mediaType", Value::Null) => {}
                ("schemaVersion" | "mediaType", _) => return Err(OutlineError::Json),
                ("manifests", _) => found.is_index = true,
                _ => found.of_manifest = found.of_manifest.or(Some(member)),
            }
        }
        Ok(found)
    }

    /// The media type of a document that was served under the media type `served`, if everything agrees on what it is.
    pub(crate) fn agreed(
        self,
        served: Option<&MediaType>,
    ) -> Result<Option<MediaType>, OutlineError> {
        if let Some(member) = self.ambiguous {
            return Err(OutlineError::Member { member });
        }
        if self.schema_version != Some(2) {
            return Err(OutlineError::Version);
        }
        if let (true, Some(manifest)) = (self.is_index, self.of_manifest) {
            return Err(OutlineError::Both { manifest });
        }
        let served = served.filter(|served| !says_nothing(served));
        if let (Some(media_type), Some(served)) = (&self.media_type, served)
            && media_type != served
        {
            return Err(OutlineError::Served {
                media_type: media_type.clone(),
                served: served.clone(),
            });
        }
        let media_type = self.media_type.or_else(|| served.cloned());
        if let Some(media_type) = &media_type {
            let stray = if media_type.is_index() {
                self.of_manifest
            } else {
                self.is_index.then_some("manifests")
            };
            if let Some(member) = stray {
                return Err(OutlineError::Content {
                    media_type: media_type.clone(),
                    member,
                });
            }
        }
        Ok(media_type)
    }
}

/// Whether a header says no more than that there are bytes, or JSON. Servers of plain files send such ones.
fn says_nothing(served: &MediaType) -> bool {
    let types = [
        "",
        "application/json",
        "application/octet-stream",
        "binary/octet-stream",
        "text/plain",
    ];
    types
        .iter()
        .any(|text| served.as_str().eq_ignore_ascii_case(text))
}
