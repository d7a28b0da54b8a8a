//! Files: read whole within a bound, replaced atomically, under a lock.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

use bytes::Bytes;
use doorward_core::StateError;

/// The longest file, in bytes. The largest state of a scheme has half of it.
const MAX_BYTES: u64 = 64 << 20;

fn unavailable(path: &Path, error: &io::Error) -> StateError {
    StateError::Unavailable {
        detail: format!("{}: {error}", path.display()),
    }
}

/// Makes a directory for its owner alone, unless it is there.
pub(crate) fn make_folder(path: &Path) -> Result<(), StateError> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(unavailable(path, &error)),
        Ok(()) => Ok(()),
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Waits for the lock. It is let go when the file is dropped, or when the process ends in whatever way.
pub(crate) fn lock(path: &Path) -> Result<File, StateError> {
    let file = options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|error| unavailable(path, &error))?;
    file.lock().map_err(|error| unavailable(path, &error))?;
    Ok(file)
}

/// The whole content. Nothing, if there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<Bytes>, StateError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unavailable(path, &error)),
    };
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unavailable(path, &error))?;
    if u64::try_from(bytes.len()).map_or(true, |length| length > MAX_BYTES) {
        return Err(StateError::Invalid {
            detail: format!("{} is longer than {MAX_BYTES} bytes", path.display()),
        });
    }
    Ok(Some(bytes.into()))
}

/// Puts content in the place of a file, whole or not at all. The caller holds the lock, so that a file of the other
/// name is what a process left that was killed.
pub(crate) fn put(path: &Path, content: &Bytes) -> Result<(), StateError> {
    if u64::try_from(content.len()).map_or(true, |length| length > MAX_BYTES) {
        return Err(StateError::Unavailable {
            detail: format!("{}: more than {MAX_BYTES} bytes", path.display()),
        });
    }
    let beside = path.with_extension("new");
    let written = || -> io::Result<()> {
        let mut file = options()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)?;
        // Without this the new name can be lost with the power, and an older version would be current again.
        match path.parent() {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    };
    written().map_err(|error| unavailable(path, &error))
}

/// Whether a line of the file begins with `word`.
pub(crate) fn lists(path: &Path, word: &str) -> Result<bool, StateError> {
    let Some(content) = read(path)? else {
        return Ok(false);
    };
    Ok(content
        .split(|byte| *byte == b'\n')
        .any(|line| line.split(|byte| *byte == b' ').next() == Some(word.as_bytes())))
}

/// Adds a line.
pub(crate) fn append(path: &Path, line: &str) -> Result<(), StateError> {
    let written = || -> io::Result<()> {
        let mut file = options().append(true).create(true).open(path)?;
        file.write_all(line.as_bytes())?;
        file.sync_all()
    };
    written().map_err(|error| unavailable(path, &error))
}
