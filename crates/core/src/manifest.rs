//! Image manifests: what one image, or one artifact, consists of.

use std::collections::BTreeMap;

use crate::document::{Document, DocumentError, MAX_BYTES};
use crate::{Descriptor, Descriptors, MediaType};

/// An image manifest (OCI image specification, "Image Manifest", or Docker's schema 2). Artifacts have the same form,
/// and say in `subject` what they belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Manifest {
    /// The media type, as the document says or else as it was served.
    pub media_type: Option<MediaType>,
    /// The type of the artifact, if it says so. See [`Self::effective_artifact_type`].
    pub artifact_type: Option<MediaType>,
    /// The configuration.
    pub config: Descriptor,
    /// The layers, or whatever else it consists of, each entry read by itself.
    pub layers: Descriptors,
    /// What it refers to.
    pub subject: Option<Descriptor>,
    /// Free annotations.
    pub annotations: BTreeMap<String, String>,
}

impl Manifest {
    /// The largest manifest, in bytes.
    pub const MAX_BYTES: usize = MAX_BYTES;

    /// Reads a manifest that was served under the media type `served`. Members that are not known are ignored.
    ///
    /// If its media type, its header and its content disagree on what it is, that is refused as by
    /// [`Outline::read`](crate::Outline::read). Beyond that no object may have a member twice, and what is read may not
    /// be there under another spelling.
    ///
    /// # Errors
    /// [`DocumentError`]; not for malformed layers, which stay in their places.
    pub fn parse(bytes: &[u8], served: Option<&MediaType>) -> Result<Self, DocumentError> {
        let document = Document::parse(bytes, served)?;
        Ok(Self {
            config: document.config()?,
            layers: document.list("layers")?,
            media_type: document.media_type,
            artifact_type: document.artifact_type,
            subject: document.subject,
            annotations: document.annotations?,
        })
    }

    /// The type that a registry lists it under: the one it names, else that of its configuration (OCI distribution
    /// specification, "Listing Referrers").
    #[must_use]
    pub fn effective_artifact_type(&self) -> &MediaType {
        self.artifact_type
            .as_ref()
            .unwrap_or(&self.config.media_type)
    }
}

#[cfg(test)]
mod tests;
