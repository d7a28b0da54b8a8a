//! Public keys and certificates that policies name by where they are: at an address, or in a key management service.

mod key;
mod remembered;
mod watched;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorward_core::{
    Class, Code, Digest, Fetch, Fetcher, KeyService, KeyServiceError, Resource, StateStore,
    Timestamp,
};
use doorward_policy::{KeyForm, KeySource};
use futures::StreamExt as _;
use futures::future::join;

#[cfg(feature = "simple-signing")]
pub(crate) use self::key::ITEM;
use self::key::{Key, max_bytes};
use self::watched::Watched;
use crate::clock::Clock;
use crate::secrets::{KeySourceError, KeySourceFuture, Secret, SecretFuture, Secrets};

/// The most sources that are watched. What is named beyond that has no key.
const MAX_SOURCES: usize = 256;
/// How many are asked at a time.
const AT_A_TIME: usize = 8;

/// Public keys, rings of keys and certificates from the sources that policies name: a key, below, is what one source gives.
///
/// Nobody is asked when a key is needed: [`get`](Self::get) says what is known. [`watch`](Self::watch) says which sources there
/// are, and [`refresh`](Self::refresh) asks those that are due: a new one at once, others once an hour, and one that failed
/// after 15 seconds and then less and less often. A key that was had counts until it was not confirmed for 30 days, or for one
/// day if no pin says which it is; what is served meanwhile and does not have the pin, or is no key, changes nothing of that. Where
/// the clock was set back to before that, it counts again once it is confirmed.
pub struct KeySources {
    sources: Mutex<BTreeMap<KeySource, Watched>>,
    memory: Arc<dyn StateStore>,
    service: Option<Arc<dyn KeyService>>,
    clock: Clock,
    /// One round at a time of the sources whose keys are kept, and one of the others.
    turns: [tokio::sync::Mutex<()>; 2],
    /// One file at a time: what a file of a stranger takes to be read is bounded, and is time of one processor.
    reading: tokio::sync::Mutex<()>,
    /// What sets this process apart from others, so that not all of them ask at the same time.
    seed: u64,
}

/// A source to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedKey<'a> {
    /// Where the key is.
    pub source: &'a KeySource,
    /// Whether its key is remembered for the next process, if a pin says which it is. What tenants name should not be: what is
    /// remembered is a share of all.
    pub is_kept: bool,
}

/// What came of asking a source.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyRenewal {
    /// The source.
    pub source: KeySource,
    /// What it said, or why it gave no key that counts.
    pub said: Result<KeyChange, KeySourceError>,
    /// Whether a key of it counts, from now or from before.
    pub counts: bool,
}

/// How the key of a source compares with that from before. A public key is named by the digest of its DER
/// `SubjectPublicKeyInfo`, a ring of keys and certificates by that of their file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyChange {
    /// There was another one, which its service has exchanged. No pin said which it is.
    Exchanged {
        /// The key from before.
        before: Digest,
        /// The key now.
        now: Digest,
    },
    /// There was none.
    First(Digest),
    /// It is the same, or another file with what the pin says.
    Same,
}

impl KeySources {
    /// None yet. `clock` tells whether what was had still counts; keys are remembered in `memory`.
    #[must_use]
    pub fn new(memory: Arc<dyn StateStore>, clock: Clock) -> Self {
        Self {
            sources: Mutex::default(),
            memory,
            service: None,
            clock,
            turns: Default::default(),
            reading: tokio::sync::Mutex::default(),
            seed: seed(),
        }
    }

    /// With somebody who asks key management services. Without one, their keys are unavailable.
    #[must_use]
    pub fn with_service(mut self, service: Arc<dyn KeyService>) -> Self {
        self.service = Some(service);
        self
    }

    /// Watches these sources from now on and no others, the first 256 of them. They are asked in this order. Returns how many
    /// there are beyond.
    pub fn watch<'a>(&self, named: impl IntoIterator<Item = WatchedKey<'a>>) -> usize {
        let mut all = self.all();
        let mut before = std::mem::take(&mut *all);
        let mut left_out = 0_usize;
        let named: Vec<_> = named.into_iter().collect();
        // One that is kept for anybody is kept, in whatever order it is named.
        let kept = named.iter().filter(|one| one.is_kept);
        let kept: BTreeSet<&KeySource> = kept.map(|one| one.source).collect();
        for WatchedKey { source, .. } in named {
            if all.contains_key(source) {
                continue;
            }
            if all.len() == MAX_SOURCES {
                left_out = left_out.saturating_add(1);
                continue;
            }
            let mut one = before.remove(source).unwrap_or_default();
            one.keep(kept.contains(source));
            one.rank = all.len();
            all.insert(source.clone(), one);
        }
        left_out
    }

    /// The key from this source, as far as it is known: see [`Secrets::key_source`].
    ///
    /// # Errors
    /// [`KeySourceError`].
    pub fn get(&self, source: &KeySource) -> Result<Arc<Secret>, KeySourceError> {
        let all = self.all();
        let one = all.get(source).ok_or_else(|| KeySourceError::Unavailable {
            detail: format!("it is not among the {MAX_SOURCES} that are asked"),
        })?;
        one.get(source, (self.clock)())
    }

    /// `secrets` with these keys beside them.
    #[must_use]
    pub const fn beside<'a>(&'a self, secrets: &'a dyn Secrets) -> SecretsAndKeySources<'a> {
        SecretsAndKeySources {
            secrets,
            keys: self,
        }
    }

    /// Asks those that are due. It is worth calling every few seconds. Tells what came of each.
    ///
    /// Servers are asked through `fetcher`, in the name of nobody.
    pub async fn refresh(&self, fetcher: &dyn Fetcher) -> Vec<KeyRenewal> {
        let rounds = join(
            self.refresh_those(true, fetcher),
            self.refresh_those(false, fetcher),
        );
        let (mut renewed, others) = rounds.await;
        renewed.extend(others);
        renewed
    }

    /// The same, of the sources whose keys [are kept](WatchedKey::is_kept) or of the others. Neither waits for the other: servers
    /// that tenants name and that never answer hold up no new key of the operator.
    pub async fn refresh_those(&self, is_kept: bool, fetcher: &dyn Fetcher) -> Vec<KeyRenewal> {
        let [of_others, of_kept] = &self.turns;
        let _turn = if is_kept { of_kept } else { of_others }.lock().await;
        let now = (self.clock)();
        let due: Vec<_> = {
            let all = self.all();
            let is_meant = |one: &Watched| one.is_kept == is_kept && one.is_due_at(now);
            let due = all.iter().filter(|(_, one)| is_meant(one));
            // Those that were named first go first: who hangs among the others does not hold them up.
            let mut due: Vec<_> = due.collect();
            due.sort_by_key(|(_, one)| one.rank);
            due.into_iter().map(|(source, _)| source.clone()).collect()
        };
        let round = due
            .into_iter()
            .map(|source| async move { self.renew(source, is_kept, fetcher).await });
        futures::stream::iter(round)
            .buffer_unordered(AT_A_TIME)
            .filter_map(std::future::ready)
            .collect()
            .await
    }

    /// When the first of the keys that are held stops counting, if none of them is confirmed any more.
    #[must_use]
    pub fn end(&self) -> Option<Timestamp> {
        let all = self.all();
        all.iter().filter_map(|(source, one)| one.end(source)).min()
    }

    /// The same of the keys of one form.
    #[must_use]
    pub fn end_of(&self, form: KeyForm) -> Option<Timestamp> {
        let all = self.all();
        let of_form = all.iter().filter(|(source, _)| source.form() == form);
        of_form.filter_map(|(source, one)| one.end(source)).min()
    }

    /// `None` if the source is watched no more, or if what was remembered of it is young enough that nobody was asked.
    async fn renew(
        &self,
        source: KeySource,
        is_kept: bool,
        fetcher: &dyn Fetcher,
    ) -> Option<KeyRenewal> {
        let is_new = self.change(&source, Watched::begin)?;
        let memory = is_kept.then_some(&*self.memory);
        if is_new && let Some(memory) = memory {
            if let Some((file, asked)) = remembered::load(memory, &source).await
                && let Ok(key) = self.read(file, &source).await
            {
                let now = (self.clock)();
                let seed = self.seed;
                self.change(&source, |one| one.recall(&source, key, asked, now, seed))?;
            }
            let now = (self.clock)();
            if !self.change(&source, |one| one.is_due_at(now))? {
                return None;
            }
        }
        let said = match self.ask(&source, fetcher).await {
            Ok(bytes) => self.read(bytes, &source).await,
            Err(error) => Err(error),
        };
        let now = (self.clock)();
        let served = said.as_ref().ok().cloned();
        let (said, counts) = self.change(&source, |one| {
            let said = one.take(said, now, self.seed, &source);
            (said, one.get(&source, now).is_ok())
        })?;
        if let (Some(memory), Ok(_), Some(key)) = (memory, &said, served) {
            // What cannot be remembered still counts here: its pin says that it is the right one.
            self.keep(memory, &source, &key, now).await;
        }
        Some(KeyRenewal {
            source,
            said,
            counts,
        })
    }

    /// Remembers a key that has its pin, unless another process has seen since that it was revoked.
    async fn keep(&self, memory: &dyn StateStore, source: &KeySource, key: &Key, now: Timestamp) {
        if source.pin().is_none() {
            return;
        }
        if source.form() == KeyForm::OpenPgp
            && let Some((file, _)) = remembered::load(memory, source).await
            && file != key.file()
            && let Ok(known) = self.read(file, source).await
            && !known.revoked.is_subset(&key.revoked)
        {
            return;
        }
        remembered::keep(memory, source, key, now).await;
    }

    /// What is in a file, read where that keeps no thread from answering.
    async fn read(&self, file: Vec<u8>, source: &KeySource) -> Result<Key, KeySourceError> {
        let _turn = self.reading.lock().await;
        let source = source.clone();
        let reading = tokio::task::spawn_blocking(move || Key::read(&file, &source));
        reading.await.unwrap_or_else(|_| {
            Err(KeySourceError::Unavailable {
                detail: "reading what is served did not end".to_owned(),
            })
        })
    }

    /// What is served, as it is.
    async fn ask(
        &self,
        source: &KeySource,
        fetcher: &dyn Fetcher,
    ) -> Result<Vec<u8>, KeySourceError> {
        match source {
            KeySource::Kms { uri, .. } => {
                let Some(service) = &self.service else {
                    return Err(KeySourceError::Unavailable {
                        detail: "no folder is named with programs that ask key management services"
                            .to_owned(),
                    });
                };
                let answer = service.public_key(uri).await;
                answer
                    .map(|bytes| bytes.to_vec())
                    .map_err(|error| match error {
                        KeyServiceError::Malformed { detail } => KeySourceError::Invalid { detail },
                        other => KeySourceError::Unavailable {
                            detail: other.to_string(),
                        },
                    })
            }
            KeySource::Url { url, .. } => {
                let (url, access) = (url.clone(), None);
                let fetch = Fetch::new(
                    Resource::Lookaside { url, access },
                    max_bytes(source.form()),
                );
                let answer = fetcher.fetch(&fetch).await;
                answer.map(|found| found.bytes.to_vec()).map_err(|error| {
                    let detail = error.to_string();
                    match Code::from(&error).class() {
                        Class::Integrity => KeySourceError::Invalid { detail },
                        _ => KeySourceError::Unavailable { detail },
                    }
                })
            }
        }
    }

    /// Does something with what is known of a source. `None` if it is watched no more.
    fn change<T>(&self, source: &KeySource, change: impl FnOnce(&mut Watched) -> T) -> Option<T> {
        self.all().get_mut(source).map(change)
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<KeySource, Watched>> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for KeySources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.all().keys()).finish()
    }
}

/// Secrets with keys from sources beside them: see [`KeySources::beside`].
#[derive(Clone, Copy)]
pub struct SecretsAndKeySources<'a> {
    secrets: &'a dyn Secrets,
    keys: &'a KeySources,
}

impl fmt::Debug for SecretsAndKeySources<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretsAndKeySources")
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

impl Secrets for SecretsAndKeySources<'_> {
    fn secret<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a> {
        self.secrets.secret(namespace, name)
    }

    fn config_map<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a> {
        self.secrets.config_map(namespace, name)
    }

    fn key_source<'a>(&'a self, source: &'a KeySource) -> KeySourceFuture<'a> {
        Box::pin(std::future::ready(self.keys.get(source)))
    }

    fn trust_root<'a>(&'a self, name: &'a str) -> SecretFuture<'a> {
        self.secrets.trust_root(name)
    }

    fn bundles<'a>(&'a self) -> SecretFuture<'a> {
        self.secrets.bundles()
    }
}

/// Another number for each process.
fn seed() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(0_u8)
}
