//! Reading what `-f` names: files, directories, standard input.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::failure::{Failure, Outcome};
use crate::streams;

/// The name of standard input in messages.
pub(crate) const STDIN: &str = "standard input";
/// The most bytes of one file. etcd holds objects of at most 1.5 MiB; a list of many of them fits.
const MAX_FILE: u64 = 16 << 20;
/// The most files under one directory, and how deep they may lie.
const MAX_FILES: usize = 10_000;
const MAX_DEPTH: usize = 32;

/// A text and the name it is known by in messages.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Everything that `paths` name, in order; the files of a directory in the order of their paths.
///
/// Of a directory, files called `*.yaml`, `*.yml` and `*.json` are read, also those of its subdirectories. What
/// begins with a dot is passed over, which is right for editors' leavings and for mounted ConfigMaps. `except` is
/// passed over too: the configuration file may lie among the policies.
///
/// # Errors
/// When something cannot be read or is too large.
pub(crate) fn read(paths: &[PathBuf], except: Option<&Path>) -> Outcome<Vec<Source>> {
    let mut sources = Vec::new();
    let mut stdin_read = false;
    for path in paths {
        if path.as_os_str() == "-" {
            if std::mem::replace(&mut stdin_read, true) {
                return Err(Failure::usage("standard input can be read only once"));
            }
            sources.push(Source {
                name: STDIN.to_owned(),
                bytes: streams::input()?,
            });
            continue;
        }
        let mut files = Vec::new();
        list(path, 0, &mut files)
            .with_context(|| format!("cannot read {}", path.display()))
            .map_err(Failure::invalid)?;
        for file in files {
            if except.is_some_and(|except| same(except, &file)) {
                continue;
            }
            sources.push(Source {
                name: file.display().to_string(),
                bytes: read_file(&file)?,
            });
        }
    }
    Ok(sources)
}

/// One file, whole.
///
/// # Errors
/// When it cannot be read or is larger than a policy can be.
pub(crate) fn read_file(path: &Path) -> Outcome<Vec<u8>> {
    let read = || -> Result<Vec<u8>> {
        let size = std::fs::metadata(path)?.len();
        ensure!(
            size <= MAX_FILE,
            "the file is larger than {} MiB",
            MAX_FILE >> 20
        );
        Ok(std::fs::read(path)?)
    };
    read()
        .with_context(|| format!("cannot read {}", path.display()))
        .map_err(Failure::invalid)
}

fn same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn list(path: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    if !std::fs::metadata(path)?.is_dir() {
        ensure!(
            files.len() < MAX_FILES,
            "there are more than {MAX_FILES} files"
        );
        files.push(path.to_owned());
        return Ok(());
    }
    ensure!(
        depth < MAX_DEPTH,
        "directories are nested more than {MAX_DEPTH} deep"
    );
    let mut entries = std::fs::read_dir(path)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    entries.sort();
    for entry in entries {
        let hidden = entry
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let document = entry.extension().is_some_and(|extension| {
            ["yaml", "yml", "json"]
                .iter()
                .any(|known| extension == *known)
        });
        if !hidden && (document || entry.is_dir()) {
            list(&entry, depth + 1, files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_read_in_order_without_hidden_and_foreign_files() {
        let root = tempfile::tempdir().expect("a directory");
        for (name, text) in [
            ("b.yaml", "b"),
            ("a/deep.yml", "deep"),
            ("c.json", "c"),
            (".hidden.yaml", "hidden"),
            ("..data/d.yaml", "data"),
            ("README.md", "readme"),
            ("doorward.yaml", "settings"),
        ] {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        let except = root.path().join("doorward.yaml");
        let sources = read(&[root.path().to_owned()], Some(&except)).expect("readable");
        let texts: Vec<_> = sources
            .iter()
            .map(|source| String::from_utf8_lossy(&source.bytes).into_owned())
            .collect();
        assert_eq!(texts, ["deep", "b", "c"]);
    }

    #[test]
    fn a_file_named_outright_is_read_whatever_it_is_called() {
        let root = tempfile::tempdir().expect("a directory");
        let path = root.path().join("policy.txt");
        std::fs::write(&path, "x").expect("written");
        assert_eq!(read(&[path], None).expect("readable").len(), 1);
    }

    #[test]
    fn a_missing_file_is_an_invalid_input_not_an_internal_fault() {
        let failure = read(&["/nonexistent/policy.yaml".into()], None).expect_err("missing");
        assert_eq!(failure.exit(), doorward::Exit::Invalid);
    }
}
