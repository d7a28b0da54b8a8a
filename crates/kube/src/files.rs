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
    /// It is a link, and there is nothing where it leads.
    #[error("a link to {target}, where there is nothing")]
    LeadsNowhere {
        /// What the link says.
        target: String,
    },
    /// It is a directory that is called like a manifest, and no manifest lies in it: what is made of a file that was
    /// to be mounted and is not there.
    #[error("a directory that is called like a manifest and holds none")]
    NoManifest,
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
    /// Whether the name stands for something that holds no document: it is a pipe, a socket or a device. A link that
    /// leads nowhere is none of these: what belongs there may be a policy.
    #[must_use]
    pub const fn is_no_file(&self) -> bool {
        matches!(self, Self::NotRegular)
    }

    /// Whether there is nothing under the name, not even a link.
    #[must_use]
    pub const fn is_gone(&self) -> bool {
        matches!(
            self,
            Self::Io {
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

/// What lies under some paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing {
    /// The files, in a fixed order. [`FileLimits::files`] is not applied.
    pub files: Vec<PathBuf>,
    /// The directories of which it is not known what lies in them, and what may be one: none of their files is listed.
    /// Each with the reason.
    pub unlisted: Vec<(PathBuf, FileError)>,
    /// What is not called like a manifest, up to 100 names.
    pub passed_over: Vec<PathBuf>,
}

impl Listing {
    /// The files, if all of them are known. A directory that cannot be listed is among them, so that reading it says
    /// why.
    ///
    /// # Errors
    /// If there is more than `limits` allow; with the path.
    pub fn whole(
        mut self,
        limits: &FileLimits,
    ) -> Result<Vec<PathBuf>, (Option<PathBuf>, FileError)> {
        for (path, error) in self.unlisted {
            if matches!(error, FileError::TooLarge { .. } | FileError::NoManifest) {
                return Err((Some(path), error));
            }
            self.files.push(path);
        }
        if self.files.len() > limits.files {
            return Err((None, too_large(limits.files, "files")));
        }
        Ok(self.files)
    }
}

/// The files that `paths` stand for, in a fixed order: a file is itself, a directory is the manifests under it
/// (`.yaml`, `.yml`, `.json`). Names that start with a dot are passed over, since Kubernetes keeps its own links there,
/// and so is `lost+found` of a volume.
///
/// Links are followed, as mounted ConfigMaps and Secrets need, but no directory is entered twice. What cannot be looked
/// at may be a policy, or a directory of them: if it is called like a manifest it is among the files, so that reading it
/// says why, else among what is unlisted. A link that leads nowhere is of this kind, and the mount point of a file
/// system that does not answer. Unlisted is also one of `paths` that is neither a file nor a directory, and a directory
/// that is called like a manifest and holds none: a file or a directory of policies may have stood there.
///
/// # Errors
/// If one of `paths` does not exist or cannot be listed for another reason than its size; with the path.
pub fn list(paths: &[PathBuf], limits: &FileLimits) -> Result<Listing, (PathBuf, FileError)> {
    let mut walk = Walk {
        limits,
        found: Listing::default(),
        entered: HashSet::new(),
        names: 0,
    };
    for path in paths {
        walk.root(path).map_err(|error| (path.clone(), error))?;
    }
    walk.found.files.dedup();
    Ok(walk.found)
}

/// What no volume is without, and nobody but its owner may list.
const LOST_AND_FOUND: &str = "lost+found";
/// The most names of a [`Listing`] that are passed over and told.
const MAX_PASSED_OVER: usize = 100;

struct Walk<'l> {
    limits: &'l FileLimits,
    found: Listing,
    /// Directories, by what they are and not by how they are called.
    entered: HashSet<PathBuf>,
    names: usize,
}

impl Walk<'_> {
    fn root(&mut self, path: &Path) -> Result<(), FileError> {
        let there = fs::metadata(path)?;
        if there.is_file() {
            self.found.files.push(path.to_owned());
            return Ok(());
        }
        if !there.is_dir() {
            self.unlisted(path, FileError::NotRegular);
            return Ok(());
        }
        self.entered.clear();
        match self.directory(path, 0) {
            Err(error @ (FileError::TooLarge { .. } | FileError::NoManifest)) => {
                self.unlisted(path, error);
            }
            other => return other,
        }
        Ok(())
    }

    fn unlisted(&mut self, path: &Path, why: FileError) {
        self.found.unlisted.push((path.to_owned(), why));
    }

    /// Lists a directory, or nothing of it.
    fn directory(&mut self, path: &Path, depth: usize) -> Result<(), FileError> {
        if depth > self.limits.depth {
            return Err(too_large(self.limits.depth, "levels of directories"));
        }
        if !self.entered.insert(fs::canonicalize(path)?) {
            return Ok(());
        }
        let mut inside = Vec::new();
        for entry in fs::read_dir(path)? {
            if self.names + inside.len() >= self.limits.names {
                return Err(too_large(self.limits.names, "names"));
            }
            inside.push(entry?.path());
        }
        self.names += inside.len();
        inside.sort();
        let before = self.manifests();
        let is_called_like_one = is_manifest(path);
        for path in inside {
            let hidden = path
                .file_name()
                .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
            if hidden {
                continue;
            }
            match metadata(&path) {
                Ok(there) if there.is_dir() => {
                    if path.ends_with(LOST_AND_FOUND) {
                        continue;
                    }
                    if let Err(error) = self.directory(&path, depth + 1) {
                        self.unlisted(&path, error);
                    }
                }
                // Reading it says what is wrong with it.
                _ if is_manifest(&path) => self.found.files.push(path),
                Ok(_) if self.found.passed_over.len() < MAX_PASSED_OVER => {
                    self.found.passed_over.push(path);
                }
                Ok(_) => {}
                // It was taken away since the directory was read.
                Err(error) if error.is_gone() => {}
                // Whatever its name: it may be a directory of policies.
                Err(error) => self.unlisted(&path, error),
            }
        }
        if is_called_like_one && self.manifests() == before {
            return Err(FileError::NoManifest);
        }
        Ok(())
    }

    /// How many manifests are known, or may lie where nothing is.
    const fn manifests(&self) -> usize {
        self.found.files.len() + self.found.unlisted.len()
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

fn metadata(path: &Path) -> Result<Metadata, FileError> {
    fs::metadata(path).map_err(|error| match fs::read_link(path) {
        Ok(target) if error.kind() == io::ErrorKind::NotFound => FileError::LeadsNowhere {
            target: target.display().to_string(),
        },
        _ => error.into(),
    })
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
    regular(&metadata(path)?)?;
    Ok(OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(path)?)
}

#[cfg(not(unix))]
fn open(path: &Path) -> Result<File, FileError> {
    regular(&metadata(path)?)?;
    Ok(OpenOptions::new().read(true).open(path)?)
}

#[cfg(test)]
mod tests;
