//! Trusted roots of sigstore that a program knows by name.

mod instance;
mod named;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use doorward_core::Timestamp;

use self::instance::Instance;
pub use self::named::{NamedTrustRoot, TrustRootError};

use doorward_policy::KeySource;

use crate::clock::Clock;
use crate::secrets::{KeySourceFuture, Secret, SecretError, SecretFuture, Secrets};

/// Trusted roots by the names that policies call them by: the public instance of sigstore, GitHub's own, private ones.
///
/// Nothing is loaded before a policy names it. What a repository gave counts until the first of its roles expires, and is
/// asked for again once it is a day old, by [`refresh`](Self::refresh) or when the next process needs it. A repository that
/// cannot be asked changes nothing as long as what is held counts. If a load fails after it verified a newer root, what an older
/// root vouched for counts no more; nor does anything after a load that failed where what is remembered is damaged, for then nobody
/// can tell which root is the newest.
pub struct TrustRoots {
    instances: BTreeMap<String, Arc<Instance>>,
    clock: Clock,
}

/// What came of [`TrustRoots::refresh`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Renewal {
    /// How many instances were asked.
    pub asked: usize,
    /// The names of those that gave nothing new that holds, and why. What is held of them may still count.
    pub failed: Vec<(String, SecretError)>,
    /// The names of those of which what was remembered was found deleted since the last call, also by [`TrustRoots::get`]:
    /// nothing tells any more which of their states is too old.
    pub lost: Vec<String>,
}

impl fmt::Debug for TrustRoots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.instances.keys()).finish()
    }
}

impl TrustRoots {
    /// None yet. `clock` tells whether what a repository gave still counts.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            instances: BTreeMap::new(),
            clock,
        }
    }

    /// Adds the instance whose `trusted_root.json` is this, for good.
    #[must_use]
    pub fn with_file(mut self, name: impl Into<String>, trusted_root: Vec<u8>) -> Self {
        let instance = Arc::new(Instance::fixed(trusted_root));
        self.instances.insert(name.into(), instance);
        self
    }

    /// Adds the instance whose `trusted_root.json` this repository has.
    #[must_use]
    pub fn with_repository(
        mut self,
        name: impl Into<String>,
        repository: doorward_tuf::Repository,
    ) -> Self {
        let instance = Arc::new(Instance::of(repository));
        self.instances.insert(name.into(), instance);
        self
    }

    /// The trusted root of this name, in the form of a secret: see [`Secrets::trust_root`].
    ///
    /// A load that has begun ends also if nobody waits for it any more. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`SecretError::NotFound`] for a name that nothing has, [`SecretError::Unavailable`] if the repository could not be
    /// asked, [`SecretError::Invalid`] if what it gave does not hold.
    pub async fn get(&self, name: &str) -> Result<Arc<Secret>, SecretError> {
        let instance = self.instances.get(name).ok_or(SecretError::NotFound)?;
        Instance::current(instance, &self.clock).await
    }

    /// `secrets` with these trusted roots beside them.
    #[must_use]
    pub const fn beside<'a>(&'a self, secrets: &'a dyn Secrets) -> SecretsAndTrustRoots<'a> {
        SecretsAndTrustRoots {
            secrets,
            roots: self,
        }
    }

    /// Asks again for what is in use and a day old, or ends within a day. Tells what came of it.
    ///
    /// It is worth calling every ten minutes; a repository is asked at most once in that time.
    pub async fn refresh(&self) -> Renewal {
        let mut renewal = Renewal::default();
        for (name, instance) in &self.instances {
            let said = Instance::refresh(instance, &self.clock).await;
            renewal.asked = renewal.asked.saturating_add(usize::from(said.is_some()));
            if let Some(Err(error)) = said {
                renewal.failed.push((name.clone(), error));
            }
            if instance.take_lost() {
                renewal.lost.push(name.clone());
            }
        }
        renewal
    }

    /// When what is held of each instance in use ends.
    #[must_use]
    pub fn ends(&self) -> Vec<(&str, Timestamp)> {
        let instances = self.instances.iter();
        instances
            .filter_map(|(name, instance)| Some((name.as_str(), instance.end()?)))
            .collect()
    }
}

/// Secrets with trusted roots beside them: see [`TrustRoots::beside`].
#[derive(Clone, Copy)]
pub struct SecretsAndTrustRoots<'a> {
    secrets: &'a dyn Secrets,
    roots: &'a TrustRoots,
}

impl fmt::Debug for SecretsAndTrustRoots<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretsAndTrustRoots")
            .field("roots", &self.roots)
            .finish_non_exhaustive()
    }
}

impl Secrets for SecretsAndTrustRoots<'_> {
    fn secret<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a> {
        self.secrets.secret(namespace, name)
    }

    fn config_map<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a> {
        self.secrets.config_map(namespace, name)
    }

    fn key_source<'a>(&'a self, source: &'a KeySource) -> KeySourceFuture<'a> {
        self.secrets.key_source(source)
    }

    fn trust_root<'a>(&'a self, name: &'a str) -> SecretFuture<'a> {
        Box::pin(self.roots.get(name))
    }

    fn bundles<'a>(&'a self) -> SecretFuture<'a> {
        self.secrets.bundles()
    }
}
