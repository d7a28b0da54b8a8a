//! Files that the program runs on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use doorward_kube::files::{FileLimits, manifests, read_regular};

use crate::policy_files::Content;
use crate::tls::TlsFiles;
use crate::watch::Stamp;

/// The most that all policy files may have together.
const MAX_TOTAL: usize = 64 << 20;

/// Where policies, Secrets and ServiceAccounts are.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Files and directories.
    pub paths: Vec<PathBuf>,
}

impl Sources {
    /// The files as they are now, and what tells this state from another.
    ///
    /// # Errors
    /// If one of the paths does not exist or cannot be listed.
    pub fn stamp(&self) -> Result<(Stamp, Vec<PathBuf>)> {
        let files = manifests(&self.paths, &FileLimits::default()).map_err(|(path, error)| {
            anyhow::Error::new(error).context(path.display().to_string())
        })?;
        Ok((Stamp::of(&files), files))
    }

    /// What `files` hold. One that cannot be read is no error: what it governs is denied.
    #[must_use]
    pub fn read(&self, files: &[PathBuf]) -> BTreeMap<PathBuf, Content> {
        let mut total = 0_usize;
        files
            .iter()
            .map(|file| {
                let content = match read_regular(file, FileLimits::default().bytes) {
                    Ok(bytes) => {
                        total = total.saturating_add(bytes.len());
                        if total > MAX_TOTAL {
                            Content::Unreadable(format!(
                                "the policy files have more than {MAX_TOTAL} bytes together"
                            ))
                        } else {
                            Content::Text(bytes.into())
                        }
                    }
                    Err(error) if error.is_no_file() => Content::NoFile(error.to_string()),
                    Err(error) => Content::Unreadable(error.to_string()),
                };
                (file.clone(), content)
            })
            .collect()
    }
}

/// Where the serving certificate is.
#[derive(Clone, Debug)]
pub struct TlsPaths {
    /// Certificate and chain.
    pub certificate: PathBuf,
    /// Key.
    pub key: PathBuf,
    /// Authorities of client certificates.
    pub client_authorities: Option<PathBuf>,
}

impl TlsPaths {
    pub(crate) fn all(&self) -> Vec<PathBuf> {
        let mut all = vec![self.certificate.clone(), self.key.clone()];
        all.extend(self.client_authorities.clone());
        all
    }

    /// Reads all of them.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn read(&self) -> Result<TlsFiles> {
        Ok(TlsFiles {
            certificate: read(&self.certificate)?,
            key: read(&self.key)?,
            client_authorities: self.client_authorities.as_deref().map(read).transpose()?,
        })
    }
}

/// The bytes of a regular file of reasonable size.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    read_regular(path, FileLimits::default().bytes)
        .with_context(|| format!("cannot read {}", path.display()))
}
