//! Decisions that are written down, and made again from what was.

mod policies;
mod replaying;
mod secrets;

use std::fmt;
use std::sync::Arc;

use doorward_core::transcript::{Recording, Replay, Transcript, TranscriptError};
use doorward_core::{Digest, StateStore, Timestamp};

use self::secrets::RecordedSecrets;
use crate::context::Context;
use crate::engine::Engine;
use crate::report::Report;
use crate::rules::Rules;
use crate::verdict::Verdict;

pub use self::policies::RecordedPolicies;
pub use self::replaying::{ReplayError, Replayed, Replaying};

/// The setting that says whether what was verified was to be kept.
const KEEPS: &str = "keeps";
/// The setting with the namespace of policies that name none.
const POLICY_NAMESPACE: &str = "policyNamespace";
/// The setting that says of what kind the rules were.
const RULES: &str = "rules";
/// The one kind of rules that a transcript has in it.
const POLICIES: &str = "policies";

/// Whether a decision is written down, or made from what was.
#[derive(Clone)]
pub(crate) enum Tape {
    Recording(Recording),
    Replay(Replay),
}

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
#[must_use]
pub struct Recorded {
    /// What was decided. Recording never changes it.
    pub verdicts: Vec<Verdict>,
    /// What it rests on, unless that is too much to be written down.
    pub transcript: Result<Transcript, TranscriptError>,
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorded")
            .field("verdicts", &self.verdicts)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// As [`decide_all`](Self::decide_all), and writes down all that the decision rests on.
    ///
    /// `policies` are the texts of the policies that the context's rules are made of. No remembered proof is used, and
    /// none is remembered: what a proof rested on would be missing. So each image is verified, however often it was.
    pub async fn decide_recorded(
        &self,
        images: &[&str],
        context: &Context<'_>,
        policies: &RecordedPolicies,
    ) -> Recorded {
        let recording = Recording::new();
        let secrets = RecordedSecrets::new(context.secrets, recording.clone());
        let recorded = Context {
            secrets: &secrets,
            fetcher: Arc::new(recording.fetcher(Arc::clone(&context.fetcher))),
            cache_scope: None,
            tape: Some(Tape::Recording(recording.clone())),
            ..context.clone()
        };
        let verdicts = self.decide_all(images, &recorded).await;
        let transcript = recording.transcript().map(|mut transcript| {
            transcript.program = format!("doorward {}", env!("CARGO_PKG_VERSION"));
            transcript.at = context.now;
            transcript.namespace = context.namespace.map(str::to_owned);
            transcript.images = images.iter().map(|&image| image.to_owned()).collect();
            transcript.settings = self.settings().clone();
            let rules = match context.rules {
                #[cfg(feature = "simple-signing")]
                Rules::Containers(_) => "containers",
                Rules::Fixed(_) => "fixed",
                Rules::Policies(_) => POLICIES,
            };
            for (name, value) in [
                (KEEPS, context.keeps.to_string()),
                (POLICY_NAMESPACE, policies.default_namespace().to_owned()),
                (RULES, rules.to_owned()),
            ] {
                transcript.settings.insert(name.to_owned(), value);
            }
            transcript.policies = policies.that_may_govern(context.namespace);
            transcript.report = report_digest(context.now, &verdicts);
            transcript
        });
        Recorded {
            verdicts,
            transcript,
        }
    }
}

/// The digest of the report on these verdicts, as JSON without white space.
fn report_digest(at: Timestamp, verdicts: &[Verdict]) -> Option<Digest> {
    let report = serde_json::to_vec(&Report::new(at, verdicts)).ok()?;
    Some(Digest::sha256(&report))
}
