//! Bundles of sigstore that are given beside what registries have.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use doorward_kube::files::read_regular;

use crate::failure::{Failure, Outcome};
use crate::files::named;

/// The most files of all paths together.
const MAX_FILES: usize = 1024;
/// The most bytes of all files together: as many as a decision may fetch.
const MAX_BYTES: u64 = 32 << 20;
/// The most names of a directory that are looked at.
const MAX_NAMES: usize = 10_000;
/// What files with bundles are called.
const SUFFIXES: [&str; 3] = [".json", ".jsonl", ".sigstore"];

/// Which bundles are given.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Access")]
pub(crate) struct BundleArgs {
    /// Try the bundles of sigstore in this file too, or in the files of this directory, beside what the registry has
    ///
    /// A bundle in JSON, or several, one a line, as `gh attestation download` writes them; of a directory, what is called
    /// *.json, *.jsonl or *.sigstore. Can be repeated. A bundle counts for the image that it names and if the policy
    /// accepts it, no matter who gives it.
    #[arg(long = "bundle", value_name = "FILE|DIR", conflicts_with = "replay")]
    bundles: Vec<PathBuf>,
}

impl BundleArgs {
    /// Whether any are given.
    pub(crate) const fn is_empty(&self) -> bool {
        self.bundles.is_empty()
    }

    /// The files by their names.
    ///
    /// # Errors
    /// When one that is named cannot be read, or there is more than is read.
    pub(crate) fn read(&self) -> Outcome<BTreeMap<String, Vec<u8>>> {
        let mut files = BTreeMap::new();
        let mut left = MAX_BYTES;
        for path in &self.bundles {
            let found = if path.is_dir() {
                listed(path).map(|found| found.into_iter().map(|file| (file, true)).collect())
            } else {
                Ok(vec![(path.clone(), false)])
            };
            let found: Vec<(PathBuf, bool)> = found.map_err(Failure::invalid)?;
            for (file, is_listed) in found {
                let name = file.display().to_string();
                // A file that is named outright may be a pipe.
                let bytes = match is_listed {
                    true => read_regular(&file, left).map_err(anyhow::Error::new),
                    false => named::read(&file, left),
                };
                let bytes = bytes
                    .with_context(|| format!("cannot read the bundle {name}"))
                    .map_err(Failure::invalid)?;
                left = left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
                files.insert(name, bytes);
                if files.len() > MAX_FILES {
                    let error = anyhow!("there are more than {MAX_FILES} files with bundles");
                    return Err(Failure::invalid(error));
                }
            }
        }
        Ok(files)
    }
}

/// The files of a directory that are called as bundles are, in the order of their names.
fn listed(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let unreadable = || format!("cannot read {}", directory.display());
    let mut found = Vec::new();
    for (count, entry) in fs::read_dir(directory)
        .with_context(unreadable)?
        .enumerate()
    {
        if count == MAX_NAMES {
            return Err(anyhow!(
                "{} has more than {MAX_NAMES} names",
                directory.display()
            ));
        }
        let entry = entry.with_context(unreadable)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_called_so = SUFFIXES.iter().any(|suffix| name.ends_with(suffix));
        if is_called_so && !name.starts_with('.') && entry.path().is_file() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> Outcome<BTreeMap<String, Vec<u8>>> {
        BundleArgs {
            bundles: vec![path.to_owned()],
        }
        .read()
    }

    #[test]
    fn of_a_directory_what_is_called_as_a_bundle_is_read_and_nothing_below_it() {
        let root = tempfile::tempdir().expect("a directory");
        for name in [
            "b.json",
            "a.jsonl",
            "c.sigstore",
            "README.md",
            ".hidden.json",
        ] {
            fs::write(root.path().join(name), name).expect("written");
        }
        fs::create_dir(root.path().join("below.json")).expect("made");
        let files = read(root.path()).map_err(|_| ()).expect("files");
        let names: Vec<_> = files.values().cloned().collect();
        assert_eq!(names, [&b"a.jsonl"[..], b"b.json", b"c.sigstore"]);
    }

    #[test]
    fn a_file_that_is_named_is_read_whatever_it_is_called_and_must_be_there() {
        let root = tempfile::tempdir().expect("a directory");
        let file = root.path().join("signature");
        fs::write(&file, "x").expect("written");
        assert_eq!(read(&file).map_err(|_| ()).expect("it").len(), 1);
        assert!(read(&root.path().join("none.json")).is_err());
    }

    #[test]
    fn more_than_is_read_is_refused() {
        let root = tempfile::tempdir().expect("a directory");
        for number in 0..=MAX_FILES {
            fs::write(root.path().join(format!("{number}.json")), "").expect("written");
        }
        assert!(read(root.path()).is_err());
        let large = root.path().join("large");
        let file = fs::File::create(&large).expect("a file");
        file.set_len(MAX_BYTES + 1).expect("grown");
        assert!(read(&large).is_err());
    }
}
