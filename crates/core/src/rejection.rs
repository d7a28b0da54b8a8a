//! Rejections: why an image, or one signature on it, was refused.

use std::fmt;

use crate::{BudgetExceeded, Class, Code, FetchError, Resource, Scheme};

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

/// One check of a verification, for reports.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    /// A kebab-case name, fixed per scheme.
    pub check: &'static str,
    /// What the policy does with its result.
    pub action: Action,
    /// The result.
    pub outcome: Outcome,
}

impl Check {
    /// An enforced check with its result.
    #[must_use]
    pub const fn enforced(check: &'static str, passed: bool) -> Self {
        Self {
            check,
            action: Action::Enforce,
            outcome: if passed { Outcome::Pass } else { Outcome::Fail },
        }
    }
}

/// Why something was refused: a stable code, and one sentence about this case.
///
/// `Display` is one lowercase fragment without a full stop and without the causes, which [`Rejection::causes`] has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    code: Code,
    scheme: Option<Scheme>,
    detail: String,
    checks: Vec<Check>,
    causes: Vec<Self>,
}

impl Rejection {
    /// A rejection with a sentence about this case: a lowercase fragment, no full stop, no secrets.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            scheme: None,
            detail: detail.into(),
            checks: Vec::new(),
            causes: Vec::new(),
        }
    }

    /// That `resource` could not be had.
    #[must_use]
    pub fn from_fetch(resource: &Resource, error: &FetchError) -> Self {
        Self::new(Code::from(error), format!("{resource}: {error}"))
    }

    /// Says which scheme refused.
    #[must_use]
    pub const fn in_scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = Some(scheme);
        self
    }

    /// Adds to the sentence about this case: a lowercase fragment that explains it.
    #[must_use]
    pub fn adding(mut self, more: &str) -> Self {
        self.detail.push_str("; ");
        self.detail.push_str(more);
        self
    }

    /// The same rejection with another sentence about this case.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Adds the checks that were made until the refusal.
    #[must_use]
    pub fn with_checks(mut self, checks: Vec<Check>) -> Self {
        self.checks = checks;
        self
    }

    /// Adds what led to this rejection, best explanation first.
    #[must_use]
    pub fn with_causes(mut self, mut causes: Vec<Self>) -> Self {
        causes.sort_by_key(|cause| std::cmp::Reverse(cause.rank()));
        self.causes = causes;
        self
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The class of the code.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.code.class()
    }

    /// The scheme that refused, if one did.
    #[must_use]
    pub const fn scheme(&self) -> Option<Scheme> {
        self.scheme
    }

    /// The sentence about this case.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The checks that were made until the refusal.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// What led to this rejection, best explanation first.
    #[must_use]
    pub fn causes(&self) -> &[Self] {
        &self.causes
    }

    /// How much this rejection explains, for choosing which of several to show first. Greater explains more.
    #[must_use]
    pub const fn rank(&self) -> (Class, u8) {
        (self.code.class(), self.code.rank())
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Rejection {}

impl From<BudgetExceeded> for Rejection {
    fn from(error: BudgetExceeded) -> Self {
        Self::new(Code::BudgetExceeded, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_that_got_furthest_comes_first() {
        let rejection = Rejection::new(
            Code::SimpleNoAcceptedSignature,
            "none of 2 signatures was accepted",
        )
        .with_causes(vec![
            Rejection::new(Code::SimpleUnknownKey, "unknown key"),
            Rejection::new(Code::SimpleIdentityMismatch, "signed as another image"),
        ]);
        assert_eq!(rejection.causes()[0].code(), Code::SimpleIdentityMismatch);
    }
}
