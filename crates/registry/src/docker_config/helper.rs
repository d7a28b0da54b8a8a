//! Credential helpers: programs named `docker-credential-<name>` that answer `get` on their standard output.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::entry;
use crate::{Credential, HelperFault};

/// The most bytes a helper may answer. Cloud tokens have a few kilobytes.
const MAX_OUTPUT: u64 = 64 << 10;
/// How often the end of a helper is looked for, once it has answered.
const POLL: Duration = Duration::from_millis(5);

/// How long a helper is not asked again: a decision asks for several things, and must not wait for the helper each
/// time. Credentials that helpers give are good for hours.
const REMEMBERED: Duration = Duration::from_secs(60);
/// The most helpers and servers of which it is known what became of them.
const MAX_OUTCOMES: usize = 1024;

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

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    username: String,
    secret: String,
}

impl Helpers {
    /// Asks one helper for the credential of one server.
    pub(super) fn run(&self, name: &str, server: &str) -> Result<Credential, HelperFault> {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || !name.chars().all(is_word) {
            return Err(HelperFault::InvalidName);
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
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => HelperFault::NotInstalled,
                _ => not_run(&error),
            })?;
        let outcome = converse(&mut child, server, deadline, self.timeout);
        if outcome.is_err() {
            // Already ended is as good as killed.
            let _ = child.kill();
            let _ = child.wait();
        }
        let (output, status) = outcome?;
        if status.success() {
            let output: Output =
                serde_json::from_slice(&output).map_err(|_| HelperFault::Malformed)?;
            if output.secret.is_empty() {
                return Err(HelperFault::NothingFound);
            }
            return Ok(entry::pair(output.username, output.secret));
        }
        // The protocol's own way to say that there is nothing.
        if String::from_utf8_lossy(&output).contains("credentials not found") {
            return Err(HelperFault::NothingFound);
        }
        Err(HelperFault::Failed {
            status: status.to_string(),
        })
    }
}

/// Writes the question, reads the answer, waits for the end.
fn converse(
    child: &mut Child,
    server: &str,
    deadline: Instant,
    within: Duration,
) -> Result<(Vec<u8>, ExitStatus), HelperFault> {
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
        .map_err(|_| HelperFault::TimedOut { within })?
        .map_err(|error| not_run(&error))?;
    if u64::try_from(output.len()).is_ok_and(|length| length > MAX_OUTPUT) {
        return Err(HelperFault::TooLong);
    }
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok((output, status)),
            Ok(None) if Instant::now() >= deadline => return Err(HelperFault::TimedOut { within }),
            Ok(None) => std::thread::sleep(POLL),
            Err(error) => return Err(not_run(&error)),
        }
    }
}

fn not_run(error: &std::io::Error) -> HelperFault {
    HelperFault::NotRun {
        detail: error.to_string(),
    }
}

/// What became of helpers that were run.
#[derive(Clone, Default)]
pub(super) struct Outcomes(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    /// By helper and server: when it was said, and what.
    answers: BTreeMap<(String, String), (Instant, Result<Credential, HelperFault>)>,
    /// Since when a helper did not answer, and how.
    silent: BTreeMap<String, (Instant, HelperFault)>,
}

impl Outcomes {
    /// What `run` gives, or gave a moment ago. A helper that did not answer for one server is not asked for another.
    pub(super) fn of(
        &self,
        helper: &str,
        server: &str,
        run: impl FnOnce() -> Result<Credential, HelperFault>,
    ) -> Option<Credential> {
        let key = (helper.to_owned(), server.to_owned());
        let recent = |since: &Instant| since.elapsed() < REMEMBERED;
        let remembered = {
            let known = self.known();
            let silent = known.silent.get(helper).filter(|(since, _)| recent(since));
            let answer = known.answers.get(&key).filter(|(since, _)| recent(since));
            silent
                .map(|(since, fault)| (*since, Err(fault.clone())))
                .or_else(|| answer.cloned())
        };
        // Without the lock: others need not wait for this helper.
        let (since, answer) = remembered.unwrap_or_else(|| {
            let answer = run();
            (Instant::now(), answer)
        });
        let mut known = self.known();
        if let Err(fault @ HelperFault::TimedOut { .. }) = &answer {
            known
                .silent
                .insert(helper.to_owned(), (since, fault.clone()));
        }
        if known.answers.len() >= MAX_OUTCOMES {
            known.answers.clear();
        }
        known.answers.insert(key, (since, answer.clone()));
        answer.ok()
    }

    /// What went wrong with a helper for a server when it was last asked.
    pub(super) fn fault(&self, helper: &str, server: &str) -> Option<HelperFault> {
        let key = (helper.to_owned(), server.to_owned());
        self.known().answers.get(&key)?.1.clone().err()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
