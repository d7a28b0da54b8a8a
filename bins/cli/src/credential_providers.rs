//! Credential providers: the file and folder that the kubelet has.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use doorward_credential_provider::{Configuration, CredentialProviders};

use crate::failure::{Failure, Outcome};
use crate::files;

/// Where credential providers are.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ProviderArgs {
    /// Get credentials from the credential providers that this CredentialProviderConfig names, as the kubelet does
    ///
    /// They are asked where a registry wants credentials, after pull secrets and before your own Docker configuration.
    #[arg(
        long,
        value_name = "FILE",
        env = "DOORWARD_IMAGE_CREDENTIAL_PROVIDER_CONFIG",
        requires = "image_credential_provider_bin_dir"
    )]
    image_credential_provider_config: Option<PathBuf>,
    /// The folder of these credential providers
    ///
    /// They run with your rights and your environment, and not with --offline. No configuration file can name the folder: it
    /// would choose what is run.
    #[arg(
        long,
        value_name = "DIR",
        env = "DOORWARD_IMAGE_CREDENTIAL_PROVIDER_BIN_DIR",
        requires = "image_credential_provider_config"
    )]
    image_credential_provider_bin_dir: Option<PathBuf>,
}

/// The credential providers that were named, opened once they are needed.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProviderSettings {
    args: ProviderArgs,
    opened: Arc<OnceLock<CredentialProviders>>,
}

impl From<ProviderArgs> for ProviderSettings {
    fn from(args: ProviderArgs) -> Self {
        Self {
            args,
            opened: Arc::default(),
        }
    }
}

impl ProviderSettings {
    /// The providers, if there are some.
    ///
    /// # Errors
    /// When the file cannot be read or used, or the folder or a provider is not there or may be changed by others.
    pub(crate) fn open(&self, decision: Duration) -> Outcome<Option<CredentialProviders>> {
        let ProviderArgs {
            image_credential_provider_config: Some(file),
            image_credential_provider_bin_dir: Some(folder),
        } = &self.args
        else {
            return Ok(None);
        };
        if let Some(opened) = self.opened.get() {
            return Ok(Some(opened.clone()));
        }
        let name = file.display().to_string();
        let most = u64::try_from(Configuration::MAX_BYTES).unwrap_or(u64::MAX);
        let configuration = files::named::read(file, most)
            .with_context(|| format!("cannot read {name}"))
            .and_then(|bytes| Ok(Configuration::parse(&name, &bytes)?))
            .context("--image-credential-provider-config cannot be used")
            .map_err(Failure::invalid)?;
        let providers = CredentialProviders::open(configuration, folder)
            .context("--image-credential-provider-bin-dir cannot be used")
            .map_err(Failure::invalid)?
            .within(decision);
        Ok(Some(self.opened.get_or_init(|| providers).clone()))
    }
}
