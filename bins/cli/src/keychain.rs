//! Credentials for registries: pull secrets from files, then those of credential providers, then those of the person who
//! runs the command: the file that `REGISTRY_AUTH_FILE` names, as for podman and skopeo, else the Docker configuration.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use doorward_core::Repository;
use doorward_kube::{Cluster, PullSecretSources};
use doorward_registry::{
    Credential, CredentialSource, DockerConfig, DockerConfigError, DropReason, Dropped,
    Fingerprint, Helpers, Keychain, KeychainChain, PullSecret, WithoutPullSecrets,
};

use crate::failure::{Failure, Outcome};
use crate::files;
use crate::settings::AccessSettings;
use crate::terminal::Terminal;

/// The variable that podman, skopeo and CRI-O know the file of credentials by.
const AUTH_FILE: &str = "REGISTRY_AUTH_FILE";
/// The most bytes of credentials from a pipe: as many as a configuration may have.
const MAX_AUTH: u64 = 1 << 20;

/// The pull secrets of `namespace` in the order of `names`.
///
/// One that does not exist or cannot be used offers nothing, as for the kubelet and the webhook. A fault in one that is
/// there is a warning: its author believes that it works.
fn pull_secrets(
    cluster: &Cluster,
    namespace: &str,
    names: &[String],
    terminal: Terminal,
) -> Vec<Arc<dyn Keychain>> {
    names
        .iter()
        .map(|name| {
            let secret = match cluster.secret(namespace, name) {
                Some(secret) => PullSecret::read(namespace, name, secret.items()),
                None => PullSecret::absent(namespace, name),
            };
            if let Some(fault) = secret.fault() {
                terminal.warn(&fault.to_string());
            }
            Arc::new(secret) as Arc<dyn Keychain>
        })
        .collect()
}

/// What a workload of `namespace` pulls with, as in the webhook: those secrets, or none, which says why where access is refused.
pub(crate) fn of_sources(
    cluster: &Cluster,
    namespace: &str,
    sources: &PullSecretSources,
    terminal: Terminal,
) -> Vec<Arc<dyn Keychain>> {
    let none = match sources {
        PullSecretSources::Secrets(names) => {
            return pull_secrets(cluster, namespace, names, terminal);
        }
        // The pod could not start anyway.
        PullSecretSources::NoAccount(name) => WithoutPullSecrets::without_account(namespace, name),
        PullSecretSources::EmptyAccount(name) => {
            WithoutPullSecrets::named_by_account(namespace, name)
        }
        PullSecretSources::Unnamed => WithoutPullSecrets::named_by_workload(),
    };
    vec![Arc::new(none)]
}

/// Pull secrets, followed by credential providers, and by one's own credentials and their helpers.
///
/// A Docker configuration that cannot be used offers nothing, since many images need no credential. It is a warning, and
/// said again where a registry refuses access.
///
/// # Errors
/// When `REGISTRY_AUTH_FILE` names a file that cannot be used, or the credential providers cannot.
pub(crate) fn chain(
    mut links: Vec<Arc<dyn Keychain>>,
    access: &AccessSettings,
    terminal: Terminal,
) -> Outcome<Arc<dyn Keychain>> {
    if let Some(providers) = access.providers.open(access.timeout.value.duration())? {
        links.push(Arc::new(providers));
    }
    let named = std::env::var_os(AUTH_FILE).filter(|path| !path.is_empty());
    let own = match named {
        Some(path) => of_file(Path::new(&path))
            .context("the credentials of your own are not usable")
            .map_err(Failure::invalid)?,
        None => DockerConfig::load().unwrap_or_else(|error| {
            let unusable = Unusable::of(error);
            terminal.warn(&unusable.0.to_string());
            links.push(Arc::new(unusable));
            None
        }),
    };
    if let Some(config) = own {
        let helpers = helpers(access.timeout.value.duration());
        links.push(Arc::new(config.with_helpers(helpers)));
    }
    Ok(Arc::new(KeychainChain::new(links)))
}

/// The configuration that somebody named. It may be a pipe, so that credentials need not lie in a file.
fn of_file(path: &Path) -> anyhow::Result<Option<DockerConfig>> {
    if !files::named::is_pipe(path) {
        return Ok(DockerConfig::load_file(path)?);
    }
    let json = files::named::read(path, MAX_AUTH)
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Some(DockerConfig::in_file(path, &json)?))
}

/// A configuration that cannot be used.
struct Unusable(Dropped);

impl Unusable {
    fn of(error: DockerConfigError) -> Self {
        let (source, detail) = match error {
            DockerConfigError::InFile { path, fault } => {
                (CredentialSource::File(path), fault.to_string())
            }
            DockerConfigError::Unreadable { path, detail } => {
                (CredentialSource::File(path), detail)
            }
            other => (CredentialSource::Configuration, other.to_string()),
        };
        Self(Dropped {
            source,
            why: DropReason::Unusable { detail },
        })
    }
}

impl Keychain for Unusable {
    fn credentials(&self, _: &Repository) -> Vec<Credential> {
        Vec::new()
    }

    fn dropped(&self, _: &Repository) -> Vec<Dropped> {
        vec![self.0.clone()]
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(["unusable configuration"])
    }
}

/// A helper that hangs must leave time to ask without it, and to say that it hung.
fn helpers(decision: Duration) -> Helpers {
    let defaults = Helpers::default();
    Helpers {
        timeout: defaults.timeout.min(decision / 3),
        ..defaults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helper_never_has_more_than_a_third_of_the_time_for_the_decision() {
        let timeout = |seconds| helpers(Duration::from_secs(seconds)).timeout;
        assert_eq!(timeout(9), Duration::from_secs(3));
        assert_eq!(timeout(120), Helpers::default().timeout);
    }
}
