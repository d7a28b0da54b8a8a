//! The configuration file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use doorward::NamedTrustRoot;
use doorward_kube::files::read_regular;
use serde::Deserialize;

use crate::duration::Span;
use crate::failure::{Failure, Outcome};
use crate::files::named;
use crate::format::Format;
use crate::options::Mirror;
use crate::style::ColorChoice;

/// The name of the file in the working directory.
const LOCAL: &str = "doorward.yaml";
/// The most that is read of a configuration file.
const MAX_CONFIG: u64 = 1 << 20;

/// What a configuration file can say: the long flags, in camel case. Unknown names are refused.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ConfigFile {
    pub(crate) allow_address: Option<Vec<String>>,
    trust_root: Option<Vec<String>>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) certs_dir: Option<PathBuf>,
    pub(crate) color: Option<ColorChoice>,
    pub(crate) containers_policy: Option<PathBuf>,
    pub(crate) filename: Option<Vec<PathBuf>>,
    pub(crate) home_namespace: Option<String>,
    pub(crate) layout: Option<PathBuf>,
    mirror: Option<BTreeMap<String, String>>,
    pub(crate) namespace: Option<String>,
    pub(crate) offline: Option<bool>,
    pub(crate) output: Option<Format>,
    pub(crate) plain_http: Option<Vec<String>>,
    pub(crate) registries_d: Option<PathBuf>,
    pub(crate) revocation: Option<PathBuf>,
    pub(crate) service_account: Option<String>,
    pub(crate) shared_secret_namespace: Option<Vec<String>>,
    pub(crate) state_dir: Option<PathBuf>,
    timeout: Option<String>,
    pub(crate) trust_policy: Option<PathBuf>,
    pub(crate) trust_store: Option<PathBuf>,
}

/// A configuration file that was found.
#[derive(Clone, Debug)]
pub(crate) struct Located {
    /// Where.
    pub(crate) path: PathBuf,
    /// What it says; its relative paths are relative to its own directory and already completed.
    pub(crate) config: ConfigFile,
    /// Whether it was found in the working directory rather than asked for or the user's own.
    pub(crate) local: bool,
}

/// How a configuration file came to be read. Only one that is named may be a pipe.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    /// It is the user's own.
    AtHome,
    /// It lies in the working directory.
    InWorkingDirectory,
    /// `--config` names it.
    Named,
}

impl Located {
    /// The file that `--config` names, else that of the working directory, else the user's, else none.
    ///
    /// # Errors
    /// When the file cannot be read or says something unknown.
    pub(crate) fn find(explicit: Option<&Path>) -> Outcome<Option<Self>> {
        let env = |name| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let user = env("XDG_CONFIG_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| env("HOME").map(|home| home.join(".config")))
            .map(|directory| directory.join("doorward").join("config.yaml"));
        if let Some(path) = explicit {
            return Self::read(path, Found::Named).map(Some);
        }
        let local = Path::new(LOCAL);
        if local.exists() {
            return Self::read(local, Found::InWorkingDirectory).map(Some);
        }
        match user {
            Some(path) if path.exists() => Self::read(&path, Found::AtHome).map(Some),
            _ => Ok(None),
        }
    }

    fn read(path: &Path, found: Found) -> Outcome<Self> {
        let local = found == Found::InWorkingDirectory;
        let read = || -> anyhow::Result<ConfigFile> {
            let bytes = match found {
                Found::Named => named::read(path, MAX_CONFIG)?,
                Found::AtHome | Found::InWorkingDirectory => read_regular(path, MAX_CONFIG)?,
            };
            let text = String::from_utf8(bytes)?;
            let mut config: ConfigFile = if text.trim().is_empty() {
                ConfigFile::default()
            } else {
                serde_yaml::from_str(&text)?
            };
            config.check()?;
            config.complete(path.parent().unwrap_or(Path::new("")));
            Ok(config)
        };
        let config = read()
            .with_context(|| format!("cannot use the configuration file {}", path.display()))
            .map_err(|error| {
                let failure = Failure::invalid(error);
                if local {
                    failure.with_hint(
                        "a file of this name in the working directory holds settings, not policies",
                    )
                } else {
                    failure
                }
            })?;
        Ok(Self {
            path: path.to_owned(),
            config,
            local,
        })
    }
}

impl ConfigFile {
    /// The mirrors.
    pub(crate) fn mirrors(&self) -> Option<Vec<Mirror>> {
        Some(
            self.mirror
                .as_ref()?
                .iter()
                .map(|(prefix, location)| Mirror {
                    prefix: prefix.clone(),
                    location: location.clone(),
                })
                .collect(),
        )
    }

    /// The instances of sigstore.
    pub(crate) fn trust_roots(&self) -> Option<Vec<NamedTrustRoot>> {
        // `check` has refused what does not parse.
        let named = self.trust_root.as_ref()?.iter();
        Some(named.filter_map(|text| text.parse().ok()).collect())
    }

    /// The longest a decision may take.
    pub(crate) fn timeout(&self) -> Option<Span> {
        // `check` has refused what does not parse.
        self.timeout.as_deref()?.parse().ok()
    }

    fn check(&self) -> anyhow::Result<()> {
        if let Some(text) = &self.timeout {
            text.parse::<Span>()
                .map_err(|error| anyhow::anyhow!("timeout: {error}, found {text:?}"))?;
        }
        for (name, is_empty) in self.texts() {
            anyhow::ensure!(
                !is_empty,
                "{name} is empty; leave it out or say what is meant"
            );
        }
        for mirror in self.mirrors().unwrap_or_default() {
            mirror
                .to_string()
                .parse::<Mirror>()
                .map_err(|error| anyhow::anyhow!("mirror: {error}"))?;
        }
        for text in self.trust_root.iter().flatten() {
            text.parse::<NamedTrustRoot>()
                .map_err(|error| anyhow::anyhow!("trustRoot: {error}"))?;
        }
        Ok(())
    }

    /// The settings that are one text or a list of texts and are there, each with whether one is empty. The namespaces are
    /// judged with those of the command line.
    fn texts(&self) -> impl Iterator<Item = (&'static str, bool)> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.as_os_str().is_empty());
        let list = |list: &Option<Vec<String>>| {
            let list = list.as_ref();
            list.map(|list| list.iter().any(String::is_empty))
        };
        let filename = self.filename.as_ref();
        [
            ("allowAddress", list(&self.allow_address)),
            ("caFile", path(&self.ca_file)),
            ("certsDir", path(&self.certs_dir)),
            ("containersPolicy", path(&self.containers_policy)),
            (
                "filename",
                filename.map(|paths| paths.iter().any(|path| path.as_os_str().is_empty())),
            ),
            ("layout", path(&self.layout)),
            ("plainHttp", list(&self.plain_http)),
            ("registriesD", path(&self.registries_d)),
            ("revocation", path(&self.revocation)),
            (
                "serviceAccount",
                self.service_account.as_ref().map(String::is_empty),
            ),
            ("stateDir", path(&self.state_dir)),
            ("trustPolicy", path(&self.trust_policy)),
            ("trustStore", path(&self.trust_store)),
        ]
        .into_iter()
        .filter_map(|(name, is_empty)| Some((name, is_empty?)))
    }

    /// Relative paths in a file mean the same wherever the command is run.
    fn complete(&mut self, directory: &Path) {
        let single = [
            &mut self.ca_file,
            &mut self.certs_dir,
            &mut self.containers_policy,
            &mut self.layout,
            &mut self.registries_d,
            &mut self.revocation,
            &mut self.state_dir,
            &mut self.trust_policy,
            &mut self.trust_store,
        ];
        for path in single
            .into_iter()
            .flatten()
            .chain(self.filename.iter_mut().flatten())
        {
            if path.as_os_str() != "-" {
                *path = directory.join(&*path);
            }
        }
        for named in self.trust_root.iter_mut().flatten() {
            if let Ok(read) = named.parse::<NamedTrustRoot>() {
                *named = read.relative_to(directory).to_string();
            }
        }
    }
}
