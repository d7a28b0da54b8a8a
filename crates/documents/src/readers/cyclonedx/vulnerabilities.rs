//! Vulnerabilities, and the components that they affect.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use doorward_core::json::Value;

use crate::member::{Node, push};
use crate::{DocumentError, Finding, Fix, Package, Severity, bounds};

use super::components::Called;

/// The most components that one vulnerability affects.
const AFFECTED: usize = bounds::ALIASES * bounds::ALIASES;

pub(super) fn read(
    root: &Node<'_>,
    packages: &[Package],
    called: &BTreeMap<String, Called>,
) -> Result<Vec<Finding>, DocumentError> {
    let mut findings = Vec::new();
    for vulnerability in root.elements("vulnerabilities")? {
        let finding = read_vulnerability(&vulnerability, packages, called)?;
        root.effort().hold(finding.held())?;
        push(&mut findings, finding, "findings", bounds::FINDINGS)?;
    }
    Ok(findings)
}

fn read_vulnerability(
    vulnerability: &Node<'_>,
    packages: &[Package],
    called: &BTreeMap<String, Called>,
) -> Result<Finding, DocumentError> {
    vulnerability.without_twins(&["id", "references", "ratings", "affects"])?;
    let mut aliases: Vec<Arc<str>> = Vec::new();
    for reference in vulnerability.elements("references")? {
        if let Some(id) = reference.name("id")? {
            push(
                &mut aliases,
                id.into(),
                "aliases of a vulnerability",
                bounds::ALIASES,
            )?;
        }
    }
    // A list of ratings has one per source; which of them is right nobody here can tell.
    let mut severity = None;
    for rating in vulnerability.elements("ratings")? {
        severity = severity.max(Some(read_rating(&rating)?));
    }
    let affected = affected(vulnerability, called)?;
    let first = affected.first().and_then(|one| packages.get(one.first));
    let purls: Option<Vec<_>> = affected.iter().map(|one| one.purls.clone()).collect();
    Ok(Finding {
        id: vulnerability.required_name("id")?.into(),
        aliases,
        severity: severity.unwrap_or(Severity::Unknown),
        package: first.map(|first| Arc::clone(&first.name)),
        version: first.and_then(|first| first.version.clone()),
        purls: purls.unwrap_or_default(),
        // `recommendation` is prose: that there is none does not say that there is no fix.
        fix: Fix::Unknown,
        ..Finding::default()
    })
}

/// A rating without a severity or score is unknown; of the two, the graver one counts.
fn read_rating(rating: &Node<'_>) -> Result<Severity, DocumentError> {
    rating.without_twins(&["severity", "method", "score"])?;
    let mut told = rating.name("severity")?.map(Severity::reported);
    // A score of OWASP or SSVC is on another scale.
    let cvss = rating
        .text("method")?
        .is_some_and(|method| method.starts_with("CVSSv"));
    if let Some(score) = rating.member("score")?.filter(|_| cvss) {
        let Value::Number(number) = score.value() else {
            return Err(score.malformed("a number"));
        };
        let score: f64 = number.parse().unwrap_or(f64::NAN);
        // A score of zero beside a severity says no more than that.
        if score != 0.0 || told.is_none() {
            told = told.max(Some(Severity::from_cvss(score)));
        }
    }
    Ok(told.unwrap_or(Severity::Unknown))
}

/// What a vulnerability affects, each once; empty if one of them is not in the document.
fn affected<'c>(
    vulnerability: &Node<'_>,
    called: &'c BTreeMap<String, Called>,
) -> Result<Vec<&'c Called>, DocumentError> {
    let mut affected = Vec::new();
    let mut known = BTreeSet::new();
    let mut count = 0_usize;
    for entry in vulnerability.elements("affects")? {
        entry.without_twins(&["ref"])?;
        let reference = entry.required_name("ref")?;
        // A BOM-Link names an element of some document after `#`; of another document, it is not known here.
        let Some(one) = called.get(reference) else {
            return Ok(Vec::new());
        };
        if !known.insert(one.first) {
            continue;
        }
        affected.push(one);
        count = count.saturating_add(one.count);
        if count > AFFECTED {
            return Err(DocumentError::TooMany {
                what: "components that one vulnerability affects",
                limit: AFFECTED,
            });
        }
    }
    Ok(affected)
}
