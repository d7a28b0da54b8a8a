#![doc = include_str!("../README.md")]

#[cfg(unix)]
mod call;
#[cfg(unix)]
mod program;
#[cfg(unix)]
mod said;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use doorward_core::{PluginCommand, PluginError, PluginFuture, PluginHost, PluginName};
use tokio::sync::Semaphore;

/// How long one call may take: less than an admission review has.
const DEADLINE: Duration = Duration::from_secs(5);
/// The most plug-ins that run at a time. Each is a process.
const AT_A_TIME: usize = 8;

/// Why a folder of plug-ins cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is no folder, or cannot be read.
    #[error("{} cannot be used as a folder of plug-ins: {why}", .path.display())]
    Folder {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The system is none that plug-ins are run on.
    #[error("plug-ins are run on Unix only")]
    System,
}

/// Runs the plug-ins of a folder.
#[derive(Clone, Debug)]
pub struct ExecHost {
    folder: PathBuf,
    deadline: Duration,
    turns: Arc<Semaphore>,
}

impl ExecHost {
    /// The plug-ins of `folder`.
    ///
    /// # Errors
    /// [`OpenError`] if it is no folder, if others may write to it than root and who runs this, or on a system other than Unix.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, OpenError> {
        let folder = folder.as_ref();
        let wrong = |why: String| OpenError::Folder {
            path: folder.to_owned(),
            why,
        };
        let found = folder
            .canonicalize()
            .map_err(|error| wrong(error.to_string()))?;
        #[cfg(not(unix))]
        return Err(OpenError::System);
        #[cfg(unix)]
        {
            program::check_folder(&found).map_err(wrong)?;
            Ok(Self {
                folder: found,
                deadline: DEADLINE,
                turns: Arc::new(Semaphore::new(AT_A_TIME)),
            })
        }
    }

    /// With another time for one call, waiting for its turn included.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    #[cfg(unix)]
    async fn run(
        &self,
        name: &PluginName,
        command: PluginCommand,
        request: &Bytes,
        max_bytes: usize,
    ) -> Result<Bytes, PluginError> {
        let program = program::find(&self.folder, name)?;
        let run = async {
            let turn = self.turns.acquire().await;
            let _turn = turn.map_err(|error| failed(error.to_string()))?;
            call::call(&program, command, request, max_bytes).await
        };
        let answer = tokio::time::timeout(self.deadline, run).await;
        answer.unwrap_or_else(|_| {
            let seconds = self.deadline.as_secs_f32();
            Err(failed(format!("it gave no answer within {seconds} s")))
        })
    }

    #[cfg(not(unix))]
    async fn run(
        &self,
        _: &PluginName,
        _: PluginCommand,
        _: &Bytes,
        _: usize,
    ) -> Result<Bytes, PluginError> {
        Err(failed(OpenError::System.to_string()))
    }
}

impl PluginHost for ExecHost {
    fn call<'a>(
        &'a self,
        name: &'a PluginName,
        command: PluginCommand,
        request: &'a Bytes,
        max_bytes: usize,
    ) -> PluginFuture<'a> {
        Box::pin(self.run(name, command, request, max_bytes))
    }
}

const fn failed(detail: String) -> PluginError {
    PluginError::Failed { detail }
}
