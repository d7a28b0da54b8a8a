//! Files that the program runs on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use doorward_kube::files::{FileLimits, list, read_regular};

use crate::policy_files::Content;
use crate::tls::TlsFiles;
use crate::watch::Stamp;

/// The most that all policy files may have together.
const MAX_TOTAL: usize = 64 << 20;

/// Where policies, Secrets, ServiceAccounts and Namespaces are.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Files and directories.
    pub paths: Vec<PathBuf>,
}

/// What lies under the paths at one time.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Tells this state of the files from another.
    pub stamp: Stamp,
    /// What is not called like a policy file, up to 100 names.
    pub passed_over: Vec<PathBuf>,
    /// Those that are read, in the order in which they have a right to the bounds.
    files: Vec<PathBuf>,
    /// What cannot be looked into, and why.
    closed: BTreeMap<PathBuf, Content>,
}

impl Sources {
    /// The files as they are now. Of more than are read, those that are `known` come first, in their order, and then
    /// the others in theirs: what others add takes nothing out of force.
    ///
    /// # Errors
    /// If one of the paths does not exist or cannot be listed.
    pub fn list(&self, known: &BTreeSet<PathBuf>) -> Result<Listed> {
        self.list_within(known, &FileLimits::default())
    }

    pub(crate) fn list_within(
        &self,
        known: &BTreeSet<PathBuf>,
        limits: &FileLimits,
    ) -> Result<Listed> {
        let listing = list(&self.paths, limits).map_err(|(path, error)| {
            anyhow::Error::new(error).context(path.display().to_string())
        })?;
        let mut closed: BTreeMap<PathBuf, Content> = listing
            .unlisted
            .into_iter()
            .map(|(path, error)| (path, Content::Unlisted(error.to_string())))
            .collect();
        let (mut files, others): (Vec<PathBuf>, Vec<PathBuf>) = listing
            .files
            .into_iter()
            .partition(|file| known.contains(file));
        files.extend(others);
        if files.len() > limits.files {
            files.truncate(limits.files);
            let beyond = format!("(more than {} files)", limits.files);
            let root = self.paths.first().cloned().unwrap_or_default();
            let why = "what lies beyond the bound is not read".to_owned();
            closed.insert(root.join(beyond), Content::Unreadable(why));
        }
        let listed: BTreeSet<&PathBuf> = files.iter().collect();
        for path in known.iter().filter(|path| !listed.contains(path)) {
            if let Some(why) = other_kind(path) {
                let other = Content::OtherKind(why.to_owned());
                closed.entry(path.clone()).or_insert(other);
            }
        }
        let mut stamped = files.clone();
        stamped.extend(closed.keys().cloned());
        Ok(Listed {
            stamp: Stamp::of(&stamped),
            passed_over: listing.passed_over,
            files,
            closed,
        })
    }
}

/// What stands where a file stood that is not listed, if it is not simply gone.
fn other_kind(path: &Path) -> Option<&'static str> {
    match fs::metadata(path) {
        Ok(there) if there.is_dir() => Some("a directory stands where a file was read"),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            Some("what was the directory of this file is none")
        }
        Ok(_) | Err(_) => None,
    }
}

impl Listed {
    /// What the files hold. One that cannot be read is no error: what it governs is denied.
    #[must_use]
    pub fn read(self) -> BTreeMap<PathBuf, Content> {
        let mut total = 0_usize;
        let mut found = self.closed;
        for file in self.files {
            let content = match read_regular(&file, FileLimits::default().bytes) {
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
                // It was taken away since it was listed.
                Err(error) if error.is_gone() => continue,
                Err(error) if error.is_no_file() => Content::NoFile(error.to_string()),
                Err(error) => Content::Unreadable(error.to_string()),
            };
            found.insert(file, content);
        }
        found
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn within(sources: &Sources, known: &BTreeSet<PathBuf>, files: usize) -> Listed {
        let mut limits = FileLimits::default();
        limits.files = files;
        sources.list_within(known, &limits).unwrap()
    }

    #[test]
    fn files_beyond_the_bound_are_unreadable_and_those_in_force_come_before_new_ones() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name| dir.path().join(name);
        for name in ["a.yaml", "b.yaml", "z.yaml"] {
            fs::write(at(name), "x").unwrap();
        }
        let sources = Sources {
            paths: vec![dir.path().to_owned()],
        };
        let known = BTreeSet::from([at("z.yaml")]);
        let found = within(&sources, &known, 2).read();
        let beyond = at("(more than 2 files)");
        let names: Vec<_> = found.keys().cloned().collect();
        assert_eq!(names, [beyond.clone(), at("a.yaml"), at("z.yaml")]);
        assert!(matches!(found[&beyond], Content::Unreadable(_)));
        assert!(matches!(found[&at("z.yaml")], Content::Text(_)));
        assert_eq!(within(&sources, &known, 3).read().len(), 3);
    }

    #[test]
    fn what_stands_in_place_of_a_known_file_or_of_its_directory_and_is_of_another_kind_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("floors")).unwrap();
        for name in ["floors/a.yaml", "b.yaml", "gone.yaml"] {
            fs::write(at(name), "x").unwrap();
        }
        let sources = Sources {
            paths: vec![dir.path().to_owned()],
        };
        let known: BTreeSet<_> = sources
            .list(&BTreeSet::new())
            .unwrap()
            .read()
            .into_keys()
            .collect();
        fs::remove_dir_all(at("floors")).unwrap();
        fs::write(at("floors"), "").unwrap();
        fs::remove_file(at("b.yaml")).unwrap();
        fs::create_dir(at("b.yaml")).unwrap();
        fs::write(at("b.yaml/c.yaml"), "x").unwrap();
        fs::remove_file(at("gone.yaml")).unwrap();
        let found = sources.list(&known).unwrap().read();
        let names: Vec<_> = found.keys().cloned().collect();
        assert_eq!(names, ["b.yaml", "b.yaml/c.yaml", "floors/a.yaml"].map(at));
        for name in ["b.yaml", "floors/a.yaml"] {
            assert!(
                matches!(found[&at(name)], Content::OtherKind(_)),
                "{found:?}"
            );
        }
        let at_a_start = sources.list(&BTreeSet::new()).unwrap().read();
        assert_eq!(at_a_start.len(), 1, "{at_a_start:?}");
    }

    #[test]
    fn a_link_that_leads_nowhere_is_unreadable_and_its_error_names_the_target() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("floor.yaml");
        std::os::unix::fs::symlink("/mnt/not-there/x", &link).unwrap();
        std::os::unix::fs::symlink("nowhere", dir.path().join("..data")).unwrap();
        let sources = Sources {
            paths: vec![dir.path().to_owned()],
        };
        let found = sources.list(&BTreeSet::new()).unwrap().read();
        assert_eq!(found.len(), 1);
        let Content::Unreadable(why) = &found[&link] else {
            panic!("{found:?}");
        };
        assert!(why.contains("/mnt/not-there/x"), "{why}");
    }
}
