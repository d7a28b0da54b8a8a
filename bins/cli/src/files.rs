//! Reading what `-f` names: files, directories, standard input.

pub(crate) mod named;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use doorward_kube::files::{FileLimits, list, read_regular};

use crate::failure::{Failure, Outcome};
use crate::streams;

/// The name of standard input in messages.
pub(crate) const STDIN: &str = "standard input";

/// A text and the name it is known by in messages.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// What was read, and what was passed over.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) sources: Vec<Source>,
    /// What lies in a directory and is no file, for people.
    pub(crate) notes: Vec<String>,
}

/// Everything that `paths` name, in order; the files of a directory in the order of their paths.
///
/// Of a directory, regular files called `*.yaml`, `*.yml` and `*.json` are read, also those of its subdirectories;
/// others are noted. What begins with a dot is passed over without a word, which is right for editors' leavings and for
/// mounted ConfigMaps. `except` is
/// passed over too: the configuration file may lie among the policies. A path that is [named] outright may be a pipe.
///
/// # Errors
/// When something cannot be read or is too large.
pub(crate) fn read(paths: &[PathBuf], except: Option<&Path>) -> Outcome<Files> {
    let mut read = Files::default();
    let mut stdin_read = false;
    let mut listed = 0;
    let limits = FileLimits::default();
    let except = except.and_then(|path| path.canonicalize().ok());
    let is_excepted =
        |file: &Path| except.is_some() && file.canonicalize().ok().as_ref() == except.as_ref();
    for path in paths {
        if path.as_os_str() == "-" {
            if std::mem::replace(&mut stdin_read, true) {
                return Err(Failure::usage("standard input can be read only once"));
            }
            read.sources.push(Source {
                name: STDIN.to_owned(),
                bytes: streams::input()?,
            });
            continue;
        }
        let named = std::slice::from_ref(path);
        let unreadable = |path: &Path, error| {
            let error = anyhow::Error::new(error);
            Failure::invalid(error.context(format!("cannot read {}", path.display())))
        };
        let listing = list(named, &limits).map_err(|(at, error)| unreadable(&at, error))?;
        let foreign = listing.passed_over.iter().filter(|file| !is_excepted(file));
        read.notes.extend(foreign.map(|file| {
            let name = file.display();
            format!("{name} is passed over: it is not called *.yaml, *.yml or *.json")
        }));
        let files = listing
            .whole(&limits)
            .map_err(|(at, error)| unreadable(at.as_deref().unwrap_or(path), error))?;
        listed += files.len();
        if listed > limits.files {
            let error = anyhow::anyhow!("there are more than {} files", limits.files);
            return Err(Failure::invalid(error));
        }
        for file in files {
            if is_excepted(&file) {
                continue;
            }
            let name = file.display().to_string();
            if file == *path {
                let bytes = read_file(&file)?;
                read.sources.push(Source { name, bytes });
                continue;
            }
            match read_regular(&file, limits.bytes) {
                Ok(bytes) => read.sources.push(Source { name, bytes }),
                Err(error) if error.is_no_file() => {
                    read.notes.push(format!("{name} is passed over: {error}"));
                }
                Err(error) => {
                    let error = anyhow::Error::new(error).context(format!("cannot read {name}"));
                    return Err(Failure::invalid(error));
                }
            }
        }
    }
    Ok(read)
}

/// One file or pipe that was named outright, whole.
///
/// # Errors
/// When it cannot be read, is neither a file nor a pipe with a writer, or is larger than a policy can be.
pub(crate) fn read_file(path: &Path) -> Outcome<Vec<u8>> {
    named::read(path, FileLimits::default().bytes)
        .with_context(|| format!("cannot read {}", path.display()))
        .map_err(Failure::invalid)
}

/// One file that another file names, or that lies in a directory, whole. It may be no pipe: nobody who runs the command
/// handed one over.
///
/// # Errors
/// When it is no regular file, cannot be read, or is larger than a policy can be.
pub(crate) fn read_found(path: &Path) -> Outcome<Vec<u8>> {
    read_regular(path, FileLimits::default().bytes)
        .with_context(|| format!("cannot read {}", path.display()))
        .map_err(Failure::invalid)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::fd::AsRawFd as _;

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
        let read = read(&[root.path().to_owned()], Some(&except)).expect("readable");
        let texts: Vec<_> = read
            .sources
            .iter()
            .map(|source| String::from_utf8_lossy(&source.bytes).into_owned())
            .collect();
        assert_eq!(texts, ["deep", "b", "c"]);
        assert_eq!(read.notes.len(), 1, "{:?}", read.notes);
        assert!(read.notes[0].contains("README.md is passed over"));
    }

    #[test]
    fn the_bound_on_files_holds_over_all_paths_together() {
        let root = tempfile::tempdir().expect("a directory");
        let path = root.path().join("p.yaml");
        std::fs::write(&path, "x").expect("written");
        let limit = FileLimits::default().files;
        let mut paths = vec![path; limit + 1];
        let failure = read(&paths, None).expect_err("too many");
        assert_eq!(failure.exit(), doorward::Exit::Invalid);
        paths.pop();
        assert_eq!(read(&paths, None).expect("enough").sources.len(), limit);
    }

    #[test]
    fn a_file_named_outright_is_read_whatever_it_is_called() {
        let root = tempfile::tempdir().expect("a directory");
        let path = root.path().join("policy.txt");
        std::fs::write(&path, "x").expect("written");
        assert_eq!(read(&[path], None).expect("readable").sources.len(), 1);
    }

    #[test]
    fn a_pipe_in_a_directory_is_passed_over_and_one_that_a_shell_hands_over_is_read() {
        let root = tempfile::tempdir().expect("a directory");
        let pipe = root.path().join("pipe.yaml");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo").success());
        std::fs::write(root.path().join("p.yaml"), "x").expect("written");
        let found = read(&[root.path().to_owned()], None).expect("readable");
        assert_eq!((found.sources.len(), found.notes.len()), (1, 1));
        let failure = read(&[pipe], None).expect_err("nobody writes to it");
        assert_eq!(failure.exit(), doorward::Exit::Invalid);
        let (end, mut writer) = std::io::pipe().expect("a pipe");
        writer.write_all(b"from a command").expect("written");
        drop(writer);
        let path = format!("/dev/fd/{}", end.as_raw_fd());
        let found = read(&[path.into()], None).expect("readable");
        assert_eq!(found.sources[0].bytes, b"from a command");
    }

    #[test]
    fn a_link_that_leads_nowhere_is_an_invalid_input_that_names_path_and_target() {
        let root = tempfile::tempdir().expect("a directory");
        std::os::unix::fs::symlink("/mnt/not-there/x", root.path().join("floor.yaml"))
            .expect("a link");
        let failure = read(&[root.path().to_owned()], None).expect_err("nothing there");
        assert_eq!(failure.exit(), doorward::Exit::Invalid);
        let told = format!("{failure:?}");
        assert!(
            told.contains("floor.yaml") && told.contains("/mnt/not-there/x"),
            "{told}"
        );
    }

    #[test]
    fn a_device_and_a_directory_without_a_manifest_in_place_of_a_file_are_invalid_inputs() {
        let root = tempfile::tempdir().expect("a directory");
        let at = |name: &str| root.path().join(name);
        std::os::unix::fs::symlink("/dev/null", at("floors")).expect("a link");
        std::fs::create_dir(at("floor.yaml")).expect("made");
        for path in [at("floors"), at("floor.yaml"), root.path().to_owned()] {
            let failure = read(std::slice::from_ref(&path), None).expect_err("no policy");
            assert_eq!(
                failure.exit(),
                doorward::Exit::Invalid,
                "{}",
                path.display()
            );
        }
    }

    #[test]
    fn a_missing_file_is_an_invalid_input_not_an_internal_fault() {
        let failure = read(&["/nonexistent/policy.yaml".into()], None).expect_err("missing");
        assert_eq!(failure.exit(), doorward::Exit::Invalid);
    }
}
