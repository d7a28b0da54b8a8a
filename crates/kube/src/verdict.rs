//! Answers from verdicts of the engine.

use doorward::policy::Holder;
use doorward::{Mode, Note, NoteKind, Verdict};
use doorward_core::Rejection;
use doorward_core::text::one_line;

use crate::{Decision, ImageAnswer, ImageUse, Reason};

/// The most characters of a finding, without the image that it is about: a sentence, a reference and a digest or two.
const MAX_FINDING: usize = 600;

impl<'a> ImageAnswer<'a> {
    /// The answer that a verdict gives: the reasons with what led to them, the entry that decided, and what was
    /// verified.
    ///
    /// A check that failed and is only logged is a warning, also beside a refusal.
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
        if verdict.decision() == doorward::Decision::Deny {
            // Why an exception, or a request to break the glass, does not count.
            let notes = verdict.notes().iter();
            answer.reasons.extend(notes.filter_map(|note| {
                let code = note.code?;
                Some(Reason::new(code, note.to_string()))
            }));
        }
        answer.rule = verdict.rules().first().map(ToString::to_string);
        answer.pinned = verdict.pinned().cloned();
        let holder = if image.in_template {
            Holder::Template
        } else {
            Holder::Pod
        };
        answer.replace = verdict.replacement_in(holder).is_some();
        answer.keep_tag = verdict.keeps_tag_in(holder);
        answer.unpinned_rule = verdict.insisting_rule_in(holder).map(ToString::to_string);
        answer.unpinned = match verdict.insistence_in(holder) {
            Some(Mode::Enforce) | None => Decision::Deny,
            Some(Mode::Warn) => Decision::Warn,
            Some(Mode::Audit) => Decision::Allow,
        };
        if verdict.mode() != Mode::Audit {
            let notes = verdict.notes().iter();
            answer.warnings = notes
                .filter(|note| note.kind == NoteKind::Finding)
                .map(|note| finding(image, note))
                .collect();
        }
        answer
    }
}

/// The text of a warning about a check that failed and is only logged.
fn finding(image: &ImageUse, note: &Note) -> String {
    let said = one_line(note, MAX_FINDING);
    format!("{}: {}: {said}", image.place(), image.image)
}

/// The rejection, then what led to it.
fn explain(rejection: &Rejection, reasons: &mut Vec<Reason>) {
    reasons.push(Reason::new(rejection.code(), rejection.to_string()));
    for cause in rejection.causes() {
        explain(cause, reasons);
    }
}
