//! Docker configurations: `config.json`, `.dockerconfigjson`, `.dockercfg`.

mod entry;
mod helper;
mod key;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use doorward_core::Repository;
use serde::Deserialize;

pub use helper::Helpers;

use crate::{Credential, Fingerprint, Keychain};
use entry::Entry;
use key::Key;

/// The most bytes of a configuration. Kubernetes bounds a whole Secret by the same number.
const MAX_BYTES: usize = 1 << 20;
/// The most entries of a configuration.
const MAX_ENTRIES: usize = 4096;

/// A Docker configuration as a keychain.
///
/// An entry applies to a repository if its key names the registry, or a path on it. Keys may be `host`,
/// `host:port`, `host/path`, any of them as an URL (also with `/v1/` or `/v2/`), Docker Hub's
/// `https://index.docker.io/v1/`, and may have `*` and `?` within a label of the host, as for kubelet. A key without
/// a port is for the standard port only. All entries that apply are offered, the most specific first.
///
/// Credential helpers named by a configuration are run only after [`with_helpers`](Self::with_helpers) or
/// [`load`](Self::load): a configuration that someone else wrote must not choose a program to run.
#[derive(Clone)]
pub struct DockerConfig {
    entries: Vec<(Key, Vec<Credential>)>,
    helpers_by_host: BTreeMap<String, String>,
    store: Option<String>,
    helpers: Option<Helpers>,
    fingerprint: Fingerprint,
}

/// Why a Docker configuration cannot be read. Never shows its content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DockerConfigError {
    /// It is not JSON of the expected form.
    #[error("the registry configuration is malformed at line {line}, column {column}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// It has more than 4096 entries or 1 MiB.
    #[error("the registry configuration is too large")]
    TooLarge,
    /// The file could not be read.
    #[error("the registry configuration {path} could not be read: {detail}")]
    Unreadable {
        /// Which file.
        path: String,
        /// The system's reason.
        detail: String,
    },
}

impl From<serde_json::Error> for DockerConfigError {
    // The error's own text may quote a value, which may be a secret.
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed {
            line: error.line(),
            column: error.column(),
        }
    }
}

/// The form of `config.json` and `.dockerconfigjson`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(default)]
    auths: Option<BTreeMap<String, Option<Entry>>>,
    #[serde(default)]
    cred_helpers: Option<BTreeMap<String, String>>,
    #[serde(default)]
    creds_store: Option<String>,
}

impl DockerConfig {
    /// Reads a configuration of either form: that of `config.json` and `.dockerconfigjson`, or, if it has a member
    /// whose name is a registry, that of `.dockercfg`.
    ///
    /// # Errors
    /// [`DockerConfigError::Malformed`] and [`DockerConfigError::TooLarge`].
    pub fn parse(json: &[u8]) -> Result<Self, DockerConfigError> {
        bounded(json)?;
        let members: BTreeMap<String, serde::de::IgnoredAny> = serde_json::from_slice(json)?;
        let is_registry = |name: &String| name.contains(['.', ':', '/']) || name == "localhost";
        if !members.contains_key("auths") && members.keys().any(is_registry) {
            Self::parse_dockercfg(json)
        } else {
            Self::parse_config_json(json)
        }
    }

    /// Reads the form of `config.json` and of the Secret item `.dockerconfigjson`.
    ///
    /// # Errors
    /// [`DockerConfigError::Malformed`] and [`DockerConfigError::TooLarge`].
    pub fn parse_config_json(json: &[u8]) -> Result<Self, DockerConfigError> {
        bounded(json)?;
        let file: File = serde_json::from_slice(json)?;
        let mut config = Self::from_entries(json, file.auths.unwrap_or_default())?;
        config.helpers_by_host = file.cred_helpers.unwrap_or_default();
        config.store = file.creds_store.filter(|name| !name.is_empty());
        Ok(config)
    }

    /// Reads the older form, a map of registries, of the Secret item `.dockercfg`.
    ///
    /// # Errors
    /// [`DockerConfigError::Malformed`] and [`DockerConfigError::TooLarge`].
    pub fn parse_dockercfg(json: &[u8]) -> Result<Self, DockerConfigError> {
        bounded(json)?;
        Self::from_entries(json, serde_json::from_slice(json)?)
    }

    /// Reads the configuration of the person who runs the program, `$DOCKER_CONFIG/config.json` or
    /// `~/.docker/config.json`, helpers included. Nothing, if there is no such file.
    ///
    /// # Errors
    /// [`DockerConfigError`], if there is one that cannot be used.
    pub fn load() -> Result<Option<Self>, DockerConfigError> {
        let folder = std::env::var_os("DOCKER_CONFIG")
            .filter(|folder| !folder.is_empty())
            .map(PathBuf::from)
            .or_else(|| {
                let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
                Some(PathBuf::from(home).join(".docker"))
            });
        folder.map_or(Ok(None), |folder| {
            Self::load_file(&folder.join("config.json"))
        })
    }

    /// Reads a file of the form of `config.json`, helpers included. Nothing, if it does not exist.
    ///
    /// # Errors
    /// [`DockerConfigError`], if it exists and cannot be used.
    pub fn load_file(path: &Path) -> Result<Option<Self>, DockerConfigError> {
        match std::fs::read(path) {
            Ok(json) => Ok(Some(Self::parse(&json)?.with_helpers(Helpers::default()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(DockerConfigError::Unreadable {
                path: path.display().to_string(),
                detail: error.to_string(),
            }),
        }
    }

    /// Lets the configuration run the credential helpers it names.
    #[must_use]
    pub fn with_helpers(mut self, helpers: Helpers) -> Self {
        self.fingerprint = Fingerprint::of([
            b"with helpers".as_slice(),
            self.fingerprint.as_ref(),
            helpers
                .directory
                .as_ref()
                .map_or(b"", |d| d.as_os_str().as_encoded_bytes()),
        ]);
        self.helpers = Some(helpers);
        self
    }

    fn from_entries(
        json: &[u8],
        entries: BTreeMap<String, Option<Entry>>,
    ) -> Result<Self, DockerConfigError> {
        if entries.len() > MAX_ENTRIES {
            return Err(DockerConfigError::TooLarge);
        }
        let mut entries: Vec<_> = entries
            .into_iter()
            .filter_map(|(key, entry)| {
                let credentials = entry?.credentials();
                if credentials.is_empty() {
                    return None;
                }
                Some((Key::parse(&key)?, credentials))
            })
            .collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp_by_specificity(b));
        Ok(Self {
            entries,
            helpers_by_host: BTreeMap::new(),
            store: None,
            helpers: None,
            fingerprint: Fingerprint::of([b"docker config".as_slice(), json]),
        })
    }

    /// What the helper for a repository's registry gives, if there is one: the one named for this registry, else
    /// the store for all.
    fn helped(&self, repository: &Repository) -> Vec<Credential> {
        let Some(helpers) = &self.helpers else {
            return Vec::new();
        };
        let named = self
            .helpers_by_host
            .iter()
            .find(|(host, _)| Key::parse(host).is_some_and(|key| key.is_registry_of(repository)))
            .map(|(_, name)| name);
        let Some(name) = named.or(self.store.as_ref()) else {
            return Vec::new();
        };
        match helpers.run(name, &key::server_name(repository)) {
            Ok(found) => found.into_iter().collect(),
            Err(error) => {
                tracing::warn!(helper = name, registry = repository.registry(), %error, "the credential helper gave nothing");
                Vec::new()
            }
        }
    }
}

fn bounded(json: &[u8]) -> Result<(), DockerConfigError> {
    if json.len() > MAX_BYTES {
        return Err(DockerConfigError::TooLarge);
    }
    Ok(())
}

impl Keychain for DockerConfig {
    fn credentials(&self, repository: &Repository) -> Vec<Credential> {
        let mut all = self.helped(repository);
        for credential in self
            .entries
            .iter()
            .filter(|(key, _)| key.matches(repository))
            .flat_map(|(_, credentials)| credentials)
        {
            if !all.contains(credential) {
                all.push(credential.clone());
            }
        }
        all
    }

    fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

impl std::fmt::Debug for DockerConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DockerConfig({} entries)", self.entries.len())
    }
}
