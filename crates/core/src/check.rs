//! Checks: what a verification looked at, and what came of it.

use crate::{Code, Rejection};

/// What the policy does with the result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// A failure refuses the image.
    Enforce,
    /// A failure is reported only.
    Log,
    /// The check is not made.
    Skip,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It failed.
    Fail,
    /// It passed.
    Pass,
    /// It was not made.
    Skipped,
}

/// Why a check failed that refuses nothing.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct CheckReason {
    /// The stable code.
    pub code: Code,
    /// The sentence about this case: a lowercase fragment.
    pub message: String,
}

/// One check of a verification, for reports.
///
/// The reason of an enforced failure is the [`Rejection`] that comes of it. A failure that the policy wants logged
/// refuses nothing, so the check itself carries its reason: it is made by [`Check::logged`], which wants one. The
/// engine turns it into a warning.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Check {
    /// A kebab-case name, fixed per scheme.
    pub check: &'static str,
    /// What the policy does with its result.
    pub action: Action,
    /// The result.
    pub outcome: Outcome,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    reason: Option<Box<CheckReason>>,
}

impl Check {
    const fn new(check: &'static str, action: Action, outcome: Outcome) -> Self {
        Self {
            check,
            action,
            outcome,
            reason: None,
        }
    }

    /// An enforced check with its result.
    #[must_use]
    pub const fn enforced(check: &'static str, passed: bool) -> Self {
        Self::new(check, Action::Enforce, ended(passed))
    }

    /// A check that failed, which the policy wants logged and no more: with the rejection that would have come of it.
    #[must_use]
    pub fn logged(check: &'static str, rejection: &Rejection) -> Self {
        Self {
            reason: Some(Box::new(CheckReason {
                code: rejection.code(),
                message: rejection.to_string(),
            })),
            ..Self::new(check, Action::Log, Outcome::Fail)
        }
    }

    /// An observation: something that is so or not and that no policy demands, such as whether anything was
    /// remembered. It is reported as logged. That it is not so is no failure, has no reason and warns of nothing.
    #[must_use]
    pub const fn observed(check: &'static str, is_so: bool) -> Self {
        Self::new(check, Action::Log, ended(is_so))
    }

    /// A check that passed, whatever the policy would have done with a failure.
    #[must_use]
    pub const fn passed(check: &'static str, action: Action) -> Self {
        Self::new(check, action, Outcome::Pass)
    }

    /// A check that the policy does not want.
    #[must_use]
    pub const fn skipped(check: &'static str) -> Self {
        Self::new(check, Action::Skip, Outcome::Skipped)
    }

    /// Why it failed although it refuses nothing. Returns `None` for every other check.
    #[must_use]
    pub fn reason(&self) -> Option<&CheckReason> {
        self.reason.as_deref()
    }
}

const fn ended(passed: bool) -> Outcome {
    if passed { Outcome::Pass } else { Outcome::Fail }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::codes! {
        OLD = "toy-old", Untrusted, 4, "the note is old";
    }

    fn written(check: &Check) -> String {
        serde_json::to_string(check).expect("JSON")
    }

    #[test]
    fn a_failure_that_is_only_logged_has_its_reason_in_the_report() {
        let check = Check::logged("age", &Rejection::new(OLD, "made in 1999"));
        assert_eq!(
            written(&check),
            r#"{"check":"age","action":"log","outcome":"fail","code":"toy-old","message":"made in 1999"}"#
        );
        let reason = check.reason().expect("a reason");
        assert_eq!(
            (reason.code, reason.message.as_str()),
            (OLD, "made in 1999")
        );
    }

    #[test]
    fn no_other_check_has_a_reason() {
        for (check, json) in [
            (
                Check::enforced("age", false),
                r#"{"check":"age","action":"enforce","outcome":"fail"}"#,
            ),
            (
                Check::passed("age", Action::Log),
                r#"{"check":"age","action":"log","outcome":"pass"}"#,
            ),
            (
                Check::observed("age", false),
                r#"{"check":"age","action":"log","outcome":"fail"}"#,
            ),
            (
                Check::skipped("age"),
                r#"{"check":"age","action":"skip","outcome":"skipped"}"#,
            ),
        ] {
            assert_eq!(check.reason(), None);
            assert_eq!(written(&check), json);
        }
    }
}
