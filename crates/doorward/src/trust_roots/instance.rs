//! One instance, and what is held of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorward_core::{Class, Timestamp};
use doorward_tuf::{Material, Repository, TargetName, TufError};

use crate::clock::Clock;
use crate::secrets::{Secret, SecretError, TRUSTED_ROOT};

/// How old what is held may be before it is asked for again, in seconds.
const FRESH: i64 = 24 * 60 * 60;
/// How long a repository that gave nothing is not asked again by those who need it, in seconds.
const PATIENCE: i64 = 15;
/// How far the clocks of those may differ who share a memory, in seconds.
const SKEW: i64 = 300;
/// How often it is asked ahead of time at most, in seconds.
const APART: i64 = 600;

/// An instance of sigstore.
pub(super) struct Instance {
    origin: Origin,
    state: Mutex<State>,
    /// One load at a time.
    turn: tokio::sync::Mutex<()>,
}

enum Origin {
    Fixed(Arc<Secret>),
    Repository(Box<Repository>),
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// When the last load failed, and how.
    failed: Option<(Timestamp, SecretError)>,
}

#[derive(Clone)]
struct Held {
    secret: Arc<Secret>,
    asked: Timestamp,
    expires: Timestamp,
    /// The version of the newest root of the repository that vouched for it.
    root_version: u64,
}

impl Held {
    fn counts_at(&self, now: Timestamp) -> bool {
        now < self.expires
    }

    fn is_fresh_at(&self, now: Timestamp) -> bool {
        self.counts_at(now) && (-SKEW..FRESH).contains(&now.since(self.asked))
    }

    /// Whether it is to be asked for before somebody needs it.
    fn is_due_at(&self, now: Timestamp) -> bool {
        !self.is_fresh_at(now) || self.expires.since(now) < FRESH
    }
}

impl Instance {
    pub(super) fn fixed(trusted_root: Vec<u8>) -> Self {
        Self::new(Origin::Fixed(secret(trusted_root)))
    }

    pub(super) fn of(repository: Repository) -> Self {
        Self::new(Origin::Repository(Box::new(repository)))
    }

    fn new(origin: Origin) -> Self {
        Self {
            origin,
            state: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When what is held ends.
    pub(super) fn end(&self) -> Option<Timestamp> {
        self.state().held.as_ref().map(|held| held.expires)
    }

    /// What counts now: what is held, else what is remembered, else what the repository says.
    ///
    /// The clock is read again wherever something may have taken its time.
    pub(super) async fn current(
        this: &Arc<Self>,
        clock: &Clock,
    ) -> Result<Arc<Secret>, SecretError> {
        if let Origin::Fixed(secret) = &this.origin {
            return Ok(Arc::clone(secret));
        }
        if let Some(known) = this.known(clock()) {
            return known;
        }
        let load = Arc::clone(this);
        let clock = Arc::clone(clock);
        // A task of its own, so that a review that gives up leaves something for the next.
        let load = tokio::spawn(async move {
            let _turn = load.turn.lock().await;
            match load.known(clock()) {
                Some(known) => known,
                None => load.load(&clock).await,
            }
        });
        load.await.unwrap_or_else(|_| {
            Err(SecretError::Unavailable {
                detail: "loading it did not end".to_owned(),
            })
        })
    }

    /// Whether what was remembered of it was found deleted since the last call.
    pub(super) fn take_lost(&self) -> bool {
        match &self.origin {
            Origin::Fixed(_) => false,
            Origin::Repository(repository) => repository.take_lost(),
        }
    }

    /// Asks for what is due, and tells what came of it. `None` if nobody was asked.
    pub(super) async fn refresh(
        this: &Arc<Self>,
        clock: &Clock,
    ) -> Option<Result<(), SecretError>> {
        let Origin::Repository(repository) = &this.origin else {
            return None;
        };
        if !this.is_due(clock()) {
            return None;
        }
        let _turn = this.turn.lock().await;
        // Those who went first may have asked.
        if !this.is_due(clock()) {
            return None;
        }
        let loaded = repository.load(&names(), clock()).await;
        let said = this.take(loaded, clock());
        if said.is_err() {
            let held = this.state().held.clone();
            let held = still_counts(repository, held, clock()).await;
            this.state().held = held;
        }
        Some(said.map(|_| ()))
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let state = self.state();
        let is_recent = |at: Timestamp| (-SKEW..APART).contains(&now.since(at));
        let waits = state.failed.as_ref().is_some_and(|(at, _)| is_recent(*at));
        let held = state.held.as_ref();
        !waits && held.is_some_and(|held| held.is_due_at(now) && !is_recent(held.asked))
    }

    /// What is known without asking: what is held and counts, or that asking failed a moment ago.
    fn known(&self, now: Timestamp) -> Option<Result<Arc<Secret>, SecretError>> {
        let state = self.state();
        if let Some(held) = state.held.as_ref().filter(|held| held.counts_at(now)) {
            return Some(Ok(Arc::clone(&held.secret)));
        }
        let (at, error) = state.failed.as_ref()?;
        let waits = (0..PATIENCE).contains(&now.since(*at));
        waits.then(|| Err(error.clone()))
    }

    async fn load(&self, clock: &Clock) -> Result<Arc<Secret>, SecretError> {
        let Origin::Repository(repository) = &self.origin else {
            return Err(SecretError::NotFound);
        };
        let now = clock();
        let remembered = repository.remembered(&names(), now).await;
        let remembered = remembered.ok().flatten().as_ref().and_then(held);
        if let Some(held) = remembered.as_ref().filter(|held| held.is_fresh_at(now)) {
            let secret = Arc::clone(&held.secret);
            self.state().held = Some(held.clone());
            return Ok(secret);
        }
        let loaded = repository.load(&names(), clock()).await;
        match self.take(loaded, clock()) {
            Ok(secret) => Ok(secret),
            Err(error) => {
                let held = still_counts(repository, remembered, clock()).await;
                self.state().held.clone_from(&held);
                held.map(|held| held.secret).ok_or(error)
            }
        }
    }

    fn take(
        &self,
        loaded: Result<Material, TufError>,
        now: Timestamp,
    ) -> Result<Arc<Secret>, SecretError> {
        let mut state = self.state();
        let taken = loaded
            .map_err(|error| refused(&error))
            .and_then(|material| {
                held(&material).ok_or_else(|| SecretError::Invalid {
                    detail: format!("the repository has no {TRUSTED_ROOT}"),
                })
            });
        match taken {
            Ok(held) => {
                let secret = Arc::clone(&held.secret);
                *state = State {
                    held: Some(held),
                    failed: None,
                };
                Ok(secret)
            }
            Err(error) => {
                state.failed = Some((now, error.clone()));
                Err(error)
            }
        }
    }
}

/// What counts after a load that failed: what is remembered now, else `before`, what was known before the load.
///
/// The load may have verified something before it failed. A newer root may have taken the keys away that vouched for `before`,
/// which then counts no more. Where there is none, a repository that cannot be asked changes nothing.
async fn still_counts(
    repository: &Repository,
    before: Option<Held>,
    now: Timestamp,
) -> Option<Held> {
    if let Ok(Some(material)) = repository.remembered(&names(), now).await
        && let Some(held) = held(&material).filter(|held| held.counts_at(now))
    {
        return Some(held);
    }
    let before = before.filter(|held| held.counts_at(now))?;
    // Where nobody can tell which root is the newest, one may have been.
    let newest = repository.root_version(now).await.ok()?;
    (newest <= before.root_version).then_some(before)
}

fn names() -> Vec<TargetName> {
    TRUSTED_ROOT.parse().into_iter().collect()
}

fn secret(trusted_root: Vec<u8>) -> Arc<Secret> {
    Arc::new(Secret::new(BTreeMap::from([(
        TRUSTED_ROOT.to_owned(),
        trusted_root,
    )])))
}

fn held(material: &Material) -> Option<Held> {
    let bytes = material.targets.values().next()?;
    Some(Held {
        secret: secret(bytes.to_vec()),
        asked: material.asked,
        expires: material.expires,
        root_version: material.root_version,
    })
}

/// An error with all of its causes: what was wrong with the answer of a server is the cause of "could not be fetched".
fn refused(error: &TufError) -> SecretError {
    let mut detail = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        detail = format!("{detail}: {next}");
        cause = next.source();
    }
    match error.class() {
        Class::Unavailable => SecretError::Unavailable { detail },
        _ => SecretError::Invalid { detail },
    }
}
