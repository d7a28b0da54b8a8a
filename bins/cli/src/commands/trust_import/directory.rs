//! The trust directory of another client: `tuf/<name of the collection>/metadata/<role>.json`.
//!
//! What lies in it decides what will be trusted, and it may have been unpacked from anywhere: links are not followed,
//! and everything is bounded.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use bytes::Bytes;
use doorward::notary::RoleName;
use doorward_core::Repository;

use crate::failure::{Failure, Outcome};
use crate::trust::MAX_ROOT;

/// The folder with metadata, beside that with private keys.
const TUF: &str = "tuf";
/// The folder with the files of one collection.
const METADATA: &str = "metadata";
/// The most folders and files that are looked at, and how deep they may lie: more collections than one client has.
const MAX_ENTRIES: usize = 20_000;
const MAX_DEPTH: usize = 32;
/// The most bytes of one file below the root, and of all files of one collection: the bounds that verification has.
const MAX_FILE: usize = 10 << 20;
const MAX_COLLECTION: usize = 16 << 20;

/// A trust directory.
pub(super) struct Directory {
    tuf: PathBuf,
}

/// The files of one collection, unverified.
pub(super) struct Collection {
    /// Its name, or the place whose path is none.
    pub(super) gun: Result<Repository, String>,
    pub(super) files: Result<Files, String>,
    /// What was passed over.
    pub(super) remarks: Vec<String>,
}

pub(super) struct Files {
    pub(super) root: Bytes,
    pub(super) others: BTreeMap<RoleName, Bytes>,
}

impl Directory {
    /// The trust directory at `path`.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn open(path: &Path) -> Outcome<Self> {
        let tuf = path.join(TUF);
        if !is_folder(&tuf) {
            let text = format!(
                "{} has no folder {TUF:?}, so it is no trust directory",
                path.display()
            );
            return Err(Failure::invalid(anyhow::anyhow!(text)).with_hint(
                "Docker's client keeps it in ~/.docker/trust, the notary client in ~/.notary",
            ));
        }
        Ok(Self { tuf })
    }

    /// All collections, in the order of their names.
    ///
    /// # Errors
    /// When a folder cannot be read, or there are too many.
    pub(super) fn collections(&self) -> Outcome<Vec<Collection>> {
        let mut places = Vec::new();
        let mut seen = 0;
        self.search(&self.tuf, 0, &mut seen, &mut places)
            .with_context(|| format!("cannot search {}", self.tuf.display()))
            .map_err(Failure::invalid)?;
        places.sort();
        Ok(places.iter().map(|place| self.named(place)).collect())
    }

    /// The collection of this name.
    pub(super) fn at(&self, gun: &Repository) -> Collection {
        // The parts of a repository's name are no names of parent folders.
        self.read(Ok(gun.clone()), &self.tuf.join(gun.to_string()))
    }

    fn search(
        &self,
        folder: &Path,
        depth: usize,
        seen: &mut usize,
        places: &mut Vec<PathBuf>,
    ) -> Result<()> {
        ensure!(
            depth < MAX_DEPTH,
            "folders are nested more than {MAX_DEPTH} deep"
        );
        if is_file(&folder.join(METADATA).join("root.json")) {
            places.push(folder.to_owned());
        }
        for entry in std::fs::read_dir(folder)? {
            *seen += 1;
            ensure!(
                *seen <= MAX_ENTRIES,
                "there are more than {MAX_ENTRIES} entries"
            );
            let entry = entry?;
            // The type is that of the entry itself: links are passed over.
            if entry.file_type()?.is_dir() {
                self.search(&entry.path(), depth + 1, seen, places)?;
            }
        }
        Ok(())
    }

    fn named(&self, place: &Path) -> Collection {
        let path = place.strip_prefix(&self.tuf).unwrap_or(place);
        let name = path.to_str().unwrap_or_default();
        let gun = match name.parse::<Repository>() {
            // A short name is completed when a person types it. A client writes it in full.
            Ok(gun) if gun.to_string() == name => Ok(gun),
            _ => Err(path.display().to_string()),
        };
        self.read(gun, place)
    }

    fn read(&self, gun: Result<Repository, String>, place: &Path) -> Collection {
        let mut remarks = Vec::new();
        let folder = place.join(METADATA);
        let files = files(&folder, &mut remarks)
            .with_context(|| format!("cannot read {}", folder.display()))
            .map_err(|error| format!("{error:#}"));
        Collection {
            gun,
            files,
            remarks,
        }
    }
}

fn is_folder(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

fn is_file(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
}

/// The root and every other file that is called like a role.
fn files(folder: &Path, remarks: &mut Vec<String>) -> Result<Files> {
    ensure!(is_folder(folder), "there is no such folder");
    let root = read(&folder.join("root.json"), MAX_ROOT)?;
    let mut paths = Vec::new();
    let mut seen = 0;
    list(folder, 0, &mut seen, &mut paths)?;
    paths.sort();
    let mut total = root.len();
    let mut others = BTreeMap::new();
    for path in paths {
        let name = path.strip_prefix(folder)?.to_str().unwrap_or_default();
        let role = match name.strip_suffix(".json").map(str::parse::<RoleName>) {
            Some(Ok(RoleName::Root)) => continue,
            Some(Ok(role)) => role,
            _ => {
                remarks.push(format!(
                    "passed over, not called like a role: {}",
                    path.display()
                ));
                continue;
            }
        };
        let bytes = read(&path, MAX_FILE)?;
        total += bytes.len();
        ensure!(
            total <= MAX_COLLECTION,
            "its files have more than {} MiB",
            MAX_COLLECTION >> 20
        );
        others.insert(role, bytes);
    }
    Ok(Files { root, others })
}

fn list(folder: &Path, depth: usize, seen: &mut usize, paths: &mut Vec<PathBuf>) -> Result<()> {
    ensure!(
        depth < MAX_DEPTH,
        "folders are nested more than {MAX_DEPTH} deep"
    );
    for entry in std::fs::read_dir(folder)? {
        *seen += 1;
        ensure!(
            *seen <= MAX_ENTRIES,
            "there are more than {MAX_ENTRIES} entries"
        );
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(&entry.path(), depth + 1, seen, paths)?;
        } else if kind.is_file() {
            paths.push(entry.path());
        }
    }
    Ok(())
}

fn read(path: &Path, limit: usize) -> Result<Bytes> {
    let name = path.file_name().unwrap_or_default().display();
    if !is_file(path) {
        bail!("{name} is not there, or no plain file");
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit as u64 + 1).read_to_end(&mut bytes))
        .with_context(|| format!("{name}"))?;
    ensure!(bytes.len() <= limit, "{name} is longer than {limit} bytes");
    Ok(bytes.into())
}

#[cfg(test)]
mod tests;
