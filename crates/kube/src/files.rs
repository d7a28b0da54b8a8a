//! Manifests on disk.
//!
//! What lies in a directory of policies is somebody else's: a pipe would keep a reader waiting for ever, a link may
//! lead in a circle, a file may have no end. So only regular files are read, without waiting, and within bounds.

use std::collections::HashSet;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Bounds on reading manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileLimits {
    /// The most bytes of one file. etcd holds objects of at most 1.5 MiB; a list of many of them fits.
    pub bytes: u64,
    /// The most files under all paths together.
    pub files: usize,
    /// How deep directories may be nested.
    pub depth: usize,
    /// The most names that are looked at in directories, whatever they are.
    pub names: usize,
}

impl Default for FileLimits {
    fn default() -> Self {
        Self {
            bytes: 16 << 20,
            files: 10_000,
            depth: 32,
            names: 100_000,
        }
    }
}

/// Why a file cannot be read. A lowercase fragment without the name of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The operating system refuses.
    #[error("{detail}")]
    Io {
        /// What kind of refusal it is.
        kind: io::ErrorKind,
        /// Its words.
        detail: String,
    },
    /// It is a pipe, a socket, a device or a directory.
    #[error("not a regular file")]
    NotRegular,
    /// It, or the directory, is larger than is read.
    #[error("more than {limit} {unit}")]
    TooLarge {
        /// The bound.
        limit: u64,
        /// What it counts.
        unit: &'static str,
    },
}

impl FileError {
    /// Whether the name stands for nothing that could hold a document: nothing at all, as a link that leads nowhere
    /// does, or something that is no file.
    #[must_use]
    pub const fn is_no_file(&self) -> bool {
        matches!(
            self,
            Self::NotRegular
                | Self::Io {
                    kind: io::ErrorKind::NotFound,
                    ..
                }
        )
    }
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        Self::Io {
            kind: error.kind(),
            detail: error.to_string(),
        }
    }
}

/// The files that `paths` stand for, in a fixed order: a file is itself, a directory is the manifests under it
/// (`.yaml`, `.yml`, `.json`). Names that start with a dot are passed over; Kubernetes keeps its own links there.
///
/// Links are followed, as mounted ConfigMaps and Secrets need, but no directory is entered twice. What cannot be read
/// below one of the paths is in the list, so that reading it says why.
///
/// # Errors
/// If one of `paths` does not exist or cannot be listed, or if there is more than `limits` allow; with the path.
pub fn manifests(
    paths: &[PathBuf],
    limits: &FileLimits,
) -> Result<Vec<PathBuf>, (PathBuf, FileError)> {
    let mut listing = Listing {
        limits,
        files: Vec::new(),
        entered: HashSet::new(),
        names: 0,
    };
    for path in paths {
        listing.root(path).map_err(|error| (path.clone(), error))?;
    }
    listing.files.dedup();
    Ok(listing.files)
}

struct Listing<'l> {
    limits: &'l FileLimits,
    files: Vec<PathBuf>,
    /// Directories, by what they are and not by how they are called.
    entered: HashSet<PathBuf>,
    names: usize,
}

impl Listing<'_> {
    fn root(&mut self, path: &Path) -> Result<(), FileError> {
        if fs::metadata(path)?.is_dir() {
            self.entered.clear();
            self.directory(path, 0)
        } else {
            self.file(path.to_owned())
        }
    }

    fn file(&mut self, path: PathBuf) -> Result<(), FileError> {
        if self.files.len() >= self.limits.files {
            return Err(too_large(self.limits.files, "files"));
        }
        self.files.push(path);
        Ok(())
    }

    fn directory(&mut self, path: &Path, depth: usize) -> Result<(), FileError> {
        if depth > self.limits.depth {
            return Err(too_large(self.limits.depth, "levels of directories"));
        }
        if !self.entered.insert(fs::canonicalize(path)?) {
            return Ok(());
        }
        let mut found = Vec::new();
        for entry in fs::read_dir(path)? {
            self.names += 1;
            if self.names > self.limits.names {
                return Err(too_large(self.limits.names, "names"));
            }
            found.push(entry?.path());
        }
        found.sort();
        for path in found {
            let hidden = path
                .file_name()
                .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
            if hidden {
                continue;
            }
            if path.is_dir() {
                match self.directory(&path, depth + 1) {
                    Err(FileError::Io { .. }) => self.file(path)?,
                    other => other?,
                }
            } else if is_manifest(&path) {
                self.file(path)?;
            }
        }
        Ok(())
    }
}

fn too_large(limit: usize, unit: &'static str) -> FileError {
    FileError::TooLarge {
        limit: limit as u64,
        unit,
    }
}

fn is_manifest(file: &Path) -> bool {
    file.extension().is_some_and(|e| {
        ["yaml", "yml", "json"]
            .iter()
            .any(|known| e.eq_ignore_ascii_case(known))
    })
}

/// The bytes of a regular file of at most `limit` bytes.
///
/// # Errors
/// If it is none, is larger, or cannot be read. A pipe that nobody writes to is no reason to wait.
pub fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let file = open(path)?;
    // What was opened is what is asked: the name may lead elsewhere by now.
    let metadata = file.metadata()?;
    regular(&metadata)?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(FileError::TooLarge {
            limit,
            unit: "bytes",
        });
    }
    Ok(bytes)
}

fn regular(metadata: &Metadata) -> Result<(), FileError> {
    if metadata.is_file() {
        Ok(())
    } else if metadata.is_dir() {
        Err(FileError::Io {
            kind: io::ErrorKind::IsADirectory,
            detail: "a directory that cannot be listed".to_owned(),
        })
    } else {
        Err(FileError::NotRegular)
    }
}

#[cfg(unix)]
fn open(path: &Path) -> Result<File, FileError> {
    use std::os::unix::fs::OpenOptionsExt;

    // Opening a socket or some devices fails for reasons of their own, or does something.
    regular(&fs::metadata(path)?)?;
    Ok(OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(path)?)
}

#[cfg(not(unix))]
fn open(path: &Path) -> Result<File, FileError> {
    regular(&fs::metadata(path)?)?;
    Ok(OpenOptions::new().read(true).open(path)?)
}

#[cfg(test)]
mod tests;
