//! One of the programs, running.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::log;
use super::programs::SETPRIV;

/// How long a program may take to be ready. The machine may be busy with much else.
const PATIENCE: Duration = Duration::from_secs(120);

/// A program, killed at the end: of this, or of the thread that started it.
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program whose output goes to a log in `folder`.
    ///
    /// # Panics
    /// If it cannot be started.
    pub(crate) fn start(name: &'static str, arguments: &[String], folder: &Path) -> Self {
        let log = log(folder, name);
        let output = File::create(&log).expect("the folder can be written");
        let errors = output.try_clone().expect("a log can have two writers");
        let child = Command::new(SETPRIV)
            .args(["--pdeathsig", "KILL", "--", name])
            .args(arguments)
            .current_dir(folder)
            // What a person types to interrupt the tests is for this process, whose end is theirs.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        Self { name, child, log }
    }

    /// Waits until `ready`.
    ///
    /// # Errors
    /// With the end of its log, if it ends, or is not ready in two minutes.
    pub(crate) fn wait(&mut self, mut ready: impl FnMut() -> bool) -> Result<(), String> {
        let start = Instant::now();
        while !ready() {
            let ended = self.child.try_wait().ok().flatten();
            if ended.is_some() || start.elapsed() > PATIENCE {
                let what = ended.map_or_else(
                    || format!("is not ready after {PATIENCE:?}"),
                    |status| format!("ended: {status}"),
                );
                let log = std::fs::read_to_string(&self.log).unwrap_or_default();
                let lines: Vec<&str> = log.lines().rev().take(15).collect();
                let last: Vec<&str> = lines.into_iter().rev().collect();
                return Err(format!("{} {what}\n{}", self.name, last.join("\n")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
