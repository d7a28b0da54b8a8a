//! Requirements about signed documents that demand no less than others.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::{
    Attestation, DocumentType, IgnoredVulnerability, ProvenanceDemands, SummaryDemands,
    TrustedBuilder, VexStatements, Vulnerability, VulnerabilityReport,
};

/// Whether every document that one of `new` accepts is one that `old` accepts.
pub(super) fn contains_attestation(new: &[Attestation], old: &Attestation) -> bool {
    new.iter().any(|new| {
        // Every field is judged here: one that is added does not compile until it is.
        let Attestation {
            document,
            signed_by,
            max_age,
            conditions,
            deny_packages,
            deny_licenses,
        } = new;
        is_within(document, &old.document)
            && *signed_by == old.signed_by
            && is_as_fresh(*max_age, old.max_age)
            && has_all(conditions, &old.conditions)
            && has_all(deny_packages, &old.deny_packages)
            && has_all(deny_licenses, &old.deny_licenses)
    })
}

/// Whether every document that `new` means is one that `old` means, and says what that demands.
fn is_within(new: &DocumentType, old: &DocumentType) -> bool {
    match (new, old) {
        (DocumentType::Provenance(new), DocumentType::Provenance(old)) => {
            let ProvenanceDemands {
                builders: _,
                trusted_builders: _,
                min_level: _,
                sources,
                build_types,
                materials,
            } = new;
            trusts_no_more(new, old)
                && allows_no_more(sources, &old.sources)
                && allows_no_more(build_types, &old.build_types)
                && *materials >= old.materials
        }
        (DocumentType::Summary(new), DocumentType::Summary(old)) => {
            let SummaryDemands {
                verifiers,
                resources,
                levels,
                max_age,
            } = new;
            allows_no_more(verifiers, &old.verifiers)
                && allows_no_more(resources, &old.resources)
                && has_all(levels, &old.levels)
                && is_as_fresh(*max_age, old.max_age)
        }
        (new, old) => new == old,
    }
}

/// Whether every builder that `new` accepts is one that `old` accepts. Builders are compared by how they are written.
fn trusts_no_more(new: &ProvenanceDemands, old: &ProvenanceDemands) -> bool {
    let level_of = |id: &String| {
        let same = old.trusted_builders.iter().filter(|one| one.id == *id);
        same.map(|one| one.level).max()
    };
    let names_none = old.builders.is_empty() && old.trusted_builders.is_empty();
    let names_all = new.builders.is_empty() && new.trusted_builders.is_empty();
    // A level that is demanded is worth what the builders are trusted to reach.
    let reaches = |one: &TrustedBuilder| level_of(&one.id).is_some_and(|level| one.level <= level);
    let mut plain = new.builders.iter();
    let mut trusted = new.trusted_builders.iter();
    match old.min_level {
        None if names_none => true,
        None => {
            let is_named = |id: &String| level_of(id).is_some() || old.builders.contains(id);
            !names_all && plain.all(is_named) && trusted.all(|one| is_named(&one.id))
        }
        // Who is named without a level reaches none.
        Some(_) => new.min_level >= old.min_level && trusted.all(reaches),
    }
}

/// Whether a list of what is allowed, which allows everything if it is empty, allows no more than another one.
fn allows_no_more(new: &[String], old: &[String]) -> bool {
    let allowed: BTreeSet<&String> = old.iter().collect();
    old.is_empty() || (!new.is_empty() && new.iter().all(|one| allowed.contains(one)))
}

/// Whether a check of vulnerabilities demands all that another one does.
pub(super) fn contains_vulnerability(new: &Vulnerability, old: &Vulnerability) -> bool {
    let Vulnerability { iccrva, report } = new;
    let asks = |advisor: &Option<crate::Iccrva>| advisor.as_ref().is_some_and(|one| one.enabled);
    let advisor = !asks(&old.iccrva) || *iccrva == old.iccrva;
    advisor
        && match (report, &old.report) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(new), Some(old)) => contains_report(new, old),
        }
}

fn contains_report(new: &VulnerabilityReport, old: &VulnerabilityReport) -> bool {
    let VulnerabilityReport {
        max_severity,
        max_age,
        signed_by,
        artifact_type,
        only_fixable,
        fail_on,
        ignore,
        vex,
    } = new;
    *max_severity <= old.max_severity
        && is_as_fresh(*max_age, old.max_age)
        && *signed_by == old.signed_by
        && *artifact_type == old.artifact_type
        && *only_fixable <= old.only_fixable
        && has_all(fail_on, &old.fail_on)
        && ignore.iter().all(|one| is_ignored(one, &old.ignore))
        && match (vex, &old.vex) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(new), Some(old)) => suppresses_no_more(new, old),
        }
}

/// Whether what is tolerated was, and for as long. The reason decides nothing.
fn is_ignored(new: &IgnoredVulnerability, old: &[IgnoredVulnerability]) -> bool {
    let IgnoredVulnerability {
        id,
        until,
        reason: _,
    } = new;
    old.iter()
        .any(|old| old.id.eq_ignore_ascii_case(id) && old.until >= *until)
}

fn suppresses_no_more(new: &VexStatements, old: &VexStatements) -> bool {
    let VexStatements {
        signed_by,
        statuses,
    } = new;
    *signed_by == old.signed_by && statuses.iter().all(|status| old.statuses.contains(status))
}

fn is_as_fresh(new: Option<Duration>, old: Option<Duration>) -> bool {
    match (new, old) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(new), Some(old)) => new <= old,
    }
}

fn has_all(new: &[String], old: &[String]) -> bool {
    let new: BTreeSet<&String> = new.iter().collect();
    old.iter().all(|wanted| new.contains(wanted))
}
