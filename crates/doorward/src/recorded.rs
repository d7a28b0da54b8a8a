//! Decisions that are written down, and made again from what was.

mod environment;
mod policies;
mod replaying;
mod secrets;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use doorward_core::transcript::{PolicyText, Recording, Replay, Transcript, TranscriptError};
use doorward_core::{Digest, StateStore, Timestamp};

use self::environment::RecordedEnvironment;
use self::secrets::{ReadSecret, RecordedSecrets};
use crate::context::Context;
use crate::engine::Engine;
use crate::report::Report;
use crate::rules::Rules;
use crate::verdict::Verdict;

pub use self::policies::RecordedPolicies;
pub use self::replaying::{ReplayError, Replayed, Replaying};

/// Whether a decision is written down, or made from what was.
#[derive(Clone)]
pub(crate) enum Tape {
    Recording(Recording),
    Replay(Replay),
}

/// The setting that says whether what was verified was to be kept.
const KEEPS: &str = "keeps";
/// The setting with the namespace of policies that name none.
const POLICY_NAMESPACE: &str = "policyNamespace";
/// The setting with the longest time that an exception may last, in seconds.
const LONGEST_EXCEPTION: &str = "longestException";
/// The setting that says of what kind the rules were.
const RULES: &str = "rules";
/// The one kind of rules that a transcript has in it.
const POLICIES: &str = "policies";

impl Context<'_> {
    /// Whether nothing is asked but a transcript.
    pub(crate) const fn is_replay(&self) -> bool {
        matches!(self.tape, Some(Tape::Replay(_)))
    }

    /// Remembered trust as a decision about `image` asks it, if that is not simply `store`.
    pub(crate) fn memory<'a>(
        &self,
        store: &'a dyn StateStore,
        image: &str,
    ) -> Option<Box<dyn StateStore + 'a>> {
        match &self.tape {
            None => None,
            Some(Tape::Recording(recording)) => Some(Box::new(recording.memory(store, image))),
            Some(Tape::Replay(replay)) => Some(Box::new(replay.memory(image))),
        }
    }
}

/// Verdicts, and all that they rest on.
///
/// What a transcript is made of is only held until somebody wants one: most decisions that are recorded are admissions
/// that nobody writes down.
#[must_use]
pub struct Recorded {
    /// What was decided. Recording never changes it.
    pub verdicts: Vec<Verdict>,
    recording: Recording,
    secrets: Vec<ReadSecret>,
    policies: Vec<PolicyText>,
    settings: Arc<BTreeMap<String, String>>,
    more_settings: [(&'static str, String); 4],
    environment: RecordedEnvironment,
    at: Timestamp,
    namespace: Option<String>,
    images: Vec<String>,
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorded")
            .field("verdicts", &self.verdicts)
            .finish_non_exhaustive()
    }
}

impl Recorded {
    /// All that the verdicts rest on, without credentials.
    ///
    /// # Errors
    /// [`TranscriptError::TooLarge`].
    pub fn transcript(&self) -> Result<Transcript, TranscriptError> {
        let mut transcript = self.recording.transcript()?;
        transcript.secrets = self.secrets.iter().map(ReadSecret::record).collect();
        transcript.program = format!("doorward {}", env!("CARGO_PKG_VERSION"));
        transcript.at = self.at;
        transcript.namespace.clone_from(&self.namespace);
        transcript.images.clone_from(&self.images);
        transcript.settings = BTreeMap::clone(&self.settings);
        let more = self.more_settings.iter().cloned();
        for (name, value) in more.chain(self.environment.settings()) {
            transcript.settings.insert(name.to_owned(), value);
        }
        transcript.policies.clone_from(&self.policies);
        transcript.report = report_digest(self.at, &self.verdicts);
        Ok(transcript)
    }
}

impl Engine {
    /// As [`decide_all`](Self::decide_all), and holds all that the decision rests on.
    ///
    /// `policies` are the texts of the policies that the context's rules are made of. No remembered proof is used, and
    /// none is remembered: what a proof rested on would be missing. So each image is verified, however often it was.
    /// Answers about revocation that are kept are used, and are written down.
    pub async fn decide_recorded(
        &self,
        images: &[&str],
        context: &Context<'_>,
        policies: &RecordedPolicies,
    ) -> Recorded {
        let recording = Recording::new();
        let secrets = RecordedSecrets::new(context.secrets);
        let recorded = Context {
            secrets: &secrets,
            fetcher: Arc::new(recording.fetcher(self.way_under_tape(context))),
            cache_scope: None,
            tape: Some(Tape::Recording(recording.clone())),
            ..context.clone()
        };
        let verdicts = self.decide_all(images, &recorded).await;
        drop(recorded);
        let rules = match context.rules {
            #[cfg(feature = "simple-signing")]
            Rules::Containers(_) => "containers",
            Rules::Fixed(_) => "fixed",
            #[cfg(feature = "notation")]
            Rules::Notation(_) => "notation",
            Rules::Policies(_) => POLICIES,
        };
        Recorded {
            verdicts,
            recording,
            secrets: secrets.read(),
            policies: policies.that_may_govern(context.namespace()),
            settings: Arc::clone(self.settings()),
            more_settings: [
                (KEEPS, context.keeps.to_string()),
                (POLICY_NAMESPACE, policies.default_namespace().to_owned()),
                (LONGEST_EXCEPTION, policies.longest_exception().to_string()),
                (RULES, rules.to_owned()),
            ],
            environment: RecordedEnvironment::of(context),
            at: context.now,
            namespace: context.namespace().map(str::to_owned),
            images: images.iter().map(|&image| image.to_owned()).collect(),
        }
    }
}

/// The digest of the report on these verdicts, as JSON without white space.
fn report_digest(at: Timestamp, verdicts: &[Verdict]) -> Option<Digest> {
    let report = serde_json::to_vec(&Report::new(at, verdicts)).ok()?;
    Some(Digest::sha256(&report))
}
