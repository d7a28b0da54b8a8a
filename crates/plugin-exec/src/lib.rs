#![doc = include_str!("../README.md")]

mod folder;
mod kms;
mod process;
#[cfg(unix)]
mod program;
#[cfg(unix)]
mod said;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use doorward_core::{PluginCommand, PluginError, PluginFuture, PluginHost, PluginName};
use tokio::sync::Semaphore;

pub use folder::{OpenError, ProgramError, ProgramFolder};
pub use kms::{KmsAnswer, KmsAnswerError, KmsPrograms};
pub use process::{Process, ProcessError};

/// How long one call may take: less than an admission review has.
const DEADLINE: Duration = Duration::from_secs(5);
/// The most plug-ins that run at a time. Each is a process.
const AT_A_TIME: usize = 8;

/// Runs the plug-ins of a folder.
#[derive(Clone, Debug)]
pub struct ExecHost {
    folder: ProgramFolder,
    deadline: Duration,
    turns: Arc<Semaphore>,
}

impl ExecHost {
    /// The plug-ins of `folder`.
    ///
    /// # Errors
    /// [`OpenError`] if it is no folder, if others may write to it than root and who runs this, or on a system other than Unix.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, OpenError> {
        Ok(Self {
            folder: ProgramFolder::open(folder)?,
            deadline: DEADLINE,
            turns: Arc::new(Semaphore::new(AT_A_TIME)),
        })
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
        let program = program::find(self.folder.path(), name)?;
        let process = Process::new(program).arguments([command.as_str()]);
        let run = async {
            let turn = self.turns.acquire().await;
            let _turn = turn.map_err(|error| failed(error.to_string()))?;
            process.run(request, max_bytes).await.map_err(told)
        };
        let answer = tokio::time::timeout(self.deadline, run).await;
        answer
            .map(|answer| answer.map(Bytes::from))
            .unwrap_or_else(|_| {
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

/// A process that gave no answer, in the words of the protocol.
#[cfg(unix)]
fn told(error: ProcessError) -> PluginError {
    match &error {
        ProcessError::TooLarge { limit } => PluginError::TooLarge { limit: *limit },
        ProcessError::Failed { said, .. } => failed(format!("{error}{}", said::reason(said))),
        _ => failed(error.to_string()),
    }
}
