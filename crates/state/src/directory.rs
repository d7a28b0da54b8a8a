//! The store.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use doorward_core::{StateError, StateFuture, StateKey, StateQuota, StateStore, Stored};

use crate::files;
use crate::former::Former;
use crate::place::{Place, one_line, scopes};

/// Remembered state in a directory.
///
/// Each scope has a folder, and in it each namespace a share of [`StateQuota`] bytes. A full share takes nothing new,
/// and no room from other shares. Scopes do not wait for each other: each has its own lock; the namespaces of the
/// cluster's scope share one.
#[derive(Clone, Debug)]
pub struct DirectoryState {
    folder: PathBuf,
    quota: StateQuota,
    former: Former,
}

impl DirectoryState {
    /// The state in `folder`, which is made, for its owner alone, if it is not there. Its parent must be.
    ///
    /// A directory of the layout before shares is used as it is: what is remembered there is found, and gets its new
    /// place when it is brought up to date.
    ///
    /// # Errors
    /// [`StateError::Unavailable`] if it cannot be made or read, or is not a directory.
    pub fn open(folder: &Path) -> Result<Self, StateError> {
        files::make_folder(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            quota: StateQuota::default(),
            former: Former::open(folder)?,
        })
    }

    /// The same with another quota for each share.
    #[must_use]
    pub const fn with_quota(mut self, quota: StateQuota) -> Self {
        self.quota = quota;
        self
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn load_now(&self, key: &StateKey) -> Result<Stored, StateError> {
        let place = Place::of(&self.folder, key);
        if let Some(bytes) = files::read(&place.content())? {
            return Ok(Stored::Found(bytes));
        }
        if !files::exists(&place.known())? {
            if let Some(bytes) = files::read(&self.former.content(key))? {
                return Ok(Stored::Found(bytes));
            }
            // What is neither here nor there may have moved in between.
            if !self.former.knows(key) && !files::exists(&place.known())? {
                return Ok(Stored::Nothing);
            }
        }
        // No lock is held, so a writer may have come in between. It writes the content first: where the rest is there
        // and the content still is not, it is lost.
        Ok(files::read(&place.content())?.map_or(Stored::Lost, Stored::Found))
    }

    fn replace_now(
        &self,
        namespace: &str,
        key: &StateKey,
        expected: Option<&Bytes>,
        new: &Bytes,
    ) -> Result<bool, StateError> {
        let place = Place::of(&self.folder, key);
        // As it is written down. The namespace of a review is what its sender says.
        let namespace = &one_line(namespace);
        files::make_folder(&scopes(&self.folder))?;
        files::make_folder(place.scope())?;
        let _held = files::lock(&place.lock())?;
        if self.load_now(key)?.bytes() != expected {
            return Ok(false);
        }
        let known = files::read(&place.known())?;
        let counts_for = known.as_deref().map(first_line);
        let share = counts_for.as_deref().unwrap_or(namespace);
        let is_former = known.is_none() && expected.is_some();
        // What was remembered in the former layout is not refused for where it is to be now.
        if !is_former {
            self.check_share(&place, share, known.is_some(), new, key)?;
        }
        // In this order: were the process to end in between, a thing would be counted that is not there yet, and none
        // would be there that is not counted; and nothing that never was would be reported as deleted.
        files::make_folder(&place.shares())?;
        files::make_folder(&place.share(share))?;
        let counted = place.share(share).join(place.hex());
        if !files::exists(&counted)? {
            files::put(&counted, &Bytes::new())?;
        }
        files::put(&place.content(), new)?;
        if known.is_none() {
            let told = format!("{share}\n{}\n", one_line(&key.to_string()));
            files::put(&place.known(), &told.into())?;
        }
        files::remove(&self.former.content(key))?;
        Ok(true)
    }

    /// Whether the share has room for `new`. Only what grows is asked about, and no more files are looked at than a
    /// full share has.
    fn check_share(
        &self,
        place: &Place,
        share: &str,
        is_known: bool,
        new: &Bytes,
        key: &StateKey,
    ) -> Result<(), StateError> {
        let before = if is_known {
            self.quota.charge(files::length(&place.content())?)
        } else {
            0
        };
        let after = self.quota.charge(new.len());
        if after <= before {
            return Ok(());
        }
        let folder = place.share(share);
        let listed = match std::fs::read_dir(&folder) {
            Ok(listed) => Some(listed),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(files::unavailable(&folder, &error)),
        };
        let mut others: u64 = 0;
        for entry in listed.into_iter().flatten() {
            let entry = entry.map_err(|error| files::unavailable(&folder, &error))?;
            let name = entry.file_name();
            let Some(hex) = name.to_str().filter(|hex| *hex != place.hex()) else {
                continue;
            };
            let length = files::length(&place.content_of(hex))?;
            others = others.saturating_add(self.quota.charge(length));
            if !self.quota.admits(others, before, after) {
                return Err(self.quota.exceeded(key.scope(), share));
            }
        }
        if self.quota.admits(others, before, after) {
            Ok(())
        } else {
            Err(self.quota.exceeded(key.scope(), share))
        }
    }
}

/// Whom something counts for.
fn first_line(known: &[u8]) -> String {
    let line = known.split(|byte| *byte == b'\n').next();
    String::from_utf8_lossy(line.unwrap_or_default()).into_owned()
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
        self.replace_for("", key, expected, new)
    }

    fn replace_for<'a>(
        &'a self,
        namespace: &'a str,
        key: &'a StateKey,
        expected: Option<&'a Bytes>,
        new: Bytes,
    ) -> StateFuture<'a, bool> {
        let (state, key, expected) = (self.clone(), key.clone(), expected.cloned());
        let namespace = namespace.to_owned();
        Box::pin(blocking(move || {
            state.replace_now(&namespace, &key, expected.as_ref(), &new)
        }))
    }
}
