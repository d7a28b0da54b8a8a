//! The report: verdicts as data, in the published form.

use doorward_core::{Check, Evidence, Timestamp};
use serde::Serialize;

use crate::decision::Decision;
use crate::excuse::UsedException;
use crate::note::Note;
use crate::rule::Rule;
use crate::verdict::{Requirement, RequirementOutcome, Verdict};

/// A `VerificationReport` of `report.doorward.dev/v1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Report {
    api_version: &'static str,
    kind: &'static str,
    /// The time that was decided at.
    pub at: Timestamp,
    /// How many images ended how.
    pub summary: Summary,
    /// One entry for each image, in the order they were given.
    pub images: Vec<ImageReport>,
}

/// How many images ended how. An inconclusive image was denied because something was unavailable; it is not
/// counted under `denied` as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// Allowed.
    pub allowed: usize,
    /// Denied by judgement or for want of a policy.
    pub denied: usize,
    /// Failed, and let through by the policy's mode.
    pub warned: usize,
    /// Denied because a required resource was unavailable.
    pub inconclusive: usize,
}

/// What was decided about one image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ImageReport {
    /// As written.
    pub image: String,
    /// Normalised, if it parsed.
    pub reference: Option<String>,
    /// `allow`, `deny` or `warn`.
    pub verdict: Decision,
    /// The reason code, unless allowed.
    pub code: Option<&'static str>,
    /// One line for people.
    pub message: String,
    /// The digest that the reference resolved to.
    pub digest: Option<String>,
    /// The verified repository and digest, or those that were looked at where an exception admits the image.
    pub pinned: Option<String>,
    /// The entry that decided.
    pub rule: Option<Rule>,
    /// Entries that applied in addition.
    #[serde(rename = "additionalRules", skip_serializing_if = "Vec::is_empty")]
    pub additional_rules: Vec<Rule>,
    /// The exceptions that let the image run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<UsedException>,
    /// What came of each requirement.
    pub requirements: Vec<RequirementReport>,
    /// What people should know although it decided nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// What came of one requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RequirementReport {
    /// The scheme.
    pub scheme: &'static str,
    /// How it ended.
    pub outcome: RequirementOutcome,
    /// The reason code, unless passed or skipped.
    pub code: Option<&'static str>,
    /// One line for people.
    pub message: Option<String>,
    /// Every signature's own reason, best explanation first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// The checks that were made.
    pub checks: Vec<Check>,
    /// Who signed.
    pub evidence: Vec<Evidence>,
}

/// Why one signature was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Cause {
    /// The reason code.
    pub code: &'static str,
    /// One line for people.
    pub message: String,
}

impl Report {
    /// The report of these verdicts, decided at `at`.
    #[must_use]
    pub fn new(at: Timestamp, verdicts: &[Verdict]) -> Self {
        let mut summary = Summary::default();
        for verdict in verdicts {
            let inconclusive = verdict
                .rejection()
                .is_some_and(|rejection| rejection.class() == doorward_core::Class::Unavailable);
            *match verdict.decision() {
                Decision::Allow => &mut summary.allowed,
                Decision::Warn => &mut summary.warned,
                Decision::Deny if inconclusive => &mut summary.inconclusive,
                Decision::Deny => &mut summary.denied,
            } += 1;
        }
        Self {
            api_version: "report.doorward.dev/v1",
            kind: "VerificationReport",
            at,
            summary,
            images: verdicts.iter().map(ImageReport::from).collect(),
        }
    }
}

impl From<&Verdict> for ImageReport {
    fn from(verdict: &Verdict) -> Self {
        let mut rules = verdict.rules().iter().cloned();
        Self {
            image: verdict.image().to_owned(),
            reference: verdict.reference().map(ToString::to_string),
            verdict: verdict.decision(),
            code: verdict.code().map(doorward_core::Code::as_str),
            message: verdict.message(),
            digest: verdict.digest().map(ToString::to_string),
            pinned: verdict.pinned().map(ToString::to_string),
            rule: rules.next(),
            additional_rules: rules.collect(),
            exceptions: verdict.exceptions().to_vec(),
            requirements: verdict
                .requirements()
                .iter()
                .map(RequirementReport::from)
                .collect(),
            notes: verdict.notes().to_vec(),
        }
    }
}

impl From<&Requirement> for RequirementReport {
    fn from(requirement: &Requirement) -> Self {
        let rejection = requirement.rejection.as_ref();
        Self {
            scheme: requirement.scheme.as_str(),
            outcome: requirement.outcome,
            code: rejection.map(|r| r.code().as_str()),
            message: rejection.map(ToString::to_string),
            causes: rejection.map_or_else(Vec::new, |r| {
                r.causes()
                    .iter()
                    .map(|cause| Cause {
                        code: cause.code().as_str(),
                        message: cause.to_string(),
                    })
                    .collect()
            }),
            checks: requirement.checks.clone(),
            evidence: requirement.evidence.clone(),
        }
    }
}
