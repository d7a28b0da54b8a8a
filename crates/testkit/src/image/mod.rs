//! Images made of a few bytes.

mod builder;
mod layer;
mod layout;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use doorward_core::{Descriptor, Digest, MediaType};

pub use builder::{ImageBuilder, IndexBuilder};
pub use layer::Layer;
pub use layout::OciLayout;

/// Which family of media types an image uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ImageFormat {
    /// The OCI image specification.
    #[default]
    Oci,
    /// Docker's image manifest version 2, schema 2.
    Docker,
}

/// Bytes with their media type and digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    media_type: MediaType,
    bytes: Bytes,
    digest: Digest,
}

impl Blob {
    /// Content of a type. The digest is SHA-256.
    #[must_use]
    pub fn new(media_type: MediaType, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            digest: Digest::sha256(&bytes),
            media_type,
            bytes,
        }
    }

    /// The media type.
    #[must_use]
    pub const fn media_type(&self) -> &MediaType {
        &self.media_type
    }

    /// The content.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The digest of the content.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// A descriptor of the content.
    #[must_use]
    pub fn descriptor(&self) -> Descriptor {
        let size = self.bytes.len() as u64;
        Descriptor::new(self.media_type.clone(), self.digest.clone(), size)
    }
}

/// A complete image: a manifest with its blobs, or an index with its images.
///
/// Equal inputs give equal bytes and so equal digests, in this version and later ones.
///
/// ```
/// use doorward_testkit::{Image, ImageBuilder};
///
/// let image = ImageBuilder::new().file("etc/motd", "hello").build();
/// assert_eq!(image, ImageBuilder::new().file("etc/motd", "hello").build());
/// assert_ne!(image, Image::sample("another"));
/// println!("{} has {} blobs", image.digest(), image.blobs().len());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    manifest: Blob,
    blobs: Vec<Blob>,
    children: Vec<Self>,
}

impl Image {
    /// A small OCI image for `linux/amd64` whose only file says `name`. Different names give different digests.
    #[must_use]
    pub fn sample(name: &str) -> Self {
        ImageBuilder::new().file("name", name).build()
    }

    /// An image from a manifest of any form and the blobs it speaks of. Nothing is checked: artifacts of other
    /// kinds and malformed manifests are made this way.
    #[must_use]
    pub fn from_manifest(
        media_type: MediaType,
        manifest: impl Into<Bytes>,
        blobs: impl IntoIterator<Item = Blob>,
    ) -> Self {
        Self {
            manifest: Blob::new(media_type, manifest),
            blobs: blobs.into_iter().collect(),
            children: Vec::new(),
        }
    }

    /// The digest of the manifest or index: the digest of the image.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        self.manifest.digest()
    }

    /// The manifest or index.
    #[must_use]
    pub const fn manifest(&self) -> &Blob {
        &self.manifest
    }

    /// Configuration and layers; none for an index.
    #[must_use]
    pub fn blobs(&self) -> &[Blob] {
        &self.blobs
    }

    /// The images of an index, in its order; none for a single image.
    #[must_use]
    pub fn children(&self) -> &[Self] {
        &self.children
    }
}
