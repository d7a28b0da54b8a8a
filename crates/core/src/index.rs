//! Image indexes: lists of manifests.

use std::collections::BTreeMap;

use crate::document::{Document, DocumentError, MAX_BYTES};
use crate::{Descriptor, Descriptors, MediaType};

/// An image index (OCI image specification, "Image Index") or a manifest list of Docker: the platforms of an image, or
/// what refers to one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Index {
    /// The media type, as the document says or else as it was served.
    pub media_type: Option<MediaType>,
    /// The type of the artifact, if it is one.
    pub artifact_type: Option<MediaType>,
    /// What it refers to.
    pub subject: Option<Descriptor>,
    /// What it lists, each entry read by itself.
    pub manifests: Descriptors,
    /// Free annotations.
    pub annotations: BTreeMap<String, String>,
}

impl Index {
    /// The largest index, in bytes.
    pub const MAX_BYTES: usize = MAX_BYTES;

    /// Reads an index that was served under the media type `served`. Members that are not known are ignored.
    ///
    /// If its media type, its header and its content disagree on what it is, that is refused as by
    /// [`Outline::read`](crate::Outline::read). Beyond that no object may have a member twice, and what is read may not
    /// be there under another spelling.
    ///
    /// # Errors
    /// [`DocumentError`]; not for malformed entries of the list, which stay in their places.
    pub fn parse(bytes: &[u8], served: Option<&MediaType>) -> Result<Self, DocumentError> {
        let document = Document::parse(bytes, served)?;
        if !document.is_index {
            return Err(DocumentError::Kind {
                expected: "image index",
            });
        }
        Ok(Self {
            manifests: document.list("manifests")?,
            media_type: document.media_type,
            artifact_type: document.artifact_type,
            subject: document.subject,
            annotations: document.annotations,
        })
    }
}

#[cfg(test)]
mod tests;
