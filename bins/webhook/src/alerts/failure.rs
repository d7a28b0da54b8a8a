//! An image that failed, as far as an alert says it.

use doorward::Verdict;
use doorward_core::text::one_line;
use doorward_core::{Class, Code, Digest};
use doorward_kube::{Decision, ImageAnswer, ImageUse, Phase, Reason, Runs, became};

use super::alert::AlertKind;

/// The most characters of an image: references have half as many.
const MAX_IMAGE: usize = 530;
/// The most characters of where it stands, and of what governs it.
const MAX_NAME: usize = 300;
/// The most characters of a message.
const MAX_MESSAGE: usize = 2000;

/// An image that failed. All texts are cut: it may wait for long, and who asks chooses what it is about.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: AlertKind,
    pub(super) image: String,
    /// Where it stands in the object.
    pub(super) place: Option<String>,
    pub(super) digest: Option<String>,
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) rule: Option<String>,
    pub(super) mode: Option<&'static str>,
    pub(super) became: String,
    /// Whether somebody could not be asked, so that nothing is known against it.
    pub(super) is_inconclusive: bool,
}

impl Failure {
    /// What failed by a verdict. Returns `None` if the image passed.
    pub(super) fn of(verdict: &Verdict, runs: Runs) -> Option<Self> {
        let (kind, code) = (AlertKind::of(verdict, runs)?, verdict.code()?);
        let unavailable = verdict
            .rejection()
            .is_some_and(|rejection| rejection.class() == Class::Unavailable);
        Some(Self {
            message: one_line(&verdict.message(), MAX_MESSAGE),
            became: became(verdict, runs),
            is_inconclusive: unavailable,
            ..Self::under(kind, code, verdict)
        })
    }

    /// What becomes of an image that passed and is not what the object names: it was to be pinned, and is not.
    pub(super) fn of_answer(
        image: &ImageUse,
        verdict: &Verdict,
        phase: Phase,
        runs: Runs,
    ) -> Option<Self> {
        let answer = ImageAnswer::of(image, verdict).checked(phase);
        let reason = answer.reasons.first()?;
        let kind = match (answer.decision, runs) {
            (Decision::Deny, Runs::IfAdmitted) => AlertKind::Denied,
            _ => AlertKind::WouldBeDenied,
        };
        Some(Self {
            message: one_line(&reason.message, MAX_MESSAGE),
            became: told(kind).to_owned(),
            ..Self::under(kind, reason.code, verdict)
        })
    }

    /// An image that passed and is refused for this reason.
    pub(super) fn refused(verdict: &Verdict, reason: &Reason) -> Self {
        Self {
            message: one_line(&reason.message, MAX_MESSAGE),
            became: told(AlertKind::Denied).to_owned(),
            ..Self::under(AlertKind::Denied, reason.code, verdict)
        }
    }

    /// An image of which nothing was decided, for this reason.
    pub(super) fn unjudged(image: &str, reason: &Reason, runs: Runs) -> Self {
        let (kind, became) = match runs {
            Runs::IfAdmitted => (AlertKind::Denied, "refused"),
            Runs::Already => (AlertKind::WouldBeDenied, "runs"),
            Runs::AsStaticPod => (
                AlertKind::WouldBeDenied,
                "runs all the same, as a static Pod of its node",
            ),
        };
        Self {
            kind,
            image: one_line(image, MAX_IMAGE),
            place: None,
            digest: None,
            code: reason.code,
            message: one_line(&reason.message, MAX_MESSAGE),
            rule: None,
            mode: None,
            became: became.to_owned(),
            is_inconclusive: true,
        }
    }

    /// The same with where it stands.
    pub(super) fn at(mut self, image: &ImageUse) -> Self {
        self.place = Some(one_line(&image.place().to_string(), MAX_NAME));
        self
    }

    fn under(kind: AlertKind, code: Code, verdict: &Verdict) -> Self {
        let rule = verdict.rules().first().map(ToString::to_string);
        Self {
            kind,
            image: one_line(verdict.image(), MAX_IMAGE),
            place: None,
            digest: verdict.digest().map(Digest::as_str).map(str::to_owned),
            code,
            message: String::new(),
            rule: rule.map(|rule| one_line(&rule, MAX_NAME)),
            mode: Some(verdict.mode().as_str()),
            became: String::new(),
            is_inconclusive: false,
        }
    }
}

const fn told(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::Denied => "refused",
        AlertKind::Excepted | AlertKind::TrustLost | AlertKind::WouldBeDenied => "admitted",
    }
}
