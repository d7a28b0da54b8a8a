//! The Secrets and `ConfigMap`s of a recorded decision.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use doorward_core::transcript::{Found, Replay, SecretRecord};

use doorward_policy::{KeyForm, KeyPin, KeySource};

use crate::secrets::{KeySourceError, KeySourceFuture, Secret, SecretError, SecretFuture, Secrets};

/// Stands for an item that was not written down. It is neither a key nor a certificate.
const WITHHELD: &str = "withheld";
/// Stands for one that is no text.
const NO_TEXT: &[u8] = &[0xff];

/// What came of reading one Secret.
pub(super) struct ReadSecret {
    namespace: String,
    name: String,
    found: Result<Arc<Secret>, Missing>,
}

/// Why something was not had.
#[derive(Clone)]
enum Missing {
    Key(KeySourceError),
    Secret(SecretError),
}

impl Missing {
    /// What is written down of it.
    fn record(&self) -> Found {
        match self {
            Self::Key(KeySourceError::Invalid { detail })
            | Self::Secret(SecretError::Invalid { detail }) => Found::Invalid(detail.clone()),
            Self::Key(KeySourceError::PinMismatch { expected, found }) => Found::Mismatch {
                expected: expected.clone(),
                found: found.clone(),
            },
            Self::Secret(SecretError::NotFound) => Found::Nothing,
            Self::Key(KeySourceError::Unavailable { detail })
            | Self::Secret(SecretError::Unavailable { detail }) => {
                Found::Unavailable(detail.clone())
            }
        }
    }
}

/// What the key of a source is called in a transcript.
fn key_name(source: &KeySource) -> String {
    let pin = match source.pin() {
        Some(KeyPin::File(digest)) => format!("file {digest}"),
        Some(KeyPin::Key(digest)) => format!("key {digest}"),
        Some(KeyPin::OpenPgp(key)) => format!("key {key}"),
        None => String::new(),
    };
    // One file may be named as two things.
    let pin = match source.form() {
        KeyForm::PublicKey => pin,
        form @ (KeyForm::Certificates | KeyForm::OpenPgp) => format!("{} {pin}", form.as_str()),
    };
    SecretRecord::name_of_key_source(source.address(), &pin)
}

impl ReadSecret {
    /// What is written down of it: as far as it is public.
    pub(super) fn record(&self) -> SecretRecord {
        let (namespace, name) = (self.namespace.as_str(), self.name.as_str());
        match &self.found {
            Ok(secret) => SecretRecord::of(namespace, name, secret.is_for_stores(), secret.items()),
            Err(missing) => SecretRecord::new(namespace, name, missing.record()),
        }
    }
}

/// Secrets, with what is read of them kept in mind. What was read first stays: a decision that finds another Secret
/// under the same name cannot be made again, and its report tells.
pub(super) struct RecordedSecrets<'a> {
    inner: &'a dyn Secrets,
    read: Mutex<Vec<ReadSecret>>,
}

impl<'a> RecordedSecrets<'a> {
    pub(super) const fn new(inner: &'a dyn Secrets) -> Self {
        Self {
            inner,
            read: Mutex::new(Vec::new()),
        }
    }

    /// What was read.
    pub(super) fn read(self) -> Vec<ReadSecret> {
        self.read
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl RecordedSecrets<'_> {
    fn keep(&self, namespace: &str, name: String, found: Result<Arc<Secret>, Missing>) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if !read
            .iter()
            .any(|known| known.namespace == namespace && known.name == name)
        {
            read.push(ReadSecret {
                namespace: namespace.to_owned(),
                name,
                found,
            });
        }
    }
}

impl Secrets for RecordedSecrets<'_> {
    fn secret<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a> {
        Box::pin(async move {
            let found = self.inner.secret(namespace, name).await;
            let kept = found.clone().map_err(Missing::Secret);
            self.keep(namespace, name.to_owned(), kept);
            found
        })
    }

    fn config_map<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a> {
        Box::pin(async move {
            let found = self.inner.config_map(namespace, name).await;
            let kept = found.clone().map_err(Missing::Secret);
            self.keep(namespace, SecretRecord::name_of_config_map(name), kept);
            found
        })
    }

    fn key_source<'a>(&'a self, source: &'a KeySource) -> KeySourceFuture<'a> {
        Box::pin(async move {
            let found = self.inner.key_source(source).await;
            self.keep("", key_name(source), found.clone().map_err(Missing::Key));
            found
        })
    }

    fn trust_root<'a>(&'a self, name: &'a str) -> SecretFuture<'a> {
        Box::pin(async move {
            let found = self.inner.trust_root(name).await;
            let kept = found.clone().map_err(Missing::Secret);
            self.keep("", SecretRecord::name_of_trust_root(name), kept);
            found
        })
    }

    fn bundles<'a>(&'a self) -> SecretFuture<'a> {
        Box::pin(async move {
            let found = self.inner.bundles().await;
            // Most decisions are made without.
            if !matches!(found, Err(SecretError::NotFound)) {
                let kept = found.clone().map_err(Missing::Secret);
                self.keep("", SecretRecord::BUNDLES.to_owned(), kept);
            }
            found
        })
    }
}

/// Secrets as a transcript has them.
pub(super) struct ReplayedSecrets(pub(super) Replay);

impl Secrets for ReplayedSecrets {
    fn secret<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a> {
        Box::pin(std::future::ready(self.found(namespace, name)))
    }

    fn config_map<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a> {
        Box::pin(std::future::ready(
            self.found(namespace, &SecretRecord::name_of_config_map(name)),
        ))
    }

    fn key_source<'a>(&'a self, source: &'a KeySource) -> KeySourceFuture<'a> {
        let name = key_name(source);
        let found = match self.0.secret("", &name) {
            Some(Found::Mismatch { expected, found }) => Err(KeySourceError::PinMismatch {
                expected: expected.clone(),
                found: found.clone(),
            }),
            _ => self.found("", &name).map_err(|error| match error {
                SecretError::Invalid { detail } => KeySourceError::Invalid { detail },
                SecretError::Unavailable { detail } => KeySourceError::Unavailable { detail },
                SecretError::NotFound => KeySourceError::Unavailable {
                    detail: error.to_string(),
                },
            }),
        };
        Box::pin(std::future::ready(found))
    }

    fn trust_root<'a>(&'a self, name: &'a str) -> SecretFuture<'a> {
        Box::pin(std::future::ready(
            self.found("", &SecretRecord::name_of_trust_root(name)),
        ))
    }

    fn bundles<'a>(&'a self) -> SecretFuture<'a> {
        let found = match self.0.bundles() {
            None => Err(SecretError::NotFound),
            Some(_) => self.found("", SecretRecord::BUNDLES),
        };
        Box::pin(std::future::ready(found))
    }
}

impl ReplayedSecrets {
    fn found(&self, namespace: &str, name: &str) -> Result<Arc<Secret>, SecretError> {
        match self.0.secret(namespace, name) {
            Some(Found::Invalid(detail)) => Err(SecretError::Invalid {
                detail: detail.clone(),
            }),
            Some(Found::Nothing) => Err(SecretError::NotFound),
            Some(Found::Public(items)) => {
                let items = items.iter();
                let items = items.map(|(name, bytes)| (name.clone(), bytes.to_vec()));
                Ok(Arc::new(Secret::new(items.collect())))
            }
            Some(Found::Unavailable(detail)) => Err(SecretError::Unavailable {
                detail: detail.clone(),
            }),
            Some(Found::Withheld { for_stores, items }) => {
                Ok(Arc::new(withheld(namespace, name, *for_stores, items)))
            }
            // Also what a later version may write.
            Some(_) | None => Err(SecretError::Unavailable {
                detail: "not in the transcript that is replayed".to_owned(),
            }),
        }
    }
}

/// What stands for a Secret that was not written down: a login of its own for a signature store, and no key.
fn withheld(
    namespace: &str,
    name: &str,
    for_stores: bool,
    items: &BTreeMap<String, bool>,
) -> Secret {
    let stand_in = |(item, is_text): (&String, &bool)| {
        let bytes = if *is_text {
            // Two logins for one store are two questions to it.
            format!("{WITHHELD} {namespace}/{name}").into_bytes()
        } else {
            NO_TEXT.to_vec()
        };
        (item.clone(), bytes)
    };
    let secret = Secret::new(items.iter().map(stand_in).collect());
    if for_stores {
        secret.for_stores()
    } else {
        secret
    }
}
