//! Answers from verdicts of the engine.

use doorward::{Mode, Verdict};
use doorward_core::Rejection;

use crate::{Decision, ImageAnswer, ImageUse, Reason};

impl<'a> ImageAnswer<'a> {
    /// The answer that a verdict gives: the reasons with what led to them, the entry that decided, and what was
    /// verified.
    ///
    /// Audit mode tells nobody in the decision. The reasons are there all the same, for the audit annotations.
    #[must_use]
    pub fn of(image: &'a ImageUse, verdict: &Verdict) -> Self {
        let mut answer = Self::allow(image);
        answer.decision = match (verdict.decision(), verdict.mode()) {
            (doorward::Decision::Allow, _) | (doorward::Decision::Warn, Mode::Audit) => {
                Decision::Allow
            }
            (doorward::Decision::Warn, Mode::Enforce | Mode::Warn) => Decision::Warn,
            (doorward::Decision::Deny, _) => Decision::Deny,
        };
        if let Some(rejection) = verdict.rejection() {
            explain(rejection, &mut answer.reasons);
        }
        answer.rule = verdict.rules().first().map(ToString::to_string);
        answer.pinned = verdict.pinned().cloned();
        answer.replace = verdict.replacement().is_some();
        answer.unpinned_rule = verdict.insisting_rule().map(ToString::to_string);
        answer.unpinned = match verdict.insistence() {
            Some(Mode::Enforce) | None => Decision::Deny,
            Some(Mode::Warn) => Decision::Warn,
            Some(Mode::Audit) => Decision::Allow,
        };
        answer
    }
}

/// The rejection, then what led to it.
fn explain(rejection: &Rejection, reasons: &mut Vec<Reason>) {
    reasons.push(Reason::new(rejection.code(), rejection.to_string()));
    for cause in rejection.causes() {
        explain(cause, reasons);
    }
}
