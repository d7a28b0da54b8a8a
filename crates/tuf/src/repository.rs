//! One load: metadata, then the files that were asked for.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use doorward_core::{Class, Fetcher, StateKey, StateStore, Stored, Timestamp};
use tokio::time::timeout;

use crate::documents::Documents;
use crate::floor::not_older;
use crate::refresh::Refresh;
use crate::remembered::Remembered;
use crate::{Limits, Location, TargetName, TufError, target};

/// How often writing is tried when others write the same at the same time.
const TRIES: usize = 16;

/// A TUF repository, the root to trust for it, and where it is remembered.
pub struct Repository {
    fetcher: Arc<dyn Fetcher>,
    memory: Arc<dyn StateStore>,
    key: StateKey,
    limits: Limits,
    location: Location,
    /// Whether what was remembered was found deleted.
    lost: AtomicBool,
    root: Vec<u8>,
    /// One load at a time: a later one must know what an earlier one has seen.
    turn: tokio::sync::Mutex<()>,
    /// The roots that a load verified, until they are written to the memory. They count here all the same: one of them may have
    /// taken keys away.
    unkept: Mutex<BTreeMap<u64, Bytes>>,
    /// The version of the newest root that was verified by this process, 0 before the first. No load goes back behind it, whatever
    /// has become of the memory.
    newest_root: AtomicU64,
}

/// The files of one load, all of them verified.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Material {
    /// When a server last said that this is what is current.
    pub asked: Timestamp,
    /// When the first of the roles expires that were read. To be loaded again before then.
    pub expires: Timestamp,
    /// The version of the newest root.
    pub root_version: u64,
    /// The bytes of each file that was asked for.
    pub targets: BTreeMap<TargetName, Bytes>,
}

impl Repository {
    /// The repository at `location`, asked through `fetcher`.
    ///
    /// `root` is the content of a root that is trusted as it stands: it ships with the program or is configured.
    /// It may be old; the newest root that it leads to is what counts. `key` in `memory` belongs to this repository
    /// alone and must survive restarts, or else anyone who controls the network chooses how old the material is, within
    /// its expiry. Several processes may share it. Nothing in it is trusted for being there.
    #[must_use]
    pub fn new(
        fetcher: Arc<dyn Fetcher>,
        location: Location,
        root: impl Into<Vec<u8>>,
        memory: Arc<dyn StateStore>,
        key: StateKey,
    ) -> Self {
        Self {
            fetcher,
            memory,
            key,
            limits: Limits::default(),
            location,
            lost: AtomicBool::default(),
            root: root.into(),
            turn: tokio::sync::Mutex::default(),
            unkept: Mutex::default(),
            newest_root: AtomicU64::default(),
        }
    }

    /// The same repository with other bounds.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Brings the metadata up to date (TUF 1.0.34, 5.3 to 5.6) and reads the named files (5.7). All or nothing: an
    /// error for one name is an error. What was verified is remembered, whatever comes after it.
    ///
    /// Metadata must be valid at `now`; no clock is read. Needs a tokio runtime with time enabled.
    ///
    /// # Errors
    /// See [`TufError`]; [`TufError::class`] tells "could not ask" from an answer.
    pub async fn load(&self, names: &[TargetName], now: Timestamp) -> Result<Material, TufError> {
        let _turn = self.turn.lock().await;
        let (stored, remembered) = self.recall().await?;
        let mut refresh = Refresh::new(&self.root, remembered, now)?;
        let mut documents = Documents::new(
            Arc::clone(&self.fetcher),
            self.location.clone(),
            self.limits,
        );
        let loaded = self.in_time(refresh.run(&mut documents)).await;
        // A root that was verified before the load failed is verified.
        let forward = self.not_behind(&refresh);
        let material = match loaded.and_then(|done| done).and(forward) {
            Ok(()) => {
                // Metadata that is valid now vouches for the time. A failed load does not: one wrong clock would lock
                // out all who share the memory.
                refresh.remembered.seen = refresh.remembered.seen.max(Some(now));
                self.files(&mut refresh, &mut documents, names, now).await
            }
            Err(error) => Err(error),
        };
        if let Ok(material) = &material {
            refresh.remembered.asked = Some(now);
            refresh.remembered.files = material.targets.clone();
        }
        self.unkept().clone_from(&refresh.remembered.roots);
        let kept = self.keep(stored, refresh.remembered).await;
        if kept.is_ok() {
            self.unkept().clear();
        }
        // What cannot be remembered (5.3.8, 5.4.5, 5.5.7) cannot be held against the next load, so it does not count.
        // The reason why the load itself failed comes first.
        let material = material?;
        kept?;
        Ok(material)
    }

    /// What is remembered, if it holds the named files and none of its roles has expired. Nobody is asked.
    ///
    /// # Errors
    /// [`TufError`] if what is remembered cannot be had, or does not belong to the given root.
    pub async fn remembered(
        &self,
        names: &[TargetName],
        now: Timestamp,
    ) -> Result<Option<Material>, TufError> {
        let (_, remembered) = self.recall().await?;
        let Some(asked) = remembered.asked else {
            return Ok(None);
        };
        let mut refresh = Refresh::new(&self.root, remembered, now)?;
        if self.not_behind(&refresh).is_err() || refresh.recall().is_none() {
            return Ok(None);
        }
        let mut targets = BTreeMap::new();
        for name in names {
            let listed = target::find(&mut refresh, name, None).await?;
            let kept = refresh.remembered.files.get(name);
            match (listed, kept) {
                (Some(listed), Some(kept)) if target::is_it(&listed.file, kept) => {
                    targets.insert(name.clone(), kept.clone());
                }
                _ => return Ok(None),
            }
        }
        Ok(Some(Material {
            asked,
            expires: refresh.expires()?,
            root_version: refresh.set.root().version,
            targets,
        }))
    }

    /// The version of the newest root that was verified, as far as is remembered or known to this process: what an older root
    /// vouched for may not count any more. Nobody is asked.
    ///
    /// Where the memory cannot be asked, or the clock is behind it, what this process knows is what there is to know.
    ///
    /// # Errors
    /// [`TufError`] if what is remembered is damaged or does not belong to the given root, or if it cannot be had and this process
    /// has verified none.
    pub async fn root_version(&self, now: Timestamp) -> Result<u64, TufError> {
        let verified = self.newest_root.load(Ordering::SeqCst);
        let newest = match self.recall().await {
            Ok((_, remembered)) => {
                // Whatever the clock says, it is there.
                let stored = remembered.roots.keys().next_back().copied();
                match Refresh::new(&self.root, remembered, now) {
                    Ok(refresh) => Ok(refresh.newest_version()),
                    Err(TufError::ClockSetBack) => Ok(stored.unwrap_or_default()),
                    Err(error) => Err(error),
                }
            }
            Err(error) if error.class() == Class::Unavailable && verified > 0 => Ok(verified),
            Err(error) => Err(error),
        };
        newest.map(|newest| newest.max(verified))
    }

    /// That the root is no older than one that this process has verified. It is verified itself.
    fn not_behind(&self, refresh: &Refresh) -> Result<(), TufError> {
        let version = refresh.set.root().version;
        let before = self.newest_root.fetch_max(version, Ordering::SeqCst);
        not_older("root.json", before, version)
    }

    /// Whether what was remembered was found deleted since the last call: a load then began with the given root, and an old
    /// state that has not expired could pass for the newest.
    pub fn take_lost(&self) -> bool {
        self.lost.swap(false, Ordering::Relaxed)
    }

    async fn files(
        &self,
        refresh: &mut Refresh,
        documents: &mut Documents,
        names: &[TargetName],
        now: Timestamp,
    ) -> Result<Material, TufError> {
        let mut targets = BTreeMap::new();
        let mut expires = refresh.expires()?;
        for name in names {
            let found = self
                .in_time(target::find(refresh, name, Some(documents)))
                .await??;
            // 5.7.2.
            let listed = found.ok_or_else(|| TufError::TargetUnlisted { name: name.clone() })?;
            expires = listed
                .expires
                .map_or(expires, |earlier| expires.min(earlier));
            let read = target::read(refresh, name, &listed.file, documents);
            targets.insert(name.clone(), self.in_time(read).await??);
        }
        Ok(Material {
            asked: now,
            expires,
            root_version: refresh.set.root().version,
            targets,
        })
    }

    async fn recall(&self) -> Result<(Option<Bytes>, Remembered), TufError> {
        let stored = self
            .memory
            .load(&self.key)
            .await
            .map_err(TufError::Memory)?;
        if stored == Stored::Lost {
            self.lost.store(true, Ordering::Relaxed);
        }
        let stored = stored.bytes().cloned();
        let remembered = stored.as_deref().map(Remembered::decode).transpose()?;
        let mut remembered = remembered.unwrap_or_default();
        let roots = self.unkept().clone();
        if !roots.is_empty() {
            let unkept = Remembered {
                roots,
                ..Remembered::default()
            };
            remembered = remembered.merge(unkept);
        }
        Ok((stored, remembered))
    }

    fn unkept(&self) -> MutexGuard<'_, BTreeMap<u64, Bytes>> {
        self.unkept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts `new` in the place of what was loaded, together with what others have put there meanwhile.
    async fn keep(&self, stored: Option<Bytes>, new: Remembered) -> Result<(), TufError> {
        let (mut expected, mut new) = (stored, new);
        for _ in 0..TRIES {
            let bytes = new.encode()?;
            if expected.as_ref() == Some(&bytes) {
                return Ok(());
            }
            let replaced = self
                .memory
                .replace(&self.key, expected.as_ref(), bytes)
                .await;
            if replaced.map_err(TufError::Memory)? {
                return Ok(());
            }
            let (stored, others) = self.recall().await?;
            expected = stored;
            new = new.merge(others);
        }
        Err(TufError::Memory(doorward_core::StateError::Unavailable {
            detail: "too many write at the same time".to_owned(),
        }))
    }

    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, TufError> {
        timeout(self.limits.deadline, work)
            .await
            .map_err(|_| TufError::DeadlineExceeded {
                seconds: self.limits.deadline.as_secs(),
            })
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository")
            .field("location", &self.location)
            .field("key", &self.key)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
