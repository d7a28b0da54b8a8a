//! Judging images that are named, by what a site says.

use doorward::{Context, Engine, ReviewBudget};
use doorward_core::Timestamp;
use doorward_kube::PullSecretSources;

use super::{DEFAULT_SERVICE_ACCOUNT, Site};
use crate::access;
use crate::failure::{Failure, Outcome};
use crate::keychain;
use crate::settings::{AccessSettings, Memory};
use crate::terminal::Terminal;

impl Site {
    /// What `judge` says of images named on the command line.
    pub(crate) async fn judge<T>(
        &self,
        images: &[String],
        access: &AccessSettings,
        memory: &Memory,
        now: Timestamp,
        judge: impl AsyncFnOnce(&Engine, &[&str], &Context<'_>) -> T,
        terminal: Terminal,
    ) -> Outcome<T> {
        let account = access.service_account.value.as_deref();
        let sources = self.pull_secrets(account)?;
        let links = keychain::of_sources(&self.cluster, &self.namespace, &sources, terminal);
        let keychain = keychain::chain(links, access, terminal)?;
        let fetcher = access::fetcher(access, keychain, terminal)?;
        let labels = self.namespace_labels(Some(&self.namespace));
        let environment = self.environment(labels.as_ref(), account);
        let roots = access::trust_roots(access, memory, terminal)?;
        let secrets = roots.beside(self.secrets());
        let keys = access::key_sources(&self.key_sources, access, memory, terminal).await?;
        let secrets = keys.beside(&secrets);
        let mut context = self.context(&secrets, environment, fetcher, now);
        if !memory.keeps {
            context = context.keeping_nothing();
        }
        let images: Vec<&str> = images.iter().map(String::as_str).collect();
        // The images are named on the command line, and may be many.
        let engine = self.engine(access, memory, ReviewBudget::unbounded());
        Ok(judge(&engine, &images, &context).await)
    }

    /// The pull secrets of a service account: the one that was named, else `default` if the files have it.
    ///
    /// # Errors
    /// When the one that was named is not in the files, or the account has too many.
    pub(crate) fn pull_secrets(&self, service_account: Option<&str>) -> Outcome<PullSecretSources> {
        let name = service_account.unwrap_or(DEFAULT_SERVICE_ACCOUNT);
        let found = self
            .cluster
            .service_account(&self.namespace, name)
            .map_err(Failure::invalid)?;
        match (found, service_account) {
            (Some([]), _) => Ok(PullSecretSources::EmptyAccount(name.to_owned())),
            (Some(names), _) => Ok(PullSecretSources::Secrets(names.to_vec())),
            // Nobody said anything of pull secrets, and nothing is missed.
            (None, None) => Ok(PullSecretSources::Secrets(Vec::new())),
            (None, Some(name)) => Err(Failure::invalid(anyhow::anyhow!(
                "there is no ServiceAccount {}/{name} in the files",
                self.namespace
            ))
            .with_hint(
                "name the files that have it with --filename, and its namespace with --namespace",
            )),
        }
    }
}
