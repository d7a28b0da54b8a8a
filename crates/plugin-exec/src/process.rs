//! One run of a program: its input, its output, and its end.

use std::fmt;
use std::path::PathBuf;

/// One run of a program, without a shell, in `/`, in a process group of its own.
///
/// It begins with an empty environment and without arguments. `Debug` shows neither arguments nor environment, in which
/// there may be secrets.
#[derive(Clone)]
pub struct Process {
    program: PathBuf,
    arguments: Vec<String>,
    /// Whether it has the environment of this process beside its own.
    inherits: bool,
    /// Its own environment.
    environment: Vec<(String, String)>,
}

/// Why a program gave no answer. A lowercase fragment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// It ended, and not with the status 0.
    #[error("it failed with {status}")]
    Failed {
        /// How it ended.
        status: String,
        /// The first 64 KiB of its standard error.
        said: Vec<u8>,
    },
    /// What it says, or how it ended, could not be found out.
    #[error("{detail}")]
    Lost {
        /// What could not, and the system's reason.
        detail: String,
    },
    /// It could not be begun.
    #[error("it cannot be run: {detail}")]
    NotRun {
        /// The system's reason.
        detail: String,
    },
    /// It wrote more than `limit` bytes to its standard output.
    #[error("its answer is larger than {limit} bytes")]
    TooLarge {
        /// The bound, in bytes.
        limit: usize,
    },
}

impl Process {
    /// A run of the program at `program`.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            inherits: false,
            environment: Vec::new(),
        }
    }

    /// With these arguments, in place of those before.
    #[must_use]
    pub fn arguments(mut self, arguments: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.arguments = arguments.into_iter().map(Into::into).collect();
        self
    }

    /// With the environment of this process, and `and` on top of it, in place of an empty one.
    #[must_use]
    pub fn inheriting(mut self, and: impl IntoIterator<Item = (String, String)>) -> Self {
        self.inherits = true;
        self.environment = and.into_iter().collect();
        self
    }

    /// With this environment and nothing of that of this process.
    #[must_use]
    pub fn with_environment(mut self, and: impl IntoIterator<Item = (String, String)>) -> Self {
        self.inherits = false;
        self.environment = and.into_iter().collect();
        self
    }

    /// Runs it to its end: `input` on its standard input, and all that it writes to its standard output, up to
    /// `max_output` bytes. Dropping the future ends it at once, with all that it started and that did not leave its process
    /// group. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`ProcessError`]; on a system other than Unix [`ProcessError::NotRun`].
    pub async fn run(&self, input: &[u8], max_output: usize) -> Result<Vec<u8>, ProcessError> {
        #[cfg(unix)]
        return unix::run(self, input, max_output).await;
        #[cfg(not(unix))]
        {
            let _ = (input, max_output);
            Err(ProcessError::NotRun {
                detail: crate::OpenError::System.to_string(),
            })
        }
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process")
            .field("program", &self.program)
            .finish_non_exhaustive()
    }
}

#[cfg(unix)]
mod unix {
    use std::process::Stdio;

    use rustix::process::{Pid, Signal, kill_process_group};
    use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
    use tokio::process::{Child, Command};

    use super::{Process, ProcessError};

    /// The most that is kept of standard error. An error of a protocol has some hundred bytes.
    const ERROR_BYTES: usize = 64 << 10;

    /// A process and all that it has started. They end when this is dropped.
    struct Group(Option<Pid>);

    impl Group {
        fn of(child: &Child) -> Self {
            let id = child.id().and_then(|id| i32::try_from(id).ok());
            Self(id.and_then(Pid::from_raw))
        }
    }

    impl Drop for Group {
        fn drop(&mut self) {
            if let Some(leader) = self.0 {
                // Nobody is left: that is what is wanted. The number stays taken as long as anybody of the group is
                // there, and is not given out again in the moment after.
                let _ = kill_process_group(leader, Signal::KILL);
            }
        }
    }

    pub(super) async fn run(
        process: &Process,
        input: &[u8],
        max_output: usize,
    ) -> Result<Vec<u8>, ProcessError> {
        let mut command = Command::new(&process.program);
        if !process.inherits {
            command.env_clear();
        }
        let environment = process.environment.iter();
        command.envs(environment.map(|(name, value)| (name, value)));
        let mut child = command
            .args(&process.arguments)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| ProcessError::NotRun {
                detail: error.to_string(),
            })?;
        let _group = Group::of(&child);
        let (Some(mut stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(ProcessError::Lost {
                detail: "it has no input or output".to_owned(),
            });
        };
        let tell = async move {
            // A program may answer without reading all of its input.
            let _ = stdin.write_all(input).await;
            let _ = stdin.shutdown().await;
            Ok(())
        };
        let ((), answer, said) = tokio::try_join!(
            tell,
            read(stdout, max_output),
            beginning(stderr, ERROR_BYTES)
        )?;
        let status = child
            .wait()
            .await
            .map_err(|error| lost("its end is not known", &error))?;
        if status.success() {
            return Ok(answer);
        }
        Err(ProcessError::Failed {
            status: status.to_string(),
            said,
        })
    }

    fn lost(what: &str, error: &std::io::Error) -> ProcessError {
        ProcessError::Lost {
            detail: format!("{what}: {error}"),
        }
    }

    /// All that comes, if it is no more than `limit` bytes.
    async fn read(from: impl AsyncRead + Unpin, limit: usize) -> Result<Vec<u8>, ProcessError> {
        let mut bytes = Vec::new();
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        from.take(most)
            .read_to_end(&mut bytes)
            .await
            .map_err(|error| lost("what it says cannot be read", &error))?;
        if bytes.len() > limit {
            return Err(ProcessError::TooLarge { limit });
        }
        Ok(bytes)
    }

    /// The first `limit` bytes of all that comes. What follows is taken and thrown away: a program that says much beside
    /// its answer has said its answer all the same, and would wait for ever if nobody listened.
    async fn beginning(
        mut from: impl AsyncRead + Unpin,
        limit: usize,
    ) -> Result<Vec<u8>, ProcessError> {
        let cannot = |error| lost("what it says cannot be read", &error);
        let mut bytes = Vec::new();
        let most = u64::try_from(limit).unwrap_or(u64::MAX);
        let mut first = (&mut from).take(most);
        first.read_to_end(&mut bytes).await.map_err(cannot)?;
        tokio::io::copy(&mut from, &mut tokio::io::sink())
            .await
            .map_err(cannot)?;
        Ok(bytes)
    }
}
