//! Files that are named outright. They may be pipes, which is how shells hand over the output of a command, `<(…)`.
//!
//! Opening never waits. A pipe with a name in a directory that nobody has open for writing is refused: somebody may
//! come and write to it or not. A pipe with a writer is read to its end, as standard input is. Devices and sockets are
//! refused, but for a terminal.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Result, ensure};

/// The whole content of a file or pipe of at most `limit` bytes.
///
/// # Errors
/// When it cannot be opened or read, as for [`open`], and when it is larger.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    let (count, unit) = match limit {
        _ if limit.is_multiple_of(1 << 20) => (limit >> 20, "MiB"),
        _ => (limit, "bytes"),
    };
    ensure!(
        bytes.len() as u64 <= limit,
        "the file is larger than {count} {unit}"
    );
    Ok(bytes)
}

/// Whether a path is a pipe, which is only ever named outright.
#[cfg(unix)]
pub(crate) fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;

    std::fs::metadata(path).is_ok_and(|there| there.file_type().is_fifo())
}

/// Whether a path is a pipe, which is only ever named outright.
#[cfg(not(unix))]
pub(crate) const fn is_pipe(_: &Path) -> bool {
    false
}

/// A file or pipe, open for reading from its beginning.
///
/// # Errors
/// When it cannot be opened, is a directory, a socket or a device, or is a pipe that nobody writes to.
#[cfg(not(unix))]
pub(crate) fn open(path: &Path) -> Result<impl Read> {
    Ok(File::open(path)?)
}

/// A file or pipe, open for reading from its beginning.
///
/// # Errors
/// When it cannot be opened, is a directory, a socket or a device, or is a pipe that nobody writes to.
#[cfg(unix)]
pub(crate) fn open(path: &Path) -> Result<impl Read> {
    use std::os::unix::fs::FileTypeExt as _;

    use rustix::fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl};

    // Opening some devices does something, so what is there is asked first.
    unix::refuse(std::fs::metadata(path)?.file_type())?;
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let opened = rustix::fs::open(path, flags, Mode::empty()).map_err(io::Error::from)?;
    let mut file = File::from(opened);
    // What was opened is what counts: the name may lead elsewhere by now.
    let kind = file.metadata()?.file_type();
    unix::refuse(kind)?;
    if kind.is_char_device() {
        ensure!(io::IsTerminal::is_terminal(&file), "it is a device");
    }
    let beginning = if kind.is_fifo() {
        unix::beginning(&mut file)?
    } else {
        Vec::new()
    };
    let flags = fcntl_getfl(&file).map_err(io::Error::from)?;
    fcntl_setfl(&file, flags - OFlags::NONBLOCK).map_err(io::Error::from)?;
    Ok(io::Cursor::new(beginning).chain(file))
}

#[cfg(unix)]
mod unix {
    use std::fs::{File, FileType};
    use std::io::{self, ErrorKind, Read as _};
    use std::os::fd::OwnedFd;
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

    use anyhow::{Result, bail};

    /// How much of a pipe is looked for at first, in bytes: what a pipe of Linux holds.
    const FIRST: usize = 64 << 10;

    /// Refuses what is never read. A character device may be a terminal, which shows only once it is open.
    pub(super) fn refuse(kind: FileType) -> Result<()> {
        match () {
            () if kind.is_dir() => bail!("it is a directory"),
            () if kind.is_socket() => bail!("it is a socket"),
            () if kind.is_block_device() => bail!("it is a device"),
            () => Ok(()),
        }
    }

    /// What a pipe that is open without blocking has to give at once. Empty if its writer has written nothing yet.
    pub(super) fn beginning(pipe: &mut File) -> Result<Vec<u8>> {
        let mut bytes = vec![0; FIRST];
        loop {
            match pipe.read(&mut bytes) {
                Ok(0) if !is_anonymous(pipe)? => bail!("it is a pipe that nobody writes to"),
                Ok(count) => {
                    bytes.truncate(count);
                    return Ok(bytes);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Vec::new()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether a pipe has no name in a directory: one without a writer has then ended, and nobody can come to write.
    fn is_anonymous(pipe: &File) -> io::Result<bool> {
        let (another, _) = io::pipe()?;
        let another = File::from(OwnedFd::from(another));
        Ok(another.metadata()?.dev() == pipe.metadata()?.dev())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Write as _;
    use std::path::PathBuf;

    use super::*;

    const LIMIT: u64 = 1 << 20;

    /// The name by which a shell hands over its end of a pipe.
    fn handed_over(pipe: &impl std::os::fd::AsRawFd) -> PathBuf {
        format!("/dev/fd/{}", pipe.as_raw_fd()).into()
    }

    fn refusal(path: &Path) -> String {
        match read(path, LIMIT) {
            Ok(bytes) => format!("{} bytes", bytes.len()),
            Err(error) => format!("{error:#}"),
        }
    }

    #[test]
    fn a_pipe_that_nobody_writes_to_is_refused_and_not_waited_for() {
        let root = tempfile::tempdir().expect("a directory");
        let pipe = root.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo").success());
        assert_eq!(refusal(&pipe), "it is a pipe that nobody writes to");
        let link = root.path().join("link");
        std::os::unix::fs::symlink(&pipe, &link).expect("a link");
        assert_eq!(refusal(&link), "it is a pipe that nobody writes to");
    }

    #[test]
    fn a_pipe_of_a_shell_is_read_to_its_end_whichever_side_is_faster() {
        let (end, mut writer) = io::pipe().expect("a pipe");
        writer.write_all(b"from a command").expect("written");
        drop(writer);
        assert_eq!(
            read(&handed_over(&end), LIMIT).expect("read"),
            b"from a command"
        );

        let (end, mut writer) = io::pipe().expect("a pipe");
        let path = handed_over(&end);
        let long = vec![b'x'; 3 * (64 << 10)];
        let written = long.clone();
        let writing = std::thread::spawn(move || writer.write_all(&written));
        assert_eq!(read(&path, LIMIT).expect("read"), long);
        writing.join().expect("no panic").expect("written");
    }

    #[test]
    fn a_pipe_of_a_shell_through_which_nothing_came_is_empty() {
        let (end, writer) = io::pipe().expect("a pipe");
        drop(writer);
        assert_eq!(read(&handed_over(&end), LIMIT).expect("read"), b"");
    }

    #[test]
    fn a_pipe_that_gives_more_than_the_limit_is_refused() {
        let (end, mut writer) = io::pipe().expect("a pipe");
        writer.write_all(b"12345").expect("written");
        let path = handed_over(&end);
        let told = read(&path, 4).expect_err("too much").to_string();
        assert_eq!(told, "the file is larger than 4 bytes");
        // The writer still has it open: no more is read than shows that it is too much.
        drop(writer);
    }

    #[test]
    fn devices_sockets_and_directories_are_refused_and_a_file_is_read() {
        let root = tempfile::tempdir().expect("a directory");
        let at = |name: &str| root.path().join(name);
        std::os::unix::fs::symlink("/dev/zero", at("zero")).expect("a link");
        let _listening = std::os::unix::net::UnixListener::bind(at("socket")).expect("a socket");
        for (path, expected) in [
            (at("zero"), "it is a device"),
            (PathBuf::from("/dev/null"), "it is a device"),
            (at("socket"), "it is a socket"),
            (root.path().to_owned(), "it is a directory"),
        ] {
            assert_eq!(refusal(&path), expected, "{}", path.display());
        }
        std::fs::write(at("file"), "1234").expect("written");
        assert_eq!(read(&at("file"), 4).expect("read"), b"1234");
        let told = read(&at("file"), 3).expect_err("too much").to_string();
        assert_eq!(told, "the file is larger than 3 bytes");
        assert!(refusal(&at("missing")).contains("No such file"));
    }
}
