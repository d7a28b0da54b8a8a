//! Whether a document is an image manifest or an index, and never both.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::deciding::Deciding;
use crate::{CheckedAnswer, Descriptor, Digest, FetchError, MediaType, Rejection, Resource};

/// The most platforms of an index that are remembered for people.
const LISTED: usize = 16;
/// The longest name of a platform that is shown.
const MAX_PLATFORM: usize = 64;

/// What a manifest or index says about itself, as far as a decision needs it. Its bytes need not be kept beside it.
///
/// Runtimes read one document as a manifest or as an index by its media type, by the header it was served under, or
/// by what is in it. A document that is one thing to a verifier and another to a runtime would run what nobody
/// verified. So a document in which these disagree is no outline at all.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outline {
    /// The media type, as the document says or else as it was served.
    pub media_type: Option<MediaType>,
    /// The platforms, if it is an index.
    pub index: Option<IndexOutline>,
}

impl Outline {
    /// What is signed of a manifest: the descriptor of what was answered to `resource`, which names it by `digest`.
    ///
    /// # Errors
    /// A rejection for an answer that is none, and for one that is no manifest or does not say of which type it is.
    pub fn describe(
        resource: &Resource,
        digest: &Digest,
        answer: CheckedAnswer,
    ) -> Result<Descriptor, Rejection> {
        let refused = |error: &FetchError| Rejection::from_fetch(resource, error);
        let malformed = |detail: String| refused(&FetchError::Malformed { detail });
        let manifest = answer.map_err(|error| refused(&error))?;
        Self::read(&manifest.bytes, manifest.media_type.as_ref())
            .map_err(|error| malformed(error.to_string()))?
            .descriptor(digest, manifest.bytes.len())
            .ok_or_else(|| malformed("neither it nor its server says what it is".to_owned()))
    }

    /// The descriptor of the manifest with this digest and so many bytes. Returns `None` if neither it nor its server
    /// says what it is.
    #[must_use]
    pub fn descriptor(&self, digest: &Digest, bytes: usize) -> Option<Descriptor> {
        let size = u64::try_from(bytes).unwrap_or(u64::MAX);
        let media_type = self.media_type.clone()?;
        Some(Descriptor::new(media_type, digest.clone(), size))
    }
}

/// What is in an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexOutline {
    /// How many manifests it lists.
    pub manifests: usize,
    /// The platforms of the first of them that name one, each once.
    pub platforms: Vec<String>,
    /// The first of them that names its platform: that, and its digest. `None` if the digest cannot be read.
    pub first: Option<(String, Digest)>,
}

/// Why a document is neither a manifest nor an index.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OutlineError {
    /// It has the members of a manifest and those of an index.
    #[error("it is a manifest and an index at once: it has `{manifest}` and `manifests`")]
    Both {
        /// The member of a manifest.
        manifest: &'static str,
    },
    /// Its media type says one thing, and what is in it another.
    #[error("its media type is {media_type}, but it has `{member}`")]
    Content {
        /// The media type.
        media_type: MediaType,
        /// The member that does not belong there.
        member: &'static str,
    },
    /// It is not the JSON of one.
    #[error("not the JSON of a manifest or index")]
    Json,
    /// A member is there twice, or under a name that some programs take for another one.
    #[error("it has a member that some programs read as `{member}` and others do not")]
    Member {
        /// The name as it should be.
        member: &'static str,
    },
    /// It was served as something else than it says it is.
    #[error("its media type is {media_type}, but it was served as {served}")]
    Served {
        /// The media type that the document names.
        media_type: MediaType,
        /// The media type that it was served under.
        served: MediaType,
    },
    /// It is of a version that is not known.
    #[error("a manifest of an unknown schema version")]
    Version,
}

impl Outline {
    /// Reads a manifest or index that was served under the media type `served`.
    ///
    /// # Errors
    /// [`OutlineError`], also if any two of its media type, its header and its content disagree on what it is.
    pub fn read(bytes: &[u8], served: Option<&MediaType>) -> Result<Self, OutlineError> {
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let (deciding, index) = deserializer
            .deserialize_map(MembersVisitor)
            .and_then(|found| deserializer.end().map(|()| found))
            .map_err(|_| OutlineError::Json)?;
        Ok(Self {
            media_type: deciding.agreed(served)?,
            index,
        })
    }
}

/// Reads the deciding members, and of the list what an outline has.
struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = (Deciding, Option<IndexOutline>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a manifest or index")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut found, mut index) = (Deciding::default(), None);
        let mut seen: Vec<&'static str> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let Some(member) = Deciding::named(&name) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if name != member || seen.contains(&member) {
                found.ambiguous = Some(member);
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            seen.push(member);
            match member {
                "schemaVersion" => found.schema_version = Some(map.next_value()?),
                "mediaType" => {
                    found.typed(&map.next_value::<Option<String>>()?.unwrap_or_default());
                }
                "manifests" => {
                    found.is_index = true;
                    index = Some(map.next_value_seed(Manifests)?);
                }
                // Present is present, also with `null`: programs differ on what that means.
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    found.of_manifest = found.of_manifest.or(Some(member));
                }
            }
        }
        Ok((found, index))
    }
}

/// Reads the list of an index without keeping it.
struct Manifests;

impl<'de> DeserializeSeed<'de> for Manifests {
    type Value = IndexOutline;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<IndexOutline, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Manifests {
    type Value = IndexOutline;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of manifests")
    }

    fn visit_unit<E>(self) -> Result<IndexOutline, E> {
        Ok(IndexOutline::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<IndexOutline, A::Error> {
        let mut outline = IndexOutline::default();
        while let Some(entry) = list.next_element::<Entry>()? {
            outline.manifests += 1;
            let named = entry.platform.and_then(|platform| platform.name());
            if let (Some(name), true) = (&named, outline.platforms.is_empty()) {
                let digest = entry.digest.as_str().and_then(|text| text.parse().ok());
                outline.first = digest.map(|digest| (name.clone(), digest));
            }
            if let Some(name) = named
                && outline.platforms.len() < LISTED
                && !outline.platforms.contains(&name)
            {
                outline.platforms.push(name);
            }
        }
        Ok(outline)
    }
}

#[derive(serde::Deserialize)]
struct Entry {
    #[serde(default)]
    platform: Option<Platform>,
    /// Of whatever form it is: it says something to people and decides nothing.
    #[serde(default)]
    digest: serde_json::Value,
}

#[derive(serde::Deserialize)]
struct Platform {
    #[serde(default)]
    os: Option<String>,
    #[serde(default)]
    architecture: Option<String>,
    #[serde(default)]
    variant: Option<String>,
}

impl Platform {
    /// The name for people. An attestation is listed as `unknown/unknown`, which is none.
    fn name(self) -> Option<String> {
        let parts = [self.os, self.architecture, self.variant];
        let parts: Vec<String> = parts
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .collect();
        let name = parts.join("/");
        let is_plain = name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
        (is_plain && !name.is_empty() && name.len() <= MAX_PLATFORM && name != "unknown/unknown")
            .then_some(name)
    }
}

#[cfg(test)]
mod tests;
