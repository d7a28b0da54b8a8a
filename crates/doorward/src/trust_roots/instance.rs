//! One instance, and what is held of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorward_core::{Class, Timestamp};
use doorward_tuf::{Material, Repository, TargetName, TufError};

use crate::secrets::{Secret, SecretError};

/// The file with the trusted root, in repositories and in secrets.
const FILE: &str = "trusted_root.json";
/// How old what is held may be before it is asked for again, in seconds.
const FRESH: i64 = 24 * 60 * 60;
/// How long a repository that gave nothing is not asked again by those who need it, in seconds.
const PATIENCE: i64 = 15;
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
}

impl Held {
    fn counts_at(&self, now: Timestamp) -> bool {
        now < self.expires
    }

    fn is_fresh_at(&self, now: Timestamp) -> bool {
        self.counts_at(now) && now.since(self.asked) < FRESH
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
    pub(super) async fn current(
        this: &Arc<Self>,
        now: Timestamp,
    ) -> Result<Arc<Secret>, SecretError> {
        if let Origin::Fixed(secret) = &this.origin {
            return Ok(Arc::clone(secret));
        }
        if let Some(known) = this.known(now) {
            return known;
        }
        let load = Arc::clone(this);
        // A task of its own, so that a review that gives up leaves something for the next.
        let load = tokio::spawn(async move {
            let _turn = load.turn.lock().await;
            match load.known(now) {
                Some(known) => known,
                None => load.load(now).await,
            }
        });
        load.await.unwrap_or_else(|_| {
            Err(SecretError::Unavailable {
                detail: "loading it did not end".to_owned(),
            })
        })
    }

    /// Asks for what is due. Returns whether anybody was asked.
    pub(super) async fn refresh(this: &Arc<Self>, now: Timestamp) -> bool {
        let Origin::Repository(repository) = &this.origin else {
            return false;
        };
        let is_due = {
            let state = this.state();
            let waits = state.failed.as_ref();
            let waits = waits.is_some_and(|(at, _)| now.since(*at) < APART);
            let due = state.held.as_ref().is_some_and(|held| held.is_due_at(now));
            let was_asked = state
                .held
                .as_ref()
                .is_some_and(|held| now.since(held.asked) < APART);
            due && !waits && !was_asked
        };
        if !is_due {
            return false;
        }
        let _turn = this.turn.lock().await;
        let loaded = repository.load(&names(), now).await;
        // What failed leaves what is held: it counts until it ends.
        let _said = this.take(loaded, now);
        true
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

    async fn load(&self, now: Timestamp) -> Result<Arc<Secret>, SecretError> {
        let Origin::Repository(repository) = &self.origin else {
            return Err(SecretError::NotFound);
        };
        let remembered = repository.remembered(&names(), now).await;
        if let Ok(Some(material)) = &remembered
            && let Some(held) = held(material).filter(|held| held.is_fresh_at(now))
        {
            let secret = Arc::clone(&held.secret);
            self.state().held = Some(held);
            return Ok(secret);
        }
        let loaded = repository.load(&names(), now).await;
        match (self.take(loaded, now), remembered) {
            // What is remembered counts until it ends, whatever became of the question.
            (Err(error), Ok(Some(material))) => {
                let held = held(&material)
                    .filter(|held| held.counts_at(now))
                    .ok_or(error)?;
                let secret = Arc::clone(&held.secret);
                self.state().held = Some(held);
                Ok(secret)
            }
            (said, _) => said,
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
                    detail: format!("the repository has no {FILE}"),
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

fn names() -> Vec<TargetName> {
    FILE.parse().into_iter().collect()
}

fn secret(trusted_root: Vec<u8>) -> Arc<Secret> {
    Arc::new(Secret::new(BTreeMap::from([(
        FILE.to_owned(),
        trusted_root,
    )])))
}

fn held(material: &Material) -> Option<Held> {
    let bytes = material.targets.values().next()?;
    Some(Held {
        secret: secret(bytes.to_vec()),
        asked: material.asked,
        expires: material.expires,
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
