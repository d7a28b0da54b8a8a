//! Credential helpers: programs named `docker-credential-<name>` that answer `get` on their standard output.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::entry;
use crate::Credential;

/// The most bytes a helper may answer. Cloud tokens have a few kilobytes.
const MAX_OUTPUT: u64 = 64 << 10;
/// How often the end of a helper is looked for, once it has answered.
const POLL: Duration = Duration::from_millis(5);

/// How credential helpers are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Helpers {
    /// The folder they are in; those on the `PATH` by default.
    pub directory: Option<PathBuf>,
    /// How long one may take, 10 seconds by default. It is killed then.
    pub timeout: Duration,
}

impl Default for Helpers {
    fn default() -> Self {
        Self {
            directory: None,
            timeout: Duration::from_secs(10),
        }
    }
}

/// Why a helper gave no credential. Never shows what it wrote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HelperError {
    #[error("it failed: {0}")]
    Failed(String),
    #[error("the name of the helper is not allowed")]
    InvalidName,
    #[error("its answer is not what a credential helper answers")]
    Malformed,
    #[error("it could not be run: {0}")]
    NotRun(String),
    #[error("it did not end in time")]
    TimedOut,
    #[error("its answer is too long")]
    TooLong,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    username: String,
    secret: String,
}

impl Helpers {
    /// Asks one helper for the credential of one server. Nothing, if it has none.
    pub(super) fn run(&self, name: &str, server: &str) -> Result<Option<Credential>, HelperError> {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || !name.chars().all(is_word) {
            return Err(HelperError::InvalidName);
        }
        let program = format!("docker-credential-{name}");
        let program = match &self.directory {
            Some(directory) => directory.join(program),
            None => PathBuf::from(program),
        };
        let deadline = Instant::now() + self.timeout;
        let mut child = Command::new(program)
            .arg("get")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| HelperError::NotRun(error.to_string()))?;
        let outcome = converse(&mut child, server, deadline);
        if outcome.is_err() {
            // Already ended is as good as killed.
            let _ = child.kill();
            let _ = child.wait();
        }
        let (output, status) = outcome?;
        if status.success() {
            let output: Output =
                serde_json::from_slice(&output).map_err(|_| HelperError::Malformed)?;
            return Ok(
                (!output.secret.is_empty()).then(|| entry::pair(output.username, output.secret))
            );
        }
        // The protocol's own way to say that there is nothing.
        if String::from_utf8_lossy(&output).contains("credentials not found") {
            return Ok(None);
        }
        Err(HelperError::Failed(status.to_string()))
    }
}

/// Writes the question, reads the answer, waits for the end.
fn converse(
    child: &mut Child,
    server: &str,
    deadline: Instant,
) -> Result<(Vec<u8>, ExitStatus), HelperError> {
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that does not read its input may still answer.
        let _ = stdin.write_all(server.as_bytes());
    }
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        // A thread, because reading a pipe has no deadline of its own. It ends when the pipe is closed.
        std::thread::spawn(move || {
            let mut output = Vec::new();
            let read = stdout.take(MAX_OUTPUT + 1).read_to_end(&mut output);
            let _ = sender.send(read.map(|_| output));
        });
    }
    let left = deadline.saturating_duration_since(Instant::now());
    let output = receiver
        .recv_timeout(left)
        .map_err(|_| HelperError::TimedOut)?
        .map_err(|error| HelperError::NotRun(error.to_string()))?;
    if u64::try_from(output.len()).is_ok_and(|length| length > MAX_OUTPUT) {
        return Err(HelperError::TooLong);
    }
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok((output, status)),
            Ok(None) if Instant::now() >= deadline => return Err(HelperError::TimedOut),
            Ok(None) => std::thread::sleep(POLL),
            Err(error) => return Err(HelperError::NotRun(error.to_string())),
        }
    }
}
