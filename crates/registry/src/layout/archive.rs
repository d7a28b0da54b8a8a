//! A layout in a tar archive: listed once, then read where its members lie.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::compression;
use doorward_core::FetchError;
use tar::EntryType;

/// The most members of an archive.
const MAX_MEMBERS: usize = 1 << 16;
/// The longest name of a member.
const MAX_NAME: usize = 4096;

#[derive(Debug)]
pub(super) struct Archive {
    path: PathBuf,
    /// Where each file begins, and its size, both in bytes.
    members: HashMap<String, (u64, u64)>,
}

/// Why an archive cannot be opened.
pub(super) enum OpenError {
    Invalid(String),
    Io(io::Error),
}

impl Archive {
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let metadata = std::fs::metadata(path).map_err(OpenError::Io)?;
        if !metadata.is_file() {
            return Err(OpenError::Invalid(
                "it is neither a folder nor a file".to_owned(),
            ));
        }
        let mut file = File::open(path).map_err(OpenError::Io)?;
        if let Some(detail) = compression::refusal(&mut file).map_err(OpenError::Io)? {
            return Err(OpenError::Invalid(detail));
        }
        let mut archive = tar::Archive::new(file);
        // The library's own words quote the file, which may hold anything.
        let broken = |_: io::Error| {
            OpenError::Invalid("it is not a tar archive, or a damaged one".to_owned())
        };
        let mut members = HashMap::new();
        for (count, entry) in archive.entries_with_seek().map_err(broken)?.enumerate() {
            if count >= MAX_MEMBERS {
                return Err(OpenError::Invalid("it has too many members".to_owned()));
            }
            let entry = entry.map_err(broken)?;
            match entry.header().entry_type() {
                EntryType::Regular | EntryType::Continuous => {}
                EntryType::Directory | EntryType::XGlobalHeader => continue,
                _ => {
                    return Err(OpenError::Invalid(
                        "it has a member that is neither a file nor a folder".to_owned(),
                    ));
                }
            }
            let name = member_name(&entry.path_bytes()).ok_or_else(|| {
                OpenError::Invalid("it has a member with a path that leads out of it".to_owned())
            })?;
            let place = (entry.raw_file_position(), entry.size());
            // A member that stands beyond the end would only be found out when it is read.
            if place
                .0
                .checked_add(place.1)
                .is_none_or(|end| end > metadata.len())
            {
                return Err(OpenError::Invalid("it is cut off".to_owned()));
            }
            if members.insert(name, place).is_some() {
                return Err(OpenError::Invalid(
                    "it has the same member twice".to_owned(),
                ));
            }
        }
        Ok(Self {
            path: path.to_owned(),
            members,
        })
    }

    pub(super) fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, FetchError> {
        let (position, size) = *self.members.get(path).ok_or(FetchError::NotFound)?;
        let size = usize::try_from(size)
            .ok()
            .filter(|size| *size <= limit)
            .ok_or(FetchError::TooLarge { limit })?;
        let read = || -> io::Result<Vec<u8>> {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(position))?;
            let mut bytes = vec![0; size];
            file.read_exact(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|error| FetchError::Unavailable {
            detail: format!("{}: {error}", self.path.display()),
        })
    }
}

/// The path of a member in its simplest form. Returns `None` if it leads out of the archive or is not text.
fn member_name(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes)
        .ok()
        .filter(|t| t.len() <= MAX_NAME)?;
    let mut parts = Vec::new();
    for component in Path::new(text).components() {
        match component {
            Component::CurDir => {}
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::ParentDir | Component::Prefix(_) | Component::RootDir => return None,
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_stays_in_the_archive() {
        assert_eq!(
            member_name(b"./blobs//sha256/x").as_deref(),
            Some("blobs/sha256/x")
        );
        for name in ["", ".", "./", "/etc/passwd", "../x", "a/../b", "blobs/.."] {
            assert_eq!(member_name(name.as_bytes()), None, "{name:?}");
        }
        assert_eq!(member_name(&[0xff]), None);
        assert_eq!(member_name("a".repeat(MAX_NAME + 1).as_bytes()), None);
    }
}
