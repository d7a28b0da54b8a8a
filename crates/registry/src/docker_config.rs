//! Docker configurations: `config.json`, `.dockerconfigjson`, `.dockercfg`.

mod entry;
mod error;
mod file;
mod helper;
mod key;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_core::Repository;
use serde::Deserialize;

pub use error::DockerConfigError;
pub use helper::Helpers;

use crate::keychain::{MAX_CREDENTIALS, fill};
use crate::{Credential, CredentialSource, DropReason, Dropped, EntryFault, Fingerprint, Keychain};
use entry::Entry;
use helper::Outcomes;
use key::Key;

/// The item of a pull secret of type `kubernetes.io/dockerconfigjson`.
pub(crate) const CONFIG_JSON: &str = ".dockerconfigjson";
/// The item of a pull secret of type `kubernetes.io/dockercfg`.
pub(crate) const DOCKERCFG: &str = ".dockercfg";
/// What some editors and shells write before UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// The most bytes of a configuration. Kubernetes bounds a whole Secret by the same number.
const MAX_BYTES: usize = 1 << 20;
/// The most entries of a configuration, and the most helpers.
const MAX_ENTRIES: usize = 4096;
/// The most faults of entries that a refusal for one repository names.
const MAX_FAULTS: usize = 16;

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
    source: CredentialSource,
    entries: Vec<(Key, Vec<Credential>)>,
    /// What is wrong with entries, whether or not something in them can be offered.
    faults: Vec<(Key, EntryFault)>,
    /// The keys of all entries, usable or not, also those that name no registry.
    keys: Arc<[String]>,
    /// The whole of it is of another form than the place it stands in.
    misplaced: Option<DropReason>,
    helpers_by_host: BTreeMap<String, String>,
    store: Option<String>,
    helpers: Option<Helpers>,
    /// What became of the helpers that were run, shared by clones.
    outcomes: Outcomes,
    fingerprint: Fingerprint,
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
        if is_older_form(text_of(json)?)? {
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
        let json = text_of(json)?;
        let file: File = serde_json::from_slice(json)?;
        let mut config = Self::from_entries(json, file.auths.unwrap_or_default())?;
        config.misplaced = is_older_form(json)?.then_some(DropReason::OtherForm {
            item: CONFIG_JSON,
            belongs: DOCKERCFG,
        });
        config.helpers_by_host = file.cred_helpers.unwrap_or_default();
        if config.helpers_by_host.len() > MAX_ENTRIES {
            return Err(DockerConfigError::TooLarge);
        }
        config.store = file.creds_store.filter(|name| !name.is_empty());
        Ok(config)
    }

    /// Reads the older form, a map of registries, of the Secret item `.dockercfg`.
    ///
    /// # Errors
    /// [`DockerConfigError::Malformed`] and [`DockerConfigError::TooLarge`].
    pub fn parse_dockercfg(json: &[u8]) -> Result<Self, DockerConfigError> {
        let json = text_of(json)?;
        let entries: BTreeMap<String, Option<Entry>> = serde_json::from_slice(json)?;
        let is_newer_form = entries.len() == 1 && entries.contains_key("auths");
        let mut config = Self::from_entries(json, entries)?;
        config.misplaced = is_newer_form.then_some(DropReason::OtherForm {
            item: DOCKERCFG,
            belongs: CONFIG_JSON,
        });
        Ok(config)
    }

    /// How many entries there are, usable or not.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Says where the configuration comes from, for [`Keychain::dropped`]. Two configurations of the same content are
    /// the same keychain, wherever they come from.
    #[must_use]
    pub fn from_source(mut self, source: CredentialSource) -> Self {
        self.source = source;
        self
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
        let keys = entries.keys().cloned().collect();
        let (mut usable, mut faults) = (Vec::new(), Vec::new());
        for (text, entry) in entries {
            let Some(key) = Key::parse(&text) else {
                continue;
            };
            let (credentials, fault) = entry.unwrap_or_default().credentials();
            faults.extend(fault.map(|fault| (key.clone(), fault)));
            if !credentials.is_empty() {
                usable.push((key, credentials));
            }
        }
        usable.sort_by(|(a, _), (b, _)| a.cmp_by_specificity(b));
        Ok(Self {
            source: CredentialSource::Configuration,
            entries: usable,
            faults,
            keys,
            misplaced: None,
            helpers_by_host: BTreeMap::new(),
            store: None,
            helpers: None,
            outcomes: Outcomes::default(),
            fingerprint: Fingerprint::of([b"docker config".as_slice(), json]),
        })
    }

    /// The helper for a repository's registry, if one is named: that for this registry, else the store for all.
    fn helper_for(&self, repository: &Repository) -> Option<&str> {
        self.helpers_by_host
            .iter()
            .find(|(host, _)| Key::parse(host).is_some_and(|key| key.is_registry_of(repository)))
            .map(|(_, name)| name)
            .or(self.store.as_ref())
            .map(String::as_str)
    }

    /// What the helper for a repository's registry gives, if there is one that may be run.
    fn helped(&self, repository: &Repository) -> Option<Credential> {
        let (helpers, name) = (self.helpers.as_ref()?, self.helper_for(repository)?);
        let server = key::server_name(repository);
        self.outcomes
            .of(name, &server, || helpers.run(name, &server))
    }

    /// Why the helper for a repository's registry gives nothing, if there is one.
    fn helper_dropped(&self, repository: &Repository) -> Option<DropReason> {
        let name = self.helper_for(repository)?;
        let helper = name.to_owned();
        if self.helpers.is_none() {
            return Some(DropReason::HelperNotRun { helper });
        }
        let fault = self.outcomes.fault(name, &key::server_name(repository))?;
        Some(DropReason::Helper { helper, fault })
    }
}

/// The text of a configuration, within its bound.
fn text_of(json: &[u8]) -> Result<&[u8], DockerConfigError> {
    if json.len() > MAX_BYTES {
        return Err(DockerConfigError::TooLarge);
    }
    let text = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
    if text.trim_ascii().is_empty() {
        return Err(DockerConfigError::Empty);
    }
    Ok(text)
}

/// Whether the members of a configuration are registries, as in the older form.
fn is_older_form(json: &[u8]) -> Result<bool, DockerConfigError> {
    let members: BTreeMap<String, serde::de::IgnoredAny> = serde_json::from_slice(json)?;
    let is_registry = |name: &String| name.contains(['.', ':', '/']) || name == "localhost";
    Ok(!members.contains_key("auths") && members.keys().any(is_registry))
}

impl Keychain for DockerConfig {
    fn credentials(&self, repository: &Repository) -> Vec<Credential> {
        let mut all = Vec::from_iter(self.helped(repository));
        let matching = self
            .entries
            .iter()
            .filter(|(key, _)| key.matches(repository));
        for (_, credentials) in matching {
            if fill(&mut all, credentials.iter().cloned(), MAX_CREDENTIALS) {
                break;
            }
        }
        all
    }

    fn dropped(&self, repository: &Repository) -> Vec<Dropped> {
        let has_entry = self.entries.iter().any(|(key, _)| key.matches(repository));
        let has_helper = self.helper_for(repository).is_some();
        let helper = self.helper_dropped(repository);
        let mut why = Vec::new();
        for (key, fault) in self
            .faults
            .iter()
            .filter(|(key, _)| key.matches(repository))
            .take(MAX_FAULTS)
        {
            // An empty entry is how Docker notes that a helper keeps the credential.
            if *fault != EntryFault::Empty || !has_helper {
                why.push(DropReason::Entry {
                    key: key.text().to_owned(),
                    fault: *fault,
                });
            }
        }
        why.extend(helper.filter(|why| !has_entry || matches!(why, DropReason::Helper { .. })));
        why.extend(self.misplaced.clone());
        let was_helped = self.helpers.is_some() && has_helper;
        if why.is_empty() && !has_entry && !was_helped {
            why.push(DropReason::NoEntry {
                registry: repository.canonical().registry().to_owned(),
                others: Arc::clone(&self.keys),
            });
        }
        let source = &self.source;
        why.into_iter()
            .map(|why| Dropped {
                source: source.clone(),
                why,
            })
            .collect()
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
