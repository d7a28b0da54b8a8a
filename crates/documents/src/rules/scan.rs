use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use doorward_core::text::one_line;
use doorward_core::{Digest, Timestamp};

use crate::{Finding, Fix, Scan, Severity, Status};

use super::claims::Claims;
use super::{Ignore, VexClaim};

/// What a scan report must not say. The default demands nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScanRules {
    /// The greatest severity that is tolerated. `None` tolerates all, as [`Severity::Unknown`] does; a finding of
    /// unknown severity is beyond every other bound.
    pub max_severity: Option<Severity>,
    /// Whether not even the slightest severity is tolerated, whatever `max_severity` says.
    pub tolerates_none: bool,
    /// Whether findings for which the report says that there is no fix are tolerated. A format that cannot say is taken
    /// as saying that there may be one.
    pub only_fixable: bool,
    /// Identifiers that are never tolerated, whatever their severity, and whatever is ignored, unfixable, or said in
    /// VEX.
    pub fail_on: Vec<String>,
    /// Findings that are tolerated.
    pub ignore: Vec<Ignore>,
    /// The statuses of VEX statements that suppress findings; others than `not_affected` and `fixed` never do.
    pub vex_statuses: Vec<Status>,
}

/// What was decided about a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanOutcome<'a> {
    /// What is not tolerated, the gravest first. The scan passes if there is nothing.
    pub violations: Vec<ScanViolation<'a>>,
    /// What would not be tolerated, were it not suppressed, in the order of the report.
    pub suppressed: Vec<Suppressed<'a>>,
    /// How many findings the report has.
    pub findings: usize,
    /// How many of them would not be tolerated, had they a fix.
    pub unfixable: usize,
    /// The first of the rules to ignore whose time has ended and that is about something that is not tolerated.
    pub ended: Option<&'a Ignore>,
}

/// A finding that is not tolerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanViolation<'a> {
    /// The finding.
    pub finding: &'a Finding,
    /// The rule that it breaks.
    pub reason: Reason<'a>,
}

/// The rule that a finding breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason<'a> {
    /// It is listed in `failOn`, by this identifier.
    Listed(&'a str),
    /// It is graver than this severity.
    Severity(Severity),
    /// No finding is tolerated.
    Untolerated,
}

/// A finding that somebody has suppressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suppressed<'a> {
    /// The finding.
    pub finding: &'a Finding,
    /// By whom, and why.
    pub by: Suppression<'a>,
}

/// Who suppresses a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Suppression<'a> {
    /// The policy.
    Policy(&'a Ignore),
    /// A statement that the policy admits.
    Vex {
        /// Who signed it.
        author: &'a str,
        /// What it says.
        status: Status,
        /// Why, if it says.
        justification: Option<&'a str>,
        /// Since when.
        timestamp: Timestamp,
    },
}

impl ScanRules {
    /// Judges a scan of `image`, with the VEX documents that somebody the policy names has signed.
    ///
    /// A statement counts if it names `image` by its digest and the vulnerability by an identifier or alias, and, where
    /// it names parts of the image, covers every package of the finding.
    #[must_use]
    pub fn judge<'a>(
        &'a self,
        scan: &'a Scan,
        vex: &[VexClaim<'a>],
        image: &Digest,
        now: Timestamp,
    ) -> ScanOutcome<'a> {
        let listed: BTreeMap<String, &str> = self
            .fail_on
            .iter()
            .map(|id| (id.to_ascii_lowercase(), id.as_str()))
            .collect();
        let mut ignored: BTreeMap<String, &Ignore> = BTreeMap::new();
        let mut ended: BTreeMap<String, (usize, &Ignore)> = BTreeMap::new();
        for (place, ignore) in self.ignore.iter().enumerate() {
            let id = ignore.id.to_ascii_lowercase();
            if ignore.holds(now) {
                ignored.entry(id).or_insert(ignore);
            } else {
                ended.entry(id).or_insert((place, ignore));
            }
        }
        let mut mentions = Mentions {
            listed: &listed,
            of_rules: BTreeMap::new(),
        };
        let mut first_ended: Option<(usize, &Ignore)> = None;
        let mut claims = Claims::new(vex, &self.vex_statuses, image, now);
        let mut outcome = ScanOutcome {
            findings: scan.findings().len(),
            ..ScanOutcome::default()
        };
        for finding in scan.findings() {
            let names: BTreeSet<String> = finding.names().map(str::to_ascii_lowercase).collect();
            let called = names.iter().find_map(|id| listed.get(id).copied());
            let has_ended = names
                .iter()
                .filter_map(|id| ended.get(id).copied())
                .min_by_key(|(place, _)| *place);
            let earliest = |known: Option<(usize, &'a Ignore)>| {
                known
                    .into_iter()
                    .chain(has_ended)
                    .min_by_key(|(place, _)| *place)
            };
            if let Some(id) = called.or_else(|| mentions.listed(finding)) {
                first_ended = earliest(first_ended);
                outcome.violations.push(ScanViolation {
                    finding,
                    reason: Reason::Listed(id),
                });
                continue;
            }
            let beyond = |bound: &Severity| finding.severity() > *bound;
            let reason = if self.tolerates_none {
                Reason::Untolerated
            } else if let Some(bound) = self.max_severity.filter(beyond) {
                Reason::Severity(bound)
            } else {
                continue;
            };
            if self.only_fixable && *finding.fix() == Fix::None {
                outcome.unfixable += 1;
                continue;
            }
            let by_policy = || names.iter().find_map(|id| ignored.get(id).copied());
            if let Some(by) = by_policy()
                .map(Suppression::Policy)
                .or_else(|| by_vex(&mut claims, finding))
            {
                outcome.suppressed.push(Suppressed { finding, by });
                continue;
            }
            first_ended = earliest(first_ended);
            outcome.violations.push(ScanViolation { finding, reason });
        }
        outcome.ended = first_ended.map(|(_, ignore)| ignore);
        outcome.violations.sort_by(|one, two| {
            let key = |violation: &ScanViolation<'_>| {
                let listed = matches!(violation.reason, Reason::Listed(_));
                std::cmp::Reverse((listed, violation.finding.severity()))
            };
            key(one).cmp(&key(two)).then_with(|| {
                // Findings of one rule share its name, which may be long.
                if Arc::ptr_eq(&one.finding.id, &two.finding.id) {
                    Ordering::Equal
                } else {
                    one.finding.id().cmp(two.finding.id())
                }
            })
        });
        outcome
    }
}

/// What `failOn` says about the identifiers that texts mention. Those of a rule are looked up once for all its findings.
struct Mentions<'m, 'a> {
    listed: &'m BTreeMap<String, &'a str>,
    of_rules: BTreeMap<*const Arc<str>, Option<&'a str>>,
}

impl<'a> Mentions<'_, 'a> {
    fn listed(&mut self, finding: &Finding) -> Option<&'a str> {
        let listed = self.listed;
        let look_up = |ids: &[Arc<str>]| {
            let mut ids = ids.iter().map(|id| id.to_ascii_lowercase());
            ids.find_map(|id| listed.get(&id).copied())
        };
        look_up(&finding.mentions).or_else(|| {
            let of_rule = &finding.mentions_of_rule;
            *self
                .of_rules
                .entry(of_rule.as_ptr())
                .or_insert_with(|| look_up(of_rule))
        })
    }
}

fn by_vex<'a>(claims: &mut Claims<'a>, finding: &Finding) -> Option<Suppression<'a>> {
    let (author, statement) = claims.suppressing(finding)?;
    Some(Suppression::Vex {
        author,
        status: statement.status(),
        justification: statement.justification(),
        timestamp: statement.timestamp(),
    })
}

/// The longest text of a document that is put into a sentence, in characters.
const SHOWN: usize = 100;

impl fmt::Display for ScanViolation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let finding = self.finding;
        write!(f, "{}", one_line(finding.id(), SHOWN))?;
        if let Some(package) = finding.package() {
            write!(f, " in {}", one_line(package, SHOWN))?;
        }
        match self.reason {
            Reason::Listed(id) if finding.id().eq_ignore_ascii_case(id) => {
                f.write_str(" is listed in failOn")
            }
            Reason::Listed(id) => write!(f, " is listed in failOn as {}", one_line(id, SHOWN)),
            Reason::Untolerated => write!(f, " is {}, and none is tolerated", finding.severity()),
            Reason::Severity(bound) => write!(
                f,
                " is {}, the greatest tolerated is {bound}",
                finding.severity()
            ),
        }
    }
}

impl fmt::Display for Suppressed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is suppressed by ",
            one_line(self.finding.id(), SHOWN)
        )?;
        match self.by {
            Suppression::Policy(ignore) => {
                f.write_str("the policy")?;
                if let Some(until) = ignore.until {
                    write!(f, " until {until}")?;
                }
                write!(f, ": {}", one_line(&ignore.reason, SHOWN))
            }
            Suppression::Vex {
                author,
                status,
                justification,
                timestamp,
            } => {
                write!(
                    f,
                    "{} as {status} since {timestamp}",
                    one_line(author, SHOWN)
                )?;
                match justification {
                    Some(text) => write!(f, ": {}", one_line(text, SHOWN)),
                    None => Ok(()),
                }
            }
        }
    }
}
