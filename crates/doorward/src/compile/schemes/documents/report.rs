//! What the policy demands of a scan report.

use std::collections::BTreeSet;
use std::time::Duration;

use doorward_core::text::one_line;
use doorward_core::{Check, Digest, Fact, Rejection, Timestamp};
use doorward_documents::{
    Ignore, Reason, ScanOutcome, ScanRules, Severity, Status, Suppression, VexClaim,
};
use doorward_policy::{VexStatus, VulnerabilityReport, VulnerabilitySeverity};

use super::codes;
use super::content::Reading;
use super::findings::named;
use super::newest::{are_fresh, counting};

/// The most suppressed findings that are told one by one, of all reports together.
const MAX_TOLD: usize = 256;
/// The most characters of one of them.
const MAX_TEXT: usize = 512;

/// What a report must not say.
#[derive(Debug)]
pub(super) struct ReportRules {
    max_age: Option<Duration>,
    rules: ScanRules,
}

/// The statements that may suppress findings.
#[derive(Default)]
pub(super) struct Statements {
    pub(super) documents: Vec<Reading>,
    /// Why they may be not all, or not readable. Then none of them suppresses anything: one that is missing might take back
    /// what another one says.
    pub(super) unknown: Option<Rejection>,
}

/// What came of reports that are tolerated.
pub(super) struct Reported<'r> {
    /// Those that count, and the statements of those who suppressed something.
    pub(super) counting: Vec<&'r Reading>,
    pub(super) checks: Vec<Check>,
}

impl ReportRules {
    pub(super) fn of(report: &VulnerabilityReport) -> Self {
        // Every field is judged here: one that is added does not compile until it is.
        let VulnerabilityReport {
            max_severity,
            max_age,
            signed_by: _,
            artifact_type: _,
            only_fixable,
            fail_on,
            ignore,
            vex,
        } = report;
        let mut rules = ScanRules::default();
        rules.max_severity = severity(*max_severity);
        rules.tolerates_none = *max_severity == VulnerabilitySeverity::None;
        rules.only_fixable = *only_fixable;
        rules.fail_on.clone_from(fail_on);
        rules.ignore = ignore
            .iter()
            .map(|ignored| Ignore {
                id: ignored.id.clone(),
                until: Some(ignored.until),
                reason: ignored.reason.clone(),
            })
            .collect();
        let statuses = vex.iter().flat_map(|vex| &vex.statuses);
        rules.vex_statuses = statuses.map(|status| of_vex(*status)).collect();
        Self {
            max_age: *max_age,
            rules,
        }
    }

    /// Judges reports that somebody vouched for: the newest of each signer and scanner must be tolerated.
    pub(super) fn judge<'r>(
        &self,
        reports: &'r [Reading],
        statements: &'r Statements,
        image: &Digest,
        now: Timestamp,
        notes: &mut Vec<String>,
    ) -> Result<Reported<'r>, Rejection> {
        let mut counting = counting(reports, now)?;
        are_fresh(&counting, self.max_age, now)?;
        let vouched = statements.documents.iter();
        let claims: Vec<VexClaim<'_>> = vouched
            .filter(|_| statements.unknown.is_none())
            .filter_map(|document| {
                Some(VexClaim {
                    vex: document.vex()?,
                    author: document.signer.as_str(),
                    signed_at: document.signed_at,
                })
            })
            .collect();
        let mut refused: Option<Rejection> = None;
        let mut authors = BTreeSet::new();
        for report in &counting {
            let Some(scan) = report.scan() else {
                let detail = format!("{} is no report of a scan", report.name());
                return Err(Rejection::new(codes::FORMAT_MISMATCH, detail));
            };
            let outcome = self.rules.judge(scan, &claims, image, now);
            tell(&outcome, report, notes);
            authors.extend(outcome.suppressed.iter().filter_map(|one| match one.by {
                Suppression::Vex { author, .. } => Some(author),
                _ => None,
            }));
            let rejection = self.refusal(&outcome, report, statements);
            refused = match (refused, rejection) {
                (Some(known), Some(more)) if known.rank() >= more.rank() => Some(known),
                (known, more) => more.or(known),
            };
        }
        let used = statements.documents.iter();
        counting.extend(used.filter(|document| authors.contains(document.signer.as_str())));
        match refused {
            Some(rejection) => Err(rejection),
            None => Ok(Reported {
                counting,
                checks: self.checks(),
            }),
        }
    }

    /// Why a report is not tolerated, if it is not.
    fn refusal(
        &self,
        outcome: &ScanOutcome<'_>,
        report: &Reading,
        statements: &Statements,
    ) -> Option<Rejection> {
        let first = outcome.violations.first()?;
        let count = outcome.violations.len();
        let listed = named(count, outcome.violations.iter().map(|one| one.to_string()));
        let ended = outcome.ended.map_or_else(String::new, |ignore| {
            let until = ignore
                .until
                .map_or_else(String::new, |until| format!(" at {until}"));
            format!(
                "; that {} is ignored has ended{until}",
                one_line(&ignore.id, 100)
            )
        });
        let detail = format!(
            "{}, signed by {}, has {count} of {} findings that are not tolerated: {listed}{ended}",
            report.name(),
            one_line(&report.signer, 200),
            outcome.findings
        );
        let is_listed = |one: &Reason<'_>| matches!(one, Reason::Listed(_));
        if outcome.violations.iter().any(|one| is_listed(&one.reason)) {
            let detail = Rejection::new(codes::VULNERABILITY_LISTED, detail);
            return Some(self.about(detail, report));
        }
        // What is said about them is not known, and might have suppressed them all.
        if let Some(unknown) = &statements.unknown
            && !self.rules.vex_statuses.is_empty()
        {
            let why = format!(
                "what is said about {} and other findings is not known: {unknown}",
                one_line(first.finding.id(), 100)
            );
            // Not because of an outage, which a policy may forgive: the report itself is not tolerated.
            return Some(Rejection::new(unknown.code(), why).with_causes(vec![unknown.clone()]));
        }
        let rejection = Rejection::new(codes::VULNERABILITY_TOO_SEVERE, detail);
        Some(self.about(rejection, report))
    }

    fn about(&self, rejection: Rejection, report: &Reading) -> Rejection {
        let source = Fact::Source(format!("document {}", report.called()));
        let rejection = rejection.with_fact(source);
        match report.signed_at {
            Some(at) => rejection.with_fact(Fact::Time(at)),
            None => rejection,
        }
    }

    fn checks(&self) -> Vec<Check> {
        let made = [("age", self.max_age.is_some()), ("findings", true)];
        let made = made.into_iter().filter(|(_, is_made)| *is_made);
        made.map(|(name, _)| Check::enforced(name, true)).collect()
    }
}

/// Says which findings were suppressed, by whom and why.
fn tell(outcome: &ScanOutcome<'_>, report: &Reading, notes: &mut Vec<String>) {
    let left = MAX_TOLD.saturating_sub(notes.len());
    let name = report.name();
    for suppressed in outcome.suppressed.iter().take(left) {
        notes.push(one_line(&format!("{suppressed} ({name})"), MAX_TEXT));
    }
    let more = outcome.suppressed.len().saturating_sub(left);
    if more > 0 {
        notes.push(format!("{more} more findings are suppressed ({name})"));
    }
}

/// The bound that documents are judged with. Without one, everything is tolerated, or nothing.
const fn severity(bound: VulnerabilitySeverity) -> Option<Severity> {
    match bound {
        VulnerabilitySeverity::None | VulnerabilitySeverity::Negligible => {
            Some(Severity::Negligible)
        }
        VulnerabilitySeverity::Low => Some(Severity::Low),
        VulnerabilitySeverity::Medium => Some(Severity::Medium),
        VulnerabilitySeverity::High => Some(Severity::High),
        VulnerabilitySeverity::Critical => Some(Severity::Critical),
        VulnerabilitySeverity::Unknown => Some(Severity::Unknown),
    }
}

const fn of_vex(status: VexStatus) -> Status {
    match status {
        VexStatus::Fixed => Status::Fixed,
        VexStatus::NotAffected => Status::NotAffected,
    }
}
