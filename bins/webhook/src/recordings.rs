//! Decisions that are written down: every refusal, and a share of the admissions.

mod directory;
pub(crate) mod outcome;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use anyhow::{Context as _, Result};
use doorward::{Decision, Recorded};
use doorward_core::transcript::Transcript;

use self::directory::Directory;
use self::outcome::Outcome;
use crate::metrics::Metrics;

/// How many transcripts may wait for the disk, and how many bytes of answers in them.
const WAITING: usize = 64;
const WAITING_BYTES: usize = 64 << 20;
/// Of how many parts a share is counted in.
const PARTS: u64 = 1_000_000;

/// Where decisions are written down, which, and how much of them is kept.
#[derive(Clone, Debug)]
pub struct RecordingSettings {
    /// The directory. Files of other names in it are left alone.
    pub directory: PathBuf,
    /// The share of admissions that are written down, from 0 to 1.
    pub admissions: f64,
    /// The most bytes of transcripts that are kept. The oldest go first.
    pub max_bytes: u64,
    /// How long a transcript is kept.
    pub max_age: Duration,
}

/// Writes transcripts down on a thread of its own. Nothing that goes wrong there changes or holds up a decision: it is
/// counted.
pub struct Recordings {
    queue: SyncSender<Transcript>,
    /// Bytes of answers that wait.
    waiting: Arc<AtomicUsize>,
    /// The share of admissions, in parts.
    share: u64,
    /// What has come together towards the next admission that is written down.
    due: AtomicU64,
    metrics: Arc<Metrics>,
}

impl fmt::Debug for Recordings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recordings").finish_non_exhaustive()
    }
}

impl Recordings {
    /// Begins to write into the directory, which is made if it is not there.
    ///
    /// # Errors
    /// If no thread can be had. A directory that cannot be used is no error: that may end, and is counted until then.
    pub fn start(settings: RecordingSettings, metrics: Arc<Metrics>) -> Result<Self> {
        let (queue, waits) = sync_channel(WAITING);
        let waiting = Arc::new(AtomicUsize::new(0));
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "between 0 and PARTS"
        )]
        let share = (settings.admissions.clamp(0.0, 1.0) * PARTS as f64).round() as u64;
        let directory = Directory::new(settings.directory, settings.max_bytes, settings.max_age);
        let writer = Writer {
            directory,
            waiting: Arc::clone(&waiting),
            metrics: Arc::clone(&metrics),
        };
        std::thread::Builder::new()
            .name("recordings".to_owned())
            .spawn(move || writer.run(&waits))
            .context("no thread to write recordings")?;
        Ok(Self {
            queue,
            waiting,
            share,
            due: AtomicU64::new(0),
            metrics,
        })
    }

    /// Takes what was recorded of a review, if it is one that is written down.
    pub(crate) fn take(&self, recorded: &Recorded) {
        let refused = recorded
            .verdicts
            .iter()
            .any(|verdict| verdict.decision() != Decision::Allow);
        if !refused && !self.is_due() {
            return;
        }
        let Ok(transcript) = recorded.transcript() else {
            return self.metrics.recorded(Outcome::Unfit);
        };
        let bytes = weight(&transcript);
        let before = self.waiting.fetch_add(bytes, Ordering::Relaxed);
        let fits = before == 0 || before.saturating_add(bytes) <= WAITING_BYTES;
        if !fits || self.queue.try_send(transcript).is_err() {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
            self.metrics.recorded(Outcome::Dropped);
        }
    }

    /// Notes that a review could not be written down.
    pub(crate) fn miss(&self) {
        self.metrics.recorded(Outcome::Unfit);
    }

    /// Whether this admission is one of the share: every so many, whatever is in it.
    fn is_due(&self) -> bool {
        let before = self.due.fetch_add(self.share, Ordering::Relaxed);
        before / PARTS != before.wrapping_add(self.share) / PARTS
    }
}

/// Bytes of answers in a transcript, which are nearly all of it.
fn weight(transcript: &Transcript) -> usize {
    let fetched = transcript.fetches.iter().filter_map(|fetch| {
        let answer = fetch.answer.as_ref()?.as_ref();
        Some(answer.ok()?.bytes.len())
    });
    let texts = transcript.policies.iter().map(|policy| policy.text.len());
    fetched.chain(texts).sum()
}

struct Writer {
    directory: Directory,
    waiting: Arc<AtomicUsize>,
    metrics: Arc<Metrics>,
}

impl Writer {
    fn run(mut self, waits: &Receiver<Transcript>) {
        let mut told = false;
        while let Ok(transcript) = waits.recv() {
            let outcome = match transcript.to_bytes() {
                Err(_) => Outcome::Unfit,
                Ok(bytes) => match self.directory.keep(&transcript.file_name(&bytes), &bytes) {
                    Ok(()) => Outcome::Written,
                    Err(error) => {
                        // Said once: the metric says how often.
                        if !std::mem::replace(&mut told, true) {
                            tracing::warn!(
                                problem = format!("{error:#}"),
                                "decisions cannot be recorded"
                            );
                        }
                        Outcome::Failed
                    }
                },
            };
            self.waiting
                .fetch_sub(weight(&transcript), Ordering::Relaxed);
            self.metrics.recorded(outcome);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_admissions_is_due_and_no_more() {
        let settings = |admissions| RecordingSettings {
            directory: PathBuf::from("/nowhere"),
            admissions,
            max_bytes: 0,
            max_age: Duration::ZERO,
        };
        for (share, expected) in [(0.0, 0), (0.01, 10), (0.25, 250), (1.0, 1000), (7.0, 1000)] {
            let metrics = Arc::new(Metrics::new().unwrap());
            let recordings = Recordings::start(settings(share), metrics).unwrap();
            let due = (0..1000).filter(|_| recordings.is_due()).count();
            assert_eq!(due, expected, "{share}");
        }
    }
}
