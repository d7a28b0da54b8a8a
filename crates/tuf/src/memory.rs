//! The folder that remembers what was verified, so that a repository cannot go back.
//!
//! During a load, files are written one by one and in place. A crash in between must neither tear one nor make what
//! was remembered look like nothing. So the load works on a copy, and what it leaves is taken over afterwards: each
//! file whole or not at all, and only if it is what its name says. The folder can make a load fail; it cannot make one
//! succeed, because every root is followed from the one that the caller gave.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use doorward_core::Timestamp;
use tempfile::{NamedTempFile, TempDir};
use tough::schema::{self, Role, Root, Signed};

use crate::documents::versioned;
use crate::{TufError, chain};

const SNAPSHOT: &str = "snapshot.json";
const TIMESTAMP: &str = "timestamp.json";
/// What `tough` calls the time of its last load.
const TIME: &str = "latest_known_time.json";
/// The largest file that is read back. What was written came out of documents of at most 1 MiB by default.
const MAX_KEPT: u64 = 16 << 20;
/// How the names of the copies begin.
const COPY: &str = "load-";

/// The folder, held for one load.
pub(crate) struct Memory {
    folder: PathBuf,
    copy: TempDir,
    trusted: Signed<Root>,
    bytes: Vec<u8>,
    // Released when the file is closed, also if the process ends in the middle of a load.
    _lock: File,
}

/// The metadata of a load that went well, as `tough` holds it.
pub(crate) struct Verified {
    pub(crate) snapshot: Vec<u8>,
    pub(crate) timestamp: Vec<u8>,
}

impl Memory {
    /// Holds the folder, which is made if it does not exist, and follows the roots in it from the given one (TUF
    /// 1.0.34, 5.2, and 5.3.4 for each). Stricter than 5.2, which trusts what is stored, because others may write
    /// there.
    pub(crate) fn open(folder: &Path, given: &[u8]) -> Result<Self, TufError> {
        let mut trusted = chain::parse_given(given)?;
        std::fs::create_dir_all(folder).map_err(at(folder))?;
        let lock = lock(folder)?;
        let highest = survey(folder)?;

        let mut bytes = given.to_vec();
        let kept = read(&folder.join(root_name(trusted.signed.version.get())))?;
        if kept.is_some_and(|kept| {
            serde_json::from_slice::<Signed<Root>>(&kept)
                .map_or(true, |kept| kept.signed != trusted.signed)
        }) {
            return Err(TufError::FolderForeign {
                version: trusted.signed.version.get(),
            });
        }
        while trusted.signed.version.get() < highest {
            let version = trusted.signed.version.get().saturating_add(1);
            let foreign = TufError::FolderForeign { version };
            bytes = read(&folder.join(root_name(version)))?.ok_or_else(|| foreign.clone())?;
            trusted = chain::next(&trusted, &bytes).ok_or(foreign)?;
        }

        let copy = tempfile::Builder::new()
            .prefix(COPY)
            .tempdir_in(folder)
            .map_err(at(folder))?;
        for name in [TIMESTAMP, SNAPSHOT, TIME] {
            let path = folder.join(name);
            let Some(bytes) = read(&path)? else { continue };
            if !is_what_its_name_says(name, &bytes, None) {
                return Err(TufError::Folder {
                    path,
                    detail: "it does not hold what was written into it".to_owned(),
                });
            }
            std::fs::write(copy.path().join(name), bytes).map_err(at(copy.path()))?;
        }
        Ok(Self {
            folder: folder.to_path_buf(),
            copy,
            trusted,
            bytes,
            _lock: lock,
        })
    }

    /// The newest root that is remembered, or the given one.
    pub(crate) fn root(&self) -> &[u8] {
        &self.bytes
    }

    /// Where `tough` may write.
    pub(crate) fn copy(&self) -> &Path {
        self.copy.path()
    }

    /// Takes over what a load has verified, also one that failed later on (TUF 1.0.34, 5.3.8, 5.4.5, 5.5.7).
    pub(crate) fn keep(
        &self,
        roots: &BTreeMap<u64, Bytes>,
        verified: Option<&Verified>,
    ) -> Result<(), TufError> {
        let mut newest = self.trusted.clone();
        let mut newer = Vec::new();
        while let Some(bytes) = roots.get(&newest.signed.version.get().saturating_add(1))
            && let Some(root) = chain::next(&newest, bytes)
        {
            newer.push((root.signed.version.get(), bytes));
            newest = root;
        }
        let mut left = Vec::new();
        for name in [TIMESTAMP, SNAPSHOT, TIME] {
            let bytes = match (name, verified) {
                (TIMESTAMP, Some(verified)) => Some(verified.timestamp.clone()),
                (SNAPSHOT, Some(verified)) => Some(verified.snapshot.clone()),
                _ => read(&self.copy.path().join(name))?,
            };
            left.push((name, bytes));
        }
        // Timestamp and snapshot are forgotten when their keys change, to recover from versions that a thief of the
        // old keys raised (TUF 1.0.34, 5.3.11). They go before the roots come: after a crash in between, the roots
        // are fetched again and the step is repeated.
        for (name, bytes) in &left {
            if bytes.is_none() {
                remove(&self.folder.join(name))?;
            }
        }
        for (version, bytes) in newer {
            self.write(&root_name(version), bytes)?;
        }
        for (name, bytes) in left {
            // Delegated roles choose their names, which in a repository without consistent snapshots may be that of
            // one of these files. Then what was remembered stays.
            if let Some(bytes) = bytes
                && is_what_its_name_says(name, &bytes, Some(&newest.signed))
            {
                self.write(name, &bytes)?;
            }
        }
        Ok(())
    }

    /// Replaces a file at once.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), TufError> {
        let path = self.folder.join(name);
        let mut file = NamedTempFile::new_in(self.copy.path()).map_err(at(&path))?;
        file.write_all(bytes).map_err(at(&path))?;
        file.as_file().sync_all().map_err(at(&path))?;
        file.persist(&path)
            .map_err(|error| at(&path)(error.error))?;
        Ok(())
    }
}

fn root_name(version: u64) -> String {
    format!("{version}.root.json")
}

fn lock(folder: &Path) -> Result<File, TufError> {
    let path = folder.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(TufError::FolderInUse {
            path: folder.to_path_buf(),
        }),
        Err(TryLockError::Error(error)) => Err(at(&path)(error)),
    }
}

/// The highest version of a root in the folder, or zero. Copies that a process left when it was killed are removed.
fn survey(folder: &Path) -> Result<u64, TufError> {
    let mut highest = 0;
    for entry in std::fs::read_dir(folder).map_err(at(folder))? {
        let entry = entry.map_err(at(folder))?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        if let Some(version) = versioned(name, "root.json") {
            highest = highest.max(version);
        } else if name.starts_with(COPY) {
            std::fs::remove_dir_all(entry.path()).map_err(at(&entry.path()))?;
        }
    }
    Ok(highest)
}

/// Whether the bytes are of the kind that a file of this name holds and, given a root, signed as it demands.
fn is_what_its_name_says(name: &str, bytes: &[u8], root: Option<&Root>) -> bool {
    fn signed<T: Role + serde::de::DeserializeOwned>(bytes: &[u8], root: Option<&Root>) -> bool {
        serde_json::from_slice::<Signed<T>>(bytes)
            .is_ok_and(|role| root.is_none_or(|root| root.verify_role(&role).is_ok()))
    }
    match name {
        SNAPSHOT => signed::<schema::Snapshot>(bytes, root),
        TIMESTAMP => signed::<schema::Timestamp>(bytes, root),
        _ => serde_json::from_slice::<String>(bytes)
            .is_ok_and(|text| text.parse::<Timestamp>().is_ok()),
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, TufError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(at(path))?,
    };
    let mut bytes = Vec::new();
    file.take(MAX_KEPT.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(at(path))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_KEPT {
        return Err(TufError::Folder {
            path: path.to_path_buf(),
            detail: format!("it is larger than {MAX_KEPT} bytes"),
        });
    }
    Ok(Some(bytes))
}

fn remove(path: &Path) -> Result<(), TufError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
}

fn at(path: &Path) -> impl Fn(std::io::Error) -> TufError + '_ {
    move |error| TufError::Folder {
        path: path.to_path_buf(),
        detail: error.to_string(),
    }
}
