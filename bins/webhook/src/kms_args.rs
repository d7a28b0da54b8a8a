//! Programs that ask key management services.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::Args;
use doorward_core::KeyService;
use doorward_plugin_exec::KmsPrograms;

/// Where programs are that ask key management services.
#[derive(Clone, Debug, Default, Args)]
pub struct KmsArgs {
    /// Ask key management services for the keys that cluster policies name with `keyKMS`, by the programs
    /// `doorward-kms-SCHEME` in this folder. They run with the rights of this program, in the background, and never while
    /// an image waits
    #[arg(long, value_name = "DIR", env = "DOORWARD_KMS_PLUGIN_DIR")]
    pub kms_plugin_dir: Option<PathBuf>,

    /// Give these programs this variable of the environment. They have no others. Can be repeated
    #[arg(
        long = "kms-plugin-env",
        value_name = "NAME",
        env = "DOORWARD_KMS_PLUGIN_ENV",
        value_delimiter = ',',
        requires = "kms_plugin_dir"
    )]
    pub kms_plugin_env: Vec<String>,
}

impl KmsArgs {
    /// The programs, if a folder is named.
    ///
    /// # Errors
    /// If the folder is not there, or may be changed by others.
    pub(crate) fn open(&self) -> Result<Option<Arc<dyn KeyService>>> {
        let Some(folder) = &self.kms_plugin_dir else {
            return Ok(None);
        };
        let programs = KmsPrograms::open(folder).context("--kms-plugin-dir cannot be used")?;
        let (programs, unset) = programs.inheriting(&self.kms_plugin_env);
        for name in unset {
            tracing::warn!(name, "--kms-plugin-env names a variable that is not set");
        }
        Ok(Some(Arc::new(programs)))
    }
}
