//! OCI image layouts on disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use doorward_core::Digest;
use serde_json::{Value, json};

use super::{Blob, Image};

/// Writes images into a directory in the form of the OCI image layout specification.
///
/// ```
/// # let base = std::env::temp_dir().join(format!("doorward-layout-{}", std::process::id()));
/// use doorward_testkit::{Image, OciLayout};
///
/// let layout = OciLayout::create(&base)?;
/// let digest = layout.push("1.0", &Image::sample("app"))?;
/// assert!(layout.blob_path(&digest).exists());
/// # std::fs::remove_dir_all(&base)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct OciLayout {
    base: PathBuf,
}

impl OciLayout {
    /// Makes an empty layout in `base`, which is made if it is not there. An index that is there is replaced.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn create(base: impl Into<PathBuf>) -> io::Result<Self> {
        let layout = Self { base: base.into() };
        fs::create_dir_all(layout.base.join("blobs/sha256"))?;
        let version = json!({"imageLayoutVersion": "1.0.0"}).to_string();
        fs::write(layout.base.join("oci-layout"), version)?;
        layout.write_index(&[])?;
        Ok(layout)
    }

    /// Adds an image with everything that it refers to, under a tag. Returns its digest.
    ///
    /// # Errors
    /// Those of the file system.
    ///
    /// # Panics
    /// If the layout's index was replaced by something that is not one.
    pub fn push(&self, tag: &str, image: &Image) -> io::Result<Digest> {
        self.write_image(image)?;
        let text = fs::read(self.index_path())?;
        let index: Value = serde_json::from_slice(&text).expect("a layout has a JSON index");
        let mut manifests = index["manifests"]
            .as_array()
            .cloned()
            .expect("a layout's index lists manifests");
        let mut descriptor = image.manifest().descriptor();
        descriptor.annotations.insert(
            "org.opencontainers.image.ref.name".to_owned(),
            tag.to_owned(),
        );
        manifests.push(json!(descriptor));
        self.write_index(&manifests)?;
        Ok(image.digest().clone())
    }

    /// The file of a blob or manifest, whether it exists or not.
    #[must_use]
    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.base
            .join("blobs")
            .join(digest.algorithm().as_str())
            .join(digest.hex())
    }

    /// The file `index.json`.
    #[must_use]
    pub fn index_path(&self) -> PathBuf {
        self.base.join("index.json")
    }

    /// The directory of the layout.
    #[must_use]
    pub fn base(&self) -> &Path {
        &self.base
    }

    fn write_image(&self, image: &Image) -> io::Result<()> {
        for blob in image.blobs() {
            self.write_blob(blob)?;
        }
        for child in image.children() {
            self.write_image(child)?;
        }
        self.write_blob(image.manifest())
    }

    fn write_blob(&self, blob: &Blob) -> io::Result<()> {
        fs::write(self.blob_path(blob.digest()), blob.bytes())
    }

    fn write_index(&self, manifests: &[Value]) -> io::Result<()> {
        let index = json!({
            "manifests": manifests,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "schemaVersion": 2,
        });
        fs::write(self.index_path(), index.to_string())
    }
}
