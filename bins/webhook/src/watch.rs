//! Files that are read again when they change.
//!
//! Kubernetes replaces a mounted Secret or ConfigMap by swapping a symbolic link, which notification interfaces
//! report about the wrong file or not at all. So files are looked at every few seconds, through their links.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// What tells one state of a set of files from another, without reading them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp(Vec<(PathBuf, Option<Print>)>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Print {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl From<Metadata> for Print {
    fn from(metadata: Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

impl Stamp {
    /// The stamp of these files as they are now. A file that is missing is part of the state.
    #[must_use]
    pub fn of(files: &[PathBuf]) -> Self {
        let stamp = |file: &PathBuf| (file.clone(), fs::metadata(file).ok().map(Print::from));
        Self(files.iter().map(stamp).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swapped_link_changes_the_stamp() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for version in ["..1", "..2"] {
            fs::create_dir(at(version)).unwrap();
            fs::write(at(version).join("p.yaml"), "same").unwrap();
        }
        std::os::unix::fs::symlink("..1", at("..data")).unwrap();
        std::os::unix::fs::symlink("..data/p.yaml", at("p.yaml")).unwrap();
        let before = Stamp::of(&[at("p.yaml")]);
        assert_eq!(before, Stamp::of(&[at("p.yaml")]));
        std::os::unix::fs::symlink("..2", at("..next")).unwrap();
        fs::rename(at("..next"), at("..data")).unwrap();
        assert_ne!(before, Stamp::of(&[at("p.yaml")]));
    }

    #[test]
    fn a_rewrite_of_the_same_length_and_a_removal_change_the_stamp() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("p.yaml");
        fs::write(&file, "aaaa").unwrap();
        let before = Stamp::of(std::slice::from_ref(&file));
        std::thread::sleep(std::time::Duration::from_millis(20));
        fs::write(&file, "bbbb").unwrap();
        let after = Stamp::of(std::slice::from_ref(&file));
        assert_ne!(before, after);
        fs::remove_file(&file).unwrap();
        assert_ne!(after, Stamp::of(&[file]));
    }
}
