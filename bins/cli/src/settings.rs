//! Effective settings: flag before environment before configuration file before default, and which it was.

mod file;
mod form;
mod namespace;
mod output;
mod state;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::ArgMatches;
use clap::parser::ValueSource;
use doorward::NamedTrustRoot;
use doorward_policy::Labels;

use crate::advisor::AdvisorArgs;
use crate::allowed_plugin::AllowedPlugin;
use crate::credential_providers::ProviderSettings;
use crate::duration::Span;
use crate::failure::{Failure, Outcome};
use crate::kms::KmsArgs;
use crate::label;
use crate::options::{AccessArgs, Mirror, RulesArgs};

pub(crate) use file::{ConfigFile, Located};
pub(crate) use namespace::check as check_namespaces;
pub(crate) use state::{Memory, StateSettings};

/// Where a setting came from. The order is that of precedence, weakest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// Nothing was said.
    Default,
    /// This configuration file.
    File(PathBuf),
    /// This environment variable.
    Environment(String),
    /// The command line.
    Flag,
}

impl Origin {
    /// Its place in the order of precedence.
    const fn strength(&self) -> u8 {
        match self {
            Self::Default => 0,
            Self::File(_) => 1,
            Self::Environment(_) => 2,
            Self::Flag => 3,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "${name}"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// A value and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// Picks the strongest source of each setting.
pub(crate) struct Resolver<'a> {
    matches: Vec<&'a ArgMatches>,
    file: Option<&'a Located>,
}

impl<'a> Resolver<'a> {
    /// A resolver over what was typed (with its environment) and the configuration file.
    pub(crate) fn new(matches: &'a ArgMatches, file: Option<&'a Located>) -> Self {
        let mut levels = vec![matches];
        let mut level = matches;
        while let Some((_, inner)) = level.subcommand() {
            levels.push(inner);
            level = inner;
        }
        Self {
            matches: levels,
            file,
        }
    }

    /// Where the argument `id` was given, if it was.
    fn given(&self, id: &str) -> Option<Origin> {
        self.matches.iter().rev().find_map(|matches| {
            if !matches.ids().any(|known| known.as_str() == id) {
                return None;
            }
            match matches.value_source(id) {
                Some(ValueSource::CommandLine) => Some(Origin::Flag),
                Some(ValueSource::EnvVariable) => Some(Origin::Environment(variable(id))),
                _ => None,
            }
        })
    }

    /// Whether the option `id` stands on the command line.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn is_typed(&self, id: &str) -> bool {
        self.given(id) == Some(Origin::Flag)
    }

    /// The setting `id`: `typed` if it was typed or in the environment, else what the file says, else `default`.
    pub(crate) fn pick<T>(
        &self,
        id: &str,
        typed: T,
        in_file: impl FnOnce(&ConfigFile) -> Option<T>,
        default: T,
    ) -> Setting<T> {
        if let Some(origin) = self.given(id) {
            return Setting {
                value: typed,
                origin,
            };
        }
        match self
            .file
            .and_then(|file| Some((in_file(&file.config)?, &file.path)))
        {
            Some((value, path)) => Setting {
                value,
                origin: Origin::File(path.clone()),
            },
            None => Setting {
                value: default,
                origin: Origin::Default,
            },
        }
    }
}

/// The environment variable of the argument `id`.
fn variable(id: &str) -> String {
    let name = if id == "mirrors" { "mirror" } else { id };
    format!("DOORWARD_{}", name.to_ascii_uppercase())
}

/// Where rules come from.
#[derive(Clone, Debug)]
pub(crate) struct RulesSettings {
    /// Files, directories and `-`.
    pub(crate) filename: Setting<Vec<PathBuf>>,
    /// The namespace of the workload.
    pub(crate) namespace: Setting<String>,
    /// Labels of it that were named.
    pub(crate) namespace_labels: Labels,
    /// The namespace of the keys of cluster policies.
    pub(crate) home_namespace: Setting<String>,
    /// The namespaces whose Secrets every namespaced policy may name.
    pub(crate) shared_secret_namespaces: Setting<Vec<String>>,
    /// How long an exception may last.
    pub(crate) longest_exception: Duration,
    /// A `policy.json`.
    pub(crate) containers_policy: Setting<Option<PathBuf>>,
    /// A `registries.d`.
    pub(crate) registries_d: Setting<Option<PathBuf>>,
    /// A trust policy of the Notary Project.
    pub(crate) trust_policy: Setting<Option<PathBuf>>,
    /// The trust stores beside it.
    pub(crate) trust_store: Setting<Option<PathBuf>>,
    /// What authorities said about revocation, beside it.
    pub(crate) revocation: Setting<Option<PathBuf>>,
    /// The plug-ins that signatures may name, beside it. None in a build that runs none.
    pub(crate) plugins: Vec<AllowedPlugin>,
}

impl RulesSettings {
    /// Whether there are rules to decide by.
    pub(crate) fn is_named(&self) -> bool {
        !self.filename.value.is_empty()
            || self.containers_policy.value.is_some()
            || self.trust_policy.value.is_some()
    }

    /// The effective settings.
    ///
    /// # Errors
    /// When two forms of policy are given by equally strong sources, a namespace can be none, or a label has
    /// two values.
    pub(crate) fn new(args: RulesArgs, resolver: &Resolver<'_>) -> Outcome<Self> {
        #[cfg(feature = "plugins")]
        let plugins = args.plugins;
        #[cfg(not(feature = "plugins"))]
        let plugins = Vec::new();
        let mut settings = Self {
            plugins,
            namespace_labels: label::all(args.namespace_label)?,
            longest_exception: args.longest_exception.duration(),
            filename: resolver.pick(
                "filename",
                args.filename,
                |file| file.filename.clone(),
                Vec::new(),
            ),
            namespace: resolver.pick(
                "namespace",
                args.namespace.unwrap_or_default(),
                |file| file.namespace.clone(),
                "default".to_owned(),
            ),
            home_namespace: resolver.pick(
                "home_namespace",
                args.home_namespace.unwrap_or_default(),
                |file| file.home_namespace.clone(),
                "doorward".to_owned(),
            ),
            shared_secret_namespaces: resolver.pick(
                "shared_secret_namespace",
                args.shared_secret_namespace,
                |file| file.shared_secret_namespace.clone(),
                Vec::new(),
            ),
            containers_policy: resolver.pick(
                "containers_policy",
                args.containers_policy,
                |file| file.containers_policy.clone().map(Some),
                None,
            ),
            registries_d: resolver.pick(
                "registries_d",
                args.registries_d,
                |file| file.registries_d.clone().map(Some),
                None,
            ),
            trust_policy: resolver.pick(
                "trust_policy",
                args.trust_policy,
                |file| file.trust_policy.clone().map(Some),
                None,
            ),
            revocation: resolver.pick(
                "revocation",
                args.revocation,
                |file| file.revocation.clone().map(Some),
                None,
            ),
            trust_store: resolver.pick(
                "trust_store",
                args.trust_store,
                |file| file.trust_store.clone().map(Some),
                None,
            ),
        };
        settings.decide_between_forms()?;
        namespace::check_one("namespace", &settings.namespace)?;
        namespace::check_one("home-namespace", &settings.home_namespace)?;
        let shared = &settings.shared_secret_namespaces;
        check_namespaces("shared-secret-namespace", &shared.origin, &shared.value)?;
        Ok(settings)
    }
}

/// That there is a folder of plug-ins if some are named.
///
/// # Errors
/// If there is none.
pub(crate) fn check_plugins(rules: &RulesSettings, access: &AccessSettings) -> Outcome<()> {
    #[cfg(feature = "plugins")]
    let is_there = access.plugin_dir.is_some();
    #[cfg(not(feature = "plugins"))]
    let is_there = {
        let _ = access;
        false
    };
    if rules.plugins.is_empty() || is_there {
        return Ok(());
    }
    Err(Failure::usage(
        "--plugin needs --plugin-dir, which says where the plug-ins are",
    ))
}

/// How images and signatures are reached.
#[derive(Clone, Debug)]
pub(crate) struct AccessSettings {
    /// The service account whose pull secrets are offered.
    pub(crate) service_account: Setting<Option<String>>,
    /// An OCI layout instead of registries.
    pub(crate) layout: Setting<Option<PathBuf>>,
    /// Where plug-ins are.
    #[cfg(feature = "plugins")]
    pub(crate) plugin_dir: Option<PathBuf>,
    /// Credential providers of the kubelet.
    pub(crate) providers: ProviderSettings,
    /// Who asks key management services.
    pub(crate) kms: KmsArgs,
    /// Where vulnerability advisors are.
    pub(crate) advisor: AdvisorArgs,
    /// Whether the network is left alone.
    pub(crate) offline: Setting<bool>,
    /// The instances of sigstore that policies may name, beside those that are always known.
    pub(crate) trust_root: Setting<Vec<NamedTrustRoot>>,
    /// Where repositories are kept, if not under their own names.
    pub(crate) mirrors: Setting<Vec<Mirror>>,
    /// Hosts that are spoken to without TLS.
    pub(crate) plain_http: Setting<Vec<String>>,
    /// What may be asked although only a certificate names it and it is not on the public internet.
    pub(crate) allow_address: Setting<Vec<String>>,
    /// Further certificate authorities.
    pub(crate) ca_file: Setting<Option<PathBuf>>,
    /// Certificates by server.
    pub(crate) certs_dir: Setting<Option<PathBuf>>,
    /// The longest a decision may take.
    pub(crate) timeout: Setting<Span>,
}

/// The most time a person is asked to wait for a verdict, unless they say otherwise. The webhook has less.
pub(crate) const DEFAULT_TIMEOUT: Span = Span::seconds(30);

impl AccessSettings {
    /// The effective settings.
    pub(crate) fn new(args: AccessArgs, resolver: &Resolver<'_>) -> Self {
        Self {
            service_account: resolver.pick(
                "service_account",
                args.service_account,
                |file| file.service_account.clone().map(Some),
                None,
            ),
            layout: resolver.pick(
                "layout",
                args.layout,
                |file| file.layout.clone().map(Some),
                None,
            ),
            #[cfg(feature = "plugins")]
            plugin_dir: args.plugin_dir,
            providers: args.providers.into(),
            kms: args.kms,
            advisor: args.advisor,
            offline: resolver.pick("offline", args.network.offline, |file| file.offline, false),
            trust_root: resolver.pick(
                "trust_root",
                args.trust_root,
                ConfigFile::trust_roots,
                Vec::new(),
            ),
            mirrors: resolver.pick("mirrors", args.mirrors, ConfigFile::mirrors, Vec::new()),
            plain_http: resolver.pick(
                "plain_http",
                args.network.plain_http,
                |file| file.plain_http.clone(),
                Vec::new(),
            ),
            allow_address: resolver.pick(
                "allow_address",
                args.network.allow_address,
                |file| file.allow_address.clone(),
                Vec::new(),
            ),
            ca_file: resolver.pick(
                "ca_file",
                args.network.ca_file,
                |file| file.ca_file.clone().map(Some),
                None,
            ),
            certs_dir: resolver.pick(
                "certs_dir",
                args.network.certs_dir,
                |file| file.certs_dir.clone().map(Some),
                None,
            ),
            timeout: resolver.pick(
                "timeout",
                args.network.timeout.unwrap_or(DEFAULT_TIMEOUT),
                ConfigFile::timeout,
                DEFAULT_TIMEOUT,
            ),
        }
    }
}
