//! Secrets that policies name: keys and store credentials.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use doorward_core::Digest;

/// The items of one secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    items: BTreeMap<String, Vec<u8>>,
    fingerprint: Digest,
}

impl Secret {
    /// A secret with these items, decoded.
    #[must_use]
    pub fn new(items: BTreeMap<String, Vec<u8>>) -> Self {
        let mut bytes = Vec::new();
        for (name, value) in &items {
            for part in [name.as_bytes(), value] {
                bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
                bytes.extend_from_slice(part);
            }
        }
        let fingerprint = Digest::sha256(&bytes);
        Self { items, fingerprint }
    }

    /// The bytes of an item.
    #[must_use]
    pub fn item(&self, name: &str) -> Option<&[u8]> {
        self.items.get(name).map(Vec::as_slice)
    }

    /// A digest over names and bytes of all items: equal for equal secrets.
    #[must_use]
    pub const fn fingerprint(&self) -> &Digest {
        &self.fingerprint
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.items.keys()).finish()
    }
}

/// Why a secret could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// There is such a secret, and it is not usable.
    #[error("not usable: {detail}")]
    Invalid {
        /// What is wrong with it, without its content.
        detail: String,
    },
    /// There is no such secret.
    #[error("not found")]
    NotFound,
    /// The secret could not be read.
    #[error("unavailable: {detail}")]
    Unavailable {
        /// What happened.
        detail: String,
    },
}

/// The future of [`Secrets::secret`].
pub type SecretFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Arc<Secret>, SecretError>> + Send + 'a>>;

/// Where secrets come from.
pub trait Secrets: Send + Sync {
    /// The secret `name` of `namespace`.
    fn secret<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a>;
}

/// Secrets known beforehand, by namespace and name.
#[derive(Clone, Debug, Default)]
pub struct StaticSecrets {
    secrets: BTreeMap<(String, String), Arc<Secret>>,
    invalid: BTreeMap<(String, String), String>,
}

impl StaticSecrets {
    /// Adds or replaces a secret.
    pub fn insert(
        &mut self,
        namespace: impl Into<String>,
        name: impl Into<String>,
        secret: Secret,
    ) {
        self.secrets
            .insert((namespace.into(), name.into()), Arc::new(secret));
    }

    /// Notes that a secret is there and not usable, and why: what needs it is refused for that reason, and what does not
    /// goes on. It wins against a usable one of the same name.
    pub fn insert_invalid(
        &mut self,
        namespace: impl Into<String>,
        name: impl Into<String>,
        why: impl Into<String>,
    ) {
        self.invalid
            .insert((namespace.into(), name.into()), why.into());
    }
}

impl Secrets for StaticSecrets {
    fn secret<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a> {
        let key = (namespace.to_owned(), name.to_owned());
        let found = match (self.invalid.get(&key), self.secrets.get(&key)) {
            (Some(detail), _) => Err(SecretError::Invalid {
                detail: detail.clone(),
            }),
            (None, Some(secret)) => Ok(Arc::clone(secret)),
            (None, None) => Err(SecretError::NotFound),
        };
        Box::pin(std::future::ready(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(name: &str, value: &str) -> Secret {
        Secret::new(BTreeMap::from([(
            name.to_owned(),
            value.as_bytes().to_vec(),
        )]))
    }

    #[test]
    fn debug_output_shows_names_and_never_bytes() {
        assert_eq!(format!("{:?}", secret("key", "hidden")), r#"{"key"}"#);
    }

    #[test]
    fn bytes_moved_between_name_and_value_change_the_fingerprint() {
        assert_ne!(
            secret("ab", "c").fingerprint(),
            secret("a", "bc").fingerprint()
        );
    }
}
