//! Making a recorded decision again.

use std::sync::Arc;
use std::time::Duration;

use doorward_core::transcript::{Replay, Transcript};
use doorward_core::{Code, Rejection, Timestamp};

use super::environment::RecordedEnvironment;
use super::policies::set_of;
use super::secrets::ReplayedSecrets;
use super::{KEEPS, LONGEST_EXCEPTION, POLICIES, POLICY_NAMESPACE, RULES, Tape, report_digest};
use crate::context::Context;
use crate::engine::{Engine, EngineBuilder};
use crate::report::Report;
use crate::rules::Rules;
use crate::verdict::Verdict;

/// How long a replay may take where nothing that was asked is left unanswered: then only the machine takes time.
const UNHURRIED: Duration = Duration::from_secs(60 * 60);

/// Why a transcript cannot be replayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// This program reads its policies in another way.
    #[error("the policies of the transcript cannot be read: {detail}")]
    Policies {
        /// What is wrong.
        detail: String,
    },
    /// The decision was made by rules that a transcript does not hold.
    #[error("the transcript does not hold the rules, which are no policies but {kind}")]
    Rules {
        /// What they are.
        kind: String,
    },
    /// A setting is missing or not what it should be.
    #[error("the setting `{name}` of the transcript is missing or wrong")]
    Setting {
        /// Which one.
        name: &'static str,
    },
}

/// A transcript, ready to be decided by again.
///
/// Nothing is asked, nothing is remembered, and nothing may be admitted by what comes of it: anyone who can write a
/// file can write a transcript.
pub struct Replaying {
    transcript: Transcript,
    engine: Engine,
    rules: Rules,
    environment: RecordedEnvironment,
    keeps: bool,
}

impl std::fmt::Debug for Replaying {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replaying").finish_non_exhaustive()
    }
}

impl Replaying {
    /// By the policies that the transcript holds.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn new(transcript: Transcript) -> Result<Self, ReplayError> {
        let setting = |name: &'static str| {
            let value = transcript.settings.get(name);
            value.ok_or(ReplayError::Setting { name })
        };
        let kind = setting(RULES)?;
        if kind != POLICIES {
            return Err(ReplayError::Rules { kind: kind.clone() });
        }
        // Transcripts from before there were exceptions do not have it, and need it for nothing.
        let longest = match transcript.settings.get(LONGEST_EXCEPTION) {
            None => 0,
            Some(text) => text.parse().map_err(|_| ReplayError::Setting {
                name: LONGEST_EXCEPTION,
            })?,
        };
        let set = set_of(&transcript.policies, setting(POLICY_NAMESPACE)?, longest)
            .map_err(|detail| ReplayError::Policies { detail })?;
        Self::by(transcript, Rules::Policies(Arc::new(set)))
    }

    /// By other rules: what would they have made of the same answers?
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn by(transcript: Transcript, rules: Rules) -> Result<Self, ReplayError> {
        let keeps = transcript.settings.get(KEEPS);
        let keeps = keeps.and_then(|keeps| keeps.parse().ok());
        let keeps = keeps.ok_or(ReplayError::Setting { name: KEEPS })?;
        let environment = RecordedEnvironment::from_settings(&transcript.settings)
            .map_err(|name| ReplayError::Setting { name })?;
        let mut engine = EngineBuilder::from_settings(&transcript.settings)
            .map_err(|name| ReplayError::Setting { name })?;
        if transcript.is_finished() {
            engine = engine.deadline(UNHURRIED);
        }
        Ok(Self {
            engine: engine.build(),
            environment,
            transcript,
            rules,
            keeps,
        })
    }

    /// What is replayed.
    #[must_use]
    pub const fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Decides again about the images of the transcript.
    pub async fn decide(&self) -> Replayed {
        let images = self.transcript.images.iter();
        let images: Vec<&str> = images.map(String::as_str).collect();
        self.decide_about(&images).await
    }

    /// Decides about these images, which should be those of the transcript. If anything that is asked for is not in
    /// it, all of them are refused as [`Code::TRANSCRIPT_NOT_RECORDED`], whatever the policy says about failures.
    pub async fn decide_about(&self, images: &[&str]) -> Replayed {
        let replay = Replay::new(self.transcript.clone());
        let secrets = ReplayedSecrets(replay.clone());
        let mut context = Context::new(
            &self.rules,
            &secrets,
            Arc::new(replay.clone()),
            self.transcript.at,
        );
        context.environment = self
            .environment
            .within(self.transcript.namespace.as_deref());
        // What is kept goes nowhere.
        context.keeps = self.keeps;
        context.tape = Some(Tape::Replay(replay.clone()));
        let mut verdicts = self.engine.decide_all(images, &context).await;
        if let Some(missing) = replay.missing() {
            let detail = format!("the transcript does not say what came of {missing}");
            let refused = Rejection::new(Code::TRANSCRIPT_NOT_RECORDED, detail);
            let refuse =
                |image: &&str| Verdict::refused(image, image.parse().ok(), refused.clone());
            verdicts = images.iter().map(refuse).collect();
        }
        let is_same = report_digest(self.transcript.at, &verdicts) == self.transcript.report;
        Replayed {
            at: self.transcript.at,
            verdicts,
            is_same,
        }
    }
}

/// What a transcript is decided to. It says what would be, and admits nothing.
#[derive(Clone, Debug)]
#[must_use]
pub struct Replayed {
    at: Timestamp,
    verdicts: Vec<Verdict>,
    is_same: bool,
}

impl Replayed {
    /// The verdicts, in the order of the images.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// The report on them, as of the time of the transcript.
    #[must_use]
    pub fn report(&self) -> Report {
        Report::new(self.at, &self.verdicts)
    }

    /// Whether this is what was decided when the transcript was written: the report has the same bytes. It has not
    /// where another version decides otherwise, and where a Secret that holds no usable key was named as one, for its
    /// content is not in the transcript.
    #[must_use]
    pub const fn is_same(&self) -> bool {
        self.is_same
    }
}
