//! Secrets that are known beforehand.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Secret, SecretError, SecretFuture, Secrets};

/// Secrets known beforehand, by namespace and name.
#[derive(Clone, Debug, Default)]
pub struct StaticSecrets {
    secrets: BTreeMap<(String, String), Arc<Secret>>,
    invalid: BTreeMap<(String, String), String>,
    /// Those that are not usable say why.
    config_maps: BTreeMap<(String, String), Result<Arc<Secret>, String>>,
    bundles: Option<Arc<Secret>>,
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

    /// Notes that a secret is there and not usable, and why: what needs it is refused for that reason, and what does
    /// not goes on. It wins against a usable one of the same name.
    pub fn insert_invalid(
        &mut self,
        namespace: impl Into<String>,
        name: impl Into<String>,
        why: impl Into<String>,
    ) {
        self.invalid
            .insert((namespace.into(), name.into()), why.into());
    }

    /// Adds or replaces a `ConfigMap`: its items, or why it is not usable.
    pub fn insert_config_map(
        &mut self,
        namespace: impl Into<String>,
        name: impl Into<String>,
        items: Result<BTreeMap<String, Vec<u8>>, String>,
    ) {
        let held = items.map(|items| Arc::new(Secret::new(items)));
        self.config_maps
            .insert((namespace.into(), name.into()), held);
    }

    /// Brings these files with bundles of sigstore along, in place of those before.
    pub fn set_bundles(&mut self, files: BTreeMap<String, Vec<u8>>) {
        self.bundles = Some(Arc::new(Secret::new(files)));
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

    fn config_map<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a> {
        let key = (namespace.to_owned(), name.to_owned());
        let found = match self.config_maps.get(&key) {
            Some(Ok(held)) => Ok(Arc::clone(held)),
            Some(Err(detail)) => Err(SecretError::Invalid {
                detail: detail.clone(),
            }),
            None => Err(SecretError::NotFound),
        };
        Box::pin(std::future::ready(found))
    }

    fn bundles<'a>(&'a self) -> SecretFuture<'a> {
        let found = self.bundles.clone().ok_or(SecretError::NotFound);
        Box::pin(std::future::ready(found))
    }
}
