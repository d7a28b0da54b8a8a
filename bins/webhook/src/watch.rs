//! Files that are read again when they change.
//!
//! Kubernetes replaces a mounted Secret or ConfigMap by swapping a symbolic link, which notification interfaces
//! report about the wrong file or not at all. So files are looked at every few seconds, through their links.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

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

/// The most files under one directory, and how deep they may lie.
const MAX_FILES: usize = 10_000;
const MAX_DEPTH: usize = 32;

/// The files that `paths` stand for, in a fixed order: a file is itself, a directory is the manifests under it
/// (`.yaml`, `.yml`, `.json`). Names that start with a dot are passed over; Kubernetes keeps its own links there.
///
/// # Errors
/// If a path does not exist or a directory cannot be read or is not of reasonable size.
pub fn manifests(paths: &[PathBuf]) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let mut files = Vec::new();
    for path in paths {
        list(path, 0, &mut files).map_err(|error| (path.clone(), error))?;
    }
    files.dedup();
    Ok(files)
}

fn list(path: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !fs::metadata(path)?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    if depth > MAX_DEPTH || files.len() > MAX_FILES {
        return Err(io::Error::other(
            "too many files, or directories nested too deep",
        ));
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        found.push(entry?.path());
    }
    found.sort();
    for file in found {
        let hidden = file
            .file_name()
            .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && (is_manifest(&file) || file.is_dir()) {
            list(&file, depth + 1, files)?;
        }
    }
    Ok(())
}

fn is_manifest(file: &Path) -> bool {
    file.extension()
        .is_some_and(|e| e == "yaml" || e == "yml" || e == "json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_stands_for_the_manifests_in_it_in_order() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.yaml", "a.json", "c.yml", ".hidden.yaml", "notes.txt"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        fs::create_dir(dir.path().join("d")).unwrap();
        fs::write(dir.path().join("d/e.yaml"), "x").unwrap();
        let found = manifests(&[dir.path().to_owned()]).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|f| f.file_name().unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["a.json", "b.yaml", "c.yml", "e.yaml"]);
    }

    #[test]
    fn a_file_given_by_name_needs_no_suffix_and_a_missing_one_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("policy");
        fs::write(&file, "x").unwrap();
        assert_eq!(manifests(std::slice::from_ref(&file)).unwrap(), [file]);
        assert!(manifests(&[dir.path().join("none")]).is_err());
    }

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
