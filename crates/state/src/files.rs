//! Files: read whole within a bound, replaced atomically, under a lock.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use doorward_core::StateError;

/// The longest file, in bytes. The largest state of a scheme has half of it.
const MAX_BYTES: u64 = 64 << 20;

pub(crate) fn unavailable(path: &Path, error: &io::Error) -> StateError {
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

/// How long the lock is waited for. It is held while a few small files are written.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits for the lock. It is let go when the file is dropped, or when the process ends in whatever way.
///
/// A lock that somebody else does not let go costs a decision, and not the thread that waits for it.
pub(crate) fn lock(path: &Path) -> Result<File, StateError> {
    let file = options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|error| unavailable(path, &error))?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(unavailable(path, &error)),
            Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(StateError::Unavailable {
                    detail: format!(
                        "{}: somebody else holds this lock for more than {} s",
                        path.display(),
                        PATIENCE.as_secs()
                    ),
                });
            }
        }
    }
}

/// The whole content. Returns `None` if there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<Bytes>, StateError> {
    let file = match open_regular(path) {
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

/// Whether there is something under this name.
pub(crate) fn exists(path: &Path) -> Result<bool, StateError> {
    path.try_exists().map_err(|error| unavailable(path, &error))
}

/// The length of a file. None at all, if there is no such file.
pub(crate) fn length(path: &Path) -> Result<usize, StateError> {
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(usize::try_from(metadata.len()).unwrap_or(usize::MAX)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(unavailable(path, &error)),
    }
}

/// Removes a file, if it is there.
pub(crate) fn remove(path: &Path) -> Result<(), StateError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(unavailable(path, &error)),
        _ => Ok(()),
    }
}

/// Opens what is a regular file: anything else could keep the reader waiting for ever.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    File::open(path)
}
