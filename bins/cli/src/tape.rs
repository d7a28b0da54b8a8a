//! Decisions that are written down, and read again.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use doorward::core::transcript::{Transcript, TranscriptError};
use doorward::{Context, Engine, RecordedPolicies, Replayed, Replaying, Verdict};

use doorward_kube::files::read_regular;

use crate::failure::{Failure, Outcome};
use crate::options::TapeArgs;
use crate::terminal::Terminal;

/// Where a decision is written down, if it is.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    /// The file or directory, and the policies to write down.
    into: Option<(PathBuf, RecordedPolicies)>,
    recorded: Option<Result<Transcript, TranscriptError>>,
}

impl Tape {
    /// As the command line says, with the `policies` that are written down then.
    ///
    /// # Errors
    /// What `policies` says.
    pub(crate) fn new(
        args: &TapeArgs,
        policies: impl FnOnce() -> Outcome<RecordedPolicies>,
    ) -> Outcome<Self> {
        let into = match &args.record {
            None => None,
            Some(path) => Some((path.clone(), policies()?)),
        };
        Ok(Self {
            into,
            recorded: None,
        })
    }

    /// Decides, and keeps what is to be written down.
    pub(crate) async fn decide(
        &mut self,
        engine: &Engine,
        images: &[&str],
        context: &Context<'_>,
    ) -> Vec<Verdict> {
        let Some((_, policies)) = &self.into else {
            return engine.decide_all(images, context).await;
        };
        let recorded = engine.decide_recorded(images, context, policies).await;
        self.recorded = Some(recorded.transcript());
        recorded.verdicts
    }

    /// Writes down what was decided, if that was asked for and anything was.
    ///
    /// # Errors
    /// When it cannot be written, whatever was decided.
    pub(crate) fn write(self, terminal: Terminal) -> Outcome<()> {
        let (Some((path, _)), Some(transcript)) = (self.into, self.recorded) else {
            return Ok(());
        };
        let context = "the decision cannot be written down";
        let transcript = transcript.context(context).map_err(Failure::invalid)?;
        let bytes = transcript.to_bytes().context(context);
        let bytes = bytes.map_err(Failure::invalid)?;
        let file = if path.is_dir() {
            path.join(transcript.file_name(&bytes))
        } else {
            path
        };
        put(&file, &bytes)
            .with_context(|| format!("cannot write {}", file.display()))
            .map_err(Failure::invalid)?;
        terminal.note(&format!(
            "recorded in {}; --replay makes the decision again",
            file.display()
        ));
        Ok(())
    }
}

/// Puts a file in its place whole or not at all, readable for its owner alone: it says what runs where.
fn put(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = PathBuf::from(beside);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(&beside)
        .and_then(|mut open| open.write_all(bytes).and_then(|()| open.sync_all()))
        .and_then(|()| fs::rename(&beside, file));
    if written.is_err() {
        // What is left of it says nothing.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// The decision that a file was written for.
///
/// # Errors
/// When the file cannot be read, or is no transcript that this version can replay.
pub(crate) fn replaying(path: &Path) -> Outcome<Replaying> {
    let context = || format!("{} cannot be replayed", path.display());
    let limit = u64::try_from(Transcript::MAX_BYTES).unwrap_or(u64::MAX);
    let bytes = read_regular(path, limit)
        .with_context(|| format!("cannot read {}", path.display()))
        .map_err(Failure::invalid)?;
    let transcript = Transcript::from_bytes(&bytes).with_context(context);
    Replaying::new(transcript.map_err(Failure::invalid)?)
        .with_context(context)
        .map_err(Failure::invalid)
}

/// Says what was made again, and whether it is what was decided.
pub(crate) fn tell(replaying: &Replaying, replayed: &Replayed, terminal: Terminal) {
    let transcript = replaying.transcript();
    let place = match &transcript.namespace {
        Some(namespace) => format!(" in namespace {namespace}"),
        None => String::new(),
    };
    terminal.note(&format!(
        "replayed as decided at {}{place} by {}; nothing was asked, and nothing may be admitted by this",
        transcript.at, transcript.program
    ));
    if !replayed.is_same() {
        terminal.warn("this is not what was decided when the transcript was written");
    }
}
