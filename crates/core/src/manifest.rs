//! Whether a document is an image manifest or an index, and never both.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::{Digest, MediaType};

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
        let found = deserializer
            .deserialize_map(MembersVisitor)
            .and_then(|found| deserializer.end().map(|()| found))
            .map_err(|_| OutlineError::Json)?;
        if let Some(member) = found.ambiguous {
            return Err(OutlineError::Member { member });
        }
        if found.schema_version != Some(2) {
            return Err(OutlineError::Version);
        }
        if let (Some(_), Some(manifest)) = (&found.index, found.of_manifest) {
            return Err(OutlineError::Both { manifest });
        }
        let served = served.filter(|served| !says_nothing(served));
        if let (Some(media_type), Some(served)) = (&found.media_type, served)
            && media_type != served
        {
            return Err(OutlineError::Served {
                media_type: media_type.clone(),
                served: served.clone(),
            });
        }
        let media_type = found.media_type.or_else(|| served.cloned());
        if let Some(media_type) = &media_type {
            let stray = if media_type.is_index() {
                found.of_manifest
            } else {
                found.index.as_ref().map(|_| "manifests")
            };
            if let Some(member) = stray {
                return Err(OutlineError::Content {
                    media_type: media_type.clone(),
                    member,
                });
            }
        }
        Ok(Self {
            media_type,
            index: found.index,
        })
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

/// The members that decide what a document is.
const DECIDING: [&str; 7] = [
    "schemaVersion",
    "mediaType",
    "manifests",
    "config",
    "layers",
    "fsLayers",
    "blobs",
];

/// The deciding member that a program which ignores case takes `name` for. Some fold beyond ASCII, so that the long
/// s and the Kelvin sign are letters like others.
fn deciding(name: &str) -> Option<&'static str> {
    let folded: String = name
        .chars()
        .map(|c| match c {
            'ſ' => 's',
            '\u{212a}' => 'k',
            other => other.to_ascii_lowercase(),
        })
        .collect();
    DECIDING
        .into_iter()
        .find(|member| member.eq_ignore_ascii_case(&folded))
}

/// The deciding members of a document.
#[derive(Default)]
struct Members {
    schema_version: Option<u64>,
    media_type: Option<MediaType>,
    index: Option<IndexOutline>,
    of_manifest: Option<&'static str>,
    ambiguous: Option<&'static str>,
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a manifest or index")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut found = Members::default();
        let mut seen: Vec<&'static str> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let Some(member) = deciding(&name) else {
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
                    // An empty one is how some writers say that there is none.
                    let text = map.next_value::<Option<String>>()?.unwrap_or_default();
                    found.media_type = (!text.is_empty()).then(|| MediaType::new(&text));
                }
                "manifests" => found.index = Some(map.next_value_seed(Manifests)?),
                // Present is present, also with `null`: programs differ on what that means.
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    found.of_manifest = found.of_manifest.or(Some(member));
                }
            }
        }
        Ok(found)
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
