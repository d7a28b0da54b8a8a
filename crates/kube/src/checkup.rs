//! What is wrong with the installation of the webhook in a cluster: from the objects that are there, and the time.
//!
//! | what is looked at | against |
//! |---|---|
//! | webhook configurations | the plan that the webhook arms itself by, with the options of its Deployment |
//! | the authorities in them | the certificate that the Service serves |
//! | the Service and its endpoints | the configurations |
//! | definitions and policies | this version, and what the webhook says of each |
//! | who may change what | nobody but those who administer the cluster, and the webhook itself |
//!
//! What could not be asked is a finding of its own, [`Severity::Unknown`], and never passes for well. Nothing here asks anybody.

mod code;
mod definitions;
mod finding;
mod installation;
mod label_selector;
mod option_duration;
mod policies;
mod reach;
mod registration;
mod rights;
mod rules;
mod selection;
mod setup;
mod trust;

use std::collections::BTreeMap;
use std::time::Duration;

use doorward_core::Timestamp;

pub use code::{CheckupCode, Severity};
pub use finding::{CheckupFinding, ObjectName};
pub use installation::{Answer, DefinitionAnswer, Installation, PolicyAnswer, Unanswered};
pub use option_duration::option_duration;
pub use setup::Setup;

use crate::checkup::finding::Findings;

/// The most findings of one code. Of more there is a last one that counts them.
const MOST_OF_A_CODE: usize = 50;

/// All that is wrong with an installation, the worst first. Certificates that end `within` this time are among it.
#[must_use]
pub fn checkup(
    installation: &Installation,
    now: Timestamp,
    within: Duration,
) -> Vec<CheckupFinding> {
    let mut findings = Findings::default();
    installation.tell_unanswered(&mut findings);
    let setup = installation.setup();
    let registered = registration::look(installation, &setup, &mut findings);
    for webhook in &registered {
        rules::look(webhook, &setup, &mut findings);
        selection::look(webhook, installation, &setup, &mut findings);
    }
    trust::look(
        installation,
        &setup,
        &registered,
        now,
        within,
        &mut findings,
    );
    reach::look(installation, &setup, &registered, &mut findings);
    definitions::look(installation, &mut findings);
    policies::look(installation, &mut findings);
    rights::look(installation, &setup, &mut findings);
    let mut all = findings.all();
    all.sort_by(|one, other| {
        (one.severity(), one.code, &one.object).cmp(&(other.severity(), other.code, &other.object))
    });
    all.dedup();
    limited(all)
}

/// No more than a few of each code, and how many there are beside them.
fn limited(all: Vec<CheckupFinding>) -> Vec<CheckupFinding> {
    let mut counts: BTreeMap<CheckupCode, usize> = BTreeMap::new();
    for finding in &all {
        *counts.entry(finding.code).or_default() += 1;
    }
    let mut seen: BTreeMap<CheckupCode, usize> = BTreeMap::new();
    let mut kept = Vec::new();
    for mut finding in all {
        let seen = seen.entry(finding.code).or_default();
        *seen += 1;
        let count = counts.get(&finding.code).copied().unwrap_or_default();
        if *seen > MOST_OF_A_CODE {
            continue;
        }
        if *seen == MOST_OF_A_CODE && count > MOST_OF_A_CODE {
            finding.object.name = "*".to_owned();
            finding.object.namespace = None;
            let more = count - MOST_OF_A_CODE + 1;
            finding.message = format!("{more} more are as the ones that are named");
        }
        kept.push(finding);
    }
    kept
}

#[cfg(test)]
mod tests;
