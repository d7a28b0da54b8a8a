//! Programs that ask key management services.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use doorward_core::{KeyService, KeyServiceError, KeyServiceFuture};
use doorward_plugin_exec::KmsPrograms;

use crate::failure::{Failure, Outcome};
use crate::terminal::Terminal;

/// Where programs are that ask key management services.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct KmsArgs {
    /// Ask key management services for the keys that policies name with `keyKMS`, by the programs in this folder
    ///
    /// `doorward-kms-SCHEME` is asked for `SCHEME://KEY`. They run with your rights, and not with --offline. No configuration
    /// file can name the folder: it would choose what is run.
    #[arg(long, value_name = "DIR", env = "DOORWARD_KMS_PLUGIN_DIR")]
    kms_plugin_dir: Option<PathBuf>,
    /// Give these programs this variable of your environment
    ///
    /// They have no others. Can be repeated.
    #[arg(
        long = "kms-plugin-env",
        value_name = "NAME",
        value_delimiter = ',',
        env = "DOORWARD_KMS_PLUGIN_ENV",
        requires = "kms_plugin_dir"
    )]
    kms_plugin_env: Vec<String>,
}

impl KmsArgs {
    /// Who asks, if a folder is named.
    ///
    /// # Errors
    /// When the folder is not there, or may be changed by others.
    pub(crate) fn open(
        &self,
        offline: bool,
        terminal: Terminal,
    ) -> Outcome<Option<Arc<dyn KeyService>>> {
        if offline {
            return Ok(Some(Arc::new(Offline)));
        }
        let Some(folder) = &self.kms_plugin_dir else {
            return Ok(None);
        };
        let programs = KmsPrograms::open(folder).map_err(|error| {
            Failure::invalid(anyhow::Error::new(error).context("--kms-plugin-dir cannot be used"))
        })?;
        let (programs, unset) = programs.inheriting(&self.kms_plugin_env);
        for name in unset {
            terminal.warn(&format!("--kms-plugin-env names {name}, which is not set"));
        }
        Ok(Some(Arc::new(programs)))
    }
}

/// Asks nobody.
struct Offline;

impl KeyService for Offline {
    fn public_key<'a>(&'a self, _: &'a str) -> KeyServiceFuture<'a> {
        let detail = "not asked, because --offline allows no network".to_owned();
        Box::pin(std::future::ready(Err(KeyServiceError::Failed { detail })))
    }
}
