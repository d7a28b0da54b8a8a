//! Rejections: why an image, or one signature on it, was refused.

use std::fmt;

use crate::{BudgetExceeded, Class, Code, FetchError, Outage, Resource, Scheme};

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
    fetch_error: Option<Box<FetchError>>,
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
            fetch_error: None,
        }
    }

    /// That `resource` could not be had.
    #[must_use]
    pub fn from_fetch(resource: &Resource, error: &FetchError) -> Self {
        Self::new(Code::from(error), format!("{resource}: {error}")).because_of(error)
    }

    /// Keeps the error of the fetch that led to this rejection: its facts, and the evidence of an outage if it has any.
    #[must_use]
    pub fn because_of(mut self, error: &FetchError) -> Self {
        self.fetch_error = Some(Box::new(error.clone()));
        self
    }

    /// Says which scheme refused.
    #[must_use]
    pub const fn in_scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = Some(scheme);
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

    /// The error of the fetch that led to this rejection, if one did.
    #[must_use]
    pub fn fetch_error(&self) -> Option<&FetchError> {
        self.fetch_error.as_deref()
    }

    /// The evidence that a server is out and that this is the whole reason. Only this may be forgiven by
    /// `onUnavailable: warn`, never a class of codes.
    #[must_use]
    pub fn outage(&self) -> Option<&Outage> {
        // Whatever error led to it: a rejection that says something about the image is not forgiven.
        if self.class() != Class::Unavailable {
            return None;
        }
        self.fetch_error()?.outage()
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
