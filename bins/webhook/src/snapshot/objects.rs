//! What policies and workloads name: Secrets, ConfigMaps and ServiceAccounts.

use std::collections::HashMap;
use std::sync::Arc;

use doorward::{SecretError, SecretFuture, Secrets, StaticSecrets};
use doorward_kube::client::ClusterObjects;
use doorward_kube::{Cluster, PullSecretSources, PullSecrets, TooManyPullSecrets};
use doorward_registry::{Keychain, KeychainChain, PullSecret, WithoutPullSecrets};

use super::parsed::{Parsed, Room};

/// Objects from files, and those of the cluster that no file has.
pub(super) struct SiteObjects {
    pub(super) secrets: StaticSecrets,
    pub(super) cluster: Cluster,
    pub(super) keychains: HashMap<(String, String), Arc<dyn Keychain>>,
    pub(super) live: Option<ClusterObjects>,
    pub(super) parsed: Parsed,
}

/// Why it is not known what a workload pulls with. A lowercase fragment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CredentialsError {
    /// The service account names more secrets than are read.
    #[error(transparent)]
    TooMany(#[from] TooManyPullSecrets),
    /// A pull secret or service account could not be asked for. The images that need it would be refused by their registry as
    /// if nobody might read them.
    #[error("{what} could not be read: {detail}")]
    Unavailable {
        /// Which one.
        what: String,
        /// What happened.
        detail: String,
    },
}

impl SiteObjects {
    /// What the workload pulls with: its own secrets, or those of its service account. A secret that is missing or not
    /// usable offers nothing, and says why if the registry then refuses.
    pub(super) async fn keychain(
        &self,
        namespace: Option<&str>,
        secrets: &PullSecrets,
    ) -> Result<KeychainChain, CredentialsError> {
        let account = match (secrets.service_account(), namespace) {
            (Some(account), Some(namespace)) if secrets.inherits() && !namespace.is_empty() => {
                self.service_account(namespace, account).await?
            }
            _ => None,
        };
        let sources = secrets.sources(namespace, |_| Ok(account))?;
        let namespace = namespace.unwrap_or_default();
        let none = match &sources {
            PullSecretSources::Secrets(names) => {
                let mut links = Vec::with_capacity(names.len());
                let mut room = Room::default();
                for name in names {
                    links.push(self.pull_secret(namespace, name, &mut room).await?);
                }
                return Ok(KeychainChain::new(links));
            }
            PullSecretSources::NoAccount(name) => {
                WithoutPullSecrets::without_account(namespace, name)
            }
            PullSecretSources::EmptyAccount(name) => {
                WithoutPullSecrets::named_by_account(namespace, name)
            }
            PullSecretSources::Unnamed => WithoutPullSecrets::named_by_workload(),
        };
        Ok(KeychainChain::new([Arc::new(none) as Arc<dyn Keychain>]))
    }

    async fn service_account(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Vec<String>>, CredentialsError> {
        if let Some(names) = self.cluster.service_account(namespace, name)? {
            return Ok(Some(names.to_vec()));
        }
        let Some(live) = &self.live else {
            return Ok(None);
        };
        let names = match live.service_account(namespace, name).await {
            Ok(names) => names,
            Err(SecretError::NotFound) => None,
            // As an account without any: it is there, and gives nothing that can be used.
            Err(SecretError::Invalid { .. }) => Some(Vec::new()),
            Err(error) => {
                return Err(CredentialsError::Unavailable {
                    what: format!("service account {namespace}/{name}"),
                    detail: error.to_string(),
                });
            }
        };
        let limit = doorward_kube::Limits::default().pull_secrets;
        match names {
            Some(names) if names.len() > limit => Err(TooManyPullSecrets {
                account: name.to_owned(),
                limit,
            }
            .into()),
            names => Ok(names),
        }
    }

    async fn pull_secret(
        &self,
        namespace: &str,
        name: &str,
        room: &mut Room,
    ) -> Result<Arc<dyn Keychain>, CredentialsError> {
        let key = (namespace.to_owned(), name.to_owned());
        if let Some(known) = self.keychains.get(&key) {
            return Ok(Arc::clone(known));
        }
        let found = match &self.live {
            None => None,
            Some(live) => match live.pull_secret(namespace, name).await {
                Ok(found) => found.map(|data| self.parsed.read(namespace, name, &data, room)),
                Err(SecretError::Invalid { detail }) => {
                    Some(Arc::new(PullSecret::unusable(namespace, name, detail)))
                }
                Err(SecretError::NotFound) => None,
                Err(error) => {
                    return Err(CredentialsError::Unavailable {
                        what: format!("pull secret {namespace}/{name}"),
                        detail: error.to_string(),
                    });
                }
            },
        };
        Ok(found.unwrap_or_else(|| Arc::new(PullSecret::absent(namespace, name))))
    }
}

impl Secrets for SiteObjects {
    fn secret<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a> {
        Box::pin(async move {
            let found = self.secrets.secret(namespace, name).await;
            match (&self.live, found) {
                (Some(live), Err(SecretError::NotFound)) => live.secret(namespace, name).await,
                (_, found) => found,
            }
        })
    }

    fn config_map<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a> {
        Box::pin(async move {
            let found = self.secrets.config_map(namespace, name).await;
            match (&self.live, found) {
                (Some(live), Err(SecretError::NotFound)) => live.config_map(namespace, name).await,
                (_, found) => found,
            }
        })
    }
}
