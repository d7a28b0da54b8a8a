//! Files that the program runs on.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::snapshot::{Snapshot, SnapshotBuilder};
use crate::tls::TlsFiles;
use crate::watch::{Stamp, manifests};

/// The largest file that is read. A Kubernetes object has 1.5 MiB at most.
const MAX_FILE: u64 = 16 << 20;
/// The most that all policy files may have together.
const MAX_FILES: usize = 64 << 20;

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
    /// If a path does not exist or cannot be listed.
    pub fn stamp(&self) -> Result<(Stamp, Vec<PathBuf>)> {
        let files = manifests(&self.paths).map_err(|(path, error)| {
            anyhow::Error::new(error).context(path.display().to_string())
        })?;
        Ok((Stamp::of(&files), files))
    }

    /// Reads and compiles `files`.
    ///
    /// # Errors
    /// If a file cannot be read, or does not hold Kubernetes objects. A policy object with an error is no error
    /// here: its entries deny.
    pub fn read(&self, files: &[PathBuf]) -> Result<Snapshot> {
        let mut builder = SnapshotBuilder::default();
        let mut total = 0;
        for file in files {
            let bytes = read(file)?;
            total += bytes.len();
            if total > MAX_FILES {
                bail!("the policy files have more than {MAX_FILES} bytes together");
            }
            builder.add(&file.display().to_string(), &bytes)?;
        }
        Ok(builder.build())
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

/// The bytes of a file of reasonable size.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes))
        .with_context(|| format!("cannot read {}", path.display()))?;
    if bytes.len() as u64 > MAX_FILE {
        bail!("{} has more than {MAX_FILE} bytes", path.display());
    }
    Ok(bytes)
}
