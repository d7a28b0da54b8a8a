//! From verdicts of the engine to answers about the images of an object.

use doorward::{Decision, Mode, Rule, Verdict};
use doorward_core::Rejection;
use doorward_kube::{Decision as Answered, ImageAnswer, ImageUse, Reason};

/// The answer that a verdict gives.
pub(super) fn of<'a>(image: &'a ImageUse, verdict: &Verdict) -> ImageAnswer<'a> {
    let mut answer = ImageAnswer::allow(image);
    answer.decision = match (verdict.decision(), verdict.mode()) {
        // Audit mode tells nobody in the answer.
        (Decision::Allow, _) | (Decision::Warn, Mode::Audit) => Answered::Allow,
        (Decision::Warn, Mode::Enforce | Mode::Warn) => Answered::Warn,
        (Decision::Deny, _) => Answered::Deny,
    };
    if let Some(rejection) = verdict.rejection() {
        explain(rejection, &mut answer.reasons);
    }
    answer.rule = verdict.rules().first().map(rule);
    answer.pinned = verdict.pinned().cloned();
    answer.replace = verdict.replacement().is_some();
    answer
}

/// The rejection, then what led to it.
fn explain(rejection: &Rejection, reasons: &mut Vec<Reason>) {
    reasons.push(Reason::new(rejection.code(), rejection.detail()));
    for cause in rejection.causes() {
        explain(cause, reasons);
    }
}

fn rule(rule: &Rule) -> String {
    match &rule.namespace {
        Some(namespace) => format!(
            "{} {namespace}/{}, entry {}",
            rule.kind, rule.name, rule.entry
        ),
        None => format!("{} {}, entry {}", rule.kind, rule.name, rule.entry),
    }
}
