//! Folders of recorded cases, with many small files in few archives.

mod archive;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

/// What the name of an archive ends with.
const SUFFIX: &str = ".cases";

/// The files of a folder of cases, by their paths below it with `/` between the parts.
///
/// A file `NAME.cases` is an archive and stands for the folder `NAME`. Archives and plain files may lie side by side:
/// what is in neither or in both looks the same to a test. [`Cases::archived`] writes an archive.
///
/// ```no_run
/// let cases = doorward_testkit::Cases::open("tests/vectors");
/// let document = cases.read("ok-rsa-pss/case.json").expect("the case is there");
/// for name in cases.folders() {
///     println!("{name}");
/// }
/// # let _ = document;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cases {
    files: Arc<BTreeMap<String, Bytes>>,
}

impl Cases {
    /// Reads everything in a folder.
    ///
    /// # Panics
    /// If the folder or something in it cannot be read, and if a file is there twice.
    #[must_use]
    pub fn open(folder: impl AsRef<Path>) -> Self {
        let mut files = BTreeMap::new();
        collect(folder.as_ref(), "", &mut files);
        Self {
            files: Arc::new(files),
        }
    }

    /// The content of a file.
    #[must_use]
    pub fn read(&self, path: &str) -> Option<&Bytes> {
        self.files.get(path)
    }

    /// The paths of all files, in alphabetical order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The folders at the top, in alphabetical order.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        let mut last = "";
        self.paths()
            .filter_map(|path| path.split_once('/'))
            .filter_map(move |(folder, _)| {
                let new = folder != last;
                last = folder;
                new.then_some(folder)
            })
    }

    /// The files in a folder, however deep, by their paths below it.
    #[must_use]
    pub fn below(&self, folder: &str) -> Self {
        let files = self.files.iter().filter_map(|(path, content)| {
            let path = path.strip_prefix(folder)?.strip_prefix('/')?;
            Some((path.to_owned(), content.clone()))
        });
        Self {
            files: Arc::new(files.collect()),
        }
    }

    /// Whether nothing is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// These without the files that `others` have as well.
    ///
    /// # Panics
    /// If the content of one differs.
    #[must_use]
    pub fn without(&self, others: &Self) -> Self {
        let files = self.files.iter().filter(|(path, content)| {
            let other = others.read(path);
            assert!(
                other.is_none_or(|other| other == *content),
                "{path} differs"
            );
            other.is_none()
        });
        Self {
            files: Arc::new(
                files
                    .map(|(path, content)| (path.clone(), content.clone()))
                    .collect(),
            ),
        }
    }

    /// The archive of these files.
    ///
    /// It is text. Equal files give equal bytes, a content that is there several times is written once, and what is
    /// not plain text is in base64.
    #[must_use]
    pub fn archived(&self) -> String {
        archive::write(&self.files)
    }

    /// Writes the files below a folder.
    ///
    /// # Errors
    /// If a folder or a file cannot be written.
    pub fn unpack(&self, folder: &Path) -> std::io::Result<()> {
        for (path, content) in self.files.iter() {
            let path = folder.join(path);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(path, content)?;
        }
        Ok(())
    }
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Bytes>) {
    let unreadable = |error: std::io::Error| -> ! { panic!("{}: {error}", folder.display()) };
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| unreadable(error));
    for entry in entries {
        let path = entry.unwrap_or_else(|error| unreadable(error)).path();
        let name = path
            .file_name()
            .and_then(std::ffi::OsStr::to_str)
            .unwrap_or_else(|| panic!("{}: the name is not UTF-8", path.display()));
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), files);
            continue;
        }
        let content = std::fs::read(&path).unwrap_or_else(|error| unreadable(error));
        match name.strip_suffix(SUFFIX) {
            None => insert(files, format!("{prefix}{name}"), content.into()),
            Some(stem) => {
                let read = archive::read(&content)
                    .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                for (path, content) in read {
                    insert(files, format!("{prefix}{stem}/{path}"), content);
                }
            }
        }
    }
}

fn insert(files: &mut BTreeMap<String, Bytes>, path: String, content: Bytes) {
    assert!(!files.contains_key(&path), "{path} is there twice");
    files.insert(path, content);
}
