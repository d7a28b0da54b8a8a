//! A store in the file system.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use doorward_core::Digest;

use super::signature_path;

/// Writes signatures into a directory as `skopeo` and `podman` do, for stores named by a `file:` URL.
///
/// ```
/// # let base = std::env::temp_dir().join(format!("doorward-doc-{}", std::process::id()));
/// use doorward_core::Digest;
/// use doorward_testkit::LookasideDirectory;
///
/// let store = LookasideDirectory::new(&base);
/// let path = store.put("team/app", &Digest::sha256(b"manifest"), b"signature")?;
/// assert!(path.ends_with("signature-1"));
/// # std::fs::remove_dir_all(&base)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LookasideDirectory {
    base: PathBuf,
}

impl LookasideDirectory {
    /// A store below `base`, which is made when first written to.
    #[must_use]
    pub fn new(base: impl Into<PathBuf>) -> Self {
        Self { base: base.into() }
    }

    /// The store's URL, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("file://{}", self.base.display())
    }

    /// The file of a signature, whether it exists or not. `repository` is the path without the registry.
    #[must_use]
    pub fn path(&self, repository: &str, digest: &Digest, number: usize) -> PathBuf {
        self.base.join(signature_path(repository, digest, number))
    }

    /// Stores a signature under the next free number. Returns its file.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn put(&self, repository: &str, digest: &Digest, blob: &[u8]) -> io::Result<PathBuf> {
        let mut number = 1;
        while self.path(repository, digest, number).exists() {
            number += 1;
        }
        self.put_at(repository, digest, number, blob)
    }

    /// Stores a signature under a number, numbered from 1. Returns its file.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn put_at(
        &self,
        repository: &str,
        digest: &Digest,
        number: usize,
        blob: &[u8],
    ) -> io::Result<PathBuf> {
        let path = self.path(repository, digest, number);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, blob)?;
        Ok(path)
    }

    /// The directory that the store lies in.
    #[must_use]
    pub fn base(&self) -> &Path {
        &self.base
    }
}
