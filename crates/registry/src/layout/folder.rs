//! A layout in a folder.

use std::io;
use std::path::{Path, PathBuf};

use doorward_core::FetchError;

use crate::client::lookaside::read_bounded;

#[derive(Debug)]
pub(super) struct Folder {
    /// Without links in it.
    root: PathBuf,
}

impl Folder {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            root: path.canonicalize()?,
        })
    }

    /// Reads a member. Some tools link blobs to each other, so links are followed, but not out of the folder.
    pub(super) fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, FetchError> {
        let path = match self.root.join(path).canonicalize() {
            Ok(path) => path,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(FetchError::NotFound);
            }
            Err(error) => {
                return Err(FetchError::Unavailable {
                    detail: format!("{path} of the layout: {error}"),
                });
            }
        };
        if !path.starts_with(&self.root) {
            return Err(FetchError::Malformed {
                detail: "a link leads out of the layout".to_owned(),
            });
        }
        read_bounded(&path, limit)
    }
}
