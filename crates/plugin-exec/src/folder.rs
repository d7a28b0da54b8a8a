//! A folder of programs that the operator put there.

use std::path::{Path, PathBuf};

/// A folder of programs that the operator put there.
#[derive(Clone, Debug)]
pub struct ProgramFolder(PathBuf);

/// Why a folder of programs cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is no folder, or cannot be read.
    #[error("{} cannot be used as a folder of programs: {why}", .path.display())]
    Folder {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The system is none on which programs of a folder are run.
    #[error("programs of a folder are run on Unix only")]
    System,
}

/// Why a program of a folder is not run. A lowercase fragment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// There is none of that name.
    #[error("it is not installed")]
    NotInstalled,
    /// It may not or cannot be run.
    #[error("it cannot be run: {why}")]
    NotRun {
        /// What is wrong with it.
        why: String,
    },
}

impl ProgramFolder {
    /// The folder at `path`.
    ///
    /// # Errors
    /// [`OpenError`] if it is no folder, if others may write to it than root and who runs this, or on a system other than
    /// Unix.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let wrong = |why: String| OpenError::Folder {
            path: path.to_owned(),
            why,
        };
        let found = path
            .canonicalize()
            .map_err(|error| wrong(error.to_string()))?;
        #[cfg(not(unix))]
        return Err(OpenError::System);
        #[cfg(unix)]
        {
            crate::program::check_folder(&found).map_err(wrong)?;
            Ok(Self(found))
        }
    }

    /// Where it is, without links.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The program `name` of the folder, with links followed. Whether it may be run is looked at now, and may be otherwise
    /// the next time.
    ///
    /// # Errors
    /// [`ProgramError`] if there is none; if it, the folder or that in which it really is belongs to somebody else than root
    /// and who runs this, or is writable for its group or for everybody; if it is no executable file; or if `name` is no
    /// name of a file.
    pub fn find(&self, name: &str) -> Result<PathBuf, ProgramError> {
        if matches!(name, "" | "." | "..") || name.contains(['/', '\\', '\0']) {
            return Err(ProgramError::NotRun {
                why: "it has no name that a file has".to_owned(),
            });
        }
        #[cfg(not(unix))]
        return Err(ProgramError::NotRun {
            why: OpenError::System.to_string(),
        });
        #[cfg(unix)]
        crate::program::in_folder(&self.0, name)
    }
}
