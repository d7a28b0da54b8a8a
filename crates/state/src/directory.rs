//! The store.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use doorward_core::{StateError, StateFuture, StateKey, StateStore, Stored};

use crate::files;

/// Remembered state in a directory.
#[derive(Clone, Debug)]
pub struct DirectoryState {
    folder: PathBuf,
}

impl DirectoryState {
    /// The state in `folder`, which is made, for its owner alone, if it is not there. Its parent must be.
    ///
    /// # Errors
    /// [`StateError::Unavailable`] if it cannot be made or is not a directory.
    pub fn open(folder: &Path) -> Result<Self, StateError> {
        files::make_folder(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn file(&self, key: &StateKey) -> PathBuf {
        let name = format!("{}.json", key.digest().hex());
        self.folder.join(key.scheme().as_str()).join(name)
    }

    fn known(&self) -> PathBuf {
        self.folder.join("known")
    }

    fn load_now(&self, key: &StateKey) -> Result<Stored, StateError> {
        if let Some(bytes) = files::read(&self.file(key))? {
            return Ok(Stored::Found(bytes));
        }
        Ok(if files::lists(&self.known(), key.digest().hex())? {
            Stored::Lost
        } else {
            Stored::Nothing
        })
    }

    fn replace_now(
        &self,
        key: &StateKey,
        expected: Option<&Bytes>,
        new: &Bytes,
    ) -> Result<bool, StateError> {
        let _held = files::lock(&self.folder.join("lock"))?;
        let file = self.file(key);
        if files::read(&file)?.as_ref() != expected {
            return Ok(false);
        }
        if let Some(parent) = file.parent() {
            files::make_folder(parent)?;
        }
        files::put(&file, new)?;
        // After the content: were it before and the process ended between the two, something that never was would be
        // reported as deleted.
        let hex = key.digest().hex().to_owned();
        if !files::lists(&self.known(), &hex)? {
            files::append(&self.known(), &format!("{hex} {}\n", one_line(key)))?;
        }
        Ok(true)
    }
}

/// The key for people. Names in it come from images and policies.
fn one_line(key: &StateKey) -> String {
    key.to_string()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Files are read and written where that may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StateError> + Send + 'static,
) -> Result<T, StateError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| {
            Err(StateError::Unavailable {
                detail: error.to_string(),
            })
        })
}

impl StateStore for DirectoryState {
    fn load<'a>(&'a self, key: &'a StateKey) -> StateFuture<'a, Stored> {
        let (state, key) = (self.clone(), key.clone());
        Box::pin(blocking(move || state.load_now(&key)))
    }

    fn replace<'a>(
        &'a self,
        key: &'a StateKey,
        expected: Option<&'a Bytes>,
        new: Bytes,
    ) -> StateFuture<'a, bool> {
        let (state, key, expected) = (self.clone(), key.clone(), expected.cloned());
        Box::pin(blocking(move || {
            state.replace_now(&key, expected.as_ref(), &new)
        }))
    }
}
