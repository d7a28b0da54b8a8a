//! Docker configurations on disk.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use super::{DockerConfig, DockerConfigError, Helpers, MAX_BYTES};
use crate::CredentialSource;

/// What a file is linked to or named to say that there is nothing in it.
const NOTHING: &str = "/dev/null";

impl DockerConfig {
    /// Reads the configuration of the person who runs the program, `$DOCKER_CONFIG/config.json` or
    /// `~/.docker/config.json`, helpers included. Returns `None` if there is no such file.
    ///
    /// # Errors
    /// [`DockerConfigError`], if there is one that cannot be used.
    pub fn load() -> Result<Option<Self>, DockerConfigError> {
        let folder = std::env::var_os("DOCKER_CONFIG")
            .filter(|folder| !folder.is_empty())
            .map(PathBuf::from)
            .or_else(|| {
                let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
                Some(PathBuf::from(home).join(".docker"))
            });
        folder.map_or(Ok(None), |folder| {
            Self::load_file(&folder.join("config.json"))
        })
    }

    /// Reads a file of the form of `config.json`, helpers included. Returns `None` if it does not exist. A file with
    /// nothing in it has no credentials, as for Docker's client, and neither has `/dev/null`. Other devices, pipes and
    /// sockets are refused, since they may keep a reader waiting.
    ///
    /// # Errors
    /// [`DockerConfigError`], with the path, if it exists and cannot be used.
    pub fn load_file(path: &Path) -> Result<Option<Self>, DockerConfigError> {
        let unreadable = |detail: String| DockerConfigError::Unreadable {
            path: path.display().to_string(),
            detail,
        };
        let json = match content(path) {
            Ok(json) => json,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(error.to_string())),
        };
        Self::in_file(path, &json).map(Some)
    }

    /// The configuration that `json` is, the content of the file `path`, helpers included. A file with nothing in it has
    /// no credentials, as for Docker's client.
    ///
    /// # Errors
    /// [`DockerConfigError::InFile`], if it cannot be used.
    pub fn in_file(path: &Path, json: &[u8]) -> Result<Self, DockerConfigError> {
        let config = match Self::parse(json) {
            Err(DockerConfigError::Empty) => Self::parse(b"{}"),
            other => other,
        };
        let path = path.display().to_string();
        match config {
            Ok(config) => Ok(config
                .from_source(CredentialSource::File(path))
                .with_helpers(Helpers::default())),
            Err(fault) => Err(DockerConfigError::InFile {
                path,
                fault: Box::new(fault),
            }),
        }
    }
}

/// The content of a regular file, up to one byte more than a configuration may have.
fn content(path: &Path) -> io::Result<Vec<u8>> {
    let there = fs::metadata(path)?;
    // Looked at before it is opened: opening a pipe would wait for someone to write to it.
    if !there.is_file() {
        let is_nothing = fs::canonicalize(path).is_ok_and(|whole| whole == Path::new(NOTHING));
        return match () {
            () if is_nothing => Ok(Vec::new()),
            () if there.is_dir() => Err(ErrorKind::IsADirectory.into()),
            () => Err(io::Error::other("not a regular file")),
        };
    }
    let bound = u64::try_from(MAX_BYTES)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    let mut bytes = Vec::new();
    File::open(path)?.take(bound).read_to_end(&mut bytes)?;
    Ok(bytes)
}
