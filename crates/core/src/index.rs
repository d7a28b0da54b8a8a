//! Image indexes: lists of manifests.

use std::collections::BTreeMap;

use crate::document::{Document, DocumentError, MAX_BYTES};
use crate::text::one_line;
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

    /// The annotation by which a list that was put together from several says what it lacks, as the text of an
    /// [`Incomplete`].
    pub const INCOMPLETE: &str = "dev.doorward.referrers.incomplete";

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
        let manifests = document.list("manifests")?;
        Self::of(document, manifests)
    }

    /// As [`Self::parse`], of what lists more than [`Descriptors::MAX`] manifests too: only the first are read, and it
    /// is [incomplete](Self::incomplete). For lists that everybody who may push can add to.
    ///
    /// # Errors
    /// [`DocumentError`].
    pub fn parse_first(bytes: &[u8], served: Option<&MediaType>) -> Result<Self, DocumentError> {
        let document = Document::parse(bytes, served)?;
        if !document.is_index {
            return Err(DocumentError::Kind {
                expected: "image index",
            });
        }
        let (manifests, is_cut) = document.first_of("manifests")?;
        let mut index = Self::of(document, manifests)?;
        if is_cut {
            let name = Self::INCOMPLETE.to_owned();
            index.annotations.insert(name, Incomplete::TooLong.into());
        }
        Ok(index)
    }

    fn of(document: Document, manifests: Descriptors) -> Result<Self, DocumentError> {
        Ok(Self {
            manifests,
            media_type: document.media_type,
            artifact_type: document.artifact_type,
            subject: document.subject,
            annotations: document.annotations?,
        })
    }

    /// What the list lacks by its own word. An index that somebody wrote may claim that too: it makes nothing good, and
    /// only what is not found in it is then not known.
    #[must_use]
    pub fn incomplete(&self) -> Option<Incomplete> {
        let text = self.annotations.get(Self::INCOMPLETE)?;
        Some(if text.as_str() == Incomplete::TOO_LONG {
            Incomplete::TooLong
        } else {
            Incomplete::Malformed {
                detail: one_line(text, 200),
            }
        })
    }
}

/// What a list lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incomplete {
    /// A part of it could not be read.
    Malformed {
        /// What was wrong with it.
        detail: String,
    },
    /// It has more entries, pages or bytes than are read.
    TooLong,
}

impl Incomplete {
    const TOO_LONG: &str = "too long";
}

impl From<Incomplete> for String {
    fn from(incomplete: Incomplete) -> Self {
        match incomplete {
            Incomplete::Malformed { detail } => detail,
            Incomplete::TooLong => Incomplete::TOO_LONG.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
