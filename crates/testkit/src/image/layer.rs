//! Layers.

use std::io::Write as _;

use bytes::Bytes;
use doorward_core::{Digest, MediaType};

use super::{Blob, ImageFormat};

const OCI_TAR: MediaType = MediaType::from_static("application/vnd.oci.image.layer.v1.tar");
const DOCKER_TAR_GZIP: MediaType =
    MediaType::from_static("application/vnd.docker.image.rootfs.diff.tar.gzip");

/// One layer of an image: a tar archive, or any bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    content: Bytes,
    is_tar: bool,
}

impl Layer {
    /// A tar archive with these files, owned by root, mode 644, dated 1970.
    ///
    /// # Panics
    /// If a path is empty, absolute, or longer than a tar header takes.
    #[must_use]
    pub fn files<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut archive = tar::Builder::new(Vec::new());
        for (path, content) in files {
            let mut header = tar::Header::new_ustar();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_uid(0);
            header.set_gid(0);
            header.set_mtime(0);
            header.set_entry_type(tar::EntryType::Regular);
            archive
                .append_data(&mut header, path, content)
                .expect("a test layer has short relative paths");
        }
        let content = archive
            .into_inner()
            .expect("writing to memory cannot fail")
            .into();
        Self {
            content,
            is_tar: true,
        }
    }

    /// Exactly these bytes, whatever they are. A runtime could not unpack them; a verifier never looks.
    #[must_use]
    pub fn raw(bytes: impl Into<Bytes>) -> Self {
        Self {
            content: bytes.into(),
            is_tar: false,
        }
    }

    /// The digest of the content before compression, which the configuration lists.
    pub(super) fn diff_id(&self) -> Digest {
        Digest::sha256(&self.content)
    }

    /// The layer as it lies in a registry. Docker's format has compressed layers only.
    pub(super) fn blob(&self, format: ImageFormat) -> Blob {
        match format {
            ImageFormat::Oci => Blob::new(OCI_TAR, self.content.clone()),
            ImageFormat::Docker if self.is_tar => Blob::new(DOCKER_TAR_GZIP, gzip(&self.content)),
            ImageFormat::Docker => Blob::new(DOCKER_TAR_GZIP, self.content.clone()),
        }
    }
}

/// A gzip stream of stored blocks: no compressor's taste can change a digest.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(Vec::new(), flate2::Compression::none());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .expect("writing to memory cannot fail")
}
