//! One load: metadata, then the files that were asked for.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use doorward_core::{Fetcher, Timestamp};
use tokio::time::timeout;
use tough::{ExpirationEnforcement, RepositoryLoader};

use crate::documents::Documents;
use crate::memory::{Memory, Verified};
use crate::refusal::{bounded, refusal};
use crate::{Limits, Location, TargetName, TufError, expiry, target};

/// A TUF repository, the root to trust for it, and the folder that remembers it.
pub struct Repository {
    fetcher: Arc<dyn Fetcher>,
    folder: PathBuf,
    limits: Limits,
    location: Location,
    root: Vec<u8>,
    /// One load at a time: a later one must know what an earlier one has seen.
    turn: tokio::sync::Mutex<()>,
}

/// The files of one load, all of them verified.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Material {
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
    /// It may be old; the newest root that it leads to is what counts. `folder` belongs to this repository alone and
    /// must survive restarts, or else anyone who controls the network chooses how old the material is, within its
    /// expiry. It is made if it does not exist. No file in it is trusted for being there.
    #[must_use]
    pub fn new(
        fetcher: Arc<dyn Fetcher>,
        location: Location,
        root: impl Into<Vec<u8>>,
        folder: impl Into<PathBuf>,
    ) -> Self {
        Self {
            fetcher,
            folder: folder.into(),
            limits: Limits::default(),
            location,
            root: root.into(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// The same repository with other bounds.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Brings the metadata up to date (TUF 1.0.34, 5.3 to 5.6) and reads the named files (5.7). All or nothing: an
    /// error for one name is an error.
    ///
    /// Metadata must be valid at `now` and by the clock of the system, which `tough` reads itself at the start of a
    /// load (5.1). So an injected time can only refuse more; it cannot make expired metadata valid. Needs a tokio
    /// runtime with time enabled.
    ///
    /// # Errors
    /// See [`TufError`]; [`TufError::class`] tells "could not ask" from an answer.
    pub async fn load(&self, names: &[TargetName], now: Timestamp) -> Result<Material, TufError> {
        let _turn = self.turn.lock().await;
        let repository = self.metadata().await?;
        // Freeze, once more and at the caller's time: 5.3.10, 5.4.4, 5.5.6, 5.6.5.
        let (role, expires) = expiry::earliest(&repository);
        if expires <= now {
            return Err(TufError::Expired {
                role: bounded(&role),
            });
        }
        let mut targets = BTreeMap::new();
        for name in names {
            let bytes = self
                .in_time(target::read(
                    &repository,
                    name,
                    &self.fetcher,
                    &self.location,
                    &self.limits,
                ))
                .await??;
            targets.insert(name.clone(), bytes);
        }
        Ok(Material {
            expires,
            root_version: repository.root().signed.version.get(),
            targets,
        })
    }

    /// Brings the metadata up to date (TUF 1.0.34, 5.3 to 5.6) and remembers it, whatever came of it. Stricter than
    /// 5.6.7, which reads the delegations that a target needs, because `tough` reads all and refuses all for one.
    async fn metadata(&self) -> Result<tough::Repository, TufError> {
        let (folder, root) = (self.folder.clone(), self.root.clone());
        let memory = blocking(move || Memory::open(&folder, &root)).await?;
        let documents = Documents::new(Arc::clone(&self.fetcher), self.limits);

        let trusted = memory.root();
        let loader =
            RepositoryLoader::new(&trusted, self.location.metadata(), self.location.targets())
                .transport(documents.clone())
                .limits(self.limits.to_tough())
                .datastore(memory.copy())
                .expiration_enforcement(ExpirationEnforcement::Safe);
        let loaded = match self.in_time(loader.load()).await {
            Ok(Ok(repository)) => Ok(repository),
            Ok(Err(error)) => Err(refusal(&error)),
            Err(late) => Err(late),
        };

        let verified = loaded.as_ref().ok().map(verified).transpose()?;
        let kept = blocking(move || memory.keep(&documents.roots(), verified.as_ref())).await;
        // What cannot be remembered (5.3.8, 5.4.5, 5.5.7) cannot be held against the next load, so it does not count.
        // The reason why the load itself failed comes first.
        let repository = loaded?;
        kept?;
        Ok(repository)
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
            .field("folder", &self.folder)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

fn verified(repository: &tough::Repository) -> Result<Verified, TufError> {
    let unwritten = |error: serde_json::Error| TufError::Internal {
        detail: error.to_string(),
    };
    Ok(Verified {
        snapshot: serde_json::to_vec(repository.snapshot()).map_err(unwritten)?,
        timestamp: serde_json::to_vec(repository.timestamp()).map_err(unwritten)?,
    })
}

/// Runs something that blocks where that does no harm.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, TufError> + Send + 'static,
) -> Result<T, TufError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| {
            Err(TufError::Internal {
                detail: error.to_string(),
            })
        })
}
