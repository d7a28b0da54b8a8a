//! A directory of transcripts that is kept within bounds.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, ensure};

/// The end of the name of a file that is being written.
const PART: &str = ".part";
/// How often the directory is looked at again, in files written: others may write there and delete.
const LOOK_AGAIN: usize = 256;

/// A directory of transcripts. Oldest first, they make room for new ones.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    max_bytes: u64,
    max_age: Duration,
    /// What lies there by time and name, with its size. `None` if that is not known.
    files: Option<BTreeMap<(SystemTime, String), u64>>,
    written: usize,
}

impl Directory {
    pub(super) const fn new(path: PathBuf, max_bytes: u64, max_age: Duration) -> Self {
        Self {
            path,
            max_bytes,
            max_age,
            files: None,
            written: 0,
        }
    }

    /// Puts a file there, whole or not at all, after what is too old or has to make room is gone.
    pub(super) fn keep(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let kept = self.put(name, bytes);
        if kept.is_err() {
            // Whatever is there, it is not what was thought.
            self.files = None;
        }
        kept
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let size = u64::try_from(bytes.len())?;
        ensure!(
            size <= self.max_bytes,
            "a decision is larger than all may be"
        );
        if self.written.is_multiple_of(LOOK_AGAIN) {
            self.files = None;
        }
        let mut files = match self.files.take() {
            Some(files) => files,
            None => self.list()?,
        };
        let now = SystemTime::now();
        let mut total: u64 = files.values().sum();
        while let Some(oldest) = files.first_entry() {
            let (at, name) = oldest.key();
            let age = now.duration_since(*at).unwrap_or_default();
            if age <= self.max_age && total.saturating_add(size) <= self.max_bytes {
                break;
            }
            let path = self.path.join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", path.display()));
                }
                Ok(()) | Err(_) => total -= oldest.remove(),
            }
        }
        let file = self.path.join(name);
        let part = self.path.join(format!("{name}{PART}"));
        let written = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            // It says what runs where.
            .mode(0o600)
            .open(&part)
            .and_then(|mut open| open.write_all(bytes))
            .and_then(|()| fs::rename(&part, &file));
        if let Err(error) = written {
            // What is left of it says nothing.
            let _ = fs::remove_file(&part);
            return Err(error).with_context(|| format!("cannot write {}", file.display()));
        }
        files.insert((now, name.to_owned()), size);
        self.files = Some(files);
        self.written = self.written.wrapping_add(1);
        Ok(())
    }

    /// The transcripts that lie there. What is left of one that was being written is removed.
    fn list(&self) -> Result<BTreeMap<(SystemTime, String), u64>> {
        let context = || format!("cannot use {}", self.path.display());
        fs::create_dir_all(&self.path).with_context(context)?;
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(&self.path).with_context(context)? {
            let entry = entry.with_context(context)?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            // It may be gone by now.
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            if !metadata.is_file() {
                continue;
            }
            if name.strip_suffix(PART).is_some_and(is_ours) {
                let _ = fs::remove_file(entry.path());
            } else if is_ours(&name) {
                files.insert((metadata.modified()?, name), metadata.len());
            }
        }
        Ok(files)
    }
}

/// Whether a file has the name of a transcript: a time, 16 hexadecimal digits, `.json`.
fn is_ours(name: &str) -> bool {
    let Some((at, digits)) = name
        .strip_suffix(".json")
        .and_then(|stem| stem.rsplit_once('-'))
    else {
        return false;
    };
    at.ends_with('Z') && digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(number: u64) -> String {
        format!("2026-01-01T00-00-00Z-{number:016x}.json")
    }

    fn names(path: &std::path::Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    const AGE: Duration = Duration::from_secs(3600);

    #[test]
    fn the_oldest_transcripts_make_room_and_other_files_stay() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("made");
        let mut directory = Directory::new(path.clone(), 30, AGE);
        directory.keep(&name(0), &[0; 10]).unwrap();
        fs::write(path.join("notes.json"), [0; 100]).unwrap();
        for number in 1..5 {
            directory.keep(&name(number), &[0; 10]).unwrap();
        }
        assert_eq!(
            names(&path),
            [name(2), name(3), name(4), "notes.json".into()]
        );
        // Also those of the run before.
        let mut directory = Directory::new(path.clone(), 30, AGE);
        fs::write(path.join(format!("{}{PART}", name(9))), "x").unwrap();
        directory.keep(&name(5), &[0; 25]).unwrap();
        assert_eq!(names(&path), [name(5), "notes.json".into()]);
        assert!(directory.keep(&name(6), &[0; 31]).is_err());
        assert_eq!(names(&path).len(), 2);
    }

    #[test]
    fn what_is_too_old_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let old = root.path().join(name(1));
        fs::write(&old, "x").unwrap();
        let then = SystemTime::now() - 2 * AGE;
        fs::File::options()
            .append(true)
            .open(&old)
            .unwrap()
            .set_modified(then)
            .unwrap();
        let mut directory = Directory::new(root.path().to_owned(), 100, AGE);
        directory.keep(&name(2), b"x").unwrap();
        assert_eq!(names(root.path()), [name(2)]);
    }

    #[test]
    fn a_directory_that_is_broken_is_used_again_when_it_is_mended() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("d");
        fs::write(&path, "a file").unwrap();
        let mut directory = Directory::new(path.clone(), 100, AGE);
        assert!(directory.keep(&name(1), b"x").is_err());
        fs::remove_file(&path).unwrap();
        directory.keep(&name(2), b"x").unwrap();
        fs::remove_dir_all(&path).unwrap();
        assert!(directory.keep(&name(3), b"x").is_err());
        directory.keep(&name(4), b"x").unwrap();
        assert_eq!(names(&path), [name(4)]);
    }
}
