//! What refers to an image: signatures, bills of materials, reports.

use std::collections::BTreeMap;

use crate::descriptor::{annotations, artifact_type, present, spelled};
use crate::document::{self, Document};
use crate::{Descriptor, Descriptors, DocumentError, MediaType};

/// A manifest that refers to another one by its `subject`, read from its own bytes (OCI image specification,
/// "Image Manifest", "Image Index", member `subject`).
///
/// What a list of referrers says about it is a hint: lists under a tag are written by everybody who may push.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Referrer {
    /// The type of the artifact: the one it names, else that of its configuration (OCI distribution specification,
    /// "Listing Referrers"). `None` if it says nothing at all.
    pub artifact_type: Option<MediaType>,
    /// What it consists of.
    pub content: Content,
    /// Free annotations. None if they cannot be read: nothing depends on them, and tools put text of others there.
    pub annotations: BTreeMap<String, String>,
}

/// What a referrer consists of, each entry read by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// Blobs of an artifact manifest of the release candidates of OCI 1.1, which has no configuration.
    Blobs(Descriptors),
    /// An image manifest: its configuration and its layers.
    Image {
        /// The configuration.
        config: Descriptor,
        /// The layers.
        layers: Descriptors,
    },
    /// Manifests, of an index.
    Manifests(Descriptors),
}

/// Why a document is not a referrer of an image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReferrerError {
    /// It cannot be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// It has no subject.
    #[error("it refers to nothing: it has no `subject`")]
    NoSubject,
    /// It refers to something else.
    #[error("it refers to {found}, not to {expected}")]
    Other {
        /// Digest, size and media type of the image.
        expected: String,
        /// The same of what it refers to.
        found: String,
    },
}

impl Referrer {
    /// The largest referrer, in bytes.
    pub const MAX_BYTES: usize = document::MAX_BYTES;

    /// Reads what was served under the media type `served`, and sees to it that it refers to `subject`: that digest, that
    /// size and that media type.
    ///
    /// Stricter than the specification, which compares nothing, because a list may name what refers to another image.
    ///
    /// # Errors
    /// [`ReferrerError`]; not for malformed entries of what it consists of, which stay in their places.
    pub fn parse(
        bytes: &[u8],
        served: Option<&MediaType>,
        subject: &Descriptor,
    ) -> Result<Self, ReferrerError> {
        let (found, referrer) = Self::of_anything(bytes, served)?;
        let core = |descriptor: &Descriptor| {
            let Descriptor {
                digest,
                size,
                media_type,
                ..
            } = descriptor;
            format!("{digest} of {size} bytes, {media_type}")
        };
        if (&found.digest, found.size, &found.media_type)
            != (&subject.digest, subject.size, &subject.media_type)
        {
            return Err(ReferrerError::Other {
                expected: core(subject),
                found: core(&found),
            });
        }
        Ok(referrer)
    }

    /// Reads a referrer, no matter what it refers to: that, and what it is. For showing; what decides about an image
    /// goes through [`Self::parse`].
    ///
    /// # Errors
    /// [`ReferrerError`].
    pub fn of_anything(
        bytes: &[u8],
        served: Option<&MediaType>,
    ) -> Result<(Descriptor, Self), ReferrerError> {
        let read = Read::of(bytes, served)?;
        let subject = read.subject.ok_or(ReferrerError::NoSubject)?;
        Ok((subject, read.referrer))
    }
}

/// A document that may be a referrer.
struct Read {
    subject: Option<Descriptor>,
    referrer: Referrer,
}

impl Read {
    fn of(bytes: &[u8], served: Option<&MediaType>) -> Result<Self, DocumentError> {
        if let Some(artifact) = Self::artifact(bytes, served)? {
            return Ok(artifact);
        }
        let document = Document::parse(bytes, served)?;
        let content = if document.is_index {
            Content::Manifests(document.list("manifests")?)
        } else {
            Content::Image {
                config: document.config()?,
                layers: document.list("layers")?,
            }
        };
        let config_type = match &content {
            Content::Image { config, .. } => Some(config.media_type.clone()),
            Content::Blobs(_) | Content::Manifests(_) => None,
        };
        Ok(Self {
            subject: document.subject,
            referrer: Referrer {
                artifact_type: document.artifact_type.or(config_type),
                content,
                annotations: document.annotations.unwrap_or_default(),
            },
        })
    }

    /// An artifact manifest of the release candidates of OCI 1.1, which has `blobs` and no schema version. Returns `None`
    /// if it is something else.
    ///
    /// It must say so itself, must not have been served as anything else, and has no member of the other kinds, so that no
    /// program can take it for an image.
    fn artifact(bytes: &[u8], served: Option<&MediaType>) -> Result<Option<Self>, DocumentError> {
        if served.is_some_and(|served| *served != MediaType::OCI_ARTIFACT) {
            return Ok(None);
        }
        let json = document::json(bytes)?;
        let says = present(&json, "mediaType").and_then(|value| value.as_str());
        let is_artifact = says == Some(MediaType::OCI_ARTIFACT.as_str());
        if !is_artifact && served.is_none() {
            return Ok(None);
        }
        let own = |member| move |error| DocumentError::Descriptor { member, error };
        let members = json.as_object().unwrap_or_default();
        for member in [
            "mediaType",
            "blobs",
            "artifactType",
            "subject",
            "annotations",
        ] {
            spelled(members, &[member]).map_err(own(member))?;
        }
        let foreign = ["manifests", "config", "layers", "fsLayers"]
            .iter()
            .any(|member| spelled(members, &[member]).is_err() || json.get(member).is_some());
        if !is_artifact || foreign {
            return Err(DocumentError::Kind {
                expected: "artifact manifest",
            });
        }
        let blobs = present(&json, "blobs").map_or(Some(Descriptors::default()), |blobs| {
            Descriptors::from_json(blobs)
        });
        Ok(Some(Self {
            subject: present(&json, "subject")
                .map(Descriptor::from_json)
                .transpose()
                .map_err(own("subject"))?,
            referrer: Referrer {
                artifact_type: artifact_type(&json).map_err(own("artifactType"))?,
                content: Content::Blobs(blobs.ok_or(DocumentError::List {
                    member: "blobs",
                    limit: Descriptors::MAX,
                })?),
                annotations: annotations(&json).unwrap_or_default(),
            },
        }))
    }
}

#[cfg(test)]
mod tests;
