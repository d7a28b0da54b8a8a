//! Credential providers: the file and folder that the kubelet has.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use doorward_credential_provider::{Configuration, CredentialProviders};

use crate::settings;

/// Where credential providers are.
#[derive(Clone, Debug, Default, Args)]
pub struct ProviderArgs {
    /// Get credentials from the credential providers that this CredentialProviderConfig names, as the kubelet does. They are
    /// asked where a registry wants credentials, after the pull secrets of the workload. Read once, at the start
    #[arg(
        long,
        value_name = "FILE",
        env = "DOORWARD_IMAGE_CREDENTIAL_PROVIDER_CONFIG",
        requires = "image_credential_provider_bin_dir"
    )]
    pub image_credential_provider_config: Option<PathBuf>,

    /// The folder of these credential providers, which run with the rights and the environment of this program
    #[arg(
        long,
        value_name = "DIR",
        env = "DOORWARD_IMAGE_CREDENTIAL_PROVIDER_BIN_DIR",
        requires = "image_credential_provider_config"
    )]
    pub image_credential_provider_bin_dir: Option<PathBuf>,
}

impl ProviderArgs {
    /// The providers, if some are named.
    ///
    /// # Errors
    /// If the file cannot be read or used, or the folder or a provider is not there or may be changed by others.
    pub(crate) fn open(&self, review: Duration) -> Result<Option<CredentialProviders>> {
        let (Some(file), Some(folder)) = (
            &self.image_credential_provider_config,
            &self.image_credential_provider_bin_dir,
        ) else {
            return Ok(None);
        };
        let configuration =
            Configuration::parse(&file.display().to_string(), &settings::read(file)?)
                .context("the configuration of credential providers cannot be used")?;
        let providers = CredentialProviders::open(configuration, folder)
            .context("the credential providers cannot be used")?;
        Ok(Some(providers.within(review)))
    }
}
